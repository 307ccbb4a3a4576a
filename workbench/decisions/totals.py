"""The Totals sheet of the decisions workbook: money and findings per control and state, as formulas."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from workbench.controls import controls
from workbench.decisions import sheet as layout
from workbench.decisions.cells import Book, fits
from workbench.decisions.entry import Standing
from workbench.decisions.words import STATES
from workbench.money import in_minor_unit, minor_units

CODE = re.compile(r"[A-Z]{3}")
FIRST_STATE = 4
HEAD_ROW = 3
WORDS = (
    "Impact and number of findings by state. Both ways stand apart, and currencies are never added. The figures are "
    "formulas over the sheet Decisions and follow what is chosen there."
)


def write_totals(book: Book, sheet: Worksheet, rows: list[dict[str, Any]], known: Mapping[str, Standing]) -> None:
    """A line per currency, direction and control, and a total of each currency and direction."""
    for column, width in enumerate((10, 13, 10, 46, *(17, 10) * (len(STATES) + 1))):
        sheet.set_column(column, column, width)
    sheet.set_row(0, 26)
    book.text(sheet, 0, 0, "Totals", book.title)
    book.text(sheet, 1, 0, WORDS)
    for column, head in enumerate(("Currency", "Direction", "Control", "Title")):
        book.text(sheet, HEAD_ROW, column, head, book.head)
    for number, state in enumerate([*STATES, "all"]):
        # The formulas read the state from the head above the amounts.
        book.text(sheet, HEAD_ROW, FIRST_STATE + 2 * number, state, book.head_right)
        book.text(sheet, HEAD_ROW, FIRST_STATE + 2 * number + 1, "findings", book.head_right)
    sheet.freeze_panes(HEAD_ROW + 1, FIRST_STATE)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    groups = _groups(rows, known)
    place = HEAD_ROW + 1
    for currency, direction in dict.fromkeys((key[0], key[1]) for key in groups):
        ids = [key[2] for key in groups if key[:2] == (currency, direction)]
        for control_id in ids:
            title = controls()[control_id].title if control_id in controls() else ""
            _line(book, sheet, place, (currency, direction, control_id, title), groups[currency, direction, control_id])
            place += 1
        both = _added([groups[currency, direction, control_id] for control_id in ids])
        _line(book, sheet, place, (currency, direction, "", "All controls"), both)
        place += 2


Sums = dict[str, tuple[Decimal, int, bool]]


def _groups(rows: list[dict[str, Any]], known: Mapping[str, Standing]) -> dict[tuple[str, str, str], Sums]:
    """Per currency, direction and control: each state's impact, its findings, and whether Excel holds all digits."""
    found: dict[tuple[str, str, str], Sums] = {}
    for row in rows:
        key = (row["currency"] or "", row["direction"], row["control_id"])
        sums = found.setdefault(key, {})
        state, amount = known[row["finding_id"]].state, row["impact_amount"] or Decimal(0)
        total, number, exact = sums.get(state, (Decimal(0), 0, True))
        sums[state] = (total + amount, number + 1, exact and fits(amount))
    return dict(sorted(found.items()))


def _added(parts: list[Sums]) -> Sums:
    found: Sums = {}
    for part in parts:
        for state, (amount, number, exact) in part.items():
            total, before, held = found.get(state, (Decimal(0), 0, True))
            found[state] = (total + amount, before + number, held and exact)
    return found


def _line(book: Book, sheet: Worksheet, place: int, words: tuple[str, str, str, str], sums: Sums) -> None:
    currency, direction, control_id, title = words
    style = None if control_id else book.bold
    shown = (currency or layout.NONE, direction.replace("_", "-"), control_id, title)
    for column, cell in enumerate(shown):
        book.text(sheet, place, column, cell, style)
    everything = list(sums.values())
    all_of = (
        sum((one[0] for one in everything), Decimal(0)),
        sum(one[1] for one in everything),
        all(one[2] for one in everything),
    )
    of_state = {state: sums.get(state, (Decimal(0), 0, True)) for state in STATES}
    # Formulas reckon in floats and read a code as a pattern: where either would mislead, the exact figure stands alone.
    formulas = all_of[2] and fits(all_of[0]) and (not currency or CODE.fullmatch(currency) is not None)
    name = layout.DECISIONS
    where = f"{name}[Currency],$A{place + 1},{name}[Direction],$B{place + 1}"
    where += f",{name}[Control],$C{place + 1}" if control_id else ""
    for number, (state, (amount, count, _)) in enumerate([*of_state.items(), ("", all_of)]):
        column = FIRST_STATE + 2 * number
        if formulas:
            cell = xl_rowcol_to_cell(HEAD_ROW, column, row_abs=True)
            own = f"{where},{name}[State],{cell}" if state else where
            money = book.amounts[minor_units(currency or None)]
            exact = Decimal(in_minor_unit(amount, currency or None) or 0)
            sheet.write_formula(place, column, f"=SUMIFS({name}[Impact],{own})", money, exact)
            sheet.write_formula(place, column + 1, f"=COUNTIFS({own})", book.whole, count)
        else:
            book.money(sheet, place, column, amount, currency or None)
            sheet.write_number(place, column + 1, count, book.whole)
