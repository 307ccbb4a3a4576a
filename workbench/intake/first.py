"""The first finding of a list: what it says, by how much, and the very lines of the file that prove it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.controls import control
from workbench.evidence import SourceRows, trace
from workbench.findings import Findings
from workbench.intake.books import Books
from workbench.intake.unlocking import unlocks
from workbench.language import ENGLISH, mark, say, speaking
from workbench.language.retelling import listed
from workbench.markup import Amount, Shown, html_records, html_table
from workbench.settlement.codes import in_words, sense
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
    more = say("the first of {count}", count=f"{len(found):,}") if len(found) > 1 else say("the only one")
    named = f"{asked.id} {say(asked.title)}"
    words = say("{control}: {what}", control=named, what=finding["reason"])
    facts: list[list[object]] = [
        [say("finding"), say("{finding}, {more}", finding=finding["finding_id"], more=more)],
        [say("asked"), say("{control} ({severity})", control=named, severity=in_words(asked.severity))],
        [say("found"), finding["reason"]],
        [sense(mark("expected#amount")), str(Amount(finding["expected_amount"], currency, named=True))],
        [sense(mark("billed#amount")), str(Amount(finding["billed_amount"], currency, named=True))],
        [say("difference"), _difference(finding)],
        [say("why it matters"), say(asked.why)],
        [say("next step"), say(asked.next_step)],
    ]
    proof = [_proof(part, books, currency) for part in trace(books, finding, limit=MOST).sources]
    html = html_table(["", mark("the first finding")], facts) + "".join(part for part, _ in proof)
    lines = "\n".join(line for _, some in proof for line in some)
    return Shown(html, f"{words}\n{_difference(finding)}\n{lines}")


def _order(finding: Mapping[str, Any]) -> tuple[int, bool, Any, str]:
    impact = finding["impact_amount"]
    return SEVERITIES.index(finding["severity"]), impact is None, -abs(impact or 0), finding["finding_id"]


def _difference(finding: Mapping[str, Any]) -> str:
    amount = str(Amount(finding["impact_amount"], finding["currency"], named=True))
    direction = say((finding["direction"] or "").replace("_", "-"))
    if amount and direction:
        return say("{amount} {direction}", amount=amount, direction=direction)
    return amount or direction or say("no amount")


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
        caption = say("{table}, as it stands in {file}", table=part.table.name, file=place.sheet.name)
        html += _as_it_stands(say("line"), names, shown, caption)
        texts += [
            say("{file}, line {line}: {what}", file=place.sheet.name, line=line[0], what=" | ".join(line[1:]))
            for line in shown
        ]
    return html, texts


def _as_it_stands(line: str, names: list[str], rows: list[list[str]], caption: str) -> str:
    """Rows of a file under its own headings; a heading that happens to be a word of ours stays what it is."""
    with speaking(ENGLISH):
        return html_table([line, *names], rows, caption=caption)


def _nothing(findings: Findings, books: Snapshot) -> Shown:
    ran = listed(line.control.id for line in findings.funnel)
    said = say(
        "{count} controls ran and none found anything: {controls}",
        count=f"{len(findings.funnel):,}", controls=ran or say("none could run"),
    )  # fmt: skip
    return Shown(html_table([mark("nothing was found")], [[said]]) + unlocks(books).html, said)
