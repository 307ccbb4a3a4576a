"""Prices and contracts: what was agreed, what was billed, and since when they differ."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape
from typing import Any, ClassVar

from workbench.causes.pictures import INK, OVER, UNDER, Picture, axis, layout, short
from workbench.language import mark, say
from workbench.markup import Amount, html_table, number_text
from workbench.settlement.codes import sense
from workbench.topics.topic import Row, Topic


class Prices(Topic):
    """ACC-03, ACC-04, ACC-09 and ACC-10 with the price history of what was billed."""

    name = "prices"
    title = mark("Price and contract")
    controls = ("ACC-03", "ACC-04", "ACC-09", "ACC-10")
    root_causes: ClassVar[dict[str, str]] = {
        "ACC-03": "price_maintenance",
        "ACC-04": "billing_run",
        "ACC-10": "manual_entry",
    }
    next_steps: ClassVar[tuple[str, ...]] = (
        mark(
            "Take the first explanation: one price list row, one product, one month. Put that right first; the rest "
            "follows from it."
        ),
        mark(
            "Read the history: a price off since the day of an amendment was entered late; one that is off once "
            "was typed."
        ),
        mark(
            "Ask sales for a signed exception before anything is credited or billed again; it belongs into "
            "price_approvals, and suppresses the finding."
        ),
        mark(
            "Over-billed: credit with the next invoice. Under-billed: the contract says whether it may be billed "
            "again, and for how long back."
        ),
    )

    def history(self, finding_id: str = "") -> Picture:
        """Agreed against billed of the product and customer of a finding; the largest where none is named."""
        row = self.finding(finding_id, "ACC-03", "ACC-09")
        if row is None:
            return self.nothing(say("No price differs, so there is no history to show."))
        line = next(iter(self.query_text(LINE, line=row["subject_id"])), None)
        if line is None or not row["customer_id"] or not line["product_id"]:
            return self.nothing(say("Finding {finding} names no product.", finding=row["finding_id"]))
        asked = {"product": line["product_id"], "customer": row["customer_id"], "currency": row["currency"]}
        agreed = self.query("topic_price_history", **asked)
        billed = self.query("topic_prices_billed", **asked)
        off = {
            each["subject_id"] for each in self.findings.found.to_pylist() if each["control_id"] in {"ACC-03", "ACC-09"}
        }
        who = self.customer(row["customer_id"])
        title = say(
            "{product} ({key}) for {customer}, {currency} a unit",
            product=line["name"] or line["product_id"], key=line["product_id"], customer=who, currency=row["currency"],
        )  # fmt: skip
        heading = f'<div style="margin:10px 0 4px;font-weight:600">{escape(title)}</div>'
        figure = _figure(title, agreed, billed, off, row["currency"], self.as_of)
        return Picture(title, heading, figure, _agreed(agreed) + _billed(billed, off, row["currency"]))


LINE = """
select line.product_id, product.name
from invoice_lines as line
left join products as product on line.product_id = product.product_id
where line.invoice_line_id = $line
"""


def _agreed(rows: Sequence[Row]) -> str:
    unended = sense(mark("open#end"))
    table = [
        [
            row["valid_from"], row["valid_to"] or unended, row["unit_price"], row["min_quantity"] or None,
            _agreed_in_words(row["holds_for"]), f"{_agreed_in_words(row['source'])} {row['agreed_by']}",
            row["approved_by"],
        ]
        for row in rows
    ]  # fmt: skip
    head = [
        mark("from"), mark("to (not with it)"), mark("agreed price"), mark("from quantity"), mark("holds for"),
        mark("agreed by"), mark("approved by"),
    ]  # fmt: skip
    return html_table(head, table, caption=say("Agreed"), limit=40)


# What agreed a price and whom it holds for, as topic_price_history.sql says it.
AGREED = (mark("price list"), mark("contract"), mark("this customer"), mark("everybody"))


def _agreed_in_words(code: str) -> str:
    if code in AGREED:
        return say(code)
    kind, _, key = code.partition(" ")
    return say("segment {name}", name=key) if kind == "segment" else say("contract {name}", name=key)


def _billed(rows: Sequence[Row], off: set[str], currency: str) -> str:
    """What was billed, days with the same price as one line, so that a change is seen."""
    steps: list[list[Any]] = []
    for row in rows:
        word = say("differs") if row["invoice_line_id"] in off else ""
        if steps and steps[-1][2] == row["unit_price"] and steps[-1][6] == word:
            steps[-1][1], steps[-1][3] = row["day"], steps[-1][3] + 1
            steps[-1][4] += row["quantity"]
            steps[-1][5] += row["net_amount"]
        else:
            steps.append([row["day"], row["day"], row["unit_price"], 1, row["quantity"], row["net_amount"], word])
    table = [[*step[:5], Amount(step[5], currency), step[6]] for step in steps]
    head = [
        mark("first"), mark("last"), mark("billed price"), mark("lines"), mark("quantity"), sense(mark("net#document")),
        mark("control"),
    ]  # fmt: skip
    return html_table(head, table, caption=say("Billed, in order of days"), limit=60)


def _figure(
    title: str, agreed: Sequence[Row], billed: Sequence[Row], off: set[str], currency: str, until: date
) -> dict[str, Any]:
    """Steps for each agreed price, a point for each line billed; open ends run to the day looked from."""
    if not billed:
        return {}
    data: list[dict[str, Any]] = []
    for source, holder in dict.fromkeys((row["source"], row["holds_for"]) for row in agreed):
        own = [row for row in agreed if (row["source"], row["holds_for"]) == (source, holder)]
        name = say("agreed: {source}, {holder}", source=_agreed_in_words(source), holder=_agreed_in_words(holder))
        days = [str(day) if day else None for row in own for day in (row["valid_from"], row["valid_to"] or until, None)]
        prices = [price for row in own for price in (float(row["unit_price"]), float(row["unit_price"]), None)]
        data.append({"type": "scatter", "mode": "lines", "name": escape(short(name)), "x": days, "y": prices})
    for name, is_off, colour, sign in (
        (say("billed as agreed"), False, UNDER, "circle"),
        (say("billed otherwise"), True, OVER, "x"),
    ):
        own = [row for row in billed if (row["invoice_line_id"] in off) is is_off]
        data.append(
            {
                "type": "scatter", "mode": "markers", "name": name, "x": [str(row["day"]) for row in own],
                "y": [float(row["unit_price"]) for row in own], "marker": {"color": colour, "symbol": sign, "size": 8},
                "text": [escape(f"{row['invoice_number']}, {number_text(row['unit_price'])}") for row in own],
                "hovertemplate": "%{x}: %{text}<extra></extra>",
            }
        )  # fmt: skip
    made = layout(
        title,
        axis(say("day")),
        axis(say("{currency} a unit", currency=currency), rangemode="tozero"),
        height=420,
        colorway=[INK, "#7a6ba8", "#2d8f86", "#8a7a2c"],
    )
    return {"data": data, "layout": made}
