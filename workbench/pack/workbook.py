"""findings.xlsx: every candidate in Excel, with totals that a reviewer can trace to their rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from workbench.findings import AMOUNTS
from workbench.money import in_minor_unit, minor_units
from workbench.pack.extract import cited
from workbench.pack.tracing import write_summary
from workbench.pack.work import Audit

LIMIT = 1_048_575
LINKS = 65_000
LONGEST = 32_767
EXACT_DIGITS = 15
NONE = "(none)"
LOOKS_LIKE_FORMULA = re.compile(r"[=+\-@\t\r]")

HEADS: dict[str, tuple[str, int]] = {
    "control_id": ("Control", 10),
    "severity": ("Severity", 10),
    "finding_id": ("Finding", 19),
    "subject_table": ("Subject table", 18),
    "subject_id": ("Subject", 26),
    "entity_id": ("Entity", 10),
    "customer_id": ("Customer", 16),
    "event_date": ("Date", 11),
    "currency": ("Currency", 10),
    "expected_amount": ("Expected", 17),
    "billed_amount": ("Billed", 17),
    "impact_amount": ("Impact", 17),
    "direction": ("Direction", 13),
    "reason": ("Reason", 80),
}


class Book:
    """A workbook being written: text stays text, numbers keep their digits, bytes depend on the content alone."""

    def __init__(self, file: Path, day: date) -> None:
        self.book = xlsxwriter.Workbook(str(file), {"strings_to_formulas": False, "strings_to_urls": False})
        self.book.set_properties({"title": "Findings", "created": datetime(day.year, day.month, day.day, tzinfo=UTC)})
        self.plain = self.style()
        self.hostile = self.style(quote_prefix=True)
        self.wrapped = self.style(text_wrap=True)
        self.bold = self.style(bold=True)
        self.indented = self.style(indent=1)
        self.day = self.style(num_format="yyyy-mm-dd", align="left")
        self.whole = self.style(num_format="#,##0")
        self.long = self.style(align="right")
        self.link = self.style(font_color="#1F6F8B", underline=1)
        self.amounts = {digits: self.style(num_format=_pattern(digits)) for digits in (0, 2, 3, 4)}

    def style(self, **properties: Any) -> Format:
        """A cell format; everything stands at the top of its cell."""
        return self.book.add_format({"valign": "top", **properties})

    def text(self, sheet: Worksheet, row: int, column: int, value: str | None, style: Format | None = None) -> None:
        """A text cell, never a formula; cut at Excel's limit, and it says so. None leaves the cell empty."""
        if not value:
            return
        safe = self.hostile if style is None and LOOKS_LIKE_FORMULA.match(value) else style or self.plain
        sheet.write_string(row, column, value if len(value) <= LONGEST else value[: LONGEST - 6] + " [...]", safe)

    def money(self, sheet: Worksheet, row: int, column: int, amount: Decimal | None, currency: str | None) -> None:
        """An amount in its currency's digits; as text where Excel would round it."""
        if amount is None:
            return
        exact = in_minor_unit(amount, currency) or ""
        if fits(amount):
            digits = max(minor_units(currency), len(exact.partition(".")[2]))
            sheet.write_number(row, column, Decimal(exact), self.amounts.get(digits, self.amounts[4]))
        else:
            sheet.write_string(row, column, exact, self.long)


def write_workbook(audit: Audit, file: Path, limit: int = LIMIT) -> None:
    """Write the workbook: Summary, Findings, Suppressed, Evidence, Parameters.

    A sheet holds at most `limit` rows; what is beyond stands only in findings.parquet, and the Summary says so.
    """
    book = Book(file, audit.period.end)
    found = audit.findings.found
    suppressed = audit.findings.table.filter(pc.is_valid(audit.findings.table["suppressed_by"]))
    summary = book.book.add_worksheet("Summary")
    findings = book.book.add_worksheet("Findings")
    _candidates(book, book.book.add_worksheet("Suppressed"), "Suppressed", suppressed.slice(0, limit), "Suppressed by")
    places = _evidence(book, book.book.add_worksheet("Evidence"), found.slice(0, limit), limit)
    _candidates(book, findings, "Findings", found.slice(0, limit), "Decision", places)
    _parameters(book, book.book.add_worksheet("Parameters"), audit)
    complete = max(found.num_rows, suppressed.num_rows) <= limit and len(places) == found.num_rows
    write_summary(book, summary, audit, complete)
    book.book.close()


def fits(amount: Decimal) -> bool:
    """True when Excel keeps every digit of an amount."""
    return len(amount.normalize().as_tuple().digits) <= EXACT_DIGITS


def _pattern(digits: int) -> str:
    whole = "#,##0" + ("." + "0" * digits if digits else "")
    return f"{whole};[Red]-{whole}"


