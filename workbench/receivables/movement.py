"""Roll-forward: what was owed before, what moved it, and what is owed now, account by account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import WorkbenchError
from workbench.money import EXACT
from workbench.progress import Report, quiet
from workbench.receivables import identities
from workbench.receivables.books import ask, asked, books, make_open_items
from workbench.receivables.identities import ACCOUNTS, ROLLED, UNFOOTED, Identity
from workbench.receivables.items import require
from workbench.snapshot import Snapshot

MOVEMENTS = (
    "invoiced",
    "reversed",
    "credited",
    "received",
    "applied",
    "discounted",
    "written_off",
    "refunded",
    "adjusted",
)
AMOUNTS = ("opening", *MOVEMENTS, "closing", "difference")


@dataclass(frozen=True)
class RollForward:
    """Accounts in [from_date, to_date): `accounts` has a row per entity, currency and customer, amounts in AMOUNTS.

    Movements have the sign they have on the account. `applied` is nothing where both sides are of one account, and
    what went to another account, currency or to no document where they are not. `reversed` are credit memos that
    cancel an invoice in full; reversed receipts were never there. `difference` is closing - opening - movements.
    """

    from_date: date
    to_date: date
    clock: str
    accounts: pa.Table
    identities: tuple[Identity, ...]

    def totals(self, per: Sequence[str] = ("entity_id", "currency")) -> list[dict[str, Any]]:
        """The accounts added up per entity and currency (always per currency)."""
        keys = [*per, *(("currency",) if "currency" not in per else ())]
        summed = self.accounts.group_by(keys).aggregate([(name, "sum") for name in AMOUNTS])
        rows: list[dict[str, Any]] = summed.rename_columns([*keys, *AMOUNTS]).to_pylist()
        return sorted(rows, key=lambda row: [(row[key] is None, str(row[key])) for key in keys])

    def assert_identities(self) -> None:
        """Stop a notebook where opening + movements is not closing (GateError)."""
        identities.assert_identities(self)

    def _repr_html_(self) -> str:
        from workbench.receivables.section import page_html

        return page_html(self)


def roll_forward(
    snapshot: Snapshot,
    from_date: date,
    to_date: date,
    *,
    clock: str = "known",
    entity: str = "",
    customer: str = "",
    progress: Report = quiet,
) -> RollForward:
    """Opening, movements and closing of every account in [from_date, to_date).

    Opening and closing are the open items of the evening before each of the two days; the movements are counted on
    their own. Raises WorkbenchError for a period without a day and for names that are none.
    """
    if from_date >= to_date:
        raise WorkbenchError(f"The period from {from_date} to {to_date} has no day.", "give --from before --to")
    if from_date == date.min:
        raise WorkbenchError(f"There is no evening before {from_date}.", "give a later --from")
    evenings = asked([from_date - timedelta(days=1), to_date - timedelta(days=1)], clock)
    with books(snapshot) as engine:
        require(engine, "entity", entity)
        require(engine, "customer", customer)
        progress("open items", 0, 2)
        make_open_items(engine, evenings)
        progress("movements", 1, 2)
        accounts = ask(engine, "roll_forward", from_date=from_date, to_date=to_date, clock=clock)
    proof = _identities(accounts, to_date)
    for column, value in (("entity_id", entity), ("customer_id", customer)):
        if value:
            accounts = accounts.filter(pc.equal(accounts[column], value))
    progress("done", 2, 2)
    return RollForward(from_date, to_date, clock, accounts, proof)


def _identities(accounts: pa.Table, to_date: date) -> tuple[Identity, ...]:
    """One per entity and currency; its note counts the accounts that do not foot, though they may cancel out."""
    sums: dict[tuple[str | None, str | None], list[Any]] = {}
    columns = ("entity_id", "currency", "closing", "difference")
    for entity, currency, closing, difference in zip(*(accounts[name].to_pylist() for name in columns), strict=True):
        held = sums.setdefault((entity, currency), [Decimal(0), Decimal(0), 0, 0])
        held[0] = EXACT.add(held[0], closing)
        held[1] = EXACT.add(held[1], difference)
        held[2] += 1
        held[3] += difference != 0
    evening = to_date - timedelta(days=1)
    return tuple(
        Identity(
            ROLLED,
            evening,
            entity,
            currency,
            EXACT.subtract(closing, difference),
            closing,
            identities.FAILS if wrong else identities.HOLDS,
            (UNFOOTED if wrong else ACCOUNTS).format(wrong=f"{wrong:,}", count=f"{count:,}"),
        )
        for (entity, currency), (closing, difference, count, wrong) in sums.items()
    )
