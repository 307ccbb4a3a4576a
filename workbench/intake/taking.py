"""Take in a list of invoice lines: how it was understood, what is still to be said, and the snapshot made of it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from workbench.errors import UnknownNameError, WorkbenchError
from workbench.intake.books import Books, Place
from workbench.intake.columns import AS_SAID, LINES, SYSTEM, fields, take
from workbench.intake.copying import copied, why_copied
from workbench.intake.sample import sample_file
from workbench.intake.sheets import Sheet, files, read_sheets
from workbench.intake.shown import as_html, as_text
from workbench.language import mark
from workbench.load import load
from workbench.sources.mapping import same
from workbench.workspace import workspace

HOW = ("encoding", "delimiter", "decimal", "dates")
CONSTANTS = ("currency", "entity", "country", "customer", "kind", "status", "product")
NO_CURRENCY = "XXX"
UNNAMED = mark('none is named; say currency="EUR"')
NEEDED = {"invoice": mark("invoice numbers"), "invoice_date": mark("invoice dates")}
AMOUNTS, SIGN = mark("amounts"), mark("whether 1,234 is a thousand")
DAYS = mark("whether the day or the month comes first")


@dataclass(frozen=True)
class Intake:
    """A list as it was understood; `constants` is what stands in every row, with where it comes from.

    `computed` are the amounts that no column has, `unclear` what has to be said before it can be loaded, each with the
    argument that says it; `aside` are the files and sheets that are no list of anything that is read.
    """

    given: Path
    sheets: tuple[Sheet, ...]
    constants: dict[str, tuple[str, str]]
    how: dict[str, str]
    aside: tuple[str, ...]

    @property
    def first(self) -> Sheet:
        """The list of invoice lines, the first where there are several."""
        return next(sheet for sheet in self.sheets if sheet.export == LINES)

    @property
    def computed(self) -> tuple[str, ...]:
        """The amounts of a line that are computed because no column has them."""
        has = self.first.taken.keys()
        net = [] if "net" in has else ["net of gross"] if "gross" in has else ["net"]
        return (*net, *(name for name in ("quantity", "unit_price") if name not in has))

    @property
    def unclear(self) -> dict[str, str]:
        """What is missing or can be read in two ways, and the argument of wb.intake that says it."""
        has = self.first.taken.keys()
        found = {what: f'{name}="one of its headings"' for name, what in NEEDED.items() if name not in has}
        if not {"net", "gross"} & has and not {"quantity", "unit_price"} <= has:
            found[AMOUNTS] = 'net="one of its headings"'
        if self.decimal_sign == "?":
            found[SIGN] = 'decimal="," or decimal="."'
        for sheet in self.sheets:
            if sheet.unclear_days and not self.how["dates"]:
                found[DAYS] = f'dates="{sheet.unclear_days[0]}"'
        return found

    @property
    def decimal_sign(self) -> str:
        """The sign between whole and fraction in the list of invoice lines."""
        return self.how["decimal"] or self.first.decimal_sign

    def __repr__(self) -> str:
        return as_text(self)

    def _repr_html_(self) -> str:
        return as_html(self)

    def load(self, out: str | Path = "") -> Books:
        """Load the list into a new snapshot; by default one in the workspace.

        Raises WorkbenchError while something is unclear, and where a copy would be too large for a workbook.
        """
        if self.unclear:
            what, fix = next(iter(self.unclear.items()))
            named = ", ".join(each.text for each in self.first.headings[:20])
            raise WorkbenchError(
                f"{self.first.name} does not say {what}; its headings are {named}.", f"wb.intake(file, {fix})"
            )
        self._check_signs()
        folder = _new_folder(self.given.stem)
        folder.mkdir(parents=True)
        inputs, places = [], {}
        for sheet in self.sheets:
            path = copied(sheet, self.first, folder) if why_copied(sheet, self.first) else sheet.path
            inputs.append(path)
            places[path.name] = Place(sheet, path != sheet.path)
        said = folder / "fields.yml"
        said.write_text(yaml.safe_dump(self.as_fields(), allow_unicode=True, sort_keys=False), encoding="utf-8")
        original = next((sheet for sheet in self.sheets if sheet.path in inputs and sheet.written), None)
        loaded = load(
            [*inputs, said],
            SYSTEM,
            Path(out).expanduser() if out else folder / "snapshot",
            encoding=original.written.encoding if original and original.written else "",
            delimiter=original.written.delimiter if original and original.written else "",
            dates=self.how["dates"],
        )
        return Books(loaded.snapshot.resolve(), loaded, places)

    def _check_signs(self) -> None:
        """Raise WorkbenchError where two lists of lines write their numbers in different ways."""
        others = [sheet for sheet in self.sheets if sheet.export == LINES and not self.how["decimal"]]
        other = next((sheet for sheet in others if sheet.decimal_sign not in {self.decimal_sign, "?"}), None)
        if other:
            raise WorkbenchError(
                f"{self.first.name} has '{self.decimal_sign}' before the fraction of a number and {other.name} "
                f"'{other.decimal_sign}'.",
                "take them in one at a time",
            )

    def as_fields(self) -> dict[str, dict[str, Any]]:
        """What fields.yml says: per list the heading of each field, and what stands where there is none."""
        said: dict[str, dict[str, Any]] = {}
        for sheet in self.sheets:
            if sheet.export in said:
                continue
            entry: dict[str, Any] = {name: taken.heading for name, taken in sheet.taken.items()}
            allowed = fields(sheet.export)
            entry |= {name: {"value": value} for name, (value, _) in self.constants.items() if name in allowed}
            sign = self.decimal_sign if sheet is self.first else sheet.decimal_sign
            entry["decimal_sign"] = {"value": "," if sign == "," else "."}
            if sheet is self.first:
                entry["computed"] = {"value": ", ".join(self.computed) or "nothing"}
            said[sheet.export] = entry
        return said


def intake(file: str | Path = "", **said: str) -> Intake:
    """How a list of invoice lines is understood: a .csv or .xlsx with headings of its own, or a folder of them.

    Without a file it is a small list of the example company, written to the workspace. `said` corrects a guess in one
    line: a field and the heading it is (empty: none), or what stands in every row (currency="EUR"); `encoding`,
    `delimiter`, `decimal` and `dates` say how the file is written. Beside the lines a folder may hold a price list and
    deliveries. Raises WorkbenchError for a file that is no list, UnknownNameError for a field or heading that is none.

    Example:
        >>> wb.intake("invoices.csv", quantity="Stk", currency="EUR")
    """
    given = Path(file).expanduser() if file else sample_file()
    how = {name: said.get(name, "") for name in HOW}
    with tempfile.TemporaryDirectory() as scratch:
        found: list[Sheet] = []
        aside: list[str] = []
        for path in files(given):
            some = list(read_sheets(path, Path(scratch), how["encoding"], how["delimiter"]))
            found += [sheet for sheet in some if sheet.export]
            aside += [sheet.name for sheet in some if not sheet.export]
            aside += [] if some else [path.name]
    if not any(sheet.export == LINES for sheet in found):
        raise _no_lines(given, found, aside)
    own = {name: value for name, value in said.items() if name not in HOW}
    columns, constants = _said(own, [sheet for sheet in found if sheet.export == LINES])
    sheets = tuple(_taken(sheet, columns if sheet.export == LINES else {}) for sheet in found)
    return Intake(given, sheets, _constants(sheets, constants), how, tuple(aside))


def _no_lines(given: Path, found: list[Sheet], aside: list[str]) -> WorkbenchError:
    names = ", ".join([*(sheet.name for sheet in found), *aside][:6])
    return WorkbenchError(
        f"'{given}' holds no list of invoice lines; it holds {names}.",
        "give a list with a row per invoice line: its number, its date, and an amount, or a quantity and a price",
    )


def _taken(sheet: Sheet, said: Mapping[str, str]) -> Sheet:
    own = {field: heading for field, heading in said.items() if any(each.text == heading for each in sheet.headings)}
    own |= {field: "" for field, heading in said.items() if not heading}
    return replace(sheet, taken=take(sheet.export, sheet.headings, own))


def _said(said: Mapping[str, str], sheets: Sequence[Sheet]) -> tuple[dict[str, str], dict[str, str]]:
    """What was said, apart: the heading of a field, and what stands in every row."""
    headings = {same(each.text): each.text for sheet in sheets for each in sheet.headings}
    columns, constants = {}, {}
    for name, value in said.items():
        if name not in fields(LINES):
            raise UnknownNameError("field or option", name, [*fields(LINES), *HOW])
        if not value or same(value) in headings:
            columns[name] = headings.get(same(value), "")
        elif name in CONSTANTS:
            columns[name], constants[name] = "", value
        else:
            raise UnknownNameError(f"heading for {name}", value, headings.values())
    return columns, constants


def _constants(sheets: tuple[Sheet, ...], said: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    found = {name: (value, AS_SAID) for name, value in said.items()}
    lines = [sheet for sheet in sheets if sheet.export == LINES]
    if "currency" not in found and not any("currency" in sheet.taken for sheet in lines):
        code, where = next((sheet.currency for sheet in lines if sheet.currency[0]), ("", ""))
        found["currency"] = (code or NO_CURRENCY, where or UNNAMED)
    return found


def _new_folder(name: str) -> Path:
    return next(path for path in _folders(name) if not path.exists())


def _folders(name: str) -> Iterator[Path]:
    yield from (workspace() / "intake" / f"{name}-{number}" for number in count(1))
