"""The Summary sheet of findings.xlsx: formulas over the tables beside it, with the exact results in them."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import groupby

from xlsxwriter.worksheet import Worksheet

from workbench.decisions.cells import Book, fits
from workbench.language import mark, say
from workbench.language.retelling import listed
from workbench.money import in_minor_unit, minor_units
from workbench.pack import wording
from workbench.pack.deciding import states_of
from workbench.pack.deciding_words import MEANINGS, SEVERITIES, STATES, word
from workbench.pack.identities import FAILS
from workbench.pack.work import Audit

CODE = re.compile(r"[A-Z]{3}")
WAYS = (("over_billed", "Impact"), ("under_billed", "Impact"), ("at_risk", "Billed"))
FINDINGS = mark("Findings")
SIDE_HEADS = (
    mark("Over-billed"), FINDINGS, mark("Under-billed"), FINDINGS, mark("At risk: stands"), FINDINGS,
)  # fmt: skip
MONEY_HEADS = (mark("Currency"), mark("Control"), mark("Title"), *SIDE_HEADS)
STATE_HEADS = (mark("State"), "", mark("Means"), FINDINGS)
FUNNEL_HEADS = (
    mark("Control"), mark("Severity"), mark("Title"), mark("Rows examined"), mark("Candidates"), mark("Suppressed"),
    FINDINGS, mark("Foots"),
)  # fmt: skip


def write_summary(book: Book, sheet: Worksheet, audit: Audit, complete: bool) -> None:
    """Words, money both ways per currency and control, what was decided, and the funnel.

    With `complete` the sums and counts are formulas over the sheets Findings and Suppressed; otherwise they are
    numbers, because those sheets do not hold every row.
    """
    for column, width in enumerate((12, 12, 46, 19, 12, 19, 12, 19, 12)):
        sheet.set_column(column, column, width)
    row = _words(book, sheet, audit, complete)
    row = _money(book, sheet, audit, complete, row)
    row = _states(book, sheet, audit, complete, row)
    _funnel(book, sheet, audit, complete, row)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _words(book: Book, sheet: Worksheet, audit: Audit, complete: bool) -> int:
    wrong = [identity.name for identity in audit.identities if identity.state == FAILS]
    failed = [say("IDENTITY FAILS: {identity}", identity=name) for name in wrong]
    cut = say("Excel holds no more rows than these: the sheets are cut, findings.parquet holds every one.")
    missing = [] if complete else [cut]
    sheet.set_row(0, 26)
    title = say("{name}, {month}", name=audit.name, month=audit.period.words)
    sheet.write_string(0, 0, title, book.style(bold=True, font_size=16))
    pack = say("Pack {id}", id=audit.pack_id)
    lines = [pack, *failed, *missing, wording.headline(audit), *wording.sentences(audit)]
    for place, line in enumerate(lines, 1):
        book.text(sheet, place, 0, line, book.bold if line in failed + missing else book.plain)
    return len(lines) + 2


def _money(book: Book, sheet: Worksheet, audit: Audit, complete: bool, row: int) -> int:
    row = _heads(book, sheet, row, say("Money both ways, by currency and control"), MONEY_HEADS, 3)
    for currency, group in groupby(audit.money, lambda line: line.currency):
        lines = list(group)
        for control, own in groupby(lines, lambda line: line.control):
            book.text(sheet, row, 0, currency or "(none)")
            book.text(sheet, row, 1, control.id)
            book.text(sheet, row, 2, say(control.title))
            ways = {line.direction: (line.amount, line.findings) for line in own}
            _sides(book, sheet, row, currency, ways, complete, ",Findings[Control],$B{row}")
            row += 1
        book.text(sheet, row, 0, currency or "(none)", book.bold)
        book.text(sheet, row, 2, say("All controls"), book.bold)
        both = wording.totals(audit)[currency]
        _sides(
            book,
            sheet,
            row,
            currency,
            {way: (total.amount, total.findings) for way, total in both.items()},
            complete,
            "",
        )
        row += 2
    return row + 1


def _sides(
    book: Book,
    sheet: Worksheet,
    row: int,
    currency: str | None,
    ways: dict[str, tuple[Decimal, int]],
    complete: bool,
    control: str,
) -> None:
    """Amount and count of each direction of one row, as formulas where Excel would reckon the same."""
    for place, (way, field) in enumerate(WAYS):
        if way not in ways:
            continue
        amount, findings = ways[way]
        column = 3 + 2 * place
        where = (
            f'Findings[Currency],$A{row + 1}{control.format(row=row + 1)},Findings[Direction],"{way.replace("_", "-")}"'
        )
        if complete and fits(amount) and (currency is None or CODE.fullmatch(currency)):
            style = book.amounts[minor_units(currency)]
            shown = Decimal(in_minor_unit(amount, currency) or 0)
            sheet.write_formula(row, column, f"=SUMIFS(Findings[{field}],{where})", style, shown)
            sheet.write_formula(row, column + 1, f"=COUNTIFS({where})", book.whole, findings)
        else:
            book.money(sheet, row, column, amount, currency)
            sheet.write_number(row, column + 1, findings, book.whole)


def _states(book: Book, sheet: Worksheet, audit: Audit, complete: bool, row: int) -> int:
    row = _heads(book, sheet, row, say("Decisions: findings = sum of decisions + open"), STATE_HEADS, 3)
    first = row
    for state, findings in states_of(audit).items():
        # The formula looks for the key; its word in another language stands beside it.
        shown = word(STATES, state)
        book.text(sheet, row, 0, state)
        book.text(sheet, row, 1, shown if shown != state else None)
        book.text(sheet, row, 2, word(MEANINGS, state))
        if complete:
            sheet.write_formula(row, 3, f"=COUNTIFS(Findings[Decision],$A{row + 1})", book.whole, findings)
        else:
            sheet.write_number(row, 3, findings, book.whole)
        row += 1
    book.text(sheet, row, 2, say("All findings"), book.bold)
    sheet.write_formula(row, 3, f"=SUM(D{first + 1}:D{row})", book.whole, audit.findings.found.num_rows)
    return row + 2


def _funnel(book: Book, sheet: Worksheet, audit: Audit, complete: bool, row: int) -> None:
    row = _heads(book, sheet, row, say("From rows to findings, by control"), FUNNEL_HEADS, 3)
    first = row
    yes, no = say("yes"), say("NO")
    for line in audit.findings.funnel:
        suppressed = sum(line.suppressed.values())
        book.text(sheet, row, 0, line.control.id)
        book.text(sheet, row, 1, word(SEVERITIES, line.control.severity))
        book.text(sheet, row, 2, say(line.control.title))
        sheet.write_number(row, 3, line.examined, book.whole)
        sheet.write_number(row, 4, line.candidates, book.whole)
        for column, name, count in ((5, "Suppressed", suppressed), (6, "Findings", line.findings)):
            if complete:
                sheet.write_formula(row, column, f"=COUNTIFS({name}[Control],$A{row + 1})", book.whole, count)
            else:
                sheet.write_number(row, column, count, book.whole)
        foots = yes if line.candidates == suppressed + line.findings else no
        sheet.write_formula(row, 7, f'=IF(E{row + 1}=F{row + 1}+G{row + 1},"{yes}","{no}")', book.long, foots)
        row += 1
    book.text(sheet, row, 2, say("All controls"), book.bold)
    total, found = audit.findings.table.num_rows, audit.findings.found.num_rows
    for column, count in enumerate((total, total - found, found), 4):
        letter = "ABCDEFG"[column]
        formula = f"=SUM({letter}{first + 1}:{letter}{row})" if row > first else "=0"
        sheet.write_formula(row, column, formula, book.whole, count)
    for place, state in enumerate(audit.findings.not_run, row + 2):
        book.text(sheet, place, 0, state.control.id)
        title, missing = say(state.control.title), listed(state.missing)
        book.text(sheet, place, 2, say("{title}: not run, missing {names}", title=title, names=missing))


def _heads(book: Book, sheet: Worksheet, row: int, title: str, heads: tuple[str, ...], numbers_from: int) -> int:
    """A title and a line of headings; the row under them."""
    book.text(sheet, row, 0, title, book.bold)
    for column, head in enumerate(heads):
        style = book.style(bold=True, bottom=1, align="right" if column >= numbers_from else "left")
        sheet.write_string(row + 1, column, head and say(head), style)
    return row + 2
