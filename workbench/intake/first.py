"""The first finding of a list: what it says, by how much, and the very lines of the file that prove it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.controls import control
from workbench.evidence import SourceRows, trace
from workbench.findings import Findings
from workbench.intake.books import Books
from workbench.intake.unlocking import unlocks
from workbench.markup import Amount, Shown, html_records, html_table
from workbench.snapshot import Snapshot

SEVERITIES = ("high", "medium", "low")
MOST = 20


def first_finding(findings: Findings, books: Snapshot) -> Shown:
    """The finding to look at first, the gravest and of these the costliest, with the lines of the file behind it.

    Without a finding it says what was asked, and what would let more be asked.
    """
    found = sorted(findings.found.to_pylist(), key=_order)
    if not found:
        return _nothing(findings, books)
    finding = found[0]
    asked, currency = control(finding["control_id"]), finding["currency"]
    more = f"the first of {len(found):,}" if len(found) > 1 else "the only one"
    words = f"{asked.id} {asked.title}: {finding['reason']}"
    facts: list[list[object]] = [
        ["finding", f"{finding['finding_id']}, {more}"],
        ["asked", f"{asked.id} {asked.title} ({asked.severity})"],
        ["found", finding["reason"]],
        ["expected", str(Amount(finding["expected_amount"], currency, named=True))],
        ["billed", str(Amount(finding["billed_amount"], currency, named=True))],
        ["difference", _difference(finding)],
        ["why it matters", asked.why],
        ["next step", asked.next_step],
    ]
    proof = [_proof(part, books, currency) for part in trace(books, finding, limit=MOST).sources]
    html = html_table(["", "the first finding"], facts) + "".join(part for part, _ in proof)
    lines = "\n".join(line for _, some in proof for line in some)
    return Shown(html, f"{words}\n{_difference(finding)}\n{lines}")


def _order(finding: Mapping[str, Any]) -> tuple[int, bool, Any, str]:
    impact = finding["impact_amount"]
    return SEVERITIES.index(finding["severity"]), impact is None, -abs(impact or 0), finding["finding_id"]


def _difference(finding: Mapping[str, Any]) -> str:
    amount = Amount(finding["impact_amount"], finding["currency"], named=True)
    return f"{amount} {(finding['direction'] or '').replace('_', '-')}".strip() or "no amount"


def _proof(part: SourceRows, books: Snapshot, currency: str | None) -> tuple[str, list[str]]:
    """The source rows of one table as they stand in the file, each with its line there."""
    rows = part.rows.to_pylist()
    if not isinstance(books, Books) or not rows:
        return html_records(part.cells(currency), caption=part.caption), []
    html, texts = "", []
    for source in dict.fromkeys(row["_source"] for row in rows):
        place = books.places.get(source)
        if place is None:
            return html_records(part.cells(currency), caption=part.caption), []
        found = place.lines([row["_row"] for row in rows if row["_source"] == source])
        names = [name or f"({at + 1})" for at, name in enumerate(place.sheet.names)]
        shown = [[str(number), *(texts + [""] * len(names))[: len(names)]] for number, texts in found.values()]
        caption = f"{part.table.name}, as it stands in {place.sheet.name}"
        html += html_table(["line", *names], shown, caption=caption)
        texts += [f"{place.sheet.name}, line {line[0]}: {' | '.join(line[1:])}" for line in shown]
    return html, texts


def _nothing(findings: Findings, books: Snapshot) -> Shown:
    ran = ", ".join(line.control.id for line in findings.funnel)
    said = f"{len(findings.funnel):,} controls ran and none found anything: {ran or 'none could run'}"
    return Shown(html_table(["nothing was found"], [[said]]) + unlocks(books).html, said)