def _candidates(
    book: Book,
    sheet: Worksheet,
    name: str,
    table: pa.Table,
    last: str,
    places: Mapping[str, tuple[int, int]] | None = None,
) -> None:
    """A native table of candidates; `places` says where the evidence of each stands and how much it is."""
    heads = [*(head for head, _ in HEADS.values()), last, "Evidence"]
    _native(sheet, name, heads, [*(width for _, width in HEADS.values()), 14, 16], table.num_rows)
    for place, row in enumerate(_rows(table), 1):
        for column, field in enumerate(HEADS):
            _write(book, sheet, place, column, field, row)
        book.text(sheet, place, len(HEADS), row["suppressed_by"] or "open")
        _point(book, sheet, place, len(HEADS) + 1, row, places)


def _write(book: Book, sheet: Worksheet, place: int, column: int, field: str, row: Mapping[str, Any]) -> None:
    value = row[field]
    if field in AMOUNTS:
        book.money(sheet, place, column, value, row["currency"])
    elif field == "event_date":
        if value is not None:
            sheet.write_datetime(place, column, value, book.day)
    elif field == "currency":
        book.text(sheet, place, column, value or NONE)
    elif field == "direction":
        book.text(sheet, place, column, value.replace("_", "-"), book.indented)
    else:
        book.text(sheet, place, column, value, book.wrapped if field == "reason" else None)


def _point(
    book: Book,
    sheet: Worksheet,
    place: int,
    column: int,
    row: Mapping[str, Any],
    places: Mapping[str, tuple[int, int]] | None,
) -> None:
    if places is None:
        book.text(
            sheet, place, column, "; ".join(f"{name}: {', '.join(keys)}" for name, keys in cited(row["evidence"]))
        )
    elif row["finding_id"] in places:
        start, keys = places[row["finding_id"]]
        words = f"{keys} source row{'' if keys == 1 else 's'}"
        if keys and place <= LINKS:
            sheet.write_url(place, column, f"internal:'Evidence'!A{start + 1}", book.link, string=words)
        else:
            book.text(sheet, place, column, f"{words}, Evidence row {start + 1}" if keys else words)


def _evidence(book: Book, sheet: Worksheet, found: pa.Table, limit: int) -> dict[str, tuple[int, int]]:
    """One row per finding and source key; where each finding's rows begin and how many there are."""
    keys: list[tuple[str, str, str, str]] = []
    places: dict[str, tuple[int, int]] = {}
    for row in _rows(found):
        own = [(name, key) for name, held in cited(row["evidence"]) for key in held]
        if len(keys) + len(own) > limit:
            break
        places[row["finding_id"]] = (len(keys) + 1, len(own))
        keys += [(row["finding_id"], row["control_id"], name, key) for name, key in own]
    _native(sheet, "Evidence", ["Finding", "Control", "Source table", "Source key"], [19, 10, 22, 44], len(keys))
    for place, cells in enumerate(keys, 1):
        for column, cell in enumerate(cells):
            book.text(sheet, place, column, cell)
    return places


def _parameters(book: Book, sheet: Worksheet, audit: Audit) -> None:
    fixed = audit.fixed
    named = [(name, fixed[name]) for name in ("period", "from_date", "to_date", "as_of", "snapshot", "workbench")]
    rows: list[Sequence[str]] = [("", "pack id", audit.pack_id, "", "", "SHA-256 of parameters.json")]
    rows += [("", "entity", audit.entity or f"({audit.scope_word})", "", "", "")]
    rows += [("", name, str(value), "", "", "") for name, value in named]
    rows += [
        (
            control.id,
            name,
            str(fixed["controls"][control.id]["parameters"][name]),
            str(entry.default),
            entry.unit,
            entry.why,
        )
        for control in audit.controls
        for name, entry in control.parameters.items()
    ]
    _native(
        sheet,
        "Parameters",
        ["Control", "Parameter", "Value", "Default", "Unit", "Why"],
        [10, 20, 68, 12, 20, 80],
        len(rows),
    )
    for place, cells in enumerate(rows, 1):
        for column, cell in enumerate(cells):
            book.text(sheet, place, column, cell)


def _native(sheet: Worksheet, name: str, heads: Sequence[str], widths: Sequence[int], rows: int) -> None:
    """An Excel table with filters under a frozen header; Excel wants one row even where there is none."""
    columns = [{"header": head} for head in heads]
    sheet.add_table(
        0, 0, max(rows, 1), len(heads) - 1, {"name": name, "columns": columns, "style": "Table Style Light 1"}
    )
    sheet.freeze_panes(1, 0)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    for batch in table.to_batches(max_chunksize=10_000):
        yield from batch.to_pylist()
