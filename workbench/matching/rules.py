"""The passes, from strict to loose, and what a person may set for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.errors import UnknownNameError, WorkbenchError
from workbench.matching.sums import MOST

# Each with the cardinality that its matches declare and what it takes for one.
PASSES = {
    "reference": ("1:1", "the text names one open item, and the amounts are equal"),
    "remittance": ("1:n", "the text names several open items, and they add up"),
    "amount": ("1:1", "the only open item of the customer with this amount, and nothing else adds up to it"),
    "similar_reference": ("1:1", "amounts are equal, and the number is named by its digits or mistyped"),
    "several_invoices": ("1:n", "the only combination of the customer's open items that adds up"),
    "several_receipts": ("m:1", "the only combination of receipts that adds up to one open item"),
    "parent": ("1:n", "the payer is a parent of the customer whose items add up"),
    "short_payment": ("1:n", "named or the only one, and short by an earned discount or within tolerance"),
    "credit_netted": ("1:n", "the only combination of open items, with credits taken off"),
}


@dataclass(frozen=True)
class Rules:
    """Limits of the passes.

    A short payment is within tolerance when it lacks at most `tolerance` minor units of its currency (500: 5.00 SGD,
    500 JPY) and at most `tolerance_percent` of what is open. `days_before` and `days_after` limit how long before and
    after an item's day the money may come where no text names the item; None: without limit. All combinations of up to
    `most` open items are counted (at most 20). `listed` alternatives of a proposal are written out; the number of all
    stands beside them. A combination that no text names is automatic only where chance would add up less than once in
    `chance` cases.
    """

    tolerance: int = 500
    tolerance_percent: int = 1
    discount_grace_days: int = 0
    days_before: int | None = None
    days_after: int | None = None
    most: int = MOST
    listed: int = 100
    chance: int = 100

    def __post_init__(self) -> None:
        if not 2 <= self.most <= 20:
            raise WorkbenchError(f"All sums of {self.most} items cannot be counted.", "give most from 2 to 20")
        for name in ("tolerance", "tolerance_percent", "discount_grace_days", "days_before", "days_after", "listed"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise WorkbenchError(f"{name} is {value}, less than nothing.", "give 0 or more")


def chosen_passes(names: Sequence[str] | None) -> tuple[str, ...]:
    """The passes of these names in the order in which they run; all without names. Raises UnknownNameError."""
    for name in names or ():
        if name not in PASSES:
            raise UnknownNameError("pass", name, PASSES)
    return tuple(name for name in PASSES if not names or name in names)
