"""The conclusion of an audit in words: what was billed wrongly, by how much, both ways, and what stays unknown."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from workbench.money import grouped
from workbench.pack.deciding import open_items, open_words, states_of
from workbench.pack.html import counted
from workbench.pack.identities import FAILS, NOT_SHOWN
from workbench.pack.scope import in_words
from workbench.pack.work import Audit


@dataclass(frozen=True)
class Total:
    """Findings of one currency and direction over all controls: how many, and the sum of their amounts."""

    findings: int
    amount: Decimal


Totals = dict[str | None, dict[str, Total]]


def totals(audit: Audit) -> Totals:
    """Per currency and direction (over_billed, under_billed, at_risk); never over currencies, never net."""
    found: Totals = {}
    for line in audit.money:
        before = found.setdefault(line.currency, {}).get(line.direction, Total(0, Decimal(0)))
        found[line.currency][line.direction] = Total(before.findings + line.findings, before.amount + line.amount)
    return found


def headline(audit: Audit) -> str:
    """One sentence for a reader with ten seconds."""
    found = audit.findings.found.num_rows
    if not audit.findings.funnel:
        return f"No control could be run, so nothing can be said about {audit.period.words}."
    who = {"one": f"{audit.name} has", "every": "All entities together have", "none": "What belongs to no entity has"}[
        audit.scope_word
    ]
    if not found:
        return f"{who} no finding for {audit.period.words}: the controls that ran found nothing billed wrongly."
    fired = sum(line.findings > 0 for line in audit.findings.funnel)
    return f"{who} {counted(found, 'finding')} from {counted(fired, 'control')} for {audit.period.words}."


def sentences(audit: Audit) -> list[str]:
    """The conclusion after the headline, a sentence or two each."""
    money = (_currency(audit, name, both) for name, both in totals(audit).items())
    return [*money, *_reach(audit), *_decided(audit), *_sampled(audit), *_bases(audit)]


def _currency(audit: Audit, currency: str | None, both: dict[str, Total]) -> str:
    risk = both.get("at_risk")
    ways = [_way(audit, currency, way, both[way]) for way in ("over_billed", "under_billed") if way in both]
    stands = f"; {_amount(risk.amount, currency)} stand in them" if risk and risk.amount else ""
    if not ways and risk:
        return f"{currency or 'No currency'}: no amount can be expected in {counted(risk.findings, 'finding')}{stands}."
    more = f" No amount can be expected in {counted(risk.findings, 'more finding')}{stands}." if risk else ""
    other = "" if len(ways) == 2 else f"; nothing {'under' if 'over_billed' in both else 'over'}-billed"
    return f"{currency or 'No currency'}: {'; '.join(ways)}{other}.{more}"


def _way(audit: Audit, currency: str | None, way: str, total: Total) -> str:
    """One side of a currency, and the control that has most of it."""
    lines = [line for line in audit.money if line.currency == currency and line.direction == way]
    most = max(lines, key=lambda line: abs(line.amount))
    said = f"{_amount(abs(total.amount), currency)} {way.replace('_', '-')} in {counted(total.findings, 'finding')}"
    share = "all" if len(lines) == 1 else f"{_amount(abs(most.amount), currency)} of it"
    return f"{said}, {share} by {most.control.id} {most.control.title}"


def _amount(amount: Decimal, currency: str | None) -> str:
    return f"{grouped(amount, currency)} {currency or 'of no currency'}"


def _reach(audit: Audit) -> list[str]:
    """What bounds the conclusion: standing controls, and rows that several controls found."""
    standing = sum(line.control.standing for line in audit.findings.funnel)
    found = audit.findings.found.select(["subject_table", "subject_id"]).to_pylist()
    again = sum(count > 1 for count in Counter((row["subject_table"], row["subject_id"]) for row in found).values())
    said = []
    if standing and found:
        ask = "asks about a state and finds" if standing == 1 else "ask about a state and find"
        said.append(f"{standing} of the controls that ran {ask} what stood open on {in_words(audit.period.end)}.")
    if again:
        them = (
            "row is found by more than one control; the sums count it"
            if again == 1
            else "rows are found by more than one control; the sums count them"
        )
        said.append(f"{again:,} {them} each time.")
    return said


def _decided(audit: Audit) -> list[str]:
    """What became of the findings, and what explanations took out of them."""
    states = states_of(audit)
    found, open_ones = sum(states.values()), states["open"]
    if not audit.decided.entries or not found:
        return []
    made = ", ".join(f"{count:,} {state}" for state, count in states.items() if count and state != "open")
    left = open_words(open_items(audit))
    are = "is" if found - open_ones == 1 else "are"
    said = [f"Of {counted(found, 'finding')} {found - open_ones:,} {are} decided{f': {made}' if made else ''}."]
    said += [f"Open items: {left}."] if left else []
    explained = sum(len(one.finding_ids) for one in audit.applied)
    if explained:
        by = sum(bool(one.finding_ids) for one in audit.applied)
        them = "is" if explained == 1 else "are"
        said.append(f"{counted(explained, 'candidate')} {them} no finding by {counted(by, 'explanation')} in force.")
    return said


def _sampled(audit: Audit) -> list[str]:
    return [f"{one.title}: {one.verdict}." for one in audit.given.papers]


def _bases(audit: Audit) -> list[str]:
    """What the conclusion rests on and what it lacks."""
    not_run, partly = audit.findings.not_run, audit.findings.partly
    said = []
    if not_run:
        ids = ", ".join(state.control.id for state in not_run)
        said.append(
            f"{counted(len(not_run), 'control')} could not be run; what would have been found is unknown: {ids}."
        )
    if partly:
        ids = ", ".join(state.control.id for state in partly)
        said.append(f"{counted(len(partly), 'control')} ran without all that could be used: {ids}.")
    failed = [identity.name for identity in audit.identities if identity.state == FAILS]
    unshown = sum(identity.state == NOT_SHOWN for identity in audit.identities)
    if failed:
        said.append(f"Do not rely on this pack before this is explained: {'; '.join(failed)}.")
    if unshown:
        said.append(f"{counted(unshown, 'identity', 'identities')} could not be shown.")
    if not failed and not unshown:
        said.append("Every identity holds.")
    return said
