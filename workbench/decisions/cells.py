"""Cells of a workbook: text stays text, amounts keep their digits, and the bytes depend on the content alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from workbench.money import in_minor_unit, minor_units

LONGEST = 32_767
EXACT_DIGITS = 15
LOOKS_LIKE_FORMULA = re.compile(r"[=+\-@\t\r]")
PAPER = "#FFF9E8"


class Book:
    """A workbook being written; nothing that comes from data becomes a formula or a link."""

    def __init__(self, file: Path, made: datetime, title: str = "Decisions") -> None:
        self.book = xlsxwriter.Workbook(str(file), {"strings_to_formulas": False, "strings_to_urls": False})
        self.book.set_properties({"title": title, "created": made.replace(tzinfo=None)})
        self.plain = self.style()
        self.hostile = self.style(quote_prefix=True)
        self.wrapped = self.style(text_wrap=True)
        self.indented = self.style(indent=1)
        self.bold = self.style(bold=True)
        self.title = self.style(bold=True, font_size=16)
        self.head = self.style(bold=True, bottom=1)
        self.head_right = self.style(bold=True, bottom=1, align="right")
        self.day = self.style(num_format="yyyy-mm-dd", align="left")
        self.whole = self.style(num_format="#,##0")
        self.long = self.style(align="right")
        self.link = self.style(font_color="#1F6F8B", underline=1)
        # What people type here stays text: an id keeps its zeros, and no = makes a formula.
        self.typed = self.style(num_format="@", bg_color=PAPER)
        self.typed_day = self.style(num_format="yyyy-mm-dd", bg_color=PAPER, align="left")
        self.amounts = {digits: self.style(num_format=pattern(digits)) for digits in (0, 2, 3, 4)}
        self.typed_amounts = {digits: self.style(num_format=pattern(digits), bg_color=PAPER) for digits in (0, 2, 3, 4)}

    def style(self, **properties: Any) -> Format:
        """A cell format; everything stands at the top of its cell."""
        return self.book.add_format({"valign": "top", **properties})

    def text(self, sheet: Worksheet, row: int, column: int, value: str | None, style: Format | None = None) -> None:
        """A text cell, never a formula; cut at Excel's limit, and it says so. None leaves the cell empty."""
        if value:
            safe = style or (self.hostile if LOOKS_LIKE_FORMULA.match(value) else self.plain)
            sheet.write_string(row, column, value if len(value) <= LONGEST else value[: LONGEST - 6] + " [...]", safe)

    def money(
        self,
        sheet: Worksheet,
        row: int,
        column: int,
        amount: Decimal | None,
        currency: str | None,
        *,
        typed: bool = False,
    ) -> None:
        """An amount in its currency's digits, as text where Excel would round it; empty typed cells too."""
        styles = self.typed_amounts if typed else self.amounts
        if amount is None:
            if typed:
                sheet.write_blank(row, column, None, styles[minor_units(currency)])
            return
        exact = in_minor_unit(amount, currency) or ""
        if fits(amount):
            digits = max(minor_units(currency), len(exact.partition(".")[2]))
            sheet.write_number(row, column, Decimal(exact), styles.get(digits, styles[4]))
        else:
            sheet.write_string(row, column, exact, self.long)

    def date(self, sheet: Worksheet, row: int, column: int, day: date | None, style: Format) -> None:
        """A day; None leaves the cell empty. Excel has no day before 1900, so those are text."""
        if day is None:
            return
        if day.year >= 1900:
            sheet.write_datetime(row, column, datetime(day.year, day.month, day.day), style)  # noqa: DTZ001 - a day
        else:
            sheet.write_string(row, column, day.isoformat(), style)

    def native(
        self, sheet: Worksheet, name: str, heads: Sequence[str], widths: Sequence[int], rows: int, *, frozen: int = 1
    ) -> None:
        """An Excel table with filters under a frozen head; Excel wants one row even where there is none."""
        columns = [{"header": head} for head in heads]
        place = (0, 0, max(rows, 1), len(heads) - 1)
        sheet.add_table(*place, {"name": name, "columns": columns, "style": "Table Style Light 1"})
        sheet.freeze_panes(1, frozen)
        for number, width in enumerate(widths):
            sheet.set_column(number, number, width)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)


def fits(amount: Decimal) -> bool:
    """True when Excel keeps every digit of an amount."""
    return len(amount.normalize().as_tuple().digits) <= EXACT_DIGITS


def pattern(digits: int) -> str:
    """The number format of amounts with so many decimals, negative ones in red."""
    whole = "#,##0" + ("." + "0" * digits if digits else "")
    return f"{whole};[Red]-{whole}"
