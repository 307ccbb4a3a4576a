"""A snapshot kept open for looking things up: one engine, a few connections, and how long each look took."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Self

from workbench.detect import newest_day
from workbench.engine import open_engine
from workbench.engine.duck import DuckEngine
from workbench.errors import WorkbenchError
from workbench.frontmatter import read_sql
from workbench.settings import QUERIES
from workbench.snapshot import Snapshot

FOLDER = QUERIES / "4_evidence"
AT_ONCE = 4
# Views over whole tables that every look joins a few rows of: worked out once, then tables of the session.
KEPT = ("cancelled_documents", "prices_in_force")
Row = dict[str, Any]
Ask = tuple[str, Mapping[str, object]]


class Books:
    """A snapshot with its engine kept open, so that the second look is quick.

    `milliseconds` says what each query of the last look took, by its name. A look runs its queries side by side, each
    on a connection of its own, one look at a time. Close it, or use it in a with statement.

    Example:
        >>> with Books(wb.open()) as books:
        ...     wb.xray(books, "INV-1")
    """

    def __init__(self, snapshot: Snapshot) -> None:
        if not {"invoices", "settlements"} & set(snapshot.tables):
            raise WorkbenchError(f"'{snapshot.folder.name}' has no invoices, so there is none to look at.", "load them")
        self.snapshot = snapshot
        self.engine: DuckEngine = open_engine("duckdb", snapshot.folder)
        # The footers of the files are read once, not at every look.
        self.engine.connection.execute("set parquet_metadata_cache = true")
        self.engine.connection.execute("create schema kept")
        for name in KEPT:
            self.engine.connection.execute(f'create table kept."{name}" as select * from main."{name}"')
        self._free: SimpleQueue[DuckEngine] = SimpleQueue()
        for _ in range(AT_ONCE):
            self._free.put(self.cursor())
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="books")
        self.milliseconds: dict[str, float] = {}
        self.memo: dict[str, object] = {}
        self.closing = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the engine and its connections."""
        self._pool.shutdown()
        self.memo.clear()
        self.closing.close()
        while not self._free.empty():
            self._free.get().connection.close()
        self.engine.close()

    def cursor(self) -> DuckEngine:
        """Another connection, which takes what the session keeps before the views of the same names."""
        twin = self.engine.cursor()
        twin.connection.execute("set search_path = 'kept,main'")
        return twin

    @cached_property
    def newest_day(self) -> date:
        """The newest business date of the snapshot, which stands for today."""
        return newest_day(self.engine)

    def demand_invoices(self) -> None:
        """Raise WorkbenchError where the snapshot has none: a document or an account cannot be looked at."""
        if "invoices" not in self.snapshot.tables:
            name = self.snapshot.folder.name
            raise WorkbenchError(f"'{name}' has no invoices, so there is none to look at.", "load them")

    def ask(self, name: str, /, **values: object) -> list[Row]:
        """The rows of one query of queries/4_evidence."""
        engine = self._free.get()
        try:
            return self.ask_on(engine, name, **values)
        finally:
            self._free.put(engine)

    def ask_on(self, engine: DuckEngine, name: str, /, **values: object) -> list[Row]:
        """The same on a connection of the caller's."""
        began = time.perf_counter()
        try:
            rows: list[Row] = engine.query(evidence_sql(name), values).to_pylist()
        finally:
            self.milliseconds[name] = (time.perf_counter() - began) * 1000
        return rows

    def keep(self, name: str) -> None:
        """Make a table of the session of a query of queries/4_evidence, unless it is there."""
        sql = evidence_sql(name)
        self.engine.connection.execute(f'create table if not exists kept."{name}" as {sql}')

    @cached_property
    def has_lines_by_delivery(self) -> bool:
        """Whether any invoice line names its delivery line and no order line, so that it has to be looked for twice."""
        return bool(self.ask("lines_by_delivery"))

    def together(self, asks: Mapping[str, Ask]) -> dict[str, list[Row]]:
        """The rows of several queries, asked side by side; a query whose only keys are none is not asked."""
        begun = {
            name: self._pool.submit(self.ask, query, **values)
            for name, (query, values) in asks.items()
            if not _asks_for_nothing(values)
        }
        return {name: begun[name].result() if name in begun else [] for name in asks}


def _asks_for_nothing(values: Mapping[str, object]) -> bool:
    lists = [value for value in values.values() if isinstance(value, list)]
    return bool(lists) and not any(lists)


@cache
def evidence_sql(name: str) -> str:
    """The SELECT of one query."""
    return read_sql(FOLDER / f"{name}.sql")[1]


_OPEN: dict[Path, Books] = {}


def opened(snapshot: Snapshot | Books) -> Books:
    """The books of a snapshot: those given, else those of the last snapshot looked at, else new ones that stay open."""
    if isinstance(snapshot, Books):
        return snapshot
    books = _OPEN.get(snapshot.folder)
    if books is None:
        books = Books(snapshot)
        # One snapshot at a time: an engine may hold gigabytes.
        for other in _OPEN.values():
            other.close()
        _OPEN.clear()
        _OPEN[snapshot.folder] = books
    return books


def keys(rows: Sequence[Mapping[str, Any]], *names: str) -> list[str]:
    """The keys that some columns of rows hold, each once, in order."""
    return list(dict.fromkeys(row[name] for row in rows for name in names if row.get(name) is not None))
