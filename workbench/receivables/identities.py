"""Equations of the receivables that must hold on every day, with their difference where they do not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from workbench.errors import GateError
from workbench.language import mark
from workbench.money import EXACT, grouped
from workbench.receivables.books import Ask

HOLDS, FAILS, NOT_SHOWN = mark("holds"), mark("FAILS"), mark("cannot be shown")
BUCKETS = mark("Buckets + not due + credits + unapplied cash = open items")
PARTS = mark("Open items = original amounts + applied + discounts + adjustments")
LEDGER = mark("Open items = receivable in the ledger")
LEDGER_DATED = mark("Open items as dated + posted early - posted late = receivable in the ledger")
INSTALMENTS = mark("Parts of the invoices = what the invoices are of")
ROLLED = mark("Opening + movements = closing, account by account")
NO_LEDGER = mark("the snapshot has no receivable lines of the ledger")
IN_PARTS = mark("{count} invoices in parts")
PARTS_DIFFER = mark("{differ} of {count} invoices in parts differ, {examples}; their last part takes the rest")
NO_LINE = mark("the ledger has no receivable line in this currency by then")
BOUNCED = mark("{amount} was applied from receipts that were reversed (OCC-08): open here, settled in COM-07")
EARLY, LATE = mark("{amount} posted by then and dated later"), mark("{amount} dated by then and posted later")
ACCOUNTS, UNFOOTED = mark("{count} accounts"), mark("{wrong} of {count} accounts do not foot")
NOTES = (NO_LEDGER, IN_PARTS, PARTS_DIFFER, NO_LINE, BOUNCED, EARLY, LATE, ACCOUNTS, UNFOOTED)
ZERO = Decimal(0)


@dataclass(frozen=True)
class Identity:
    """One equation on one day for one entity and currency; `difference` is left - right, None where not shown."""

    name: str
    as_of: date | None
    entity_id: str | None
    currency: str | None
    left: Decimal | None
    right: Decimal | None
    state: str
    note: str = ""

    @property
    def difference(self) -> Decimal | None:
        """Left less right; None where one of them is not known."""
        return None if self.left is None or self.right is None else EXACT.subtract(self.left, self.right)

    @property
    def sentence(self) -> str:
        """What is said of it where it fails."""
        where = " of ".join(word for word in (self.currency or "", self.entity_id or "") if word)
        day = f" on {self.as_of}" if self.as_of else ""
        left, right, apart = (grouped(value, self.currency) for value in (self.left, self.right, self.difference))
        note = f" ({self.note})" if self.note else ""
        return f"{self.name}: {left} is not {right} in {where}{day}, {apart} apart{note}."


class Proved(Protocol):
    """Whatever carries identities: open items, a roll-forward, a restatement."""

    @property
    def identities(self) -> tuple[Identity, ...]:
        """Every equation of it."""


def equation(name: str, row: Mapping[str, Any], left: Decimal, right: Decimal | None, note: str = "") -> Identity:
    """An identity of a row's day, entity and currency."""
    state = NOT_SHOWN if right is None else HOLDS if left == right else FAILS
    place = (row.get("as_of"), row["entity_id"], row["currency"])
    return Identity(name, *place, left, right, state, note)


def identities_of(
    wanted: Ask, balances: Sequence[Mapping[str, Any]], ageing: Iterable[Mapping[str, Any]], has_ledger: bool
) -> tuple[Identity, ...]:
    """Every identity of open items.

    `balances` are the rows of account_balances.sql and `ageing` those of ageing.sql. Without a ledger the identity
    with it is there once a day and cannot be shown.
    """
    columns = set(wanted.columns)
    in_columns: dict[tuple[object, ...], Decimal] = {}
    for row in ageing:
        key = (row["as_of"], row["entity_id"], row["currency"])
        if row["bucket"] in columns:
            in_columns[key] = EXACT.add(in_columns.get(key, ZERO), row["amount"])
    found: list[Identity] = []
    for row in balances:
        key = (row["as_of"], row["entity_id"], row["currency"])
        found.append(equation(BUCKETS, row, in_columns.get(key, ZERO), row["item_amount"]))
        found.append(equation(PARTS, row, row["item_amount"], row["part_amount"]))
        if has_ledger:
            found.append(_with_ledger(wanted.clock, row))
    if not has_ledger:
        found += [Identity(LEDGER, day, None, None, None, None, NOT_SHOWN, NO_LEDGER) for day in wanted.days]
    return tuple(found)


def identities_of_parts(day: date, rows: Iterable[Mapping[str, Any]]) -> tuple[Identity, ...]:
    """One per entity and currency from instalments_against_invoices.sql; it fails where any invoice differs."""
    found = []
    for row in rows:
        differ, examples = row["rows_noted"], ", ".join(row["examples"])
        note = (PARTS_DIFFER if differ else IN_PARTS).format(
            differ=f"{differ:,}", count=f"{row['invoices']:,}", examples=examples
        )
        place = (day, row["entity_id"], row["currency"], row["part_amount"], row["gross_amount"])
        found.append(Identity(INSTALMENTS, *place, FAILS if differ else HOLDS, note))
    return tuple(found)


def _with_ledger(clock: str, row: Mapping[str, Any]) -> Identity:
    ledger = row["ledger_amount"] or ZERO
    notes = [] if row["ledger_amount"] is not None else [NO_LINE]
    if row["bounced_amount"]:
        notes.append(BOUNCED.format(amount=grouped(row["bounced_amount"], row["currency"])))
    if clock == "known":
        return equation(LEDGER, row, row["item_amount"], ledger, "; ".join(notes))
    early, late = row["early_amount"], row["late_amount"]
    said = [
        words.format(amount=grouped(amount, row["currency"]))
        for amount, words in ((early, EARLY), (late, LATE))
        if amount
    ]
    left = EXACT.subtract(EXACT.add(row["item_amount"], early), late)
    return equation(LEDGER_DATED, row, left, ledger, "; ".join([*said, *notes]))


def assert_identities(*proved: Proved) -> None:
    """Stop a notebook where an equation fails: GateError with the first three and how many there are."""
    failing = [identity for part in proved for identity in part.identities if identity.state == FAILS]
    if failing:
        more = f" {len(failing) - 3:,} more fail." if len(failing) > 3 else ""
        balances = any(identity.name != INSTALMENTS for identity in failing)
        raise GateError(
            " ".join(identity.sentence for identity in failing[:3]) + more,
            "workbench run SNAPSHOT --control COM-07 names the documents and ledger lines without a partner"
            if balances
            else "load every part of these invoices, or look at their terms where they are kept",
        )
