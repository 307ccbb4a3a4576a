"""The conclusion of an audit in words: what was billed wrongly, by how much, both ways, and what stays unknown."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from workbench.language import counted, mark, say
from workbench.language.retelling import joined, listed
from workbench.money import grouped
from workbench.pack.deciding import open_items, open_words, states_of
from workbench.pack.deciding_words import number_words
from workbench.pack.html import flowing
from workbench.pack.identities import FAILS, NOT_SHOWN
from workbench.pack.scope import in_words
from workbench.pack.work import Audit

CLEAN = {
    "one": mark("{name} has no finding for {month}: the controls that ran found nothing billed wrongly."),
    "every": mark("All entities together have no finding for {month}: "
                  "the controls that ran found nothing billed wrongly."),
    "none": mark("What belongs to no entity has no finding for {month}: "
                 "the controls that ran found nothing billed wrongly."),
}  # fmt: skip
FOUND = {
    "one": mark("{name} has {findings} from {controls} for {month}."),
    "every": mark("All entities together have {findings} from {controls} for {month}."),
    "none": mark("What belongs to no entity has {findings} from {controls} for {month}."),
}
WHOLE = {
    "over_billed": mark("{amount} over-billed in {findings}, all by {control} {title}"),
    "under_billed": mark("{amount} under-billed in {findings}, all by {control} {title}"),
}
MOSTLY = {
    "over_billed": mark("{amount} over-billed in {findings}, {most} of it by {control} {title}"),
    "under_billed": mark("{amount} under-billed in {findings}, {most} of it by {control} {title}"),
}
NEITHER = {"over_billed": mark("nothing over-billed"), "under_billed": mark("nothing under-billed")}


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
    found, month = audit.findings.found.num_rows, audit.period.words
    if not audit.findings.funnel:
        return say("No control could be run, so nothing can be said about {month}.", month=month)
    # Not every sentence names the entity, and a value that a message does not ask for is left alone.
    if not found:
        return say(CLEAN[audit.scope_word], name=audit.name, month=month)
    fired = sum(line.findings > 0 for line in audit.findings.funnel)
    return say(
        FOUND[audit.scope_word],
        name=audit.name,
        findings=counted(found, "{count} finding", "{count} findings"),
        controls=counted(fired, "{count} control", "{count} controls"),
        month=month,
    )


def sentences(audit: Audit) -> list[str]:
    """The conclusion after the headline, a sentence or two each."""
    money = (_currency(audit, name, both) for name, both in totals(audit).items())
    return [*money, *_reach(audit), *_decided(audit), *_sampled(audit), *_bases(audit)]


def _currency(audit: Audit, currency: str | None, both: dict[str, Total]) -> str:
    risk, name = both.get("at_risk"), currency or say("No currency")
    ways = [_way(audit, currency, way, both[way]) for way in WHOLE if way in both]
    stands = _amount(risk.amount, currency) if risk and risk.amount else ""
    if not ways and risk:
        only = counted(risk.findings, "{count} finding", "{count} findings")
        if not stands:
            return say("{currency}: no amount can be expected in {findings}.", currency=name, findings=only)
        return say(
            "{currency}: no amount can be expected in {findings}; {amount} stand in them.",
            currency=name,
            findings=only,
            amount=stands,
        )
    other = [say(NEITHER[way]) for way in WHOLE if way not in both]
    said = say("{currency}: {amounts}.", currency=name, amounts=joined([*ways, *other]))
    if not risk:
        return said
    more = counted(risk.findings, "{count} more finding", "{count} more findings")
    beside = (
        say("No amount can be expected in {findings}; {amount} stand in them.", findings=more, amount=stands)
        if stands
        else say("No amount can be expected in {findings}.", findings=more)
    )
    return flowing([said, beside])


def _way(audit: Audit, currency: str | None, way: str, total: Total) -> str:
    """One side of a currency, and the control that has most of it."""
    lines = [line for line in audit.money if line.currency == currency and line.direction == way]
    most = max(lines, key=lambda line: abs(line.amount))
    return say(
        (WHOLE if len(lines) == 1 else MOSTLY)[way],
        amount=_amount(abs(total.amount), currency),
        findings=counted(total.findings, "{count} finding", "{count} findings"),
        most=_amount(abs(most.amount), currency),
        control=most.control.id,
        title=say(most.control.title),
    )


def _amount(amount: Decimal, currency: str | None) -> str:
    shown = grouped(amount, currency)
    return f"{shown} {currency}" if currency else say("{amount} of no currency", amount=shown)


def _reach(audit: Audit) -> list[str]:
    """What bounds the conclusion: standing controls, and rows that several controls found."""
    standing = sum(line.control.standing for line in audit.findings.funnel)
    found = audit.findings.found.select(["subject_table", "subject_id"]).to_pylist()
    again = sum(count > 1 for count in Counter((row["subject_table"], row["subject_id"]) for row in found).values())
    said = []
    if standing and found:
        said.append(
            counted(
                standing,
                "{count} of the controls that ran asks about a state and finds what stood open on {day}.",
                "{count} of the controls that ran ask about a state and find what stood open on {day}.",
                day=in_words(audit.period.end),
            )
        )
    if again:
        said.append(
            counted(
                again,
                "{count} row is found by more than one control; the sums count it each time.",
                "{count} rows are found by more than one control; the sums count them each time.",
            )
        )
    return said


def _decided(audit: Audit) -> list[str]:
    """What became of the findings, and what explanations took out of them."""
    states = states_of(audit)
    found, settled = sum(states.values()), sum(states.values()) - states["open"]
    if not audit.decided.entries or not found:
        return []
    findings = counted(found, "{count} finding", "{count} findings")
    made = {state: count for state, count in states.items() if count and state != "open"}
    number, parts = f"{settled:,}", listed(number_words(made))
    if settled == 1:
        said = [say("Of {findings} {number} is decided: {states}.", findings=findings, number=number, states=parts)]
    elif settled:
        said = [say("Of {findings} {number} are decided: {states}.", findings=findings, number=number, states=parts)]
    else:
        said = [say("Of {findings} 0 are decided.", findings=findings)]
    left = open_words(open_items(audit))
    said += [say("Open items: {items}.", items=left)] if left else []
    explained = sum(len(one.finding_ids) for one in audit.applied)
    if explained:
        by = sum(bool(one.finding_ids) for one in audit.applied)
        explanations = counted(by, "{count} explanation", "{count} explanations")
        said.append(
            counted(
                explained,
                "{count} candidate is no finding by {explanations} in force.",
                "{count} candidates are no finding by {explanations} in force.",
                explanations=explanations,
            )
        )
    return said


def _sampled(audit: Audit) -> list[str]:
    return [say("{paper}: {verdict}.", paper=one.title, verdict=one.verdict) for one in audit.given.papers]


def unreliable(audit: Audit) -> str:
    """The sentence that warns of a pack whose identities fail; empty where none does."""
    failed = joined(identity.name for identity in audit.identities if identity.state == FAILS)
    return say("Do not rely on this pack before this is explained: {identities}.", identities=failed) if failed else ""


def _bases(audit: Audit) -> list[str]:
    """What the conclusion rests on and what it lacks."""
    not_run, partly = audit.findings.not_run, audit.findings.partly
    said = []
    if not_run:
        said.append(
            counted(
                len(not_run),
                "{count} control could not be run; what would have been found is unknown: {controls}.",
                "{count} controls could not be run; what would have been found is unknown: {controls}.",
                controls=listed(state.control.id for state in not_run),
            )
        )
    if partly:
        said.append(
            counted(
                len(partly),
                "{count} control ran without all that could be used: {controls}.",
                "{count} controls ran without all that could be used: {controls}.",
                controls=listed(state.control.id for state in partly),
            )
        )
    warning = unreliable(audit)
    said += [warning] if warning else []
    unshown = sum(identity.state == NOT_SHOWN for identity in audit.identities)
    if unshown:
        said.append(counted(unshown, "{count} identity could not be shown.", "{count} identities could not be shown."))
    if not warning and not unshown:
        said.append(say("Every identity holds."))
    return said
