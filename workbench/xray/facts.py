"""Everything that a snapshot holds around one document, gathered keys first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from workbench.xray.books import Ask, Books, Row, keys

# The tables that an x-ray of a document reads, in the order of the chain.
TABLES = (
    "contracts", "contract_lines", "price_list", "orders", "order_lines", "deliveries", "delivery_lines",
    "invoices", "invoice_lines", "receipts", "applications", "adjustments", "cases", "promises",
    "customers", "entities", "products", "users", "approval_limits",
)  # fmt: skip
VOID = ("cancelled", "draft")


@dataclass(frozen=True)
class Facts:
    """A document and the rows around it, by what they are; every row has the columns of its canonical table.

    `parts` are: lines, agreed, credits (documents that correct it), documents (those it corrects, is set against or
    is paid by), original_lines, applications, adjustments, cases, promises, receipts, order_lines, orders,
    delivery_lines, deliveries, elsewhere (lines of other live documents for the same order lines), contracts, charges,
    products, customers, entities, people.
    """

    document: Row
    parts: dict[str, list[Row]]

    @property
    def invoice_id(self) -> str:
        """The document's key."""
        return str(self.document["invoice_id"])

    @property
    def currency(self) -> str:
        """The document's currency."""
        return str(self.document["currency"])

    @property
    def is_credit(self) -> bool:
        """Whether it is a credit memo."""
        return bool(self.document["kind"] == "credit_memo")

    @cached_property
    def original(self) -> Row | None:
        """The document that it corrects, where there is one."""
        wanted = self.document["original_invoice_id"]
        return next((row for row in self.parts["documents"] if row["invoice_id"] == wanted), None)

    @cached_property
    def counted(self) -> list[Row]:
        """Applications that count: neither half is void, and no bounced receipt pays anything."""
        void = {row["invoice_id"] for row in self.parts["documents"] if row["status"] in VOID}
        void |= {self.invoice_id} if self.document["status"] in VOID else set()
        bounced = {row["receipt_id"] for row in self.parts["receipts"] if row["status"] == "reversed"}
        return [
            row
            for row in self.parts["applications"]
            if row["receipt_id"] not in bounced and not {row["invoice_id"], row["credit_invoice_id"]} & void
        ]

    @cached_property
    def products(self) -> dict[str, str]:
        """Names of the products by id."""
        return {row["product_id"]: row["name"] for row in self.parts["products"]}

    @cached_property
    def agreed(self) -> dict[str, Row]:
        """What was agreed for a line, by invoice_line_id."""
        return {row["invoice_line_id"]: row for row in self.parts["agreed"]}

    @cached_property
    def ordered_line_of(self) -> dict[str, str]:
        """The order line that each line is for, named by itself or by its delivery line."""
        through = {row["delivery_line_id"]: row["order_line_id"] for row in self.parts["delivery_lines"]}
        found = {
            row["invoice_line_id"]: row["order_line_id"] or through.get(row["delivery_line_id"])
            for row in self.parts["lines"]
        }
        return {line: key for line, key in found.items() if key}

    def net_of_lines(self) -> Decimal:
        """The sum of the lines' nets."""
        return sum((row["net_amount"] for row in self.parts["lines"]), Decimal(0))


