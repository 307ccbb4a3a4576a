"""What of a document is open: today, and on a day as it was known and as it is dated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from workbench.language import say
from workbench.xray.facts import VOID, Facts

ZERO = Decimal(0)


@dataclass(frozen=True)
class Balance:
    """gross + applied + discounts + adjusted = open, each as it moves the account, in the document's currency."""

    words: str
    gross: Decimal
    applied: Decimal
    discounts: Decimal
    adjusted: Decimal

    @property
    def open(self) -> Decimal:
        """What is left."""
        return self.gross + self.applied + self.discounts + self.adjusted


def balances(facts: Facts, as_of: date, newest: date) -> tuple[Balance, ...]:
    """The balance with all that the snapshot holds, and on a day by both clocks; none of a draft or a void document.

    What counts is as in the open items: no application of a bounced receipt or with a void half, and a discount is
    the invoice's alone.
    """
    if facts.document["status"] in VOID:
        return ()
    return (
        _balance(facts, say("Today (all up to {day})", day=newest), None, "dated"),
        _balance(facts, say("As known on {day}", day=as_of), as_of, "known"),
        _balance(facts, say("As dated on {day}", day=as_of), as_of, "dated"),
    )


def _balance(facts: Facts, words: str, day: date | None, clock: str) -> Balance:
    def counts(row: Mapping[str, Any], dated: str) -> bool:
        on = row[dated] if clock == "dated" else row["posted_on"] or row[dated]
        return day is None or on <= day

    document = facts.document
    applied = discounts = ZERO
    for row in facts.counted:
        if counts(row, "applied_on"):
            if row["invoice_id"] == facts.invoice_id:
                applied -= row["amount"]
                discounts -= row["discount_amount"] or ZERO
            if row["credit_invoice_id"] == facts.invoice_id:
                applied += row["amount"]
    moved = (row["amount"] for row in facts.parts["adjustments"] if counts(row, "adjusted_on"))
    gross = document["gross_amount"] if counts(document, "invoice_date") else ZERO
    return Balance(words, gross, applied, discounts, sum(moved, ZERO))
