"""Static tables of a run: the funnel, readiness, and what could not run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from workbench.controls import Readiness
from workbench.findings import Findings
from workbench.markup import Amount, Shown, html_records, html_table

__all__ = ["Shown", "amounts", "funnel_table", "html_records", "html_table", "not_run_table", "readiness_table"]

STEPS = ("candidates", "suppressed", "findings")


def funnel_table(findings: Findings) -> Shown:
    """Per control: rows examined, candidates, what was suppressed and why, findings, and money both ways."""
    rows: list[dict[str, object]] = [
        {
            "control": line.control.id,
            "title": line.control.title,
            "examined": line.examined,
            "candidates": line.candidates,
            "suppressed": sum(line.suppressed.values()),
            "as": [f"{code} {count:,}" for code, count in sorted(line.suppressed.items())],
            "findings": line.findings,
            "over-billed": amounts(line.over),
            "under-billed": amounts(line.under),
        }
        for line in findings.funnel
    ]
    candidates, suppressed, found = (sum(int(str(row[name])) for row in rows) for name in STEPS)
    sentence = f"{candidates:,} candidates = {suppressed:,} suppressed + {found:,} findings"
    html = html_records(rows, caption=sentence) + not_run_table(findings.not_run)
    return Shown(html, f"{sentence}; {len(findings.not_run)} controls not run")


def not_run_table(not_run: Sequence[Readiness]) -> str:
    """The controls that could not run, each with the names it misses; empty where all ran."""
    rows = [
        {"control": state.control.id, "title": state.control.title, "missing": list(state.missing)} for state in not_run
    ]
    return html_records(rows, caption=f"Not run: {len(rows):,}") if rows else ""


def readiness_table(states: Sequence[Readiness]) -> str:
    """Per control whether it can run on a snapshot, and the names of what it misses."""
    counts = {word: sum(state.state == word for state in states) for word in ("ready", "partly", "not run")}
    sentence = f"{len(states):,} controls: " + ", ".join(f"{number:,} {word}" for word, number in counts.items())
    rows = [[state.control.id, state.control.title, state.state, list(state.missing)] for state in states]
    return html_table(["control", "title", "readiness", "missing"], rows, caption=sentence)


def amounts(by_currency: Mapping[str, Decimal]) -> list[Amount]:
    """One amount per currency, each with its currency named; amounts in different currencies stay apart."""
    return [Amount(value, currency, named=True) for currency, value in sorted(by_currency.items())]
