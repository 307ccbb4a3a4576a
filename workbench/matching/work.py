"""The state of a matching: items as numbers, who names whom, what is still open, and what was matched so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import WorkbenchError
from workbench.matching.items import LARGEST, Ints, Sides, as_days, as_units, codes, currency_rows, distinct_pairs
from workbench.matching.naming import find_names, id_hashes
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


def arrange(block: Ints, day: Ints, mark: Ints) -> Ints:
    """The order by block, day and mark, whatever order the items came in."""
    lowest = day.min(initial=0)
    place = ((block + 1) << 33) + (day.astype(np.int64) - lowest)
    order = np.argsort(place)
    ordered = place[order]
    same = np.zeros(len(order), bool)
    same[1:] = ordered[1:] == ordered[:-1]
    same[:-1] |= same[1:].copy()
    tied = np.flatnonzero(same)
    order[tied] = order[tied][np.lexsort((mark[order[tied]], ordered[tied]))]
    return order


def prepare(sides: Sides, rules: Rules) -> Work:
    """Items as numbers and the texts read: all that the passes need."""
    left, right = sides.left, sides.right
    pair = {name: (left[name], right[name]) for name in ("entity", "currency", "group")}
    entity = pc.fill_null(pair["entity"][0], ""), pc.fill_null(pair["entity"][1], "")
    books = codes(entity, pair["currency"])
    blocks = codes(entity, pair["currency"], pair["group"])
    made = [_side(table, block, book) for table, block, book in zip((left, right), blocks, books, strict=True)]
    amounts = made[1].amount
    payer_right, payer_block = _payers(sides, blocks, books)
    names = find_names(left["references"], right["references"], blocks, books)
    relation = _relations(names.left, names.right, blocks, payer_right, payer_block)
    return Work(
        sides=sides,
        rules=rules,
        left=made[0],
        right=made[1],
        discount=as_units(right["discount"]),
        discount_until=as_days(right["discount_until"]),
        edges=Edges(names.left, names.right, names.way, relation),
        payer_right=payer_right,
        payer_block=payer_block,
        left_open=made[0].amount != 0,
        right_open=amounts != 0,
    )


def _side(table: pa.Table, block: Ints, book: Ints) -> Side:
    amount, day, mark = as_units(table["amount"]), as_days(table["day"]), id_hashes(table["id"])
    unit = np.ones(len(amount), np.int64)
    for currency, rows in currency_rows(table["currency"]):
        unit[rows] = 10 ** (4 - minor_units(currency))
    # What is too large to be added up exactly is found by its reference alone.
    fits = np.where(np.abs(amount) <= LARGEST, block, -1)
    return Side(amount, day, fits, book, mark, unit, arrange(fits, day, mark))


def _payers(sides: Sides, blocks: tuple[Ints, Ints], books: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    """Right items with the block of a group that may pay for them; an item comes once per payer."""
    payers = sides.payers
    if payers is None or not payers.num_rows:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    payers = payers.filter(pc.not_equal(payers["group"], payers["payer"]))
    its, child = codes((sides.right["group"], payers["group"]))
    mine, payer = codes((sides.left["group"], payers["payer"]))
    order = np.argsort(child, kind="stable")
    start = np.searchsorted(child[order], its, "left")
    count = np.where(its < 0, 0, np.searchsorted(child[order], its, "right") - start)
    item = np.repeat(np.arange(len(its)), count)
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    row = order[np.repeat(start, count) + step]
    span = int(max(mine.max(initial=0), payer.max(initial=0))) + 1
    wanted = books[1][item] * span + payer[row]
    return _translated(item, wanted, np.where(mine < 0, -1, books[0] * span + mine), blocks[0])


def _translated(item: Ints, wanted: Ints, left: Ints, blocks: Ints) -> tuple[Ints, Ints]:
    """Payers that have left items, in the numbers of their blocks."""
    known, first = np.unique(left, return_index=True)
    place = np.minimum(np.searchsorted(known, wanted), max(len(known) - 1, 0))
    has = (known[place] == wanted) & (wanted >= 0) if len(known) else np.zeros(len(wanted), bool)
    return item[has], blocks[first[place[has]]]


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