def gather(books: Books, document: Row) -> Facts:
    """The rows around a document: one pass over each table, and only over the tables whose keys were met."""
    own = {"invoice": document["invoice_id"]}
    names = ("lines", "applications", "adjustments", "cases", "promises", "credits")
    asks: dict[str, Ask] = {name: (f"document_{name}", own) for name in names}
    if document["original_invoice_id"]:
        asks["original_lines"] = ("document_lines", {"invoice": document["original_invoice_id"]})
    parts = books.together(asks)
    parts.setdefault("original_lines", [])
    linked = parts["lines"] if keys(parts["lines"], "order_line_id", "delivery_line_id") else parts["original_lines"]
    named = {"ids": keys(linked, "delivery_line_id"), "order_line_ids": keys(linked, "order_line_id")}
    charges = keys([*parts["lines"], *linked], "contract_line_id")
    parts |= books.together(
        {
            "delivery_lines": ("delivered_lines", named),
            "documents": ("documents", {"ids": _others(document, parts["applications"])}),
            "receipts": ("receipts_named", {"ids": keys(parts["applications"], "receipt_id")}),
            "charges": ("contract_charges", {"ids": charges}),
            "products": ("products_named", {"ids": keys([*parts["lines"], *linked], "product_id")}),
            "customers": ("customers_named", {"ids": keys([document], "customer_id")}),
            "entities": ("entities_named", {"ids": keys([document], "entity_id")}),
            "people": ("people", {"ids": list(_people(document, parts)), "currency": document["currency"]}),
        }
    )
    return Facts(document, parts | _chain(books, document, parts, linked))


def _chain(books: Books, document: Row, parts: dict[str, list[Row]], linked: list[Row]) -> dict[str, list[Row]]:
    ordered = keys([*linked, *parts["delivery_lines"]], "order_line_id")
    deliveries = keys(parts["delivery_lines"], "delivery_id")
    contracts = keys([document, *parts["charges"]], "contract_id")
    own = {"invoice": document["invoice_id"]}
    delivered = keys(parts["delivery_lines"], "delivery_line_id") if books.has_lines_by_delivery else []
    found = books.together(
        {
            "order_lines": ("ordered_lines", {"ids": ordered}),
            "deliveries": ("deliveries_named", {"ids": deliveries}),
            "elsewhere": ("billed_elsewhere", {**own, "ids": ordered}),
            "by_delivery": ("billed_by_delivery", {**own, "ids": delivered}),
            "contracts": ("contracts_named", {"ids": contracts}),
        }
    )
    others = found["elsewhere"] + found.pop("by_delivery")
    orders = keys([document, *found["order_lines"]], "order_id")
    asks: dict[str, Ask] = {
        "orders": ("orders_named", {"ids": orders}),
        "billing": ("billing_documents", {"ids": keys(others, "invoice_id")}),
        "agreed": ("agreed_prices", _priced(document, parts, found["order_lines"])),
    }
    if not found["deliveries"]:
        asks["deliveries"] = ("deliveries_of_orders", {"ids": orders})
    found |= books.together(asks)
    billing = set(keys(found.pop("billing"), "invoice_id"))
    return found | {"elsewhere": [row for row in others if row["invoice_id"] in billing]}


def _priced(document: Row, parts: dict[str, list[Row]], order_lines: list[Row]) -> dict[str, object]:
    """What the agreed prices are looked up by: the lines as lists side by side, so that no table is read again."""
    ordered = {row["order_line_id"]: row["quantity"] for row in order_lines}
    customer = parts["customers"][0] if parts["customers"] else {}
    columns = ("invoice_line_id", "product_id", "contract_line_id", "discount_amount", "period_from", "period_to")
    return {
        **{f"{name}s": [row[name] for row in parts["lines"]] for name in columns},
        "quantities": [row["quantity"] for row in parts["lines"]],
        "ordered_quantities": [ordered.get(row["order_line_id"]) for row in parts["lines"]],
        "invoice_date": document["invoice_date"],
        "currency": document["currency"],
        "customer": document["customer_id"],
        "segment": customer.get("segment"),
    }


def _others(document: Row, applications: list[Row]) -> list[str]:
    own = document["invoice_id"]
    met = keys([document, *applications], "original_invoice_id", "credit_invoice_id", "invoice_id")
    return [key for key in met if key != own]


def _people(document: Row, parts: dict[str, list[Row]]) -> Iterator[str]:
    rows = [document, *parts["adjustments"], *parts["credits"]]
    yield from keys(rows, "created_by", "approved_by")
