"""The page and the workbook of a customer's pack."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from itertools import groupby
from pathlib import Path
from typing import Any

from workbench.decisions.cells import Book
from workbench.pack import sections
from workbench.pack.html import Cell, counted, facts, key, money, number, paragraphs, right, table, text
from workbench.pack.scope import in_words
from workbench.pack.summary import shell
from workbench.pack.work import Audit

DIRECTIONS = {"over_billed": "billed too much", "under_billed": "billed too little", "at_risk": "to be looked at"}
HEADS = (
    ("Control", 10), ("Question", 34), ("Finding", 19), ("Document", 26), ("Date", 11), ("Currency", 10),
    ("Expected", 17), ("Billed", 17), ("Difference", 17), ("Direction", 18), ("Reason", 80),
)  # fmt: skip
AMOUNTS = ("expected_amount", "billed_amount", "impact_amount")
SAID = (
    "Over-billed and under-billed stand beside each other and are never netted; currencies are never added. "
    "Sums are over what is shown here."
)
CHECK = """<p>Every file still has the SHA-256 that <code>manifest.json</code> lists. In this folder:</p>
<pre>python verify.py</pre>
"""


def customer_page(audit: Audit, rows: Mapping[str, int]) -> str:
    """summary.html: the conclusion, money both ways, every finding, and what the work rests on."""
    found = audit.findings.found
    words = "nothing" if not found.num_rows else counted(found.num_rows, "finding")
    concern = "concerns" if found.num_rows <= 1 else "concern"
    verdict = f"We looked at our billing of {audit.period.words} and found {words} that {concern} you."
    parts = (audit.period.words, f"as of {in_words(audit.period.end)}", f"pack <code>{audit.pack_id[:16]}</code>")
    line = " \N{MIDDLE DOT} ".join(parts)
    charts = "".join(f"<h3>{text(currency or 'No currency')}</h3>\n{svg}" for currency, svg in sections.charts(audit))
    chapters = {
        "Money both ways": charts + sections.money_table(audit),
        "Every finding": _findings(audit),
        "What this rests on": _basis(audit, rows),
        "How to check this pack": CHECK,
    }
    body = "".join(f"<section><h2>{text(title)}</h2>\n{html}</section>\n" for title, html in chapters.items())
    front = f'<header><p class="kicker">Billing review</p>\n<h1>{text(audit.name)}</h1>\n<p>{line}</p></header>\n'
    said = paragraphs([SAID])
    return shell(f"Billing review {audit.name}", f'{front}<p class="verdict">{text(verdict)}</p>\n{said}{body}')


def _findings(audit: Audit) -> str:
    """All of them, by currency, the largest first."""
    titles = {control.id: control.title for control in audit.controls}
    rows = sorted(
        audit.findings.found.to_pylist(),
        key=lambda row: (row["currency"] or "", -abs(row["impact_amount"] or 0), row["control_id"], row["finding_id"]),
    )
    parts = []
    for currency, own in groupby(rows, lambda row: row["currency"]):
        parts.append(
            f"<h3>{text(currency or 'No currency')}</h3>\n" + table(_heads(), (_cells(row, titles) for row in own))
        )
    return "".join(parts) or "<p>None.</p>\n"


def _heads() -> list[object]:
    return ["Question", "Document", "Reason", right("Expected"), right("Billed"), right("Difference")]


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
        Cell(f"{money(row['impact_amount'], unit, signed=True).html}<br>{DIRECTIONS[row['direction']]}", "number"),
    ]


def _basis(audit: Audit, rows: Mapping[str, int]) -> str:
    shown = table(["Your rows in", right("Rows")], ((name, number(count)) for name, count in rows.items()))
    asked = table(["Question", "Control"], ((control.title, key(control.id)) for control in audit.controls))
    fixed = facts([("Snapshot", key(audit.snapshot.fingerprint)), ("Pack id", key(audit.pack_id))])
    return f"{fixed}{shown}<h3>What was asked</h3>\n{asked}"


def write_customer_workbook(audit: Audit, file: Path) -> None:
    """findings.xlsx: a sheet with every finding that is told; text stays text, amounts keep their digits."""
    book = Book(file, datetime.combine(audit.period.end, time(tzinfo=UTC)), "Findings")
    sheet = book.book.add_worksheet("Findings")
    titles = {control.id: control.title for control in audit.controls}
    found = audit.findings.found.to_pylist()
    columns = [{"header": head} for head, _ in HEADS]
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
        book.text(sheet, place, 9, DIRECTIONS[row["direction"]])
        book.text(sheet, place, 10, row["reason"], book.wrapped)
    book.book.close()
