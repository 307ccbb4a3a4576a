"""The accounts of all customers, laid out customer by customer, so that one of them is read without the others."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.engine.duck import DuckEngine, quoted, scan
from workbench.receivables.books import add_views, figure
from workbench.xray.books import Books, evidence_sql

# Each is a canonical table, read by a query of its own into a file sorted by customer.
COPIED = ("invoices", "receipts", "applications", "adjustments")
ROWS = 20_480


class Ledger:
    """Copies of four tables and of what orders still ask for, beside the snapshot and sorted by customer.

    Making it reads the whole books once (seconds at ten million lines); after that a customer's rows come from a few
    row groups. The files go with the books.
    """

    def __init__(self, books: Books) -> None:
        self.books = books
        self._folder = tempfile.TemporaryDirectory(prefix="workbench-accounts-", ignore_cleanup_errors=True)
        books.closing.callback(self._folder.cleanup)
        add_views(books.engine)
        engine = books.cursor()
        for name in COPIED:
            _write(engine, evidence_sql(f"account_{name}"), self._file(name))
        # COPY binds no parameter, so the day is a table of the session first.
        engine.connection.execute(
            f"create or replace temp table account_orders as {evidence_sql('account_orders')}",
            {"as_of": books.newest_day},
        )
        _write(engine, "select * from account_orders order by customer_id, order_line_id", self._file("orders"))
        engine.connection.close()

    def _file(self, name: str) -> Path:
        return Path(self._folder.name) / f"{name}.parquet"

    @contextmanager
    def account(self, customer: str) -> Iterator[DuckEngine]:
        """A connection on which the tables of the receivables hold this customer's rows alone."""
        engine = self.books.cursor()
        try:
            for name in (*COPIED, "orders"):
                table = "account_orders" if name == "orders" else name
                engine.connection.execute(
                    f'create temp table "{table}" as select * from {scan([self._file(name)])} where customer_id = $id',
                    {"id": customer},
                )
            engine.connection.execute(f"create temp view account_movements as {figure('account_movements')}")
            yield engine
        finally:
            engine.connection.close()


def _write(engine: DuckEngine, sql: str, file: Path) -> None:
    engine.connection.execute(
        f"copy ({sql}) to {quoted(str(file))} (format parquet, compression snappy, row_group_size {ROWS})"
    )


def ledger(books: Books) -> Ledger:
    """The ledger of some books, made when the first customer is looked at."""
    made = books.memo.get("ledger")
    if not isinstance(made, Ledger):
        made = books.memo["ledger"] = Ledger(books)
    return made
