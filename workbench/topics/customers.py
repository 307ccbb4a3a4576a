"""Customer master: one customer with two records, invoices to the wrong one, money on a stranger's account."""

from __future__ import annotations

from html import escape
from typing import ClassVar

from workbench.language import mark, say
from workbench.markup import Amount, Shown, html_table
from workbench.settlement.codes import sense
from workbench.topics.beside import side_by_side
from workbench.topics.topic import Row, Topic


class Customers(Topic):
    """PRO-03, OCC-06, VAL-04 and VAL-05 with pairs of records that look alike."""

    name = "customers"
    title = mark("Customer master")
    controls = ("PRO-03", "OCC-06", "VAL-04", "VAL-05")
    root_causes: ClassVar[dict[str, str]] = {"OCC-06": "master_data"}
    next_steps: ClassVar[tuple[str, ...]] = (
        mark(
            "Decide for each pair which record stays; move open items, contracts and prices to it, then close the "
            "other."
        ),
        mark("Before merging look at terms and limits: two records are also two credit limits."),
        mark("Invoices to a closed or unknown record are sent again to the right one, and the first is credited."),
        mark("Ask for a tax number when a record is opened, and search for it first."),
    )

    def pairs(self, most: int = 20) -> Shown:
        """The pairs that PRO-03 found: what is alike, and what stands on each record."""
        rows = self.ranked("PRO-03")
        records = self._records(rows[:most])
        lines = []
        for row in rows[:most]:
            ids = [each for each in self.keys(row, "customers") if each in records]
            lines.append(
                [
                    row["finding_id"],
                    [str(records[each]["name"]) for each in ids],
                    ids,
                    [str(records[each]["documents"] or 0) for each in ids],
                    [Amount(records[each]["amount"], records[each]["currency"], named=True) for each in ids],
                    row["reason"].rsplit(" have ", 1)[-1],
                ]
            )
        head = [
            mark("finding"), sense(mark("names#records")), mark("records"), mark("documents"),
            sense(mark("billed#amount")), mark("alike in"),
        ]  # fmt: skip
        caption = say("{count} pairs of records that may be one customer", count=f"{len(rows):,}")
        return Shown(html_table(head, lines, caption=caption), caption)

    def _records(self, rows: list[Row]) -> dict[str, Row]:
        ids = sorted({each for row in rows for each in self.keys(row, "customers")})
        found = self.query("topic_customer_records", ids=ids) if ids and "customers" in self.snapshot.tables else []
        return {row["customer_id"]: row for row in found}

    def side_by_side(self, finding_id: str = "") -> Shown:
        """The records of a pair, field by field; the first pair where none is named."""
        row = self.finding(finding_id, "PRO-03")
        if row is None:
            words = say("No two records look alike.")
            return Shown(f"<p>{escape(words)}</p>", say("no two records look alike"))
        records = list(self._records([row]).values())
        table = side_by_side(records, "customer_id", say("The records"))
        return Shown(f"<p>{escape(row['reason'])}</p>{table}", row["reason"])
