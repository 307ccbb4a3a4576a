"""Static tables of a run: the funnel, readiness, and what could not run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from workbench.controls import Readiness
from workbench.findings import Findings
from workbench.language import mark, say
from workbench.markup import Amount, Shown, html_records, html_table

__all__ = ["Shown", "amounts", "funnel_table", "html_records", "html_table", "not_run_table", "readiness_table"]

STEPS = ("candidates", "suppressed", "findings")
READINESS = (mark("ready"), mark("partly"), mark("not run"))


def funnel_words(candidates: int, suppressed: int, findings: int) -> str:
    """Candidates are what was suppressed and what was found."""
    return say(
        "{candidates} candidates = {suppressed} suppressed + {findings} findings",
        candidates=f"{candidates:,}", suppressed=f"{suppressed:,}", findings=f"{findings:,}",
    )  # fmt: skip


def funnel_table(findings: Findings) -> Shown:
    """Per control: rows examined, candidates, what was suppressed and why, findings, and money both ways."""
    rows: list[dict[str, object]] = [
        {
            mark("control"): line.control.id,
            mark("title"): say(line.control.title),
            mark("examined"): line.examined,
            mark("candidates"): line.candidates,
            mark("suppressed"): sum(line.suppressed.values()),
            mark("as"): [f"{code} {count:,}" for code, count in sorted(line.suppressed.items())],
            mark("findings"): line.findings,
            mark("over-billed"): amounts(line.over),
            mark("under-billed"): amounts(line.under),
        }
        for line in findings.funnel
    ]
    candidates, suppressed, found = (sum(int(str(row[name])) for row in rows) for name in STEPS)
    sentence = funnel_words(candidates, suppressed, found)
    html = html_records(rows, caption=sentence) + not_run_table(findings.not_run)
    return Shown(html, say("{sentence}; {count} controls not run", sentence=sentence, count=len(findings.not_run)))


def not_run_table(not_run: Sequence[Readiness]) -> str:
    """The controls that could not run, each with the names it misses; empty where all ran."""
    rows = [
        {
            mark("control"): state.control.id,
            mark("title"): say(state.control.title),
            mark("missing"): list(state.missing),
        }
        for state in not_run
    ]
    return html_records(rows, caption=say("Not run: {count}", count=f"{len(rows):,}")) if rows else ""


def readiness_table(states: Sequence[Readiness]) -> str:
    """Per control whether it can run on a snapshot, and the names of what it misses."""
    counts = {word: sum(state.state == word for state in states) for word in READINESS}
    parts = [say("{count} {state}", count=f"{number:,}", state=say(word)) for word, number in counts.items()]
    sentence = say("{count} controls: {parts}", count=f"{len(states):,}", parts=say(", ").join(parts))
    rows = [[state.control.id, say(state.control.title), say(state.state), list(state.missing)] for state in states]
    return html_table([mark("control"), mark("title"), mark("readiness"), mark("missing")], rows, caption=sentence)


def amounts(by_currency: Mapping[str, Decimal]) -> list[Amount]:
    """One amount per currency, each with its currency named; amounts in different currencies stay apart."""
    return [Amount(value, currency, named=True) for currency, value in sorted(by_currency.items())]
