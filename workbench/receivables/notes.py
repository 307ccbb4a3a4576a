"""What contradicts itself in the rows behind open items: collected and counted, never dropped and never raised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from workbench.money import grouped
from workbench.plaintext import printable

SAYS = {
    "application_across_currencies": "applications between two currencies; each side moves by the amount in its own",
    "application_across_customers": "applications between two customers, as when a parent pays",
    "application_across_entities": "applications between two entities",
    "application_of_both": "applications that name both a receipt and a credit memo; the credit memo is taken",
    "application_of_returned_receipt": "applications of receipts that were reversed; they pay nothing",
    "application_of_void_document": "applications of drafts or cancelled documents; they settle nothing",
    "application_without_credit": "applications whose credit memo is not here; the invoice counts as settled",
    "application_without_invoice": "applications to something that is no document here; the money counts as used",
    "application_without_receipt": "applications whose receipt is not here; the invoice counts as settled",
    "cancelled_and_open": "halves of cancelled pairs that are open because neither is applied to the other",
    "credit_applied_over": "credit memos applied by more than their amount",
    "instalments_differ": "invoices whose parts do not add up to their gross amount; the last part takes the rest",
    "invoice_applied_over": "invoices settled by more than their amount; they are shown as credits",
    "receipt_applied_over": "receipts applied by more than their amount",
    "receipt_without_customer": "receipts without a customer; they are in no customer's account",
    "settled_before_its_date": "invoices settled before they were there; they are credits until then",
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
        of = f", {grouped(self.amount, self.currency)} {self.currency}" if self.amount and self.currency else ""
        named = ", ".join(map(printable, self.examples)) + (" ..." if self.rows > len(self.examples) else "")
        kind, _, what = SAYS.get(self.code, self.code).partition(";")
        return f"{self.rows:,} {kind}{f' ({what.strip()})' if what else ''}{of}: {named}."


def notes_of(rows: Iterable[Mapping[str, Any]]) -> tuple[Note, ...]:
    """Notes from the rows of receivable_notes.sql."""
    return tuple(
        Note(row["code"], row["currency"], row["rows_noted"], row["amount"], tuple(row["examples"])) for row in rows
    )
