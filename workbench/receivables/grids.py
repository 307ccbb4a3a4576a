"""What each result says as sentences and grids, for pages, notebooks and terminals alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from workbench.language import mark, say
from workbench.language.retelling import retold, retold_clauses
from workbench.markup import Amount
from workbench.receivables.buckets import bucket_words
from workbench.receivables.identities import FAILS, NOTES, Identity
from workbench.receivables.items import SENTENCES, OpenItems
from workbench.receivables.movement import AMOUNTS, RollForward
from workbench.receivables.reporting import Reported
from workbench.receivables.restatement import CHANGES, Restatement
from workbench.receivables.statements import Statement

SHOWN = 25
Result = OpenItems | Statement | RollForward | Restatement
HEADS = (
    mark("opening"), mark("invoiced"), mark("reversed"), mark("credited"), mark("received"), mark("applied"),
    mark("discounted"), mark("written off"), mark("refunded"), mark("adjusted"), mark("closing"), mark("difference"),
    mark("closing then"), mark("closing now"), mark("opening change"), mark("period change"), mark("closing change"),
)  # fmt: skip
# What a movement is, where it lies and what became of it, as the rows have it; documents by kind.
CODES = (
    mark("carried forward"), mark("new"), mark("gone"), mark("moved"), mark("changed"), mark("in the period"),
    mark("before it"), mark("invoice"), mark("credit memo"), mark("debit memo"), mark("receipt"),
)  # fmt: skip
ITEMS = {
    "due": mark("Open items {as_of}, by days overdue"),
    "document": mark("Open items {as_of}, by days since the document"),
}
STATEMENTS = {"known": mark("Statement of {customer}, as known."), "dated": mark("Statement of {customer}, as dated.")}
ROLLED = {
    "known": mark("Roll-forward from {first} up to, not with, {last}, as known"),
    "dated": mark("Roll-forward from {first} up to, not with, {last}, as dated"),
}


@dataclass(frozen=True)
class Grid:
    """A heading and rows of cells under their columns; a grid without rows says `empty`."""

    heading: str
    columns: tuple[str, ...]
    rows: list[list[object]]
    empty: str = ""


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
            say(identity.name),
            str(identity.as_of or ""),
            identity.entity_id or "",
            identity.currency or "",
            Amount(identity.left, identity.currency),
            Amount(identity.right, identity.currency),
            Amount(identity.difference, identity.currency),
            say(identity.state),
            retold_clauses(identity.note, NOTES),
        ]
        for identity in sorted(found, key=lambda identity: identity.state != FAILS)
    ]
    columns = (
        say("Identity"), say("Day"), say("Entity"), say("Currency"), say("Left"), say("Right"), say("Difference"),
        say("Result"), say("Note"),
    )  # fmt: skip
    return _grid(say("Identities"), columns, rows)


def _grid(heading: str, columns: tuple[str, ...], rows: list[list[object]], empty: str = "") -> Grid:
    return Grid(heading, columns, rows, empty or say("Nothing here."))


def _words(name: str) -> str:
    """A column, an effect or a kind of the data as a reader is told of it."""
    return say(name.replace("_", " "))


def _buckets(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(say(mark("total")) if name == "total" else bucket_words(name) for name in names)


def _money(row: Mapping[str, Any], names: Sequence[str]) -> list[object]:
    return [Amount(row[name], row["currency"]) for name in names]


def _heading(result: OpenItems) -> str:
    return say(ITEMS[result.ask.by], as_of=result.ask.words)


def _open(result: OpenItems, most: int) -> Iterator[Part]:
    yield from _sentences(result)
    names = (*result.ask.columns, "total")
    several = len(result.ask.days) > 1
    rows = [
        [*([str(row["as_of"])] if several else []), row["entity_id"] or "", row["currency"] or "", *_money(row, names)]
        for row in result.ageing()
    ]
    columns = (*((say("Day"),) if several else ()), say("Entity"), say("Currency"), *_buckets(names))
    yield _grid(_heading(result), columns, rows, say("Nothing was open."))
    if result.reported:
        yield from _reported(result.reported, result.ask.days, names)
    yield from _largest(result, most)
    yield proof(result.identities)
    yield from (note.sentence for note in result.notes)


def _sentences(result: OpenItems) -> Iterator[str]:
    yield from (retold(sentence, SENTENCES) for sentence in result.sentences)


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
            rows.append([str(day), say("all"), say("all"), *amounts, ""])
    own = say("From")
    columns = (say("Day"), say("Entity"), own, *_buckets(names), say("Rate"))
    heading = say("The same in {currency}, each column converted and rounded", currency=found.currency)
    yield _grid(heading, columns, rows, say("No rate, no figure."))
    yield from found.lacking


def _largest(result: OpenItems, most: int) -> Iterator[Part]:
    """The customers who owe most, per currency, on the last day."""
    rows = result.ageing(("entity_id", "currency", "customer_id"), result.ask.days[-1])
    for entity, currency in dict.fromkeys((row["entity_id"], row["currency"]) for row in rows):
        own = [row for row in rows if (row["entity_id"], row["currency"]) == (entity, currency)]
        own.sort(key=lambda row: (-row["total"], str(row["customer_id"])))
        names = (*result.ask.columns, "total")
        cells = [[row["customer_id"] or say("(no customer)"), *_money(row, names)] for row in own[:most]]
        if len(own) > most:
            rest = {name: sum((row[name] for row in own[most:]), Decimal(0)) for name in names}
            cells.append(
                [say("{count} others", count=f"{len(own) - most:,}"), *_money(rest | {"currency": currency}, names)]
            )
        whole = {name: sum((row[name] for row in own), Decimal(0)) for name in names}
        cells.append([say("total"), *_money(whole | {"currency": currency}, names)])
        yield _grid(_of_customers(result, entity, currency, len(own), most), (say("Customer"), *_buckets(names)), cells)


def _of_customers(result: OpenItems, entity: str | None, currency: str | None, every: int, most: int) -> str:
    where = {"entity": entity or say("no entity"), "currency": currency, "day": result.ask.days[-1]}
    if every <= most:
        return say("{entity}, {currency}: customers on {day}", **where)
    message = mark("{entity}, {currency}: customers on {day}, the first {most} of {count}")
    return say(message, **where, most=most, count=f"{every:,}")


def _statement(result: Statement, most: int) -> Iterator[Part]:
    named = f", {result.name}" if result.name else ""
    yield say(STATEMENTS[result.clock], customer=f"{result.customer_id}{named}")
    yield from _sentences(result.open)
    rows: list[list[object]] = [
        [
            row["entity_id"] or "",
            row["currency"] or "",
            str(row["moved_on"] or ""),
            _words(row["effect"]),
            row["item_number"] or "",
            *_money(row, ("amount", "balance")),
        ]
        for row in result.lines.to_pylist()
    ]
    columns = (
        say("Entity"), say("Currency"), say("Day"), say("What"), say("Document"), say("Amount"), say("Balance")
    )  # fmt: skip
    yield _grid(say("Account up to {day}", day=result.as_of), columns, rows, say("Nothing moved this account."))
    yield from _open_on(result, most)
    names = (*result.open.ask.columns, "total")
    ageing = [[row["entity_id"] or "", row["currency"], *_money(row, names)] for row in result.open.ageing()]
    yield _grid(say("Ageing"), (say("Entity"), say("Currency"), *_buckets(names)), ageing)
    yield proof(result.identities)


def _open_on(result: Statement, most: int) -> Iterator[Part]:
    items = [
        [
            row["item_number"] or row["item_id"],
            _words(row["item_kind"]),
            str(row["document_date"]),
            str(row["due_date"] or ""),
            row["currency"],
            *_money(row, ("original_amount", "open_amount")),
            row["days_overdue"],
            bucket_words(row["bucket"]),
        ]
        for row in result.open.items.to_pylist()
    ]
    heads = (
        say("Document"), say("Kind"), say("Date"), say("Due"), say("Currency"), say("Original"), say("Open"),
        say("Days overdue"), say("Bucket"),
    )  # fmt: skip
    yield _grid(say("Open on {day}", day=result.as_of), heads, items[:most], say("Nothing is open."))
    if len(items) > most:
        yield say("{shown} of {count} open items are shown.", shown=most, count=f"{len(items):,}")


def _rolled(result: RollForward, most: int) -> Iterator[Part]:
    heads = tuple(map(_words, AMOUNTS))
    rows = [[row["entity_id"] or "", row["currency"], *_money(row, AMOUNTS)] for row in result.totals()]
    heading = say(ROLLED[result.clock], first=result.from_date, last=result.to_date)
    empty = say("Nothing was owed and nothing moved.")
    yield _grid(heading, (say("Entity"), say("Currency"), *heads), rows, empty)
    accounts = [row for row in result.accounts.to_pylist() if row["difference"] != 0]
    if accounts:
        cells = [
            [row["entity_id"] or "", row["currency"], row["customer_id"] or "", *_money(row, AMOUNTS)]
            for row in accounts[:most]
        ]
        columns = (say("Entity"), say("Currency"), say("Customer"), *heads)
        yield _grid(say("Accounts that do not foot"), columns, cells)
    yield proof(result.identities)


def _restated(result: Restatement, most: int) -> Iterator[Part]:
    names = ("closing_then", "closing_now", *CHANGES)
    rows = [[row["entity_id"] or "", row["currency"], *_money(row, names)] for row in result.totals]
    heading = say("What changed {when}", when=result.words)
    yield _grid(heading, (say("Entity"), say("Currency"), *map(_words, names)), rows)
    changes = result.rows.to_pylist()
    cells = [
        [
            _words(row["change"]),
            _words(row["place"]),
            _words(row["effect"]),
            row["item_number"] or row["item_id"],
            row["customer_id"] or "",
            row["currency"],
            str(row["day_then"] or ""),
            str(row["day_now"] or ""),
            *_money(row, ("amount_then", "amount_now", "closing_change")),
        ]
        for row in changes[:most]
    ]
    columns = (
        say("Change"), say("Where"), say("What"), say("Document"), say("Customer"), say("Currency"), say("Day then"),
        say("Day now"), say("Then"), say("Now"), say("Closing"),
    )  # fmt: skip
    yield _grid(say("Movements"), columns, cells, say("Nothing changed."))
    if len(changes) > most:
        yield say("{shown} of {count} movements are shown.", shown=most, count=f"{len(changes):,}")
    yield proof(result.identities)
