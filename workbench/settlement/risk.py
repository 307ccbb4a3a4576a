"""What the settlement controls found, per partner: what can be stopped, what has happened, what is yet to come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from workbench.findings import evidence_keys
from workbench.language import mark

STOPPABLE, HAPPENED, TO_COME = mark("can be stopped"), mark("has happened"), mark("yet to come")
FATES = (STOPPABLE, HAPPENED, TO_COME)
ZERO = Decimal(0)


@dataclass(frozen=True)
class Risk:
    """The money at risk with one partner in one currency; over (> 0) and under (< 0) by fate, never their net.

    `at_risk` is what was paid under circumstances that make it doubtful (SET-05), by no wrong amount.
    """

    partner_id: str
    partner_name: str
    currency: str
    findings: int
    controls: tuple[str, ...]
    over: Mapping[str, Decimal]
    under: Mapping[str, Decimal]
    at_risk: Decimal

    @property
    def total(self) -> Decimal:
        """What partners are ranked by: all that is off, whichever way."""
        return sum(self.over.values(), ZERO) - sum(self.under.values(), ZERO) + self.at_risk


def risks(
    findings: Iterable[Mapping[str, Any]], payouts: Mapping[str, Mapping[str, Any]], partners: Mapping[str, str]
) -> list[Risk]:
    """A Risk per partner and currency, the largest of each currency first.

    `findings` are rows of SET controls, `payouts` the settlements by id, `partners` names by partner_id. A finding
    that names no known partner stands under an empty one.
    """
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for finding in findings:
        groups.setdefault((partner_of(finding, payouts, partners), finding["currency"] or ""), []).append(finding)
    found = [_risk(*key, rows, payouts, partners) for key, rows in groups.items()]
    return sorted(found, key=lambda each: (each.currency, -each.total, each.partner_id))


def _risk(
    partner: str,
    currency: str,
    rows: list[Mapping[str, Any]],
    payouts: Mapping[str, Mapping[str, Any]],
    partners: Mapping[str, str],
) -> Risk:
    over = dict.fromkeys(FATES, ZERO)
    under = dict.fromkeys(FATES, ZERO)
    doubtful = ZERO
    for row in rows:
        amount, fate = row["impact_amount"] or ZERO, fate_of(row, payouts)
        if row["control_id"] == "SET-05":
            doubtful += abs(amount)
        elif amount > 0:
            over[fate] += amount
        else:
            under[fate] += amount
    controls = tuple(sorted({row["control_id"] for row in rows}))
    return Risk(partner, partners.get(partner, ""), currency, len(rows), controls, over, under, doubtful)


def settlements_of(finding: Mapping[str, Any]) -> list[str]:
    """The settlements that a finding rests on."""
    named = evidence_keys(finding["evidence"]).get("settlements", [])
    return [finding["subject_id"]] if finding["subject_table"] == "settlements" else named


def partner_of(
    finding: Mapping[str, Any], payouts: Mapping[str, Mapping[str, Any]], partners: Mapping[str, str]
) -> str:
    """The partner of a finding: of its settlement, else the one that its subject (order/partner) ends with."""
    for name in settlements_of(finding):
        if name in payouts:
            return str(payouts[name]["partner_id"])
    ends = [name for name in partners if finding["subject_id"].endswith(f"/{name}")]
    return max(ends, key=len, default="")


def fate_of(finding: Mapping[str, Any], payouts: Mapping[str, Mapping[str, Any]]) -> str:
    """Whether the money of a finding can still be stopped: one of its settlements is not paid yet."""
    states = {payouts[name]["status"] for name in settlements_of(finding) if name in payouts}
    if not states:
        return TO_COME
    return HAPPENED if states == {"paid"} else STOPPABLE
