"""The open items of some days as a table of an engine, which the other figures read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import pyarrow as pa

from workbench.detect import newest_day
from workbench.engine import open_engine
from workbench.engine.duck import PARAMETER, DuckEngine
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.frontmatter import read_sql
from workbench.language import mark, say
from workbench.receivables.buckets import BEFORE, ENDS, Bucket, Definition, columns, definition
from workbench.settings import QUERIES
from workbench.snapshot import Snapshot

CLOCKS = ("known", "dated")
AS = {"known": mark("as known on {days}"), "dated": mark("as dated on {days}")}
BYS = ("due", "document")
NEEDS = ("invoice_id", "kind", "status", "entity_id", "customer_id", "invoice_date", "currency", "gross_amount")


@dataclass(frozen=True)
class Ask:
    """How open items are asked for: the days, the clock, and the buckets counted from due or document dates."""

    days: tuple[date, ...]
    clock: str = "known"
    by: str = "due"
    buckets: tuple[Bucket, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of the ageing, in order."""
        return columns(self.buckets, self.by)

    @property
    def words(self) -> str:
        """The days and the clock as a reader is told of them."""
        days = ", ".join(map(str, self.days[:3])) + (" ..." if len(self.days) > 3 else "")
        return say(AS[self.clock], days=days)


def asked(days: Sequence[date], clock: str = "known", by: str = "due", buckets: Definition = None) -> Ask:
    """The same, looked at: raises WorkbenchError for a clock, a way of counting or buckets that are none."""
    if clock not in CLOCKS:
        raise UnknownNameError("clock", clock, CLOCKS)
    if by not in BYS:
        raise UnknownNameError("way of counting days", by, BYS)
    if not days:
        raise WorkbenchError("No day is given.", "give as_of=date(2025, 6, 30), or a list of days")
    return Ask(tuple(sorted(set(days))), clock, by, definition(buckets))


@contextmanager
def books(snapshot: Snapshot) -> Iterator[DuckEngine]:
    """An engine on a snapshot, with the movements of the accounts as a view.

    Raises WorkbenchError where the snapshot lacks the documents.
    """
    found = snapshot.tables.get("invoices")
    missing = [name for name in NEEDS if name not in (found or ())]
    if missing:
        lacking = "has no invoices" if found is None else f"has invoices without {', '.join(missing)}"
        raise WorkbenchError(f"'{snapshot.folder.name}' {lacking}, so nothing is known to be open.", "load them")
    engine = open_engine("duckdb", snapshot.folder)
    try:
        add_views(engine)
        yield engine
    finally:
        engine.close()


def add_views(engine: DuckEngine) -> None:
    """Make the view that the figures of receivables read beside the canonical tables."""
    engine.connection.execute(f"create or replace temp view account_movements as {figure('account_movements')}")


@cache
def figure(name: str) -> str:
    """The SELECT of one figure."""
    return read_sql(QUERIES / "5_figures" / f"{name}.sql")[1]


def ask(engine: DuckEngine, name: str, **values: object) -> pa.Table:
    """The rows of a figure; its parameters are bound."""
    return engine.query(figure(name), values)


def keep(engine: DuckEngine, table: str, name: str, values: Mapping[str, object]) -> None:
    """Keep the rows of a figure as a temporary table; nothing is kept where the engine stops."""
    sql = figure(name)
    wanted = set(PARAMETER.findall(sql))
    bound = {key: value for key, value in values.items() if key in wanted}
    engine.connection.execute(f'create or replace temp table "{table}_made" as {sql}', bound)
    engine.connection.execute(f'drop table if exists "{table}"')
    engine.connection.execute(f'alter table "{table}_made" rename to "{table}"')


def make_open_items(engine: DuckEngine, wanted: Ask) -> None:
    """Make the temporary table `open_items` for the days, invoices in parts where there are instalments."""
    keep(engine, "open_items", "open_items", {"days": list(wanted.days), "clock": wanted.clock})
    in_parts = engine.query("select count(*) as parts from instalments")["parts"][0].as_py()
    if in_parts:
        keep(engine, "open_items", "open_items_in_parts", {})
    if in_parts or wanted.by != "due" or wanted.buckets != definition(ENDS):
        names = [BEFORE[wanted.by], *(bucket.name for bucket in wanted.buckets)]
        first_days = [None, *(bucket.first for bucket in wanted.buckets)]
        values = {"by": wanted.by, "names": names, "first_days": first_days}
        keep(engine, "open_items", "open_items_in_buckets", values)


def days_or_newest(engine: DuckEngine, as_of: date | Sequence[date] | None) -> tuple[date, ...]:
    """The days given, else the newest business date of the snapshot."""
    if as_of is None:
        return (newest_day(engine),)
    return (as_of,) if isinstance(as_of, date) else tuple(as_of)


def month_ends(first: date, last: date) -> list[date]:
    """The last day of every month from that of `first` to that of `last`."""
    days, month = [], first.replace(day=1)
    while month <= last:
        following = (month + timedelta(days=31)).replace(day=1)
        days.append(following - timedelta(days=1))
        month = following
    return days
