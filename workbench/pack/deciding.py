"""What became of a pack's findings: per state, what is overdue or waits for somebody, who approved what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from weakref import WeakKeyDictionary

from workbench.decisions.chain import extract
from workbench.decisions.entry import Standing
from workbench.decisions.explaining import tally
from workbench.decisions.words import STATES
from workbench.findings import Findings
from workbench.language import mark, say
from workbench.language.retelling import listed
from workbench.pack import deciding_words
from workbench.pack.deciding_words import SEVERITIES
from workbench.pack.work import Audit

OVERDUE, WAITING, OPEN = "overdue", "waits for approval", "open"
WORDS = {
    OVERDUE: mark("{number} overdue"),
    WAITING: mark("{number} waiting for approval"),
    OPEN: mark("{number} undecided"),
}
COLUMNS = (
    "finding_id", "control_id", "severity", "subject_table", "subject_id", "customer_id", "currency", "direction",
    "impact_amount",
)  # fmt: skip


@dataclass(frozen=True)
class DecidedFinding:
    """One finding (some columns of its row) and what holds for it; `left` is "" where nothing is left to do."""

    row: dict[str, Any]
    standing: Standing
    left: str


@dataclass(frozen=True)
class StateLine:
    """Findings of one state in one currency: how many, and their impact each way; None where none is of that way."""

    state: str
    currency: str | None
    findings: int
    over: Decimal | None
    under: Decimal | None


@dataclass(frozen=True)
class _Known:
    """What was worked out for the findings of an audit."""

    findings: Findings
    every: list[DecidedFinding]
    left: list[DecidedFinding]


_KNOWN: WeakKeyDictionary[Audit, _Known] = WeakKeyDictionary()


def _known(audit: Audit) -> _Known:
    # Every page, workbook and notebook of a pack asks for the same, of findings that do not change.
    known = _KNOWN.get(audit)
    if known is None or known.findings is not audit.findings:
        every = list(_decided(audit))
        known = _Known(audit.findings, every, sorted((one for one in every if one.left), key=_order))
        _KNOWN[audit] = known
    return known


def _decided(audit: Audit) -> Iterator[DecidedFinding]:
    for row in audit.findings.found.select(COLUMNS).to_pylist():
        standing = audit.decided.standing(row["finding_id"])
        yield DecidedFinding(row, standing, left_of(standing, audit.period.end))


def decided_findings(audit: Audit) -> list[DecidedFinding]:
    """Every finding with what holds for it, in the order of the findings."""
    return _known(audit).every


def left_of(standing: Standing, day: date) -> str:
    """What is left to do for a finding, seen from a day: overdue, waits for approval, open, or "" for nothing."""
    if standing.state in {"open", "confirmed"} and standing.due_on is not None and standing.due_on < day:
        return OVERDUE
    if standing.approval == "waiting":
        return WAITING
    return OPEN if standing.state == "open" else ""


def open_items(audit: Audit) -> list[DecidedFinding]:
    """What is left to do: overdue first, by day; then what waits for approval; then the undecided, by severity."""
    return _known(audit).left


def _order(one: DecidedFinding) -> tuple[Any, ...]:
    row, size = one.row, abs(one.row["impact_amount"] or Decimal(0))
    due = one.standing.due_on.isoformat() if one.standing.due_on else "9"
    place = (OVERDUE, WAITING, OPEN).index(one.left)
    # Amounts of two currencies are never compared.
    return (place, due, severity_rank(row["severity"]), row["currency"] or "~", -size, row["finding_id"])


def severity_rank(severity: str) -> int:
    """The place of a severity, the gravest first."""
    return list(SEVERITIES).index(severity) if severity in SEVERITIES else len(SEVERITIES)


def open_words(left: Iterable[DecidedFinding]) -> str:
    """What is left in numbers: "2 overdue, 1 waiting for approval, 40 undecided"."""
    counts = Counter(one.left for one in left)
    return listed(say(words, number=f"{counts[what]:,}") for what, words in WORDS.items() if counts[what])


def states_of(audit: Audit) -> dict[str, int]:
    """Findings per state, every state named; they add up to the findings."""
    return tally(audit.findings, audit.decided.standings)


def state_lines(audit: Audit) -> list[StateLine]:
    """Findings and impact per state and currency; ways and currencies are never added."""
    sums: dict[tuple[str, str | None], list[Any]] = {}
    for one in decided_findings(audit):
        line = sums.setdefault((one.standing.state, one.row["currency"]), [0, None, None])
        line[0] += 1
        way = {"over_billed": 1, "under_billed": 2}.get(one.row["direction"])
        if way:
            line[way] = (line[way] or Decimal(0)) + (one.row["impact_amount"] or Decimal(0))
    order = sorted(sums, key=lambda key: (list(STATES).index(key[0]), key[1] is None, key[1] or ""))
    return [StateLine(state, currency, *sums[state, currency]) for state, currency in order]


def approval_words(audit: Audit, standing: Standing) -> str:
    """Who proposed a remedy's amount, who approved it, and under which limit; empty where there is nothing to."""
    return deciding_words.approval_words(standing, limit_of(audit, standing))


def limit_of(audit: Audit, standing: Standing) -> str:
    """The authority an amount was approved under: "finance_manager, credit memo up to 5,000.00 SGD"; empty for none."""
    grounds = audit.decided.entry(standing.number).authority if standing.approval == "approved" else None
    return deciding_words.authority_words(grounds) if grounds else ""


def decisions_document(audit: Audit) -> dict[str, Any]:
    """decisions.json: the chain with the entries of this pack's candidates, explanations, and what they add up to."""
    ids = audit.findings.table["finding_id"].to_pylist()
    document = extract(audit.decided.store_id, audit.decided.entries, ids)
    states = states_of(audit)
    left = open_items(audit)
    return {
        **document,
        "explanations": [one.as_json() for one in audit.applied],
        "findings": {"states": states, "all": sum(states.values())},
        "left": {what: sum(one.left == what for one in left) for what in (OVERDUE, WAITING, OPEN)},
    }
