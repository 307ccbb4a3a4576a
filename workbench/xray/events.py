"""What happened around a document, in order of date: from the contract to the promise to pay it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from workbench.language import mark, say
from workbench.settlement.codes import in_words
from workbench.xray.facts import Facts

# The chain in its order, which decides where two events of one day stand.
KINDS = (
    mark("Contract"), mark("Order"), mark("Delivery"), mark("Invoice"), mark("Debit memo"), mark("Credit memo"),
    mark("Receipt"), mark("Applied"), mark("Adjustment"), mark("Case"), mark("Promise"),
)  # fmt: skip
DOCUMENTS = {"invoice": "Invoice", "debit_memo": "Debit memo", "credit_memo": "Credit memo"}
BILLED = {
    "month": mark("billed by the month"), "quarter": mark("billed by the quarter"), "year": mark("billed by the year"),
}  # fmt: skip


@dataclass(frozen=True)
class Event:
    """One thing that happened: its day on the business clock and in the books, its key, and its amount with currency.

    `until` is where something that lasts ends (a contract, a promise's day, a case); `is_own` marks the document that
    the x-ray is of.
    """

    kind: str
    on: date | None
    table: str
    key: str
    words: str
    amount: Decimal | None = None
    currency: str | None = None
    known_on: date | None = None
    until: date | None = None
    is_own: bool = False


def events(facts: Facts) -> tuple[Event, ...]:
    """Every event around a document; what has no date stands last."""
    found = [*_before(facts), *_documents(facts), *_money(facts), *_afterwards(facts)]
    return tuple(sorted(found, key=_place))


def _place(event: Event) -> tuple[bool, date, int, str]:
    return (event.on is None, event.on or date.max, KINDS.index(event.kind), event.key)


def _before(facts: Facts) -> Iterator[Event]:
    for row in facts.parts["contracts"]:
        until = _earliest(row["ends_on"], row["terminated_on"])
        words = _said(in_words(row["status"]), _frequency(row["billing_frequency"]))
        yield Event(
            "Contract", row["starts_on"], "contracts", row["contract_id"], words,
            row["minimum_commitment"], row["currency"], until=until,
        )  # fmt: skip
    worth = _worth(facts)
    for row in facts.parts["orders"]:
        number = row["purchase_order"] and say("purchase order {number}", number=row["purchase_order"])
        words = _said(in_words(row["status"]), number)
        yield Event(
            "Order", row["order_date"], "orders", row["order_id"], words, worth.get(row["order_id"]), row["currency"]
        )
    prices = {row["order_line_id"]: row for row in facts.parts["order_lines"]}
    for row in facts.parts["deliveries"]:
        items = [item for item in facts.parts["delivery_lines"] if item["delivery_id"] == row["delivery_id"]]
        amount, currency = _delivered(items, prices)
        state, kind = in_words(row["status"]), None if row["kind"] == "sale" else in_words(row["kind"])
        words = _said(state, kind, say("at the order's prices")) if amount is not None else state
        on = _earliest(row["shipped_on"], row["delivered_on"])
        yield Event(
            "Delivery", on, "deliveries", row["delivery_id"], words, amount, currency, until=row["delivered_on"],
        )  # fmt: skip


def _worth(facts: Facts) -> dict[str, Decimal]:
    worth: dict[str, Decimal] = {}
    for row in facts.parts["order_lines"]:
        if row["amount"] is not None:
            worth[row["order_id"]] = worth.get(row["order_id"], Decimal(0)) + row["amount"]
    return worth


def _delivered(items: Iterable[dict[str, Any]], prices: dict[str, dict[str, Any]]) -> tuple[Decimal | None, str | None]:
    """What some delivery lines are worth at their order lines' prices, in proportion; none where one has no price."""
    amount, currency = Decimal(0), None
    for item in items:
        line = prices.get(item["order_line_id"])
        if line is None or line["amount"] is None or not line["quantity"]:
            return None, None
        amount += line["amount"] * item["quantity"] / line["quantity"]
        currency = line["currency"]
    return (round(amount, 4), currency) if currency else (None, None)


def _documents(facts: Facts) -> Iterator[Event]:
    own = facts.document
    met = {row["invoice_id"]: row for row in [*facts.parts["documents"], *facts.parts["credits"], own]}
    original = own["original_invoice_id"]
    for key, row in met.items():
        words = _said(
            None if row["status"] == "issued" else in_words(row["status"]),
            row["reason_code"] and say("reason {code}", code=row["reason_code"]),
            say("what it corrects") if key == original else None,
        )
        kind = DOCUMENTS.get(row["kind"], "Invoice")
        yield Event(
            kind, row["invoice_date"], "invoices", key, _said(row["invoice_number"], words), row["gross_amount"],
            row["currency"], row["posted_on"], row["due_date"] if key == own["invoice_id"] else None,
            key == own["invoice_id"],
        )  # fmt: skip


def _money(facts: Facts) -> Iterator[Event]:
    currencies = {row["invoice_id"]: row["currency"] for row in facts.parts["documents"]}
    for row in facts.parts["receipts"]:
        words = _said(in_words(row["status"]), row["method"], row["reference"])
        yield Event(
            "Receipt", row["received_on"], "receipts", row["receipt_id"], words, row["amount"], row["currency"],
            row["posted_on"],
        )  # fmt: skip
    for row in facts.parts["applications"]:
        by = row["receipt_id"] or row["credit_invoice_id"]
        cut = row["discount_amount"]
        with_discount = say("discount {amount}", amount=f"{cut.normalize():f}") if cut else None
        to = None if row["invoice_id"] == facts.invoice_id else say("to {document}", document=row["invoice_id"])
        words = _said(say("from {document}", document=by), to, with_discount)
        currency = facts.currency if to is None else currencies.get(row["invoice_id"], facts.currency)
        yield Event(
            "Applied", row["applied_on"], "applications", row["application_id"], words, row["amount"], currency,
            row["posted_on"],
        )  # fmt: skip


def _afterwards(facts: Facts) -> Iterator[Event]:
    for row in facts.parts["adjustments"]:
        words = _said(in_words(row["kind"].replace("_", " ")), row["reason_code"])
        yield Event(
            "Adjustment", row["adjusted_on"], "adjustments", row["adjustment_id"], words, row["amount"],
            facts.currency, row["posted_on"],
        )  # fmt: skip
    for row in facts.parts["cases"]:
        words = _said(row["category"], row["priority"], in_words(row["status"]))
        yield Event(
            "Case", _day(row["opened_at"]), "cases", row["case_id"], words, row["disputed_amount"], row["currency"],
            until=_day(row["resolved_at"]),
        )  # fmt: skip
    for row in facts.parts["promises"]:
        yield Event(
            "Promise", row["promised_on"], "promises", row["promise_id"],
            say("to pay by {day}", day=row["promised_for"]), row["amount"], facts.currency, until=row["promised_for"],
        )  # fmt: skip


def _earliest(*days: date | None) -> date | None:
    return min((day for day in days if day), default=None)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _said(*words: str | None) -> str:
    return say(", ").join(word for word in words if word)


def _frequency(code: str | None) -> str | None:
    return say(BILLED[code]) if code in BILLED else code and say("billed by the {period}", period=code)
