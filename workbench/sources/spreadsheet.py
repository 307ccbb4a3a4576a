"""Load workbooks as mapping.yml says: every row of a mapped sheet is accepted or rejected, totals are tied out."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from workbench.engine.duck import quoted
from workbench.errors import WorkbenchError, nearest
from workbench.schema import table, tables
from workbench.snapshot import sha256
from workbench.sources.accept import Note, Parts, foots, write_table
from workbench.sources.files import SourceFile, listed
from workbench.sources.headers import normal
from workbench.sources.layout import Grid, Row, grids, header_names, is_header_again, is_total
from workbench.sources.mapping import NAMES, Mapped, aside, headers_of, read_mapping, same
from workbench.sources.mapping_file import is_book
from workbench.sources.proposal import ROW
from workbench.sources.sheet_columns import Place, select
from workbench.sources.sheet_totals import Total, ties
from workbench.sources.sheets import ERRORS
from workbench.sources.staging import MOST_COLUMNS, Stage, Staged, staged_rows

REPEATED = "repeats the header"
TOTAL = "a total"


@dataclass
class Sheeted:
    """A sheet that was staged: its header by position, what was above it, and its totals."""

    mapped: Mapped
    grid: Grid
    name: str
    header: list[str]
    places: dict[str, int]
    titles: str
    totals: list[Total] = field(default_factory=list)
    staged: Staged | None = None

    @property
    def place(self) -> Place:
        """What the SQL of its columns needs."""
        return Place(self.mapped, self.places, self.header, self.grid.from_1904)


def load_spreadsheets(stage: Stage, inputs: Sequence[Path], folder: Path) -> Parts:
    """Read the sheets that a mapping.yml among the inputs names into a snapshot's folder.

    Raises WorkbenchError where there is no mapping, it is not complete, or a file, sheet or header is not there.
    """
    file, mapped = _mapping(inputs)
    found, opened, unrecognised = _grids(stage, inputs, mapped, file)
    parts = Parts(staged=[], tables=[], unused={}, unrecognised=unrecognised)
    sheets = [_staged(stage, entry, grid, opened) for entry, grid in found]
    wanted = [name for name in tables() if any(sheet.mapped.table == name for sheet in sheets)]
    for done, name in enumerate(wanted):
        stage.progress(f"loading {name}", done, len(wanted))
        _load_table(stage, name, [sheet for sheet in sheets if sheet.mapped.table == name], folder, parts)
    stage.progress("loading", len(wanted), len(wanted))
    _tell(sheets, parts)
    return parts


def _mapping(inputs: Sequence[Path]) -> tuple[Path, list[Mapped]]:
    files = [path for path in listed(inputs) if path.name.lower() in NAMES]
    if len(files) != 1:
        books = [path for path in listed(inputs) if is_book(path)]
        names = ", ".join(map(str, inputs))
        raise WorkbenchError(
            f"'{names}' holds {len(files) or 'no'} {NAMES[0]}, which says which column is which.",
            f"workbench map {books[0] if books else 'FILE'} proposes one",
        )
    return files[0], read_mapping(files[0])


def _grids(
    stage: Stage, inputs: Sequence[Path], mapped: list[Mapped], mapping: Path
) -> tuple[list[tuple[Mapped, Grid]], dict[Path, str], list[str]]:
    """The sheets that each entry names, the hash of each file, and the names of what is left aside."""
    entries = listed(inputs)
    books = [path for path in entries if is_book(path)]
    found: list[tuple[Mapped, Grid]] = []
    unrecognised = [path.name for path in entries if path not in books and path != mapping]
    unused: set[str] = {entry.file for entry in mapped}
    aside_too = set(aside(mapping))
    for done, path in enumerate(books):
        stage.progress(f"reading {path.name}", done, len(books))
        if sum(other.name == path.name for other in books) > 1:
            raise WorkbenchError(f"Two of the files are named {path.name}.", "rename one, so that rows can be traced")
        mine = [entry for entry in mapped if _names(entry.file, path.name, books)]
        unused -= {entry.file for entry in mine}
        if not mine:
            unrecognised.append(path.name)
            continue
        some = {grid.sheet: grid for grid in grids(path, stage.scratch, stage.encoding, stage.delimiter)}
        found += [(entry, _sheet(entry, some, path, mapping.name)) for entry in mine]
        read = {grid.sheet for entry, grid in found if grid.path == path}
        unrecognised += [
            f"{path.name}: {name}" for name in some if name not in read and (path.name, name) not in aside_too
        ]
        unrecognised += [f"{path.name}: {name}, left aside" for name in some if (path.name, name) in aside_too]
    if unused:
        names = ", ".join(path.name for path in books[:8]) or "no workbook"
        raise WorkbenchError(
            f"{mapping.name} names {', '.join(sorted(unused))}, and there is {names}.",
            "correct file: there, or give that file too",
        )
    return found, {path: sha256(path) for path in {grid.path for _, grid in found}}, unrecognised


def _names(pattern: str, name: str, books: Sequence[Path]) -> bool:
    if any(path.name == pattern for path in books):
        return name == pattern
    return fnmatch.fnmatch(name.lower(), pattern.lower())


def _sheet(entry: Mapped, some: dict[str, Grid], path: Path, mapping: str) -> Grid:
    if entry.sheet in some:
        return some[entry.sheet]
    if not entry.sheet and len(some) == 1:
        return next(iter(some.values()))
    close = {same(name): grid for name, grid in some.items()}
    if same(entry.sheet) in close:
        return close[same(entry.sheet)]
    raise WorkbenchError(
        f"{mapping} names sheet '{entry.sheet}' of {path.name}, which has none of that name.",
        nearest(entry.sheet, some),
    )


def _staged(stage: Stage, mapped: Mapped, grid: Grid, hashes: dict[Path, str]) -> Sheeted:
    name = f"{grid.path.name}: {grid.sheet}" if grid.sheet else grid.path.name
    rows = grid.rows()
    last = mapped.header[-1]
    above = list(islice(rows, last))
    heads = [above[number - 1][0] for number in mapped.header if number <= len(above)]
    header = header_names(heads, name)
    first = next(rows, None)
    width = max([len(header), *([len(first[0])] if first and grid.sheet else [])])
    if width > MOST_COLUMNS:
        raise WorkbenchError(f"{name} has {width:,} columns; no table has.", "delete what lies far to the right")
    header += [""] * (width - len(header))
    header = [each or f"(column {_letters(at)})" for at, each in enumerate(header)]
    sheet = Sheeted(mapped, grid, name, header, _places(mapped, header, name), _titles(above, mapped))
    counted = [0]
    texts = _rows(sheet, heads, _again(first, rows), len(above), counted)
    source = SourceFile(grid.path, name)
    staged = staged_rows(stage, source, tuple(header), texts, query="", database="")
    filled = ", ".join(["_problem", *(f"c{at}" for at in range(width))])
    sheet.staged = replace(
        staged,
        file=source,
        sha256=hashes[grid.path],
        size=grid.path.stat().st_size,
        encoding=grid.encoding,
        relation=f"(select * from {staged.relation} as sheet where coalesce({filled}) is not null)",
        records=counted[0],
    )
    return sheet


def _again(first: Row | None, rows: Iterator[Row]) -> Iterator[Row]:
    if first is not None:
        yield first
        yield from rows


def _titles(above: list[Row], mapped: Mapped) -> str:
    rows = [texts for texts, _ in above[: mapped.header[0] - 1]]
    return " | ".join(text.strip() for row in rows for text in row if text.strip())[:300]


def _places(mapped: Mapped, header: list[str], name: str) -> dict[str, int]:
    known = {same(text): at for at, text in reversed(list(enumerate(header)))}
    for wanted in headers_of(mapped):
        if same(wanted) not in known:
            row = " and ".join(map(str, mapped.header))
            has = ", ".join(text for text in header[:30])
            raise WorkbenchError(
                f"{name} has no column '{wanted[:80]}' in row {row}; it has {has[:600]}.", nearest(wanted, header)
            )
    return {wanted: known[same(wanted)] for wanted in headers_of(mapped)}


def _letters(at: int) -> str:
    text, at = "", at + 1
    while at:
        at, rest = divmod(at - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def _rows(
    sheet: Sheeted, heads: list[list[str]], rows: Iterator[Row], above: int, counted: list[int]
) -> Iterator[tuple[list[str] | None, str]]:
    """The rows below the header after as many empty ones as lie above, so that each keeps the number of its row."""
    mapped, width = sheet.mapped, len(sheet.header)
    wanted = table(mapped.table).columns
    needed = [
        sheet.places[header]
        for column, headers in mapped.columns.items()
        if wanted[column].required and wanted[column].type in {"id", "text", "date"}
        for header in headers
        if header != ROW
    ]
    amounts = sheet.place.amounts()
    words = [normal(word) for word in mapped.totals]
    used = {at: header for header, at in sheet.places.items()}
    for _ in range(above):
        yield [""] * width, ""
    for number, (texts, broken) in enumerate(rows, above + 1):
        if not broken and not any(text.strip() for text in texts):
            yield [""] * width, ""
            continue
        counted[0] += 1
        problem = broken
        if len(texts) > width and any(texts[width:]):
            problem = problem or f"has {len(texts)} fields where the header has {width}"
        if not problem and is_header_again(texts, heads):
            problem = REPEATED
        elif not problem and is_total(texts, words, needed, amounts):
            problem = TOTAL
            sheet.totals.append(Total(number, tuple(texts)))
        kept = [*texts[: width - 1], " ".join(texts[width - 1 :])] if len(texts) > width else texts
        yield kept + [""] * (width - len(kept)), problem or _error(texts, used)


def _error(texts: list[str], used: dict[int, str]) -> str:
    for at, header in used.items():
        if at < len(texts) and texts[at][:1] == "#" and texts[at] in ERRORS:
            return f"{header} holds the error {texts[at]}"
    return ""


def _load_table(stage: Stage, name: str, sheets: list[Sheeted], folder: Path, parts: Parts) -> None:
    wanted = table(name)
    given = {column for sheet in sheets for column in sheet.place.given()}
    columns = [column for column in wanted.columns if column in given]
    staged = {sheet.name: sheet.staged for sheet in sheets if sheet.staged}
    if len(staged) < len(sheets):
        raise WorkbenchError(f"A sheet is mapped to {name} twice.", "leave one of the two entries out of mapping.yml")
    selects = [
        select(sheet.place, wanted, columns, each.relation, sheet.name, stage.told.decimal)
        for sheet, each in zip(sheets, staged.values(), strict=True)
    ]
    loaded = write_table(stage, wanted, columns, f"({' union all '.join(selects)})", staged, folder)
    foots(name, sum(each.records for each in staged.values()), loaded.accepted, loaded.rejected)
    parts.tables.append(loaded)
    for sheet, each in zip(sheets, staged.values(), strict=True):
        parts.staged.append((name, each))
        unused = [text for at, text in enumerate(sheet.header) if at not in sheet.places.values()]
        if unused:
            parts.unused[sheet.name] = tuple(unused)
        file = folder / f"{name}.parquet"
        parts.tie(ties(stage, wanted, sheet.place, sheet.totals, file, quoted(sheet.name), sheet.name), name)


def _tell(sheets: list[Sheeted], parts: Parts) -> None:
    hidden = {sheet.name: "hidden in the workbook" for sheet in sheets if sheet.grid.hidden}
    titles = {sheet.name: sheet.titles for sheet in sheets if sheet.titles}
    old = {sheet.name: "an error cell shows as empty" for sheet in sheets if sheet.grid.path.suffix.lower() == ".xls"}
    for title, subjects in (
        ("hidden sheets that were read", hidden),
        ("sheets with texts above the header", titles),
        ("sheets of .xls workbooks, whose error cells cannot be told from empty ones", old),
    ):
        if subjects:
            parts.notes.append(Note(title, len(subjects), subjects))
