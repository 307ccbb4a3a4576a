"""The lines of a document: ordered, delivered and billed, agreed and billed price, and the controls that fired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from workbench.language import mark, say
from workbench.markup import Amount
from workbench.xray.books import Row
from workbench.xray.facts import Facts
from workbench.xray.fired import Fired


@dataclass(frozen=True)
class Line:
    """One line with what it is for. `delivered` is net of returns; `elsewhere` is billed on other live documents."""

    row: Row
    product: str
    ordered: Decimal | None
    delivered: Decimal | None
    elsewhere: Decimal | None
    agreed: Row | None
    fired: tuple[Fired, ...]

    @property
    def off(self) -> Decimal | None:
        """Net billed less net at the agreed price; None where no price is agreed or the period is a part of one."""
        if self.agreed is None or self.agreed["agreed_net"] is None:
            return None
        difference: Decimal = self.row["net_amount"] - self.agreed["agreed_net"]
        return difference

    def cells(self, currency: str) -> dict[str, object]:
        """The line for reading; its names are said where it is shown."""
        row, agreed = self.row, self.agreed or {}
        by_contract, by_price = agreed.get("agreed_by_contract_line"), agreed.get("agreed_by_price")
        names = [each.row["control_id"] if each.is_finding else f"({each.row['control_id']})" for each in self.fired]
        period = say("{first} to {last}", first=row["period_from"], last=row["period_to"])
        return {
            mark("line"): str(row["line_number"]),
            mark("what"): self.product,
            mark("period"): period if row["period_from"] else None,
            mark("ordered#quantity"): self.ordered,
            mark("delivered#quantity"): self.delivered,
            mark("billed#quantity"): row["quantity"],
            mark("billed elsewhere"): self.elsewhere,
            mark("agreed price"): agreed.get("agreed_price"),
            mark("agreed by"): by_contract or by_price,
            mark("billed price"): row["unit_price"],
            mark("discount"): Amount(row["discount_amount"] or None, currency),
            mark("net#document"): Amount(row["net_amount"], currency),
            mark("off the agreed"): Amount(self.off or None, currency),
            mark("tax rate"): _percent(row["tax_rate"]),
            mark("tax"): Amount(row["tax_amount"], currency),
            mark("controls"): list(dict.fromkeys(names)) or None,
        }


def lines_of(facts: Facts, fired: Sequence[Fired]) -> tuple[Line, ...]:
    """Every line in its order."""
    ordered = {row["order_line_id"]: row["quantity"] for row in facts.parts["order_lines"]}
    delivered = _delivered(facts)
    elsewhere = _elsewhere(facts)
    by_line: dict[str, list[Fired]] = {}
    for each in fired:
        for key in each.lines:
            by_line.setdefault(key, []).append(each)
    found = []
    for row in facts.parts["lines"]:
        key = row["invoice_line_id"]
        wanted = facts.ordered_line_of.get(key, "")
        product = facts.products.get(row["product_id"]) or row["description"] or ""
        named = f"{product} ({row['product_id']})" if row["product_id"] else product
        found.append(
            Line(
                row, named, ordered.get(wanted), delivered.get(wanted), elsewhere.get(wanted), facts.agreed.get(key),
                tuple(by_line.get(key, ())),
            )
        )  # fmt: skip
    return tuple(found)


def _delivered(facts: Facts) -> dict[str, Decimal]:
    """Delivered or shipped quantity per order line, less returns; samples and transfers are no deliveries of it."""
    heads = {row["delivery_id"]: row for row in facts.parts["deliveries"]}
    found: dict[str, Decimal] = {}
    for item in facts.parts["delivery_lines"]:
        head = heads.get(item["delivery_id"])
        key = item["order_line_id"]
        if head is None or key is None or head["status"] not in {"shipped", "delivered"}:
            continue
        if head["kind"] in {"sale", "return"}:
            moved = item["quantity"] if head["kind"] == "sale" else -abs(item["quantity"])
            found[key] = found.get(key, Decimal(0)) + moved
    return found


def _elsewhere(facts: Facts) -> dict[str, Decimal]:
    through = {row["delivery_line_id"]: row["order_line_id"] for row in facts.parts["delivery_lines"]}
    found: dict[str, Decimal] = {}
    for row in facts.parts["elsewhere"]:
        key = row["order_line_id"] or through.get(row["delivery_line_id"])
        if key:
            found[key] = found.get(key, Decimal(0)) + row["quantity"]
    return found


def _percent(rate: Decimal | None) -> str | None:
    return None if rate is None else f"{(rate * 100).normalize():f} %"
