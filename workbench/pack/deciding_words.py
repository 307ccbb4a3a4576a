"""What was decided on a finding, in the reader's language; the keys of states and remedies stay what they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal

from workbench.decisions.entry import Standing
from workbench.decisions.scope import Scope
from workbench.language import mark, say
from workbench.language.retelling import joined, listed
from workbench.money import grouped

STATES = {
    "open": mark("open"),
    "confirmed": mark("confirmed"),
    "explained": mark("explained"),
    "accepted": mark("accepted"),
}
NUMBER_IN_STATE = {
    "open": mark("{number} open"),
    "confirmed": mark("{number} confirmed"),
    "explained": mark("{number} explained"),
    "accepted": mark("{number} accepted"),
}
MEANINGS = {
    "open": mark("nobody has decided yet"),
    "confirmed": mark("billed wrongly, to be put right"),
    "explained": mark("right after all, and why"),
    "accepted": mark("wrong, and left as it is"),
}
REMEDIES = {
    "rebill": mark("rebill"),
    "credit": mark("credit"),
    "write_off": mark("write off"),
    "collect": mark("collect"),
}
ACTIONS = {
    "billing_adjustment": mark("billing adjustment"),
    "credit_memo": mark("credit memo"),
    "write_off": mark("write off"),
}
SEVERITIES = {
    "critical": mark("critical"),
    "high": mark("high"),
    "medium": mark("medium"),
    "low": mark("low"),
}
LASTING = {"in force": mark("in force"), "expired": mark("expired"), "withdrawn": mark("withdrawn")}


def word(words: Mapping[str, str], key: str) -> str:
    """The word for a key of the data; one that nobody knows is its own word."""
    return say(words[key]) if key in words else key.replace("_", " ")


def number_words(states: Mapping[str, int]) -> list[str]:
    """How many findings are in each state: "12 open", "3 confirmed"."""
    return [say(NUMBER_IN_STATE[state], number=f"{count:,}") for state, count in states.items()]


def remedy_words(remedy: str | None, amount: Decimal | None, currency: str | None) -> str:
    """A remedy and its amount: "credit 1,200.50 SGD"; empty for none."""
    if not remedy:
        return ""
    what = word(REMEDIES, remedy)
    return what if amount is None else f"{what} {grouped(amount, currency)} {currency}"


def standing_words(standing: Standing) -> str:
    """What holds for a finding, in one line: "confirmed, credit 12.50 SGD, waiting for approval"."""
    approval = ""
    if standing.approval == "waiting":
        approval = say("waiting for approval")
    elif standing.approval == "approved":
        approval = say("approved by {approver}", approver=standing.approved_by)
    remedy = remedy_words(standing.remedy, standing.amount, standing.currency)
    return listed(filter(None, (word(STATES, standing.state), remedy, approval)))


def scope_words(scope: Scope) -> str:
    """What an explanation covers: "ACC-03, customer C1, currency=SGD"."""
    parts = [scope.control_id]
    parts += [say("customer {customer}", customer=scope.customer_id)] if scope.customer_id else []
    parts += [say("product {product}", product=scope.product_id)] if scope.product_id else []
    return listed([*parts, *(condition.text for condition in scope.conditions)])


def authority_words(grounds: str) -> str:
    """The authority of an approval: "finance_manager, credit memo up to 5,000.00 SGD"."""
    known = json.loads(grounds)
    amount = f"{grouped(Decimal(known['limit']), known['currency'])} {known['currency']}"
    action = word(ACTIONS, known["action"])
    return say("{role}, {action} up to {amount}", role=known["role"], action=action, amount=amount)


def approval_words(standing: Standing, limit: str) -> str:
    """Who proposed a remedy's amount, who approved it, and under which limit; empty where there is nothing to."""
    if not standing.approval:
        return ""
    proposed = say("proposed by {person}", person=standing.proposed_by)
    if standing.approval == "waiting":
        return joined([say("waits for approval"), proposed])
    approver = standing.approved_by
    approved = (
        say("approved by {approver} ({limit})", approver=approver, limit=limit)
        if limit
        else say("approved by {approver}", approver=approver)
    )
    return joined([approved, proposed])
