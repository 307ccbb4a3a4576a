"""Settlements of a snapshot as of a date: payouts, orders against them, freight rated again, partners by risk."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.detect import newest_day, run
from workbench.engine import open_engine
from workbench.errors import UnknownNameError
from workbench.findings import Findings
from workbench.frontmatter import read_sql
from workbench.language import say
from workbench.markup import Shown
from workbench.progress import Report, quiet
from workbench.settings import QUERIES
from workbench.settlement.pages import FREIGHT_COLUMNS, ORDER_COLUMNS, apart, behind, fates, lines, ranking, three_ways
from workbench.settlement.risk import Risk, partner_of, risks
from workbench.settlement.waterfall import Waterfall, waterfall
from workbench.snapshot import Snapshot

FOLDER = QUERIES / "5_figures/settlement"
LINES = """
select * from settlement_lines where settlement_id = $settlement_id order by kind, settlement_line_id
"""


@dataclass(frozen=True)
class Settlements:
    """What partners settled, as of a date; amounts are decimal(38, 4) in the currency beside them.

    `payouts` has a row per settlement, `orders` one per settlement and order, `freight` one per freight line that names
    its consignment. `findings` are those of the settlement controls on the same day.
    """

    as_of: date
    payouts: pa.Table
    orders: pa.Table
    freight: pa.Table
    partner_names: dict[str, str]
    findings: Findings
    snapshot: Snapshot

    @cached_property
    def by_id(self) -> dict[str, dict[str, Any]]:
        """The rows of `payouts` by settlement_id."""
        return {row["settlement_id"]: row for row in self.payouts.to_pylist()}

    def payout(self, settlement_id: str) -> Waterfall:
        """What one payout is made of; UnknownNameError with the nearest ids where there is none."""
        if settlement_id not in self.by_id:
            raise UnknownNameError("settlement", settlement_id, self.by_id)
        return waterfall(self.by_id[settlement_id])

    @cached_property
    def waterfalls(self) -> dict[str, Waterfall]:
        """Every payout's."""
        return {name: waterfall(row) for name, row in self.by_id.items()}

    @cached_property
    def open_ends(self) -> list[str]:
        """Settlements that do not add up from their lines to the bank, in order of their ids."""
        return sorted(name for name, each in self.waterfalls.items() if not each.adds_up)

    @cached_property
    def partners(self) -> list[Risk]:
        """Partners by the money at risk with them, the largest of each currency first."""
        return risks(self.findings.found.to_pylist(), self.by_id, self.partner_names)

    def of_partner(self, partner_id: str) -> Shown:
        """The findings behind one partner's money at risk, each with its finding_id to follow it to its source rows.

        An empty partner_id is for findings that name none. Raises UnknownNameError for a partner without findings.
        """
        found: dict[str, list[dict[str, Any]]] = {}
        for row in self.findings.found.to_pylist():
            found.setdefault(partner_of(row, self.by_id, self.partner_names), []).append(row)
        if partner_id not in found:
            raise UnknownNameError("partner with findings", partner_id, found)
        return behind(found[partner_id], self.by_id, self.partner_names.get(partner_id) or partner_id)

    def lines(self, settlement_id: str) -> Shown:
        """The lines that a payout is made of, each with the file and the row it came from."""
        self.payout(settlement_id)
        with closing(open_engine("duckdb", self.snapshot.folder)) as database:
            rows = database.query(LINES, {"settlement_id": settlement_id}).to_pylist()
        return lines(rows, settlement_id, self.by_id[settlement_id]["currency"])

    @property
    def fates(self) -> Shown:
        """What can still be stopped, what has happened and what is yet to come, a row per currency."""
        return fates(self.partners, self.as_of)

    @property
    def unlike_orders(self) -> pa.Table:
        """Orders that were settled with another amount than they are worth, or in more than one settlement."""
        off = pc.fill_null(pc.not_equal(self.orders["difference"], pa.scalar(0, pa.decimal128(38, 4))), False)
        return self.orders.filter(pc.or_(off, pc.greater(self.orders["settlements"], 1)))

    @property
    def unlike_freight(self) -> pa.Table:
        """Freight lines that the rate card gives another amount for, the largest difference first."""
        return self.freight.filter(
            pc.fill_null(pc.not_equal(self.freight["difference"], pa.scalar(0, pa.decimal128(38, 4))), False)
        )

    def _repr_html_(self) -> str:
        return self.fates.html + self.ranking.html + self.three_ways.html

    @property
    def ranking(self) -> Shown:
        """Partners ranked by money at risk."""
        return ranking(self.partners, self.as_of)

    @property
    def three_ways(self) -> Shown:
        """Orders, settlement and bank beside each other, a row per partner and currency."""
        return three_ways(self.by_id.values(), self.orders.to_pylist(), set(self.open_ends), self.partner_names)

    @property
    def orders_apart(self) -> Shown:
        """`unlike_orders` for reading."""
        return apart(self.unlike_orders, ORDER_COLUMNS, say("Orders settled otherwise"))

    @property
    def freight_apart(self) -> Shown:
        """`unlike_freight` for reading."""
        return apart(self.unlike_freight, FREIGHT_COLUMNS, say("Freight that the rate card gives otherwise"))


def settlements(snapshot: Snapshot, *, as_of: date | None = None, progress: Report = quiet) -> Settlements:
    """What was settled with partners up to a date (default: the newest business date), and what is wrong with it.

    Example:
        >>> found = wb.settlements(wb.open())
        >>> found.payout("ST000001")
    """
    with closing(open_engine("duckdb", snapshot.folder)) as database:
        day = as_of or newest_day(database)
        rows = {}
        names = ("payouts", "orders", "freight")
        for done, name in enumerate(names):
            progress(name, done, len(names))
            _, sql = read_sql(FOLDER / f"{name}.sql")
            rows[name] = database.query(sql, {"as_of": day})
        named = database.query("select partner_id, name from partners").to_pylist()
    findings = run(snapshot, families=("settlement",), as_of=day, progress=progress)
    return Settlements(
        as_of=day,
        payouts=rows["payouts"],
        orders=rows["orders"],
        freight=rows["freight"],
        partner_names={row["partner_id"]: row["name"] for row in named},
        findings=findings,
        snapshot=snapshot,
    )
