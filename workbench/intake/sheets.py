"""One sheet of a list as it was found: where its headings are, what each was taken for, and how it is written."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.intake import forms
from workbench.intake.columns import DELIVERIES, LINES, PRICES, Heading, Taken, kind, known, suits
from workbench.intake.texts import Written, written
from workbench.sources.files import listed
from workbench.sources.headers import AMOUNTS, normal
from workbench.sources.layout import HEADER_WITHIN, Grid, find_header, grids, header_names
from workbench.sources.sheets import BOOKS

LOOKED_AT = 3_000
SUFFIXES = (*BOOKS, ".csv", ".csv.gz", ".txt", ".tsv")
GOOD_ENOUGH = 1.0


@dataclass(frozen=True)
class Sheet:
    """A sheet, or a whole text file; `rows` counts what is below its headings, `written` is None for a workbook.

    `header` is the number of the row with the headings, from 1; `titles` is what stands above it.
    """

    path: Path
    sheet: str
    export: str
    header: int
    names: tuple[str, ...]
    headings: tuple[Heading, ...]
    titles: str
    rows: int
    written: Written | None
    first_sheet: bool = True
    taken: dict[str, Taken] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The file's name, with the sheet's where it is one of several."""
        return f"{self.path.name}, {self.sheet}" if self.sheet and not self.first_sheet else self.path.name

    def values(self, *types: str) -> Iterator[str]:
        """The values that are not empty of the columns that were taken for fields of these types."""
        wanted = {entry.heading for name, entry in self.taken.items() if kind(self.export, name) in types}
        return (value for each in self.headings if each.text in wanted for value in each.values if value.strip())

    @cached_property
    def decimal_sign(self) -> str:
        """The decimal sign; "?" where every number could be read both ways."""
        return forms.decimal_sign(self.values(*AMOUNTS))

    @cached_property
    def currency(self) -> tuple[str, str]:
        """The currency that is named outside a column of its own, and where."""
        return forms.currency([each.text for each in self.headings], self.values("money", "price"), self.titles)

    @cached_property
    def unclear_days(self) -> tuple[str, str] | tuple[()]:
        """The two forms that its days may have, where all of them can be read both ways."""
        for each in self.headings:
            mine = [entry for name, entry in self.taken.items() if kind(self.export, name) in {"date", "time"}]
            if any(entry.heading == each.text for entry in mine) and (found := forms.unclear_days(each.values)):
                return found
        return ()

    @property
    def not_understood(self) -> list[str]:
        """The headings that were taken for nothing."""
        used = {entry.heading for entry in self.taken.values()}
        return [each.text for each in self.headings if each.text not in used]

    def below(self, *, every: bool = False) -> Iterator[tuple[int, list[str]]]:
        """The rows below the headings, each with its number in the sheet, or its line in a text file.

        Without `every` those that hold nothing are left out. A record that is broken has no texts.
        """
        with tempfile.TemporaryDirectory() as scratch:
            some = _grids(self.path, Path(scratch), self.written)
            grid = next(grid for grid in some if grid.sheet == self.sheet)
            rows = (texts for texts, _ in grid.rows())
            numbered = _with_lines(self.path, self.written, rows) if self.written else enumerate(rows, 1)
            for place, (number, texts) in enumerate(numbered, 1):
                if place > self.header and (every or any(texts)):
                    yield number, texts


def _with_lines(path: Path, how: Written, rows: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Each record of a text file with the number of the line that it begins in: blank lines are no records."""
    opener = gzip.open if path.name.lower().endswith(".gz") else open
    encoding = how.called if how.called != "utf-8" else "utf-8-sig"
    with opener(path, "rt", encoding=encoding, errors="replace") as stream:
        line = 0
        for texts in rows:
            while (text := stream.readline()) and not text.strip("\r\n"):
                line += 1
            line += 1
            yield line, texts
            for _ in range(sum(each.count("\n") for each in texts)):
                stream.readline()
                line += 1


def _grids(path: Path, scratch: Path, how: Written | None) -> list[Grid]:
    return grids(path, scratch, how.encoding, how.delimiter) if how else grids(path, scratch)


def read_sheets(path: Path, scratch: Path, encoding: str, delimiter: str) -> Iterator[Sheet]:
    """Every sheet of a file that holds a table; raises WorkbenchError where the file cannot be read."""
    how = None if path.name.lower().endswith(BOOKS) else written(path, encoding, delimiter)
    for place, grid in enumerate(_grids(path, scratch, how)):
        source = grid.rows()
        rows = [texts for texts, _ in islice(source, LOOKED_AT)]
        number = _header(rows, grid)
        if not number:
            continue
        names = tuple(header_names([rows[number - 1]], path.name))
        below = [row for row in rows[number:] if any(text.strip() for text in row)]
        headings = tuple(
            Heading(at, name, tuple(row[at] if at < len(row) else "" for row in below))
            for at, name in enumerate(names)
            if name
        )
        titles = " ".join(text for row in rows[: number - 1] for text in row if text)[:400]
        export = _export(headings, f"{grid.sheet} {path.stem}") if below else ""
        count = len(below) + sum(any(text.strip() for text in texts) for texts, _ in source)
        yield Sheet(path, grid.sheet, export, number, names, headings, titles, count, how, place == 0)


def _header(rows: Sequence[Sequence[str]], grid: Grid) -> int:
    """The number of the row that holds most known headings, from 1; 0 where there is no table."""
    words = {normal(word) for some in known().values() for each in some.values() for word in each}
    counts = [sum(normal(text) in words for text in row if text.strip()) for row in rows[:HEADER_WITHIN]]
    if max(counts, default=0) >= 2:
        return counts.index(max(counts)) + 1
    found = find_header(rows, grid.merged)
    return found[-1] if found else 0


def _export(headings: Sequence[Heading], called: str) -> str:
    """What a sheet is a list of; empty where it is none of those that are read."""
    ranked = [(suits(export, headings) + _says(export, called), export) for export in (LINES, PRICES, DELIVERIES)]
    worth, export = max(ranked, key=lambda entry: entry[0])
    return export if worth >= GOOD_ENOUGH else ""


def _says(export: str, called: str) -> float:
    words = {
        LINES: ("invoice", "rechnung", "faktura", "billing", "发票", "請求"),
        PRICES: ("price", "preis", "价格", "単価", "条件"),
        DELIVERIES: ("deliver", "liefer", "shipment", "consignment", "交货", "出货", "发货", "出荷"),
    }
    return 0.4 * any(word in called.lower() for word in words[export])


def files(given: Path) -> list[Path]:
    """The file, or the files of a folder that can hold a list; raises WorkbenchError where there is none."""
    if not given.exists():
        raise WorkbenchError(f"There is no file '{given}'.", "give the path of a .csv or .xlsx that exists")
    some = [path for path in listed([given]) if path.is_file() and path.name.lower().endswith(SUFFIXES)]
    some = [path for path in some if not path.name.startswith("~$")]
    if not some:
        raise WorkbenchError(f"'{given}' holds no list.", f"give a file that ends in {', '.join(SUFFIXES)}")
    return some
