"""The page and the workbook of a customer's pack."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from itertools import groupby
from pathlib import Path
from typing import Any

from workbench.decisions.cells import Book
from workbench.language import counted, mark, say
from workbench.pack import sections
from workbench.pack.html import Cell, coded, facts, key, money, number, paragraphs, right, table, text
from workbench.pack.scope import in_words
from workbench.pack.summary import shell
from workbench.pack.work import Audit

DIRECTIONS = {
    "over_billed": mark("billed too much"), "under_billed": mark("billed too little"),
    "at_risk": mark("to be looked at"),
}  # fmt: skip
HEADS = (
    (mark("Control"), 10), (mark("Question"), 34), (mark("Finding"), 19), (mark("Document"), 26), (mark("Date"), 11),
    (mark("Currency"), 10), (mark("Expected"), 17), (mark("Billed"), 17), (mark("Difference"), 17),
    (mark("Direction"), 18), (mark("Reason"), 80),
)  # fmt: skip
AMOUNTS = ("expected_amount", "billed_amount", "impact_amount")
SAID = mark(
    "Over-billed and under-billed stand beside each other and are never netted; currencies are never added. "
    "Sums are over what is shown here."
)
WHOLE = mark("Every file still has the SHA-256 that {manifest} lists. In this folder:")


def customer_page(audit: Audit, rows: Mapping[str, int]) -> str:
    """summary.html: the conclusion, money both ways, every finding, and what the work rests on."""
    found = audit.findings.found
    parts = (
        text(audit.period.words),
        text(say("as of {day}", day=in_words(audit.period.end))),
        coded(mark("pack {id}"), id=audit.pack_id[:16]),
    )
    line, kicker = " \N{MIDDLE DOT} ".join(parts), text(say("Billing review"))
    unit = say("No currency")
    charts = "".join(f"<h3>{text(currency or unit)}</h3>\n{svg}" for currency, svg in sections.charts(audit))
    check = coded(WHOLE, manifest="manifest.json")
    chapters = {
        say("Money both ways"): charts + sections.money_table(audit),
        say("Every finding"): _findings(audit),
        say("What this rests on"): _basis(audit, rows),
        say("How to check this pack"): f"<p>{check}</p>\n<pre>python verify.py</pre>\n",
    }
    body = "".join(f"<section><h2>{text(title)}</h2>\n{html}</section>\n" for title, html in chapters.items())
    front = f'<header><p class="kicker">{kicker}</p>\n<h1>{text(audit.name)}</h1>\n<p>{line}</p></header>\n'
    verdict, said = text(_verdict(audit, found.num_rows)), paragraphs([say(SAID)])
    title = say("Billing review {name}", name=audit.name)
    return shell(title, f'{front}<p class="verdict">{verdict}</p>\n{said}{body}')


def _verdict(audit: Audit, findings: int) -> str:
    month = audit.period.words
    if not findings:
        return say("We looked at our billing of {month} and found nothing that concerns you.", month=month)
    return counted(
        findings,
        "We looked at our billing of {month} and found {count} finding that concerns you.",
        "We looked at our billing of {month} and found {count} findings that concern you.",
        month=month,
    )


def _findings(audit: Audit) -> str:
    """All of them, by currency, the largest first."""
    titles = {control.id: say(control.title) for control in audit.controls}
    rows = sorted(
        audit.findings.found.to_pylist(),
        key=lambda row: (row["currency"] or "", -abs(row["impact_amount"] or 0), row["control_id"], row["finding_id"]),
    )
    parts = []
    for currency, own in groupby(rows, lambda row: row["currency"]):
        unit = say("No currency")
        parts.append(f"<h3>{text(currency or unit)}</h3>\n" + table(_heads(), (_cells(row, titles) for row in own)))
    return "".join(parts) or table(_heads(), ())


def _heads() -> list[object]:
    return [
        say("Question"), say("Document"), say("Reason"), right(say("Expected")), right(say("Billed")),
        right(say("Difference")),
    ]  # fmt: skip


def _cells(row: Mapping[str, Any], titles: Mapping[str, str]) -> list[Cell]:
    unit = row["currency"]
    day = f"<br>{row['event_date']}" if row["event_date"] else ""
    question = f"<b>{text(titles[row['control_id']])}</b><br>{text(row['control_id'])}"
    return [
        Cell(question),
        Cell(f"{text(row['subject_table'])}<br><b>{text(row['subject_id'])}</b>{day}"),
        Cell(text(row["reason"])),
        money(row["expected_amount"], unit),
        money(row["billed_amount"], unit),
        Cell(f"{money(row['impact_amount'], unit, signed=True).html}<br>{text(_direction(row))}", "number"),
    ]


def _direction(row: Mapping[str, Any]) -> str:
    way = row["direction"]
    return say(DIRECTIONS[way])


def _basis(audit: Audit, rows: Mapping[str, int]) -> str:
    shown = table([say("Your rows in"), right(say("Rows"))], ((name, number(count)) for name, count in rows.items()))
    questions = ((say(control.title), key(control.id)) for control in audit.controls)
    asked = table([say("Question"), say("Control")], questions)
    fixed = facts([(say("Snapshot"), key(audit.snapshot.fingerprint)), (say("Pack id"), key(audit.pack_id))])
    title = text(say("What was asked"))
    return f"{fixed}{shown}<h3>{title}</h3>\n{asked}"


def write_customer_workbook(audit: Audit, file: Path) -> None:
    """findings.xlsx: a sheet with every finding that is told; text stays text, amounts keep their digits."""
    book = Book(file, datetime.combine(audit.period.end, time(tzinfo=UTC)), "Findings")
    sheet = book.book.add_worksheet("Findings")
    titles = {control.id: say(control.title) for control in audit.controls}
    found = audit.findings.found.to_pylist()
    columns = [{"header": say(head)} for head, _ in HEADS]
    style = {"name": "Findings", "columns": columns, "style": "Table Style Light 1"}
    sheet.add_table(0, 0, max(len(found), 1), len(HEADS) - 1, style)
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    for column, (_, width) in enumerate(HEADS):
        sheet.set_column(column, column, width)
    for place, row in enumerate(found, 1):
        words = (row["control_id"], titles[row["control_id"]], row["finding_id"], row["subject_id"])
        for column, cell in enumerate(words):
            book.text(sheet, place, column, cell)
        if row["event_date"]:
            sheet.write_datetime(place, 4, row["event_date"], book.day)
        book.text(sheet, place, 5, row["currency"])
        for column, name in enumerate(AMOUNTS, 6):
            book.money(sheet, place, column, row[name], row["currency"])
        book.text(sheet, place, 9, _direction(row))
        book.text(sheet, place, 10, row["reason"], book.wrapped)
    book.book.close()
