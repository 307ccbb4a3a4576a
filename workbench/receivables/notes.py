"""What contradicts itself in the rows behind open items: collected and counted, never dropped and never raised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from workbench.language import mark, say
from workbench.money import grouped
from workbench.plaintext import printable

SAYS = {
    "application_across_currencies": (
        mark("applications between two currencies"),
        mark("each side moves by the amount in its own"),
    ),
    "application_across_customers": (mark("applications between two customers, as when a parent pays"), ""),
    "application_across_entities": (mark("applications between two entities"), ""),
    "application_of_both": (
        mark("applications that name both a receipt and a credit memo"),
        mark("the credit memo is taken"),
    ),
    "application_of_returned_receipt": (mark("applications of receipts that were reversed"), mark("they pay nothing")),
    "application_of_void_document": (
        mark("applications of drafts or cancelled documents"),
        mark("they settle nothing"),
    ),
    "application_without_credit": (
        mark("applications whose credit memo is not here"),
        mark("the invoice counts as settled"),
    ),
    "application_without_invoice": (
        mark("applications to something that is no document here"),
        mark("the money counts as used"),
    ),
    "application_without_receipt": (
        mark("applications whose receipt is not here"),
        mark("the invoice counts as settled"),
    ),
    "cancelled_and_open": (mark("halves of cancelled pairs that are open because neither is applied to the other"), ""),
    "credit_applied_over": (mark("credit memos applied by more than their amount"), ""),
    "instalments_differ": (
        mark("invoices whose parts do not add up to their gross amount"),
        mark("the last part takes the rest"),
    ),
    "invoice_applied_over": (mark("invoices settled by more than their amount"), mark("they are shown as credits")),
    "receipt_applied_over": (mark("receipts applied by more than their amount"), ""),
    "receipt_without_customer": (mark("receipts without a customer"), mark("they are in no customer's account")),
    "settled_before_its_date": (mark("invoices settled before they were there"), mark("they are credits until then")),
}


@dataclass(frozen=True)
class Note:
    """One kind of contradiction in one currency: how many rows, their amount, and the keys of up to five of them."""

    code: str
    currency: str | None
    rows: int
    amount: Decimal | None
    examples: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What a reader is told."""
        named = ", ".join(map(printable, self.examples)) + (" ..." if self.rows > len(self.examples) else "")
        kind, what = SAYS.get(self.code, (self.code, ""))
        told = say("{kind} ({what})", kind=say(kind), what=say(what)) if what else say(kind)
        if self.amount and self.currency:
            amount = f"{grouped(self.amount, self.currency)} {self.currency}"
            return say(
                "{count} {kind}, {amount}: {named}.", count=f"{self.rows:,}", kind=told, amount=amount, named=named
            )
        return say("{count} {kind}: {named}.", count=f"{self.rows:,}", kind=told, named=named)


def notes_of(rows: Iterable[Mapping[str, Any]]) -> tuple[Note, ...]:
    """Notes from the rows of receivable_notes.sql."""
    return tuple(
        Note(row["code"], row["currency"], row["rows_noted"], row["amount"], tuple(row["examples"])) for row in rows
    )
