"""Set what was loaded beside what its sources state of it, per table and currency, and beside the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from workbench.controls import control, readiness
from workbench.detect import newest_day, run
from workbench.engine import open_engine
from workbench.errors import WorkbenchError
from workbench.language import mark
from workbench.money import EXACT, grouped
from workbench.snapshot import Snapshot

HOLDS, FAILS, DIFFERS, UNSTATED = mark("holds"), mark("FAILS"), mark("differs"), mark("not stated")
NOT_SHOWN = mark("cannot be shown")
ROWS = "rows"
LEDGER = "COM-07"
BALANCES = """
select entity_id, currency, sum(item_amount) as item_amount, sum(ledger_amount) as ledger_amount
from (
    select entity_id, currency, amount as item_amount, 0 as ledger_amount from item_movements where known_on <= $as_of
    union all
    select entity_id, currency, 0 as item_amount, amount as ledger_amount from gl_lines
    where account_kind = 'receivable' and posted_on <= $as_of
) as counted
group by entity_id, currency order by entity_id, currency
"""
Sums = dict[str, Decimal]


@dataclass(frozen=True)
class TableTie:
    """One table in one currency: sums by column as they were loaded, and as its sources state them.

    Without a currency it is the rows of the table, as they were read. `others` are statements of another kind, how
    many of them agree; `state` is "holds", "FAILS" or "not stated".
    """

    table: str
    currency: str
    loaded: Sums
    stated: Sums = field(default_factory=dict)
    by: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    state: str = UNSTATED

    @property
    def differences(self) -> Sums:
        """Loaded less stated, of each column that is stated."""
        return {name: EXACT.subtract(self.loaded.get(name, Decimal(0)), value) for name, value in self.stated.items()}

    @property
    def sides(self) -> tuple[str, str]:
        """What was loaded, and what is stated of it, in words."""
        said = [f"{_told(self.stated, self.currency)} stated ({', '.join(self.by)})"] if self.stated else []
        apart = {name: value for name, value in self.differences.items() if value}
        said += [f"{_told(apart, self.currency)} apart"] if apart else []
        loaded = f"{_told(self.loaded, self.currency)} {'loaded' if self.currency else 'read'}"
        return loaded, "; ".join([*said, *self.others]) or "no total is stated"

    @property
    def sentence(self) -> str:
        """Both sides behind the names of the table and the currency."""
        return f"{f'{self.table} {self.currency}'.strip()}: {'; '.join(self.sides)}"


@dataclass(frozen=True)
class LedgerTie:
    """The open items of an entity in one currency beside the receivable accounts of its ledger.

    `said` is what COM-07 finds where they differ, or why nothing can be shown.
    """

    entity_id: str
    currency: str
    items: Decimal | None
    ledger: Decimal | None
    state: str
    said: str = ""

    @property
    def difference(self) -> Decimal | None:
        """Open items less ledger; None where one of them is not known."""
        return None if self.items is None or self.ledger is None else EXACT.subtract(self.items, self.ledger)

    @property
    def sentence(self) -> str:
        """Both sides in words."""
        if self.difference is None:
            return f"open items and the ledger: {self.said}"
        items, ledger, apart = (grouped(value, self.currency) for value in (self.items, self.ledger, self.difference))
        name = f"{self.entity_id} {self.currency}: {items} in open items; {ledger} receivable in the ledger"
        return f"{name}, {apart} apart. {LEDGER}: {self.said}" if self.difference else name


def table_ties(sources: Mapping[str, Any]) -> Iterator[TableTie]:
    """Every table of sources.json, a tie for its rows and one for each currency of its money."""
    stated = sources.get("ties", [])
    tables_of = sources.get("tied_tables", {})
    for name, entry in sources.get("tables", {}).items():
        direct = [tie for tie in stated if tie["subject"] == name and name in tables_of.get(tie["title"], [])]
        others = [
            tie for tie in stated if tie["subject"] not in sources["tables"] and name in tables_of.get(tie["title"], [])
        ]
        sums: dict[str, Sums] = {"": {ROWS: Decimal(entry["read"])}}
        for column, by_currency in entry.get("sums", {}).items():
            for currency, amount in by_currency.items():
                sums.setdefault(currency, {})[column] = Decimal(amount)
        for tie in direct:
            sums.setdefault(tie["currency"], {})
        for currency, loaded in sums.items():
            yield _tie(name, currency, loaded, direct, others)


def _tie(
    name: str, currency: str, loaded: Sums, direct: Sequence[Mapping[str, Any]], others: Sequence[Mapping[str, Any]]
) -> TableTie:
    mine = [tie for tie in direct if tie["currency"] == currency]
    told = {tie["what"].removeprefix("sum of "): tie for tie in mine}
    rest = [tie for tie in others if tie["currency"] == currency]
    kinds: dict[str, list[bool]] = {}
    for tie in rest:
        kinds.setdefault(tie["title"], []).append(tie["holds"])
    state = UNSTATED if not (mine or rest) else HOLDS if all(tie["holds"] for tie in (*mine, *rest)) else FAILS
    return TableTie(
        name,
        currency,
        # What is stated without a currency is the sum of all rows, which was found where it was taken.
        {**loaded, **{column: Decimal(tie["found"]) for column, tie in told.items()}},
        {column: Decimal(tie["stated"]) for column, tie in told.items()},
        tuple(dict.fromkeys(tie["title"] for tie in mine)),
        tuple(f"{title}: {sum(held):,} of {len(held):,} agree" for title, held in kinds.items()),
        state,
    )


def _told(sums: Sums, currency: str) -> str:
    return ", ".join(
        f"{name} {grouped(value, currency) if currency else f'{value:,f}'}" for name, value in sums.items()
    )


def ledger_ties(snapshot: Snapshot) -> tuple[LedgerTie, ...]:
    """Open items beside the receivable in the ledger on the newest day, by entity and currency.

    Where they differ COM-07 says what has no partner; where a side is missing one tie says so.
    """
    missing = readiness(control(LEDGER), snapshot).missing
    if readiness(control(LEDGER), snapshot).state == "not run":
        return (LedgerTie("", "", None, None, NOT_SHOWN, f"the snapshot lacks {', '.join(missing)}"),)
    engine = open_engine("duckdb", snapshot.folder)
    try:
        day = newest_day(engine)
        rows = engine.query(BALANCES, {"as_of": day}).to_pylist()
    except WorkbenchError as error:
        return (LedgerTie("", "", None, None, NOT_SHOWN, error.problem),)
    finally:
        engine.close()
    apart = any(row["item_amount"] != row["ledger_amount"] for row in rows)
    found = run(snapshot, ids=(LEDGER,), as_of=day).table.to_pylist() if apart else []
    said = {(row["entity_id"], row["currency"]): str(row["reason"]) for row in found}
    return tuple(
        LedgerTie(
            row["entity_id"],
            row["currency"],
            row["item_amount"],
            row["ledger_amount"],
            HOLDS if row["item_amount"] == row["ledger_amount"] else DIFFERS,
            said.get((row["entity_id"], row["currency"]), ""),
        )
        for row in rows
    )
