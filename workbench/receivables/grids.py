"""What each result says as sentences and grids, for pages, notebooks and terminals alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from workbench.markup import Amount
from workbench.receivables.identities import FAILS, Identity
from workbench.receivables.items import OpenItems
from workbench.receivables.movement import AMOUNTS, RollForward
from workbench.receivables.reporting import Reported
from workbench.receivables.restatement import CHANGES, Restatement
from workbench.receivables.statements import Statement

SHOWN = 25
Result = OpenItems | Statement | RollForward | Restatement


@dataclass(frozen=True)
class Grid:
    """A heading and rows of cells under their columns; a grid without rows says `empty`."""

    heading: str
    columns: tuple[str, ...]
    rows: list[list[object]]
    empty: str = "Nothing here."


Part = str | Grid


def parts_of(result: Result, most: int = SHOWN) -> list[Part]:
    """Everything a result says, in order; `most` rows of each long list."""
    if isinstance(result, OpenItems):
        return list(_open(result, most))
    if isinstance(result, Statement):
        return list(_statement(result, most))
    if isinstance(result, RollForward):
        return list(_rolled(result, most))
    return list(_restated(result, most))


def proof(found: Iterable[Identity]) -> Grid:
    """The identities with both sides, the difference and the result as a word; those that fail come first."""
    rows: list[list[object]] = [
        [
            identity.name,
            str(identity.as_of or ""),
            identity.entity_id or "",
            identity.currency or "",
            Amount(identity.left, identity.currency),
            Amount(identity.right, identity.currency),
            Amount(identity.difference, identity.currency),
            identity.state,
            identity.note,
        ]
        for identity in sorted(found, key=lambda identity: identity.state != FAILS)
    ]
    columns = ("Identity", "Day", "Entity", "Currency", "Left", "Right", "Difference", "Result", "Note")
    return Grid("Identities", columns, rows)


def _money(row: Mapping[str, Any], names: Sequence[str]) -> list[object]:
    return [Amount(row[name], row["currency"]) for name in names]


def _heading(result: OpenItems) -> str:
    counted = "days overdue" if result.ask.by == "due" else "days since the document"
    return f"Open items {result.ask.words}, by {counted}"


def _open(result: OpenItems, most: int) -> Iterator[Part]:
    yield from result.sentences
    names = (*result.ask.columns, "total")
    several = len(result.ask.days) > 1
    rows = [
        [*([str(row["as_of"])] if several else []), row["entity_id"] or "", row["currency"] or "", *_money(row, names)]
        for row in result.ageing()
    ]
    columns = (*(("Day",) if several else ()), "Entity", "Currency", *names)
    yield Grid(_heading(result), columns, rows, "Nothing was open.")
    if result.reported:
        yield from _reported(result.reported, result.ask.days, names)
    yield from _largest(result, most)
    yield proof(result.identities)
    yield from (note.sentence for note in result.notes)


def _reported(found: Reported, days: Sequence[date], names: Sequence[str]) -> Iterator[Part]:
    rows: list[list[object]] = []
    for line in found.lines:
        if line.amounts is not None and line.rate is not None:
            amounts = [Amount(value, found.currency) for value in (*line.amounts.values(), line.total)]
            cells = [str(line.as_of), line.entity_id or "", line.currency or "", *amounts, line.rate.words]
            rows.append(cells)
    for day in days:
        total = found.total(day)
        if total:
            amounts = [Amount(value, found.currency) for value in (*total.values(), sum(total.values(), Decimal(0)))]
            rows.append([str(day), "all", "all", *amounts, ""])
    columns = ("Day", "Entity", "From", *names, "Rate")
    yield Grid(f"The same in {found.currency}, each column converted and rounded", columns, rows, "No rate, no figure.")
    yield from found.lacking


def _largest(result: OpenItems, most: int) -> Iterator[Part]:
    """The customers who owe most, per currency, on the last day."""
    rows = result.ageing(("entity_id", "currency", "customer_id"), result.ask.days[-1])
    for entity, currency in dict.fromkeys((row["entity_id"], row["currency"]) for row in rows):
        own = [row for row in rows if (row["entity_id"], row["currency"]) == (entity, currency)]
        own.sort(key=lambda row: (-row["total"], str(row["customer_id"])))
        shown = f", the first {most} of {len(own):,}" if len(own) > most else ""
        names = (*result.ask.columns, "total")
        cells = [[row["customer_id"] or "(no customer)", *_money(row, names)] for row in own[:most]]
        if len(own) > most:
            rest = {name: sum((row[name] for row in own[most:]), Decimal(0)) for name in names}
            cells.append([f"{len(own) - most:,} others", *_money(rest | {"currency": currency}, names)])
        whole = {name: sum((row[name] for row in own), Decimal(0)) for name in names}
        cells.append(["total", *_money(whole | {"currency": currency}, names)])
        heading = f"{entity or 'no entity'}, {currency}: customers on {result.ask.days[-1]}{shown}"
        yield Grid(heading, ("Customer", *names), cells)


def _statement(result: Statement, most: int) -> Iterator[Part]:
    named = f", {result.name}" if result.name else ""
    yield f"Statement of {result.customer_id}{named}, as {result.clock}."
    yield from result.open.sentences
    rows: list[list[object]] = [
        [
            row["entity_id"] or "",
            row["currency"] or "",
            str(row["moved_on"] or ""),
            row["effect"].replace("_", " "),
            row["item_number"] or "",
            *_money(row, ("amount", "balance")),
        ]
        for row in result.lines.to_pylist()
    ]
    columns = ("Entity", "Currency", "Day", "What", "Document", "Amount", "Balance")
    yield Grid(f"Account up to {result.as_of}", columns, rows, "Nothing moved this account.")
    items = [
        [
            row["item_number"] or row["item_id"],
            row["item_kind"].replace("_", " "),
            str(row["document_date"]),
            str(row["due_date"] or ""),
            row["currency"],
            *_money(row, ("original_amount", "open_amount")),
            row["days_overdue"],
            row["bucket"],
        ]
        for row in result.open.items.to_pylist()
    ]
    heads = ("Document", "Kind", "Date", "Due", "Currency", "Original", "Open", "Days overdue", "Bucket")
    yield Grid(f"Open on {result.as_of}", heads, items[:most], "Nothing is open.")
    if len(items) > most:
        yield f"{most} of {len(items):,} open items are shown."
    names = (*result.open.ask.columns, "total")
    ageing = [[row["entity_id"] or "", row["currency"], *_money(row, names)] for row in result.open.ageing()]
    yield Grid("Ageing", ("Entity", "Currency", *names), ageing)
    yield proof(result.identities)


def _rolled(result: RollForward, most: int) -> Iterator[Part]:
    said = "known" if result.clock == "known" else "dated"
    heads = tuple(name.replace("_", " ") for name in AMOUNTS)
    rows = [[row["entity_id"] or "", row["currency"], *_money(row, AMOUNTS)] for row in result.totals()]
    heading = f"Roll-forward from {result.from_date} up to, not with, {result.to_date}, as {said}"
    yield Grid(heading, ("Entity", "Currency", *heads), rows, "Nothing was owed and nothing moved.")
    accounts = [row for row in result.accounts.to_pylist() if row["difference"] != 0]
    if accounts:
        cells = [
            [row["entity_id"] or "", row["currency"], row["customer_id"] or "", *_money(row, AMOUNTS)]
            for row in accounts[:most]
        ]
        yield Grid("Accounts that do not foot", ("Entity", "Currency", "Customer", *heads), cells)
    yield proof(result.identities)


def _restated(result: Restatement, most: int) -> Iterator[Part]:
    names = ("closing_then", "closing_now", *CHANGES)
    heads = tuple(name.replace("_", " ") for name in names)
    rows = [[row["entity_id"] or "", row["currency"], *_money(row, names)] for row in result.totals]
    yield Grid(f"What changed {result.words}", ("Entity", "Currency", *heads), rows)
    changes = result.rows.to_pylist()
    cells = [
        [
            row["change"],
            row["place"],
            row["effect"].replace("_", " "),
            row["item_number"] or row["item_id"],
            row["customer_id"] or "",
            row["currency"],
            str(row["day_then"] or ""),
            str(row["day_now"] or ""),
            *_money(row, ("amount_then", "amount_now", "closing_change")),
        ]
        for row in changes[:most]
    ]
    columns = ("Change", "Where", "What", "Document", "Customer", "Currency", "Day then", "Day now")
    yield Grid("Movements", (*columns, "Then", "Now", "Closing"), cells, "Nothing changed.")
    if len(changes) > most:
        yield f"{most} of {len(changes):,} movements are shown."
    yield proof(result.identities)
