"""Offline products: revenue recognised by hand against what was invoiced, month by month."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from workbench.causes.pictures import OVER, UNDER, Picture, axis, heat, layout
from workbench.language import mark, say
from workbench.markup import Amount, html_table
from workbench.settlement.codes import sense
from workbench.topics.topic import Row, Topic, most_money


class Offline(Topic):
    """COM-06 and COM-05 with the months in which revenue and invoices disagree."""

    name = "offline"
    title = mark("Offline products")
    controls = ("COM-06", "COM-05")
    root_causes: ClassVar[dict[str, str]] = {"COM-06": "manual_entry"}
    next_steps: ClassVar[tuple[str, ...]] = (
        mark(
            "Take the largest month: ask whoever keeps the list of offline products for the delivery note or the "
            "protocol."
        ),
        mark(
            "Recognised and not invoiced is revenue nobody will collect; invoiced and not recognised is a liability "
            "that was forgotten."
        ),
        mark(
            "A difference that turns up with the opposite sign a month later is timing, and suppressed; one that stays "
            "is not."
        ),
        mark("Move the list into the system of orders: what is kept by hand is wrong by hand."),
    )

    def _rows(self, customer: str = "", product: str = "") -> list[Row]:
        return self.query(
            "topic_offline", customer=customer, product=product, entity=self.entity, first=self.period.first,
            until=self.period.until,
        )  # fmt: skip

    def months(self, currency: str = "") -> Picture:
        """Invoiced less recognised by product and month, where they disagree; default the currency with most of it."""
        if lacking := self.lacks("revenue", "products", "invoices", "invoice_lines"):
            return lacking
        rows = [row for row in self._rows() if row["recognised"] != row["invoiced"]]
        chosen = currency or most_money(rows)
        cells = {
            (row["product_id"], row["month"]): row["invoiced"] - row["recognised"]
            for row in rows
            if row["currency"] == chosen
        }
        if not cells:
            return self.nothing(say("Revenue and invoices of offline products agree in every month."))
        return heat(say("Invoiced less recognised, offline products"), cells, chosen, mark("product"), mark("month"))

    def account(self, finding_id: str = "") -> Picture:
        """Recognised and invoiced of one customer and product, month by month with the running difference."""
        if lacking := self.lacks("revenue", "products", "invoices", "invoice_lines"):
            return lacking
        row = self.finding(finding_id, "COM-06")
        if row is None:
            return self.nothing(say("No month disagrees, so there is no account to show."))
        product = next(iter(self.keys(row, "products")), "")
        rows = [each for each in self._rows(row["customer_id"] or "", product) if each["currency"] == row["currency"]]
        currency, running, lines = row["currency"], Decimal(0), []
        for each in rows:
            difference = each["invoiced"] - each["recognised"]
            running += difference
            lines.append(
                [
                    each["month"], Amount(each["recognised"], currency), Amount(each["invoiced"], currency),
                    Amount(difference or None, currency), Amount(running or None, currency),
                    say("disagrees") if difference else "",
                ]
            )  # fmt: skip
        who = self.customer(row["customer_id"])
        title = say("Product {product} for {customer}, {currency}", product=product, customer=who, currency=currency)
        head = [
            mark("month"), mark("recognised"), mark("invoiced"), mark("invoiced less recognised"),
            sense(mark("running#sum")), "",
        ]  # fmt: skip
        return Picture(title, "", _figure(title, rows, currency), html_table(head, lines, caption=title))


def _figure(title: str, rows: list[Row], currency: str) -> dict[str, object]:
    data = [
        {
            "type": "bar",
            "name": say(name),
            "x": [row["month"] for row in rows],
            "y": [float(row[name]) for row in rows],
            "marker": {"color": colour},
        }
        for name, colour in ((mark("recognised"), UNDER), (mark("invoiced"), OVER))
    ]
    return {
        "data": data,
        "layout": layout(title, axis(say("month"), type="category"), axis(currency), barmode="group", height=360),
    }
