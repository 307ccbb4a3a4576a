"""The account of one customer: its own rows alone, looked up in the books, or read from a copy laid out by customer."""

from __future__ import annotations

import atexit
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from weakref import WeakSet

import duckdb

from workbench.engine.duck import DuckEngine, quoted, scan
from workbench.errors import WorkbenchError
from workbench.receivables.books import add_views, figure
from workbench.xray.books import Books, evidence_sql

# Each is a canonical table, read by a query of its own into what the receivables ask of one account.
COPIED = ("invoices", "receipts", "applications", "adjustments")
# What is looked up for them and by which query, each from the keys that were found before it; the session's own tables
# go before the whole ones of the same names.
OWN = {
    "own_invoices": "own_invoices",
    "own_receipts": "own_receipts",
    "applications": "own_applications",
    "adjustments": "own_adjustments",
    "orders": "own_orders",
    "order_lines": "own_order_lines",
    "delivery_lines": "own_delivery_lines",
    "deliveries": "own_deliveries",
    "invoice_lines": "own_invoice_lines",
    "invoices": "invoices_around",
    "receipts": "receipts_around",
}
ROWS = 20_480
# Books of fewer documents are read through so quickly that a copy of them would save nothing.
LARGE = 500_000
COPYING = "2GB"
_MADE: WeakSet[Ledger] = WeakSet()


class Ledger:
    """Accounts by customer. The first ones are looked up in the books, which passes once over each table.

    In large books a copy of four tables, sorted by customer, is made meanwhile on a thread of its own (`is_ready` says
    whether it is there); after that an account comes from a few row groups. `problem` says why there is no copy, empty
    while nothing is wrong. The files go with the books.
    """

    def __init__(self, books: Books, *, large: int = LARGE) -> None:
        self.books = books
        self.problem = ""
        self._ready = threading.Event()
        self._folder = tempfile.TemporaryDirectory(prefix="workbench-accounts-", ignore_cleanup_errors=True)
        self._copying: DuckEngine | None = None
        self._stopped = False
        self._thread: threading.Thread | None = None
        self._large = large
        books.closing.callback(self.close)
        add_views(books.engine)
        _MADE.add(self)

    @property
    def is_ready(self) -> bool:
        """Whether accounts come from the copy."""
        return self._ready.is_set()

    def prepare(self) -> None:
        """Begin the copy where the books are large; returns at once, and does nothing the second time."""
        if self._thread is None and self.books.snapshot.rows("invoices") >= self._large:
            self._thread = threading.Thread(target=self._copy, name="accounts", daemon=True)
            self._thread.start()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for a copy that was begun; whether it is there."""
        if self._thread is not None:
            self._thread.join(seconds)
        return self.is_ready

    def _copy(self) -> None:
        """Write the copy with one thread of the machine, so that nobody waits for it."""
        try:
            self._copying = DuckEngine(self.books.snapshot.folder, memory=COPYING, threads=1)
            self._copying.prepare()
            for name in COPIED:
                _write(self._copying, evidence_sql(f"account_{name}"), self._file(name))
            # COPY binds no parameter, so the day is a table of the session first.
            self._copying.connection.execute(
                f"create temp table account_orders as {evidence_sql('account_orders')}",
                {"as_of": self.books.newest_day},
            )
            _write(self._copying, "select * from account_orders order by customer_id", self._file("orders"))
            self._ready.set()
        except (duckdb.Error, WorkbenchError, OSError) as error:
            # Without a copy every account is looked up, which is slower and not wrong.
            self.problem = "" if self._stopped else str(error).splitlines()[0]
        finally:
            if self._copying is not None:
                self._copying.close()

    def close(self) -> None:
        """Stop what is being copied and remove the files."""
        self._stopped = True
        thread = self._thread
        while thread is not None and thread.is_alive() and not self._ready.is_set():
            if self._copying is not None:
                self._copying.connection.interrupt()
            thread.join(0.05)
        self._folder.cleanup()

    def _file(self, name: str) -> Path:
        return Path(self._folder.name) / f"{name}.parquet"

    @contextmanager
    def account(self, customer: str) -> Iterator[DuckEngine]:
        """A connection on which the tables of the receivables hold this customer's rows alone."""
        engine = self.books.cursor()
        try:
            (self._read if self.is_ready else self._look_up)(engine, customer)
            engine.connection.execute(f"create temp view account_movements as {figure('account_movements')}")
            yield engine
        finally:
            engine.connection.close()

    def _read(self, engine: DuckEngine, customer: str) -> None:
        for name in (*COPIED, "orders"):
            table = "account_orders" if name == "orders" else name
            engine.connection.execute(
                f'create temp table "{table}" as select * from {scan([self._file(name)])} where customer_id = $id',
                {"id": customer},
            )

    def _look_up(self, engine: DuckEngine, customer: str) -> None:
        """The customer's rows and those they name, as tables of the session that go before the whole ones."""
        for name, query in OWN.items():
            _keep(engine, name, evidence_sql(query), {"customer": customer})
        for name in (*COPIED, "orders"):
            sql = f"select * from ({evidence_sql(f'account_{name}')}) as account where customer_id = $customer"
            _keep(engine, f"account_{name}", sql, {"customer": customer, "as_of": self.books.newest_day})
        for name in COPIED:
            engine.connection.execute(f'create or replace temp table "{name}" as select * from account_{name}')


def _keep(engine: DuckEngine, name: str, sql: str, values: dict[str, object]) -> None:
    bound = {key: value for key, value in values.items() if f"${key}" in sql}
    engine.connection.execute(f'create or replace temp table "{name}" as {sql}', bound)


def _write(engine: DuckEngine, sql: str, file: Path) -> None:
    engine.connection.execute(
        f"copy ({sql}) to {quoted(str(file))} (format parquet, compression snappy, row_group_size {ROWS})"
    )


@atexit.register
def _stop() -> None:
    """Nothing is copied any more when Python goes."""
    for each in list(_MADE):
        each.close()


def ledger(books: Books) -> Ledger:
    """The ledger of some books, made when the first customer is looked at."""
    made = books.memo.get("ledger")
    if not isinstance(made, Ledger):
        made = books.memo["ledger"] = Ledger(books)
    return made
