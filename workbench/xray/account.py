"""The x-ray of a customer: what is open, what moved, how much is at stake, how it pays, and what the controls found."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pyarrow.compute as pc

from workbench.engine.duck import DuckEngine
from workbench.findings import Findings
from workbench.receivables.books import Ask, asked, make_open_items
from workbench.receivables.books import ask as figure_of
from workbench.snapshot import Snapshot
from workbench.xray.books import Books, Row, keys, opened
from workbench.xray.fired import SEVERITIES, known_controls
from workbench.xray.ledger import ledger
from workbench.xray.lookup import find_customer

# The tables that an x-ray of a customer reads.
TABLES = (
    "customers", "entities", "users", "invoices", "invoice_lines", "receipts", "applications", "adjustments",
    "orders", "order_lines", "deliveries", "delivery_lines", "cases", "promises",
)  # fmt: skip
STATEMENT_DAYS = 92
ITEMS = "select * from open_items order by entity_id, currency, document_date, item_kind, item_id"


@dataclass(frozen=True)
class Exposure:
    """What a customer owes or will owe in one currency; the limit is in the customer's own and null in others."""

    currency: str
    open: Decimal
    unbilled: Decimal
    undelivered: Decimal
    limit: Decimal | None

    @property
    def total(self) -> Decimal:
        """All three parts."""
        return self.open + self.unbilled + self.undelivered

    @property
    def room(self) -> Decimal | None:
        """What the limit leaves; < 0 where it is passed."""
        return None if self.limit is None else self.limit - self.total


@dataclass(frozen=True)
class Told:
    """The findings of one control in one currency: how many, and their money in each direction, never netted."""

    control_id: str
    title: str
    severity: str
    currency: str | None
    findings: int
    over: Decimal
    under: Decimal
    at_risk: int
    suppressed: int


@dataclass(frozen=True)
class CustomerView:
    """One customer from every side; shown as static HTML, and every part is there as data.

    `items` are the open items of `as_of`, `ageing` one record per entity, currency and bucket, `statement` the
    movements of the last three months with a running balance; amounts are in the currency of their row. `told` is None
    where no findings were given.
    """

    customer_id: str
    master: Row | None
    as_of: date
    clock: str
    ask: Ask
    parts: Mapping[str, list[Row]]
    exposures: tuple[Exposure, ...]
    told: tuple[Told, ...] | None
    missing: tuple[str, ...]
    milliseconds: dict[str, float]

    @property
    def title(self) -> str:
        """Name and key of the customer."""
        name = self.master["name"] if self.master else None
        return f"{name} ({self.customer_id})" if name else self.customer_id

    @property
    def items(self) -> list[Row]:
        """Open items, the oldest of each account first."""
        return self.parts["items"]

    @property
    def statement(self) -> list[Row]:
        """Movements of the account with the balance after each."""
        return self.parts["statement"]

    def page(self) -> str:
        """The whole page as HTML: no script, no address, the reader's light or dark."""
        from workbench.xray.layout import page

        return page(self.title, self._repr_html_())

    def _repr_html_(self) -> str:
        from workbench.xray.account_page import account_html

        return account_html(self)

    def __repr__(self) -> str:
        return self.title


