"""Copies of sheets that the loader cannot read where they lie: the same rows as text, headings in the first."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from pathlib import Path

from xlsxwriter import Workbook

from workbench.errors import WorkbenchError
from workbench.intake.columns import DELIVERIES, LINES, PRICES, exports
from workbench.intake.sheets import Sheet
from workbench.language import mark
from workbench.sources.files import plain_name, suffix

MOST_ROWS = 1_048_575
LONGEST_CELL = 32_767
CALLED = {LINES: "lines", PRICES: "price list", DELIVERIES: "deliveries"}
MISNAMED = {
    LINES: mark("the name is not that of lines"),
    PRICES: mark("the name is not that of price list"),
    DELIVERIES: mark("the name is not that of deliveries"),
}
WHY_COPIED = (
    mark("the headings are in row {row}"), mark("the name ends in {suffix}"), mark("it is not the first sheet"),
    mark("several headings are the same"), *MISNAMED.values(), mark("it is written in another way than the first"),
    mark("its headings are others than those of the first"),
)  # fmt: skip


def why_copied(sheet: Sheet, first: Sheet) -> str:
    """Why the loader cannot read a sheet where it lies, beside the first; empty where it can.

    It is English, as errors are; a page retells it by WHY_COPIED.
    """
    plain = [plain_name(name) for name in sheet.names if name]
    other = sheet is not first and sheet.written is not None and sheet.written != first.written
    same = sheet is first or sheet.export != first.export or _headings(sheet) == _headings(first)
    reasons = {
        f"the headings are in row {sheet.header}": sheet.header > 1,
        f"the name ends in {sheet.path.suffix}": not suffix(sheet.path),
        "it is not the first sheet": not sheet.first_sheet,
        "several headings are the same": len(set(plain)) < len(plain) or bool(_twice(sheet.names)),
        MISNAMED[sheet.export]: _read_as(sheet.path.name) != sheet.export,
        "it is written in another way than the first": other,
        "its headings are others than those of the first": not same,
    }
    return next((why for why, holds in reasons.items() if holds), "")


def _headings(sheet: Sheet) -> dict[str, str]:
    return {field: entry.heading for field, entry in sheet.taken.items()}


def _twice(names: Sequence[str]) -> list[str]:
    return [name for name in names if name.rpartition(" (")[0] in names]


def _read_as(name: str) -> str:
    fitting = (each.name for each in exports().values() if any(_fits(name, pattern) for pattern in each.files))
    return next(fitting, "")


def _fits(name: str, pattern: str) -> bool:
    return fnmatch.fnmatch(name.lower(), pattern.lower())


def copied(sheet: Sheet, first: Sheet, folder: Path) -> Path:
    """Write a sheet as a workbook of texts that the loader reads, headings as those of the first list of its kind.

    Raises WorkbenchError for more rows than a workbook holds.
    """
    if sheet.rows > MOST_ROWS:
        raise WorkbenchError(
            f"{sheet.name} has {sheet.rows:,} rows and {why_copied(sheet, first)}, so it would have to be copied.",
            "save it as UTF-8 CSV with its headings in the first row",
        )
    stem = f"{sheet.path.stem} {sheet.sheet}".strip() if not sheet.first_sheet else sheet.path.stem
    called = "".join(letter for letter in stem if letter not in '<>:"/\\|?*')
    prefix = "" if _read_as(f"{called}.xlsx") == sheet.export else f"{CALLED[sheet.export]} - "
    target = folder / f"{prefix}{called}.xlsx"
    renamed = {}
    if sheet.export == first.export:
        renamed = {entry.heading: first.taken[f].heading for f, entry in sheet.taken.items() if f in first.taken}
    with Workbook(str(target), {"constant_memory": True, "strings_to_formulas": False}) as book:
        page = book.add_worksheet("lines")
        for column, name in enumerate(sheet.names):
            page.write_string(0, column, renamed.get(name, name))
        for number, (line, texts) in enumerate(sheet.below(every=sheet.written is not None), 1):
            if not texts:
                raise WorkbenchError(
                    f"Line {line} of {sheet.name} cannot be cut into its columns, and {why_copied(sheet, first)}.",
                    "look at the quotes in that line, or save the list as .xlsx",
                )
            for column, text in enumerate(texts[: len(sheet.names)]):
                if text:
                    page.write_string(number, column, text[:LONGEST_CELL])
    return target
