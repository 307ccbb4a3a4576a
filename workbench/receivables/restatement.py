"""Restatement: what two snapshots say differently of a month that had been closed, document by document."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from workbench.engine.duck import DuckEngine
from workbench.errors import WorkbenchError
from workbench.language import mark, say
from workbench.language.retelling import joined
from workbench.money import EXACT
from workbench.progress import Report, quiet
from workbench.receivables import identities
from workbench.receivables.books import Ask, ask, asked, books, make_open_items
from workbench.receivables.identities import Identity, equation
from workbench.snapshot import Snapshot

CLOSED = mark("Closing now - closing then = every change before and in the period")
AS = {
    "known": mark("from {first} up to, not with, {last}, as known"),
    "dated": mark("from {first} up to, not with, {last}, as dated"),
}
THEN, NOW = mark("then is what was known on {day}"), mark("now is what was known on {day}")
CHANGES = ("opening_change", "period_change", "closing_change")
# What was open by the clock, less what was dated by the day and not yet known on the evening asked for.
CLOSINGS = """
select entity_id, currency, sum(amount) as closing
from (
    select entity_id, currency, open_amount as amount from open_items
    union all
    select entity_id, currency, -amount from account_movements
    where known_on > $until and case $clock when 'known' then known_on else dated_on end <= $as_of
) as closed
group by entity_id, currency
"""
MOVED = "select * from account_movements where known_on <= $until"
Key = tuple[Any, Any]


@dataclass(frozen=True)
class Restatement:
    """What changed in [from_date, to_date): `rows` has a movement each that is new, gone, moved or changed.

    Amounts have the sign they have on the account; opening_change + period_change = closing_change. `totals` has then
    and now per entity and currency. `known_then` and `known_now` are the evenings that either side was cut at, if any.
    """

    from_date: date
    to_date: date
    clock: str
    rows: pa.Table
    totals: tuple[dict[str, Any], ...]
    identities: tuple[Identity, ...]
    known_then: date | None = None
    known_now: date | None = None

    @property
    def words(self) -> str:
        """Period, clock and evenings as a reader is told of them."""
        evenings = [say(side, day=day) for side, day in ((THEN, self.known_then), (NOW, self.known_now)) if day]
        return joined([say(AS[self.clock], first=self.from_date, last=self.to_date), *evenings])

    def documents(self) -> list[dict[str, Any]]:
        """The changes added up per item: one row a document, the largest change of the closing first."""
        keys = ["entity_id", "currency", "customer_id", "item_table", "item_id", "item_number"]
        summed = self.rows.group_by(keys).aggregate(
            [*((name, "sum") for name in CHANGES), ("change", "count_distinct")]
        )
        named = summed.rename_columns([*keys, *CHANGES, "kinds"]).to_pylist()
        rows: list[dict[str, Any]] = [{key: row[key] for key in (*keys, *CHANGES)} for row in named]
        return sorted(rows, key=lambda row: (str(row["currency"]), -abs(row["closing_change"]), str(row["item_id"])))

    def assert_identities(self) -> None:
        """Stop a notebook where the changes do not explain the difference (GateError)."""
        identities.assert_identities(self)

    def _repr_html_(self) -> str:
        from workbench.receivables.section import page_html

        return page_html(self)


def restated(
    old: Snapshot,
    new: Snapshot,
    period: str | tuple[date, date],
    *,
    clock: str = "known",
    known_then: date | None = None,
    known_now: date | None = None,
    progress: Report = quiet,
) -> Restatement:
    """What `new` says of a month ("2025-06", or [from, to)) otherwise than `old` did.

    By the clock "known" nothing may change in a closed month: what does was posted into it, or taken out, after the
    fact. By "dated" what was posted later but dated into the month shows too. `known_then` and `known_now` cut a side
    to what had been posted by that evening, so that one snapshot, given as both, says what came into a month after it
    was closed. Raises WorkbenchError for a period that is none.
    """
    first, after = _month(period) if isinstance(period, str) else period
    if first >= after:
        raise WorkbenchError(f"The period from {first} to {after} has no day.", "give an earlier first day")
    wanted = asked([after - timedelta(days=1)], clock)
    with books(new) as engine:
        progress("closing now", 0, 3)
        now = _closing(engine, wanted, known_now)
        progress("closing then", 1, 3)
        with books(old) as before:
            then = _closing(before, wanted, known_then)
            _keep_movements(engine, "movements_now", engine, known_now)
            _keep_movements(engine, "movements_then", before, known_then)
        progress("movement by movement", 2, 3)
        rows = ask(engine, "restatement", from_date=first, to_date=after, clock=clock)
    progress("done", 3, 3)
    totals = _totals(then, now, rows)
    proof = tuple(
        equation(
            CLOSED,
            {"as_of": wanted.days[0], **total},
            EXACT.subtract(total["closing_now"], total["closing_then"]),
            total["closing_change"],
        )
        for total in totals
    )
    return Restatement(first, after, clock, rows, totals, proof, known_then, known_now)


def _month(text: str) -> tuple[date, date]:
    try:
        first = date.fromisoformat(f"{text}-01") if len(text) == len("2025-06") else None
        if first:
            return first, (first + timedelta(days=31)).replace(day=1)
    except (ValueError, OverflowError):
        first = None
    raise WorkbenchError(f"The period '{text}' is no month.", "give it as YYYY-MM, for example 2025-06")


def _closing(engine: DuckEngine, wanted: Ask, until: date | None) -> dict[Key, Decimal]:
    make_open_items(engine, wanted)
    values = {"until": until or date.max, "as_of": wanted.days[0], "clock": wanted.clock}
    return {(row["entity_id"], row["currency"]): row["closing"] for row in engine.query(CLOSINGS, values).to_pylist()}


def _keep_movements(engine: DuckEngine, name: str, source: DuckEngine, until: date | None) -> None:
    """The movements of a snapshot, known by an evening, as a table of the engine that compares them."""
    engine.connection.register("movements_read", source.query(MOVED, {"until": until or date.max}))
    engine.connection.execute(f"create temp table {name} as select * from movements_read")
    engine.connection.unregister("movements_read")


def _totals(then: dict[Key, Decimal], now: dict[Key, Decimal], rows: pa.Table) -> tuple[dict[str, Any], ...]:
    changed = {
        (row["entity_id"], row["currency"]): row
        for row in rows.group_by(["entity_id", "currency"])
        .aggregate([(name, "sum") for name in CHANGES])
        .rename_columns(["entity_id", "currency", *CHANGES])
        .to_pylist()
    }
    zero = Decimal(0)
    return tuple(
        {
            "entity_id": key[0],
            "currency": key[1],
            "closing_then": then.get(key, zero),
            "closing_now": now.get(key, zero),
            **{name: changed.get(key, {}).get(name, zero) for name in CHANGES},
        }
        for key in sorted(then.keys() | now.keys() | changed.keys(), key=str)
    )
