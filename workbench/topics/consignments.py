"""Un-invoiced consignments: what left the house and was never billed, by age and by site."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import ClassVar

from workbench.causes.pictures import Picture, heat
from workbench.language import mark, say
from workbench.markup import Amount, Shown, html_table
from workbench.settlement.codes import sense
from workbench.topics.topic import Row, Topic, most_money

# Days since the delivery, as the backlog is aged: the first day of each band and its name, which sorts by age.
BANDS = (
    (0, mark("000-030 days")),
    (31, mark("031-060 days")),
    (61, mark("061-090 days")),
    (91, mark("091-180 days")),
    (181, mark("181-365 days")),
    (366, mark("over 365")),
)


class Consignments(Topic):
    """COM-01, COM-02, CUT-02 and OCC-04 with the backlog by age and site."""

    name = "consignments"
    title = mark("Un-invoiced consignments")
    controls = ("COM-01", "COM-02", "CUT-02", "OCC-04")
    root_causes: ClassVar[dict[str, str]] = {
        "COM-01": "interface",
        "COM-02": "order_entry",
        "OCC-04": "delivery_record",
    }
    next_steps: ClassVar[tuple[str, ...]] = (
        mark("Bill the oldest first: a claim becomes harder to prove with every month, and contracts may bar it."),
        mark(
            "Where one site, carrier or product makes most of it, look at the interface from the warehouse to billing "
            "before at the documents."
        ),
        mark("Look for the proof of delivery; without one the customer will not pay."),
        mark("What was billed and never delivered is credited, or shipped."),
    )

    @property
    def backlog(self) -> Picture:
        """What COM-01 and COM-02 found, by age since the handing over and by site, in the currency with most of it."""
        rows = self.ranked("COM-01", "COM-02")
        currency = most_money(rows)
        sites = self._sites(rows)
        cells: dict[tuple[str, str], Decimal] = {}
        for row in rows:
            if row["currency"] == currency and row["event_date"] and row["impact_amount"] is not None:
                site = sites.get(row["subject_id"]) or say("entity {entity}", entity=row["entity_id"])
                key = (site, self._band(row))
                cells[key] = cells.get(key, Decimal(0)) + abs(row["impact_amount"])
        if not cells:
            return self.nothing(say("No consignment waits for its invoice."))
        title = say("Delivered and not invoiced on {day}, by site and age", day=self.as_of)
        return heat(title, cells, currency, mark("site"), mark("age"))

    def _sites(self, rows: list[Row]) -> dict[str, str]:
        """Where each delivery line left from; nothing where the snapshot does not say."""
        if {"deliveries", "delivery_lines"} - set(self.snapshot.tables):
            return {}
        ids = [row["subject_id"] for row in rows if row["control_id"] == "COM-01"]
        told = self.query("topic_sites", ids=ids) if ids else []
        return {
            row["delivery_line_id"]: f"{_way(row['origin_zone'], row['destination_zone'])}, {row['entity_id']}"
            for row in told
            if row["origin_zone"] or row["destination_zone"]
        }

    def _band(self, row: Row) -> str:
        days = max((self.as_of - row["event_date"]).days, 0)
        return say([name for first, name in BANDS if first <= days][-1])

    def oldest(self, most: int = 20) -> Shown:
        """The consignments that wait longest, with their days and their money."""
        rows = [row for row in self.ranked("COM-01", "COM-02") if row["event_date"]]
        rows.sort(key=lambda row: (row["event_date"], row["finding_id"]))
        count, shown = f"{len(rows):,}", f"{min(most, len(rows)):,}"
        head = [
            mark("handed over"), sense(mark("days#count")), mark("control"), mark("customer"), mark("subject"),
            mark("worth"), mark("reason"),
        ]  # fmt: skip
        caption = say("{count} wait; the oldest {shown}", count=count, shown=shown)
        table = html_table(head, list(self._lines(rows[:most])), caption=caption)
        return Shown(table, say("{count} wait", count=count))

    def _lines(self, rows: list[Row]) -> Iterator[list[object]]:
        for row in rows:
            worth = (
                Amount(abs(row["impact_amount"]), row["currency"], named=True)
                if row["impact_amount"] is not None
                else None
            )
            yield [
                row["event_date"], (self.as_of - row["event_date"]).days, row["control_id"],
                self.customer(row["customer_id"]), row["subject_id"], worth, row["reason"],
            ]  # fmt: skip


def _way(origin: str | None, destination: str | None) -> str:
    if origin and destination:
        return say("{origin} to {destination}", origin=origin, destination=destination)
    return origin or destination or ""
