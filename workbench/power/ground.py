"""The ground errors are planted in: the tables of a snapshot, and copies in the place of those that change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pyarrow as pa

from workbench.controls import Control
from workbench.detect import candidates, newest_day, own_parameters
from workbench.engine import open_engine
from workbench.engine.duck import DuckEngine
from workbench.power.planting import plant, set_up
from workbench.power.recipes import Recipe
from workbench.schema import tables
from workbench.snapshot import Snapshot

# Where the currency of a control's subject stands.
CURRENCIES = {
    "invoices": "select invoice_id, currency from invoices",
    "invoice_lines": """
        select line.invoice_line_id, document.currency
        from invoice_lines as line inner join invoices as document on line.invoice_id = document.invoice_id
    """,
    "orders": "select order_id, currency from orders",
    "order_lines": """
        select line.order_line_id, orders.currency
        from order_lines as line inner join orders on line.order_id = orders.order_id
    """,
    "delivery_lines": """
        select moved.delivery_line_id, orders.currency
        from delivery_lines as moved
        inner join order_lines as line on moved.order_line_id = line.order_line_id
        inner join orders on line.order_id = orders.order_id
    """,
    "contracts": "select contract_id, currency from contracts",
    "contract_lines": """
        select line.contract_line_id, contract.currency
        from contract_lines as line inner join contracts as contract on line.contract_id = contract.contract_id
    """,
    "receipts": "select receipt_id, currency from receipts",
    "applications": """
        select application.application_id, document.currency
        from applications as application inner join invoices as document on application.invoice_id = document.invoice_id
    """,
    "adjustments": """
        select adjustment.adjustment_id, document.currency
        from adjustments as adjustment inner join invoices as document on adjustment.invoice_id = document.invoice_id
    """,
    "revenue": "select revenue_id, currency from revenue",
    "settlements": "select settlement_id, currency from settlements",
    "settlement_lines": """
        select line.settlement_line_id, settlement.currency
        from settlement_lines as line
        inner join settlements as settlement on line.settlement_id = settlement.settlement_id
    """,
    "customers": "select customer_id, currency from customers",
}
PLANTED = """
select planted.*, min(known.currency) as currency
from planted left join ({currencies}) as known (id, currency)
    on split_part(planted.subject_id, '/', 1) = known.id
group by all
order by all
"""


@dataclass(frozen=True)
class Planted:
    """One planted error: what its control must say, in which currency, and its kind in words."""

    subject_id: str
    expected_amount: Decimal | None
    billed_amount: Decimal | None
    what: str
    currency: str


class Ground:
    """A snapshot's tables to plant in: those that a recipe touches are copies, all others views on its files."""

    def __init__(self, snapshot: Snapshot, as_of: date | None) -> None:
        self.engine: DuckEngine = open_engine("duckdb", snapshot.folder)
        self._copied: set[str] = set()
        try:
            self.as_of = as_of or newest_day(self.engine)
            set_up(self.engine.connection)
        except BaseException:
            self.engine.close()
            raise

    def copy(self, recipe: Recipe) -> None:
        """Put copies in the place of the views of what a recipe touches."""
        for name in recipe.touches:
            if name not in self._copied:
                self.engine.connection.execute(f"""
                    create table "copy of {name}" as select * from "{name}";
                    drop view "{name}";
                    alter table "copy of {name}" rename to "{name}"
                """).fetchall()
                self._copied.add(name)

    @contextmanager
    def planted(
        self, recipe: Recipe, control: Control, before: pa.Table, *, errors: int, size: int, seed: int
    ) -> Iterator[list[Planted]]:
        """The recipe's errors, which are in the tables as long as the context lasts.

        `before` holds the control's candidates without them. Raises duckdb.Error where the data makes the recipe stop.
        """
        connection = self.engine.connection
        connection.execute("begin transaction")
        try:
            connection.from_arrow(before.select(["subject_id"])).insert_into("before")
            self._set_aside(recipe)
            plant(connection, recipe, errors=errors, size=size, seed=seed, as_of=self.as_of)
            sql = PLANTED.format(currencies=CURRENCIES.get(control.subject, "select null, null where false"))
            rows = connection.sql(sql).to_arrow_table().to_pylist()
            yield [Planted(**row | {"currency": row["currency"] or ""}) for row in rows]
        finally:
            connection.execute("rollback")

    def _set_aside(self, recipe: Recipe) -> None:
        """Leave alone what an earlier planting of this control's errors made, and from what: no id may come twice."""
        connection = self.engine.connection
        mark = recipe.control.replace("-", "-?")
        for name in recipe.touches:
            for key in tables()[name].key[:1]:
                connection.execute(f"""
                    insert into taken
                    select unnest(["{key}", regexp_replace("{key}", '-{mark}.*', '')])
                    from "{name}"
                    where regexp_matches("{key}", '-{mark}')
                """).fetchall()
        connection.execute("""
            insert into taken
            select invoice_id from invoice_lines where invoice_line_id in (select id from taken)
        """).fetchall()

    def look(self, control: Control) -> pa.Table:
        """The control's candidates as the tables are now."""
        return candidates(self.engine, control, {"as_of": self.as_of, **own_parameters(control, {})})
