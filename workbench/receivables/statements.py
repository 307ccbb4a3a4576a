"""The statement of one customer: what moved the account, what is open, and how old it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from workbench.engine.duck import DuckEngine
from workbench.errors import WorkbenchError
from workbench.language import mark
from workbench.receivables import identities
from workbench.receivables.books import ask, asked, books, days_or_newest
from workbench.receivables.buckets import Definition
from workbench.receivables.identities import Identity, equation
from workbench.receivables.items import OpenItems, open_items
from workbench.snapshot import Snapshot

BALANCE = mark("Balance of the statement = open items of the customer")
NAME = "select min(name) as name from customers where customer_id = $customer"


@dataclass(frozen=True)
class Statement:
    """A customer's account: `lines` with a running balance per entity and currency, and the open items of the day."""

    customer_id: str
    name: str | None
    from_date: date | None
    as_of: date
    clock: str
    lines: pa.Table
    open: OpenItems
    identities: tuple[Identity, ...]

    def balances(self) -> list[dict[str, Any]]:
        """The last balance per entity and currency."""
        last: dict[tuple[Any, Any], dict[str, Any]] = {}
        for row in self.lines.to_pylist():
            last[row["entity_id"], row["currency"]] = {name: row[name] for name in ("entity_id", "currency", "balance")}
        return list(last.values())

    def assert_identities(self) -> None:
        """Stop a notebook where the balance is not what is open (GateError)."""
        identities.assert_identities(self)

    def _repr_html_(self) -> str:
        from workbench.receivables.section import page_html

        return page_html(self)


def statement(
    snapshot: Snapshot,
    customer: str,
    as_of: date | None = None,
    *,
    from_date: date | None = None,
    clock: str = "known",
    by: str = "due",
    buckets: Definition = None,
) -> Statement:
    """The account of one customer up to and with a day (default: the newest), from `from_date` line by line.

    Without `from_date` every movement is a line. Its identity is that each balance is what is open; the
    whole books are proved by `receivables`. Raises WorkbenchError for an unknown customer and a period without a day.
    """
    if not customer:
        raise WorkbenchError("No customer is given.", "give a customer_id")
    with books(snapshot) as engine:
        wanted = asked(days_or_newest(engine, as_of), clock, by, buckets)
        day = wanted.days[-1]
        if from_date and from_date > day:
            raise WorkbenchError(f"The period from {from_date} to {day} has no day.", "give an earlier first day")
        found = open_items(engine, wanted, customer=customer, proofs=False)
        lines = _lines(engine, customer, from_date, day, clock)
        name = engine.query(NAME, {"customer": customer})["name"][0].as_py()
    made = Statement(customer, name, from_date, day, clock, lines, found, ())
    return Statement(customer, name, from_date, day, clock, lines, found, _identities(made))


def _lines(engine: DuckEngine, customer: str, from_date: date | None, day: date, clock: str) -> pa.Table:
    following = day + timedelta(days=1) if day < date.max else day
    values = {"customer": customer, "from_date": from_date or date.min, "to_date": following, "clock": clock}
    return ask(engine, "statement", **values)


def _identities(made: Statement) -> tuple[Identity, ...]:
    left = {(row["entity_id"], row["currency"]): row["balance"] for row in made.balances()}
    right = {(row["entity_id"], row["currency"]): row["total"] for row in made.open.ageing()}
    keys = sorted(left.keys() | right.keys(), key=str)
    return tuple(
        equation(
            BALANCE,
            {"as_of": made.as_of, "entity_id": entity, "currency": currency},
            left.get((entity, currency), Decimal(0)),
            right.get((entity, currency), Decimal(0)),
        )
        for entity, currency in keys
    )
