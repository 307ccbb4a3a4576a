"""findings.xlsx: every candidate in Excel, with totals that a reviewer can trace to their rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from xlsxwriter.worksheet import Worksheet

from workbench.decisions.cells import Book
from workbench.decisions.entry import Standing, readable
from workbench.decisions.rows import Places, write_evidence, write_field, write_link
from workbench.language import ENGLISH, language, mark, say
from workbench.pack.deciding import approval_words, left_of
from workbench.pack.extract import cited
from workbench.pack.tracing import write_summary
from workbench.pack.work import Audit

LIMIT = 1_048_575

HEADS: dict[str, tuple[str, int]] = {
    "control_id": (mark("Control"), 10),
    "severity": (mark("Severity"), 10),
    "finding_id": (mark("Finding"), 19),
    "subject_table": (mark("Subject table"), 18),
    "subject_id": (mark("Subject"), 26),
    "entity_id": (mark("Entity"), 10),
    "customer_id": (mark("Customer"), 16),
    "event_date": (mark("Date"), 11),
    "currency": (mark("Currency"), 10),
    "expected_amount": (mark("Expected"), 17),
    "billed_amount": (mark("Billed"), 17),
    "impact_amount": (mark("Impact"), 17),
    "direction": (mark("Direction"), 13),
    "reason": (mark("Reason"), 80),
}
DECISION: dict[str, tuple[str, int]] = {
    "state": (mark("Decision"), 12),
    "left": (mark("Left to do"), 17),
    "remedy": (mark("Remedy"), 11),
    "amount": (mark("Remedy amount"), 16),
    "root_cause": (mark("Root cause"), 18),
    "owner": (mark("Owner"), 14),
    "due_on": (mark("Due"), 11),
    "approval": (mark("Approval"), 44),
    "remark": (mark("Remark"), 40),
    "by": (mark("Decided by"), 34),
}


def write_workbook(audit: Audit, file: Path, limit: int = LIMIT) -> None:
    """Write the workbook: Summary, Findings, Suppressed, Evidence, Parameters.

    A sheet holds at most `limit` rows; what is beyond stands only in findings.parquet, and the Summary says so.
    """
    book = Book(file, _made(audit.period.end), "Findings")
    found = audit.findings.found
    suppressed = audit.findings.table.filter(pc.is_valid(audit.findings.table["suppressed_by"]))
    summary = book.book.add_worksheet("Summary")
    findings = book.book.add_worksheet("Findings")
    _suppressed(book, book.book.add_worksheet("Suppressed"), audit, suppressed.slice(0, limit))
    places = write_evidence(book, book.book.add_worksheet("Evidence"), _rows(found.slice(0, limit)), limit, frozen=0)
    _findings(book, findings, audit, found.slice(0, limit), places)
    _parameters(book, book.book.add_worksheet("Parameters"), audit)
    complete = max(found.num_rows, suppressed.num_rows) <= limit and len(places) == found.num_rows
    write_summary(book, summary, audit, complete)
    book.book.close()


def _made(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _findings(book: Book, sheet: Worksheet, audit: Audit, table: pa.Table, places: Places) -> None:
    """A native table of findings, each with a link to its evidence and with what was decided on it."""
    heads = [*(head for head, _ in HEADS.values()), mark("Evidence"), *(head for head, _ in DECISION.values())]
    widths = [*(width for _, width in HEADS.values()), 16, *(width for _, width in DECISION.values())]
    book.native(sheet, "Findings", heads, widths, table.num_rows, frozen=0)
    _explain(sheet, heads)
    for place, row in enumerate(_rows(table), 1):
        for column, field in enumerate(HEADS):
            write_field(book, sheet, place, column, field, row, wrap=True)
        write_link(book, sheet, place, len(HEADS), row["finding_id"], places)
        _decision(book, sheet, place, audit, audit.decided.standing(row["finding_id"]))


def _explain(sheet: Worksheet, heads: Sequence[str]) -> None:
    """The heads in the language in force, as notes on the English ones, which formulas and other programs look for."""
    if language() != ENGLISH:
        for column, head in enumerate(heads):
            sheet.write_comment(0, column, say(head))


def _decision(book: Book, sheet: Worksheet, place: int, audit: Audit, standing: Standing) -> None:
    texts = {
        "state": standing.state,
        "left": left_of(standing, audit.period.end),
        "remedy": (standing.remedy or "").replace("_", " "),
        "root_cause": (standing.root_cause or "").replace("_", " "),
        "owner": standing.owner or "",
        "approval": approval_words(audit, standing),
        "remark": standing.remark or "",
        "by": f"{standing.by}, {readable(standing.at)}" if standing.at else "",
    }
    for column, field in enumerate(DECISION, len(HEADS) + 1):
        if field == "amount":
            book.money(sheet, place, column, standing.amount, standing.currency)
        elif field == "due_on":
            book.date(sheet, place, column, standing.due_on, book.day)
        else:
            book.text(sheet, place, column, texts[field])


def _suppressed(book: Book, sheet: Worksheet, audit: Audit, table: pa.Table) -> None:
    """A native table of what is no finding, with the code of the reason; an explanation is told with its entry."""
    told = {
        finding_id: say(
            "explanation of entry {number}: {remark}", number=one.explanation.number, remark=one.explanation.remark
        )
        for one in audit.applied
        for finding_id in one.finding_ids
    }
    heads = [*(head for head, _ in HEADS.values()), mark("Suppressed by"), mark("Explanation"), mark("Evidence")]
    book.native(
        sheet, "Suppressed", heads, [*(width for _, width in HEADS.values()), 16, 30, 40], table.num_rows, frozen=0
    )
    _explain(sheet, heads)
    for place, row in enumerate(_rows(table), 1):
        for column, field in enumerate(HEADS):
            write_field(book, sheet, place, column, field, row, wrap=True)
        book.text(sheet, place, len(HEADS), row["suppressed_by"])
        book.text(sheet, place, len(HEADS) + 1, told.get(row["finding_id"]))
        keys = "; ".join(f"{name}: {', '.join(held)}" for name, held in cited(row["evidence"]))
        book.text(sheet, place, len(HEADS) + 2, keys)


def _parameters(book: Book, sheet: Worksheet, audit: Audit) -> None:
    fixed = audit.fixed
    named = [(name, fixed[name]) for name in ("period", "from_date", "to_date", "as_of", "snapshot", "workbench")]
    rows: list[Sequence[str]] = [("", "pack id", audit.pack_id, "", "", say("SHA-256 of parameters.json"))]
    rows += [("", "entity", audit.entity or f"({audit.scope_word})", "", "", "")]
    rows += [("", name, str(value), "", "", "") for name, value in named]
    rows += [
        (
            control.id,
            name,
            str(fixed["controls"][control.id]["parameters"][name]),
            str(entry.default),
            entry.unit,
            say(entry.why),
        )
        for control in audit.controls
        for name, entry in control.parameters.items()
    ]
    heads = [say("Control"), say("Parameter"), say("Value"), say("Default"), say("Unit"), say("Why")]
    book.native(sheet, "Parameters", heads, [10, 20, 68, 12, 20, 80], len(rows), frozen=0)
    for place, cells in enumerate(rows, 1):
        for column, cell in enumerate(cells):
            book.text(sheet, place, column, cell)


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    for batch in table.to_batches(max_chunksize=10_000):
        yield from batch.to_pylist()