def customer(
    snapshot: Snapshot | Books,
    customer_id: str,
    findings: Findings | None = None,
    *,
    as_of: date | None = None,
    clock: str = "known",
) -> CustomerView:
    """One customer: master record and family, open items and ageing, statement, exposure, behaviour, findings.

    `as_of` is the day of the open items (default: that of the findings, else the newest day), `clock` as for
    wb.receivables. In large books a copy laid out by customer is begun after the first one, on a thread of its own;
    with it those that follow are quick. Raises WorkbenchError for a customer that nothing names; the three nearest are
    offered.

    Example:
        >>> wb.customer(wb.open(), "C000060")
    """
    books = opened(snapshot)
    books.demand_invoices()
    books.milliseconds.clear()
    master = find_customer(books, customer_id)
    accounts = ledger(books)
    began = time.perf_counter()
    day = as_of or (findings.parameters.as_of if findings else books.newest_day)
    wanted = asked((day,), clock)
    parts = books.together(
        {
            "family": ("customer_family", {"customer": customer_id}),
            "cases": ("customer_cases", {"customer": customer_id}),
            "entities": ("entities_named", {"ids": keys([master or {}], "entity_id")}),
            "people": ("people", {"ids": keys([master or {}], "owner"), "currency": ""}),
        }
    )
    with accounts.account(customer_id) as engine:
        books.milliseconds["account"] = (time.perf_counter() - began) * 1000
        parts |= _of_account(books, engine, customer_id, wanted)
    shown = CustomerView(
        customer_id=customer_id,
        master=master,
        as_of=day,
        clock=clock,
        ask=wanted,
        parts=parts,
        exposures=_exposures(parts["exposure"], master),
        told=told(findings, customer_id) if findings is not None else None,
        missing=tuple(name for name in TABLES if name not in books.snapshot.tables),
        milliseconds={},
    )
    shown.milliseconds.update(books.milliseconds, all=(time.perf_counter() - began) * 1000)
    accounts.prepare()
    return shown


def _of_account(books: Books, engine: DuckEngine, customer_id: str, wanted: Ask) -> dict[str, list[Row]]:
    """What the figures of the receivables say of one account, and how it pays."""
    began = time.perf_counter()
    day = wanted.days[-1]
    make_open_items(engine, wanted)
    values = {
        "customer": customer_id,
        "from_date": day - timedelta(days=STATEMENT_DAYS),
        "to_date": day + timedelta(days=1),
        "clock": wanted.clock,
    }
    parts = {
        "items": [row for row in engine.query(ITEMS).to_pylist() if row["customer_id"] == customer_id],
        "statement": figure_of(engine, "statement", **values).to_pylist(),
        "ageing": [row for row in figure_of(engine, "ageing").to_pylist() if row["customer_id"] == customer_id],
    }
    books.milliseconds["open items, statement"] = (time.perf_counter() - began) * 1000
    for name in ("exposure", "payments", "promises"):
        parts[name] = books.ask_on(engine, f"customer_{name}", customer=customer_id, as_of=day)
    return parts


def _exposures(rows: Iterable[Row], master: Row | None) -> tuple[Exposure, ...]:
    own = master["currency"] if master else None
    limit = master["credit_limit"] if master else None
    found = {
        row["currency"]: Exposure(
            row["currency"], row["open_amount"], row["unbilled_amount"], row["undelivered_amount"],
            limit if row["currency"] == own else None,
        )
        for row in rows
    }  # fmt: skip
    if own and own not in found:
        found[own] = Exposure(own, Decimal(0), Decimal(0), Decimal(0), limit)
    return tuple(found[code] for code in sorted(found, key=lambda code: (code != own, code)))


def told(findings: Findings, customer_id: str) -> tuple[Told, ...]:
    """The candidates of one customer by control and currency, the severest and largest first."""
    table = findings.table.filter(pc.fill_null(pc.equal(findings.table["customer_id"], customer_id), False))
    known = known_controls(findings)
    groups: dict[tuple[str, str | None], list[Row]] = {}
    for row in table.to_pylist():
        groups.setdefault((row["control_id"], row["currency"]), []).append(row)
    found = [
        _told(known[name].title if name in known else "", name, code, rows) for (name, code), rows in groups.items()
    ]
    return tuple(sorted(found, key=_place))


def _told(title: str, name: str, currency: str | None, rows: Sequence[Mapping[str, Any]]) -> Told:
    real = [row for row in rows if row["suppressed_by"] is None]

    def summed(direction: str) -> Decimal:
        return sum((row["impact_amount"] for row in real if row["direction"] == direction), Decimal(0))

    return Told(
        name, title, str(rows[0]["severity"]), currency, len(real), summed("over_billed"), summed("under_billed"),
        sum(row["direction"] == "at_risk" for row in real), len(rows) - len(real),
    )  # fmt: skip


def _place(each: Told) -> tuple[bool, int, str, Decimal, str]:
    severity = SEVERITIES.get(each.severity, len(SEVERITIES))
    return (not each.findings, severity, each.currency or "", -max(each.over, -each.under), each.control_id)
