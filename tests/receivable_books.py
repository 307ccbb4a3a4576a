"""Books that a test fills with rows: an engine whose tables are emptied and filled again, and small snapshots."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tests.cases import complete
from workbench.engine.duck import DuckEngine
from workbench.receivables import books as kept
from workbench.receivables.items import OpenItems, open_items
from workbench.schema import table
from workbench.snapshot import Snapshot, open_snapshot

TABLES = (
    "invoices", "instalments", "receipts", "applications", "adjustments", "gl_lines", "fx_rates", "customers",
    "entities",
)  # fmt: skip
INVOICE = {"invoice_id": "I1", "invoice_date": "2025-03-05", "due_date": "2025-04-04", "gross_amount": "100"}
DEBIT = {
    "gl_line_id": "G1", "entity_id": "E1", "account": "1200", "account_kind": "receivable",
    "posted_on": "2025-03-05", "currency": "SGD", "amount": "100",
}  # fmt: skip
MARCH = date(2025, 3, 31)


def full(name: str, row: dict[str, Any]) -> dict[str, Any]:
    """A row with the defaults of its table, an explicit null kept."""
    return {**complete(name, row), **row}


class Books:
    """An engine on an empty snapshot whose tables are emptied and filled again."""

    def __init__(self, folder: Path) -> None:
        self.engine = DuckEngine(folder)
        kept.add_views(self.engine)
        for name in TABLES:
            entry = table(name)
            typed = ", ".join(f'"{column}" {kind.sql_type}' for column, kind in entry.columns.items())
            self.engine.connection.execute(f'drop view "{name}"')
            self.engine.connection.execute(f'create table "{name}" ({typed}, _source varchar, _row bigint)')
            self.engine.columns[name] = list(entry.columns)

    def fill(self, **rows: list[dict[str, Any]]) -> Books:
        """These rows and no others."""
        for name in TABLES:
            self.engine.connection.execute(f'delete from "{name}"')
            if rows.get(name):
                self.engine.connection.register("given", texts(name, rows[name]))
                self.engine.connection.execute(f'insert into "{name}" select *, null, null from given')
        return self

    def ask(self, *days: date, clock: str = "known", by: str = "due", buckets: Any = None, **more: Any) -> OpenItems:
        """The open items of the rows."""
        return open_items(self.engine, kept.asked(days, clock, by, buckets), **more)


def texts(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Rows as columns of text, which a table takes as its own types."""
    complete_rows = [full(name, row) for row in rows]
    return pa.table(
        {
            column: pa.array(
                [None if row.get(column) is None else str(row[column]) for row in complete_rows], pa.string()
            )
            for column in table(name).columns
        }
    )


def write_snapshot(folder: Path, **rows: list[dict[str, Any]]) -> Snapshot:
    """A snapshot with these rows as Parquet."""
    folder.mkdir(parents=True)
    for name, given in rows.items():
        kinds = ", ".join(f'cast("{c}" as {k.sql_type}) as "{c}"' for c, k in table(name).columns.items())
        with duckdb.connect() as connection:
            connection.register("given", texts(name, given))
            pq.write_table(connection.sql(f"select {kinds} from given").to_arrow_table(), folder / f"{name}.parquet")
    return open_snapshot(folder)
