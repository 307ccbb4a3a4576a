"""The state of a matching: items as numbers, who names whom, what is still open, and what was matched so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import WorkbenchError
from workbench.matching.compiled import together
from workbench.matching.items import (
    LARGEST,
    PAYER,
    Ints,
    Numbering,
    Sides,
    as_days,
    as_units,
    currency_rows,
    distinct_pairs,
    numbers,
)
from workbench.matching.naming import find_names
from workbench.matching.ordering import arrange, starts_of
from workbench.matching.rules import PASSES, Rules
from workbench.matching.texts import FULL
from workbench.money import minor_units

# How a named item stands to the one that names it.
OWN, CHILD, OTHER, UNKNOWN = 0, 1, 2, 3
Result = TypeVar("Result")


@dataclass(frozen=True)
class Side:
    """One side as arrays, one entry per item.

    `amount` in ten-thousandths (int64), `day` in days since 1970, `block` the same for items of one group, entity and
    currency (-1 without a group), `book` for one entity and currency, `mark` a hash of the id, `unit` the currency's
    minor unit in ten-thousandths, `order` the items by block, day and mark.
    """

    amount: Ints
    day: Ints
    block: Ints
    book: Ints
    mark: Ints
    unit: Ints
    order: Ints


@dataclass(frozen=True)
class Edges:
    """Left item, right item, the way it is named, and how they stand to each other; in order of (left, right)."""

    left: Ints
    right: Ints
    way: Ints
    relation: Ints


@dataclass(frozen=True)
class Found:
    """Rows of automatic matches that one step of a pass made; `match` tells the matches of the step apart."""

    name: str
    why: str
    match: Ints
    left: Ints
    right: Ints
    amount: Ints
    discount: Ints


@dataclass
class Work:
    """Everything that the passes read and write."""

    sides: Sides
    rules: Rules
    left: Side
    right: Side
    discount: Ints
    discount_until: Ints
    edges: Edges
    payer_right: Ints
    payer_block: Ints
    left_open: Ints
    right_open: Ints
    found: list[Found] = field(default_factory=list)
    known: dict[str, tuple[int, Any]] = field(default_factory=dict)

    def once(self, name: str, make: Callable[[Work], Result]) -> Result:
        """What `make` finds, made again only after something was taken out."""
        made_at, made = self.known.get(name, (-1, None))
        if made_at != len(self.found):
            made = make(self)
            self.known[name] = (len(self.found), made)
        return cast("Result", made)

    def accept(
        self, name: str, why: str, match: Ints, left: Ints, right: Ints, amount: Ints, discount: Ints | None = None
    ) -> int:
        """Take out what a step matched; `amount` is what of the left item goes to the right one. Returns the rows.

        Raises WorkbenchError where an item was taken before, or the pass does not keep the cardinality it declares.
        """
        if len(match) == 0:
            return 0
        off = np.zeros(len(match), np.int64) if discount is None else discount
        entry = Found(name, why, match, left, right, amount, off)
        check_cardinality(entry, PASSES[name][0])
        if not (self.left_open[left].all() and self.right_open[right].all()):
            raise WorkbenchError(f"Pass '{name}' took an item that was matched before.", "report this as a defect")
        self.left_open[left] = False
        self.right_open[right] = False
        self.found.append(entry)
        return len(match)


def check_cardinality(found: Found, declared: str) -> None:
    """Raise WorkbenchError where a side that is declared to have one item in each match has more, or is used twice."""
    for side, items, single in (("left", found.left, declared[0] == "1"), ("right", found.right, declared[2] == "1")):
        match, item = distinct_pairs(found.match, items)
        again = len(item) - int(np.count_nonzero(np.bincount(item)))
        if again:
            raise WorkbenchError(
                f"Pass '{found.name}' used {again} of {len(items)} {side} items in two matches.",
                "report this as a defect",
            )
        most = int(np.bincount(match).max())
        if single and most > 1:
            raise WorkbenchError(
                f"Pass '{found.name}' declares {declared} and has a match with {most} {side} items.",
                "report this as a defect",
            )


def prepare(sides: Sides, rules: Rules) -> Work:
    """Items as numbers and the texts read: all that the passes need."""
    left, right = sides.left, sides.right
    known = _numbered(sides)
    made = [
        _side(table, mark, block, book)
        for table, mark, block, book in zip((left, right), sides.marks, known.blocks, known.books, strict=True)
    ]
    names = find_names(left["references"], right["references"], known.blocks, known.books)
    relation = _relations(names.left, names.right, known.blocks, known.payer_right, known.payer_block)
    return Work(
        sides=sides,
        rules=rules,
        left=made[0],
        right=made[1],
        discount=as_units(right["discount"]),
        discount_until=as_days(right["discount_until"]),
        edges=Edges(names.left, names.right, names.way, relation),
        payer_right=known.payer_right,
        payer_block=known.payer_block,
        left_open=made[0].amount != 0,
        right_open=made[1].amount != 0,
    )


def _side(table: pa.Table, mark: Ints, block: Ints, book: Ints) -> Side:
    amount, day = as_units(table["amount"]), as_days(table["day"])
    unit = np.ones(len(amount), np.int64)
    for currency, rows in currency_rows(table["currency"]):
        unit[rows] = 10 ** (4 - minor_units(currency))
    # What is too large to be added up exactly is found by its reference alone.
    fits = np.where(np.abs(amount) <= LARGEST, block, -1)
    return Side(amount, day, fits, book, mark, unit, arrange(fits, day, mark))


@dataclass(frozen=True)
class _Numbered:
    """Books and blocks of both sides, and the right items with each block whose group may pay for them."""

    books: tuple[Ints, Ints]
    blocks: tuple[Ints, Ints]
    payer_right: Ints
    payer_block: Ints


def _numbered(sides: Sides) -> _Numbered:
    left, right, payers = sides.left, sides.right, sides.payers or PAYER.empty_table()
    (entities, how_many), (currencies, several), (groups, many) = together(
        lambda: numbers(pc.fill_null(left["entity"], ""), pc.fill_null(right["entity"], "")),
        lambda: numbers(left["currency"], right["currency"]),
        lambda: numbers(left["group"], right["group"], payers["group"], payers["payer"]),
    )
    book = Numbering(tuple(zip(entities, currencies, strict=True)), how_many, several)
    books = book.of(entities[0], currencies[0]), book.of(entities[1], currencies[1])
    block = Numbering(((books[0], groups[0]), (books[1], groups[1])), how_many * several, many)
    blocks = block.of(books[0], groups[0]), block.of(books[1], groups[1])
    other = groups[2] != groups[3]
    item, payer = _payers(groups[1], groups[2][other], groups[3][other], many)
    place = block.of(books[1][item], payer)
    has = np.zeros(int(max(blocks[0].max(initial=-1), blocks[1].max(initial=-1))) + 2, bool)
    has[blocks[0]] = True
    has[-1] = False
    return _Numbered(books, blocks, item[has[place]], place[has[place]])


def _payers(group: Ints, child: Ints, payer: Ints, many: int) -> tuple[Ints, Ints]:
    """Right items, by place, with each group that may pay for theirs."""
    starts = starts_of(child[child >= 0], many)
    order = np.argsort(child, kind="stable")[np.count_nonzero(child < 0) :]
    count = np.where(group < 0, 0, np.diff(starts)[group]) if many else group * 0
    item = np.repeat(np.arange(len(group)), count)
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return item, payer[order[starts[group[item]] + step]]


def _relations(left: Ints, right: Ints, blocks: tuple[Ints, Ints], payer_right: Ints, payer_block: Ints) -> Ints:
    mine, its = blocks[0][left], blocks[1][right]
    relation = np.where(mine < 0, UNKNOWN, np.where(mine == its, OWN, OTHER)).astype(np.int8)
    other = np.flatnonzero(relation == OTHER)
    if len(payer_right) and len(other):
        named = np.zeros(len(blocks[1]), bool)
        named[right[other]] = True
        kept = named[payer_right]
        span = int(max(payer_block.max(), mine.max())) + 1
        may_pay = payer_right[kept] * span + payer_block[kept]
        relation[other[np.isin(right[other] * span + mine[other], may_pay)]] = CHILD
    return relation


def named_by(work: Work, ways: tuple[int, ...] = (FULL,), relations: tuple[int, ...] = (OWN, UNKNOWN)) -> Ints:
    """The edges of these ways and relations whose ends are both open, by place."""
    edges = work.edges
    fits = np.isin(edges.way, ways) & np.isin(edges.relation, relations)
    fits &= work.left_open[edges.left] & work.right_open[edges.right]
    return np.flatnonzero(fits)
