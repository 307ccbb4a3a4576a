"""What was open on any day: items, their ageing, and the proof that it all adds up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.engine.duck import DuckEngine
from workbench.errors import UnknownNameError
from workbench.language import mark
from workbench.money import EXACT
from workbench.progress import Report, quiet
from workbench.receivables import identities
from workbench.receivables.books import Ask, ask, asked, books, days_or_newest, make_open_items
from workbench.receivables.buckets import Definition
from workbench.receivables.identities import Identity, identities_of, identities_of_parts
from workbench.receivables.notes import Note, notes_of
from workbench.receivables.reporting import Reported, reported
from workbench.snapshot import Snapshot

ACCOUNT = ("entity_id", "currency")
NOTHING = mark("The snapshot has no document and no receipt that counts, so nothing is open on any day.")
BEFORE_FIRST = mark("The first row is of {first}; nothing was open before, on {day}.")
ONE_CLOCK = mark("The documents have no posted_on, so they count as known on their own date.")
SENTENCES = (NOTHING, BEFORE_FIRST, ONE_CLOCK)
ITEMS = """
select * from open_items
where ($entity = '' or entity_id = $entity) and ($customer = '' or customer_id = $customer)
order by as_of, entity_id, currency, customer_id, document_date, item_kind, item_id, part
"""
LEDGER = "select count(*) as lines from (select 1 from gl_lines where account_kind = 'receivable' limit 1) as line"
FIRST = """
select min(least(invoice_date, posted_on)) as day from invoices where status not in ('cancelled', 'draft')
union all select min(least(received_on, posted_on)) from receipts where status <> 'reversed'
"""


@dataclass(frozen=True)
class OpenItems:
    """Open items of some days with their ageing, their identities and what contradicts itself in the rows.

    `items` is an Arrow table with a row per day and open item, `ageing_rows` one per day, account and bucket (as_of,
    entity_id, currency, customer_id, bucket, items, amount); both are of the entity and the customer asked for. The
    identities are of all entities and customers: a part of the books ties to no ledger.
    """

    ask: Ask
    items: pa.Table
    ageing_rows: pa.Table
    identities: tuple[Identity, ...]
    notes: tuple[Note, ...]
    sentences: tuple[str, ...] = ()
    reported: Reported | None = None

    @property
    def holds(self) -> bool:
        """Whether no identity fails."""
        return all(identity.state != identities.FAILS for identity in self.identities)

    def assert_identities(self) -> None:
        """Stop a notebook where an identity fails (GateError)."""
        identities.assert_identities(self)

    def ageing(self, per: Sequence[str] = ACCOUNT, day: date | None = None) -> list[dict[str, Any]]:
        """A row per day and per `per`, an amount in every column of the ageing and their total; decimals.

        Without "currency" in `per` there would be amounts of different currencies in one sum, so it is always there.
        """
        keys = ("as_of", *per, *(("currency",) if "currency" not in per else ()))
        return wide(self.ageing_rows, keys, self.ask.columns, day)

    def total(self, currency: str, day: date | None = None) -> Decimal:
        """Everything that is open in one currency, on the day (default: the last one asked)."""
        chosen = day or self.ask.days[-1]
        return sum(
            (row["total"] for row in self.ageing(("currency",), chosen) if row["currency"] == currency), Decimal()
        )

    def _repr_html_(self) -> str:
        from workbench.receivables.section import page_html

        return page_html(self)


def receivables(
    snapshot: Snapshot,
    as_of: date | Sequence[date] | None = None,
    *,
    clock: str = "known",
    by: str = "due",
    buckets: Definition = None,
    entity: str = "",
    customer: str = "",
    currency: str = "",
    rates: Mapping[str, Decimal] | None = None,
    items: bool = True,
    progress: Report = quiet,
) -> OpenItems:
    """What was open on a day, or on each of some days (default: the newest day of the snapshot).

    `clock` is "known" (posted_on up to the day) or "dated" (business date up to the day); `by` counts days from the
    "due" or the "document" date; `currency` adds a table in that currency at the rates in force, or at `rates` (1
    currency = rate of it). `items=False` leaves the single items out, for many days of large books. Raises
    WorkbenchError for names, buckets and rates that are none; a failing identity is a result.

    Example:
        >>> wb.receivables(wb.open(), date(2025, 6, 30)).assert_identities()
    """
    with books(snapshot) as engine:
        wanted = asked(days_or_newest(engine, as_of), clock, by, buckets)
        return open_items(engine, wanted, entity, customer, currency, rates, items, progress)


def open_items(
    engine: DuckEngine,
    wanted: Ask,
    entity: str = "",
    customer: str = "",
    currency: str = "",
    rates: Mapping[str, Decimal] | None = None,
    items: bool = True,
    progress: Report = quiet,
    proofs: bool = True,
) -> OpenItems:
    """The same from an engine that has the views of receivables (see books.add_views).

    Without `proofs` there are no identities and no notes.
    """
    progress("open items", 0, 3)
    require(engine, "entity", entity)
    require(engine, "customer", customer)
    make_open_items(engine, wanted)
    days = list(wanted.days)
    every = ask(engine, "ageing")
    proof, noted = _proofs(engine, wanted, every, progress) if proofs else ((), ())
    if entity:
        proof = tuple(identity for identity in proof if identity.entity_id in {entity, None})
    chosen = every
    for column, value in (("entity_id", entity), ("customer_id", customer)):
        if value:
            chosen = chosen.filter(pc.equal(chosen[column], value))
    sql = ITEMS if items else f"select * from ({ITEMS}) limit 0"
    rows = wide(chosen, ("as_of", *ACCOUNT), wanted.columns)
    found = reported(engine, currency, days, rows, wanted.columns, rates) if currency else None
    table = engine.query(sql, {"entity": entity, "customer": customer})
    progress("done", 3, 3)
    return OpenItems(wanted, table, chosen, proof, noted, _sentences(engine, wanted), found)


def _proofs(
    engine: DuckEngine, wanted: Ask, ageing: pa.Table, progress: Report
) -> tuple[tuple[Identity, ...], tuple[Note, ...]]:
    progress("identities", 1, 3)
    balances = ask(engine, "account_balances", days=list(wanted.days), clock=wanted.clock).to_pylist()
    has_ledger = bool(engine.query(LEDGER)["lines"][0].as_py())
    in_parts = ask(engine, "instalments_against_invoices").to_pylist()
    proof = identities_of(wanted, balances, ageing_totals(ageing), has_ledger)
    proof += identities_of_parts(wanted.days[-1], in_parts)
    progress("notes", 2, 3)
    noted = ask(engine, "receivable_notes", last_day=wanted.days[-1], clock=wanted.clock).to_pylist()
    return proof, notes_of([*noted, *(row for row in in_parts if row["rows_noted"])])


def require(engine: DuckEngine, kind: str, name: str) -> None:
    """Raise UnknownNameError for an entity or a customer that is on no document, no receipt and no master record."""
    if not name:
        return
    column, master = f"{kind}_id", "entities" if kind == "entity" else "customers"
    known = " union ".join(f"select {column} from {table}" for table in (master, "invoices", "receipts"))
    found = engine.query(f"select 1 from ({known}) as known where {column} = $name", {"name": name})
    if not found.num_rows:
        names = engine.query(
            f"select {column} from ({known}) as known where {column} is not null order by 1 limit 5000"
        )
        raise UnknownNameError(kind, name, names[column].to_pylist())


def first_day(engine: DuckEngine) -> date | None:
    """The day of the first document or receipt that counts; None where there is none."""
    return min((day for day in engine.query(FIRST)["day"].to_pylist() if day), default=None)


def _sentences(engine: DuckEngine, wanted: Ask) -> tuple[str, ...]:
    """What is said above the figures: days before the first row, and clocks that are the same."""
    first, said = first_day(engine), []
    if first is None:
        said.append(NOTHING)
    elif wanted.days[0] < first:
        said.append(BEFORE_FIRST.format(first=first, day=wanted.days[0]))
    if wanted.clock == "known" and "posted_on" not in engine.columns["invoices"]:
        said.append(ONE_CLOCK)
    return tuple(said)


def ageing_totals(ageing: pa.Table) -> list[dict[str, Any]]:
    """Ageing rows without their customers."""
    keys = ["as_of", "entity_id", "currency", "bucket"]
    return list(ageing.group_by(keys).aggregate([("amount", "sum")]).rename_columns([*keys, "amount"]).to_pylist())


def wide(
    ageing: pa.Table, keys: Sequence[str], columns: Sequence[str], day: date | None = None
) -> list[dict[str, Any]]:
    """Ageing rows as one record per key, with an amount in each column and their total, in the order of the keys."""
    chosen = ageing if day is None else ageing.filter(pc.equal(ageing["as_of"], pa.scalar(day)))
    summed = chosen.group_by([*keys, "bucket"]).aggregate([("amount", "sum")]).to_pylist()
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in summed:
        key = tuple(row[name] for name in keys)
        record = found.setdefault(key, dict(zip(keys, key, strict=True)) | dict.fromkeys(columns, Decimal(0)))
        record[row["bucket"]] = EXACT.add(record[row["bucket"]], row["amount_sum"])
    for record in found.values():
        record["total"] = sum((record[name] for name in columns), Decimal(0))
    return [found[key] for key in sorted(found, key=lambda key: [(value is None, str(value)) for value in key])]
