"""Combinations of open items that add up, within the blocks of customers or within what a text names."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.matching.items import NO_DAY, Ints, distinct_pairs, equal_pairs
from workbench.matching.ordering import arrange
from workbench.matching.sums import Pools, Solved, solve
from workbench.matching.texts import DIGITS, FULL
from workbench.matching.work import OTHER, OWN, Side, Work

NO_WINDOW = (-(2**30), 2**30)
# More items of one amount than these are too many to tell apart.
CANDIDATES = 200


@dataclass(frozen=True)
class Combined:
    """What was solved: the items behind its targets and pool places, and the pools themselves to list more."""

    targets: Ints
    members: Ints
    pools: Pools
    solved: Solved


@dataclass(frozen=True)
class Ways:
    """Both directions: right items for each left one, and left items, at least two, for each right one."""

    for_left: Combined
    for_right: Combined


@dataclass(frozen=True)
class Rows:
    """Pairs of combinations: the number of the combination, its left and its right item."""

    match: Ints
    left: Ints
    right: Ints


def combine(work: Work) -> Ways:
    """Every way in which open items of a customer add up to one open item of the other side, counted both ways."""
    return work.once("combine", _combine)


def _combine(work: Work) -> Ways:
    sides = work.left, work.right
    opens = work.left_open, work.right_open
    lefts, rights = (side.order[opened[side.order]] for side, opened in zip(sides, opens, strict=True))
    lefts, rights = lefts[work.left.block[lefts] >= 0], rights[work.right.block[rights] >= 0]
    return _both(work, (lefts, work.left.block[lefts]), (rights, work.right.block[rights]), both=True)


def combine_family(work: Work) -> Ways:
    """The same for payers: the open items of their own and of the customers they may pay for."""
    return work.once("combine_family", _combine_family)


def _combine_family(work: Work) -> Ways:
    payers = np.unique(work.payer_block)
    lefts = work.left.order[work.left_open[work.left.order]]
    lefts = lefts[np.isin(work.left.block[lefts], payers)]
    own = np.flatnonzero(work.right_open & np.isin(work.right.block, payers))
    other = work.right_open[work.payer_right] & (work.right.block[work.payer_right] >= 0)
    items = np.concatenate([own, work.payer_right[other]])
    block = np.concatenate([work.right.block[own], work.payer_block[other]])
    order = arrange(block, work.right.day[items], work.right.mark[items])
    return _both(work, (lefts, work.left.block[lefts]), (items[order], block[order]), both=False)


def _both(work: Work, left: tuple[Ints, Ints], right: tuple[Ints, Ints], both: bool) -> Ways:
    blocks = int(max(left[1].max(initial=-1), right[1].max(initial=-1))) + 1
    shared = np.flatnonzero(
        (np.bincount(left[1], minlength=blocks) > 0) & (np.bincount(right[1], minlength=blocks) > 0)
    )
    (lefts, left_from), (rights, right_from) = (_in_blocks(items, block, shared) for items, block in (left, right))
    sides = (work.left, lefts, left_from), (work.right, rights, right_from)
    low, high = window(work)
    for_left = _solve(work, *sides, low, high, least=1)
    if not both:
        empty = np.zeros(0, np.int64)
        return Ways(for_left, _solve(work, (work.right, empty, left_from * 0), sides[0], low, high, least=2))
    return Ways(for_left, _solve(work, *sides[::-1], -high, -low, least=2))


def window(work: Work) -> tuple[int, int]:
    """The days from a receipt to an item's day that are allowed where nothing is named."""
    low = -work.rules.days_after if work.rules.days_after is not None else NO_WINDOW[0]
    return low, work.rules.days_before if work.rules.days_before is not None else NO_WINDOW[1]


def _in_blocks(items: Ints, block: Ints, shared: Ints) -> tuple[Ints, Ints]:
    if not len(shared):
        return items[:0], np.zeros(1, np.int64)
    place = np.minimum(np.searchsorted(shared, block), len(shared) - 1)
    fits = shared[place] == block
    starts = np.zeros(len(shared) + 1, np.int64)
    np.cumsum(np.bincount(place[fits], minlength=len(shared)), out=starts[1:])
    return items[fits], starts


def _solve(
    work: Work, targets: tuple[Side, Ints, Ints], members: tuple[Side, Ints, Ints], low: int, high: int, least: int
) -> Combined:
    (target, wanted, t_from), (pool, offered, p_from) = targets, members
    pools = Pools(
        t_from, target.amount[wanted], target.day[wanted], p_from, pool.amount[offered], pool.day[offered], low, high
    )
    return Combined(wanted, offered, pools, solve(pools, least=least, most=work.rules.most))


def combine_named(work: Work, edges: Ints, by_right: bool = False) -> Combined:
    """The ways in which the items that a text names add up to its amount; by_right: receipts that name one item."""
    owner, item = work.edges.left[edges], work.edges.right[edges]
    (target, pool), least = ((work.left, work.right), 1) if not by_right else ((work.right, work.left), 2)
    if by_right:
        owner, item = item, owner
    order = arrange(owner, pool.day[item], pool.mark[item])
    owner, item = owner[order], item[order]
    targets, first = np.unique(owner, return_index=True)
    starts = np.append(first, len(owner))
    pools = Pools(
        np.arange(len(targets) + 1), target.amount[targets], target.day[targets],
        starts, pool.amount[item], pool.day[item],
    )  # fmt: skip
    return Combined(targets, item, pools, solve(pools, least=least, most=work.rules.most))


def only_ones(combined: Combined, touched: Ints, fits: Ints) -> tuple[Ints, Ints]:
    """Targets (by place) with one way alone whose items serve no other one, and the rows of their combinations.

    `touched` is the number of targets that an item serves, by item; `fits` chooses among the targets.
    """
    places = np.flatnonzero((combined.solved.count == 1) & fits)
    picked = combined.solved.places(places, combined.solved.first[places])
    used = picked >= 0
    member = combined.members[np.where(used, picked, 0)]
    alone = (~used | (touched[member] == 1)).all(axis=1)
    return places[alone], np.where(used, member, -1)[alone]


def touches(combined: Combined, items: int) -> Ints:
    """How many targets each item serves in some combination, by item."""
    return np.bincount(combined.members, combined.solved.touched, items).astype(np.int64)


def as_rows(targets: Ints, members: Ints, by_right: bool = False) -> Rows:
    """The pairs of combinations, given as one row of items each, -1 where there is none."""
    used = members >= 0
    match = np.repeat(np.arange(len(targets)), used.sum(axis=1))
    one, many = targets[match], members[used]
    return Rows(match, many, one) if by_right else Rows(match, one, many)


def agreeing(work: Work, rows: Rows, combinations: int) -> Ints:
    """Whether each combination holds everything that its texts name, and nothing that another open text names."""
    edges = work.edges
    firm = (edges.way <= DIGITS) & (edges.relation == OWN)
    named = np.bincount(edges.left[firm], minlength=len(work.left.amount))
    full = firm & (edges.way == FULL) & work.left_open[edges.left]
    naming = np.bincount(edges.right[full], minlength=len(work.right.amount))
    elsewhere = names_elsewhere(work)
    firm_hits, full_hits = _edge_among(work, rows, firm), _edge_among(work, rows, full)
    lefts, rights = distinct_pairs(rows.match, rows.left), distinct_pairs(rows.match, rows.right)
    agrees = np.bincount(lefts[0], named[lefts[1]], combinations) == np.bincount(rows.match, firm_hits, combinations)
    agrees &= np.bincount(rights[0], naming[rights[1]], combinations) == np.bincount(
        rows.match, full_hits, combinations
    )
    agrees &= np.bincount(lefts[0], elsewhere[lefts[1]], combinations) == 0
    return np.asarray(agrees)


def names_elsewhere(work: Work) -> Ints:
    """Left items whose text names an open item of another customer that has their amount."""
    edges = work.edges
    elsewhere = np.zeros(len(work.left.amount), bool)
    same = (edges.way == FULL) & (edges.relation == OTHER) & work.right_open[edges.right]
    same &= work.left.amount[edges.left] == work.right.amount[edges.right]
    elsewhere[edges.left[same]] = True
    return elsewhere


def discounted_pairs(work: Work) -> tuple[Ints, Ints]:
    """Pairs of open items of a customer where one less its earned discount is the other."""
    return work.once("discounted_pairs", _discounted_pairs)


def _discounted_pairs(work: Work) -> tuple[Ints, Ints]:
    rights = np.flatnonzero(work.right_open & (work.right.block >= 0) & (work.discount > 0))
    lefts = np.flatnonzero(work.left_open & (work.left.block >= 0))
    if not len(rights):
        return rights, rights
    place, item = equal_pairs(
        (work.left.block[lefts], work.left.amount[lefts]),
        (work.right.block[rights], work.right.amount[rights] - work.discount[rights]),
        most=CANDIDATES,
    )
    left, right = lefts[place], rights[item]
    timely = earned(work, left, right)
    return left[timely], right[timely]


def earned(work: Work, left: Ints, right: Ints) -> Ints:
    """Whether the money came in time for the item's discount."""
    last, came = work.discount_until[right], work.left.day[left]
    in_time = came <= last.astype(np.int64) + work.rules.discount_grace_days
    return np.asarray((work.discount[right] > 0) & (last != NO_DAY) & (came != NO_DAY) & in_time)


def _edge_among(work: Work, rows: Rows, chosen: Ints) -> Ints:
    """Whether each pair is one of the edges chosen; edges are in order of left and right."""
    edges, span = work.edges, len(work.right.amount) + 1
    if not len(edges.left):
        return np.zeros(len(rows.left), bool)
    known = edges.left * span + edges.right
    pair = rows.left * span + rows.right
    place = np.minimum(np.searchsorted(known, pair), len(known) - 1)
    return np.asarray((known[place] == pair) & chosen[place])


def by_chance(work: Work, side: Side, combined: Combined, places: Ints) -> Ints:
    """Whether so many combinations are possible that one of them adds up by chance too often.

    2^n sums lie within the sum of all amounts, which holds that many minor units: an estimate, in floats.
    """
    pools = combined.pools
    block = np.searchsorted(pools.t_from, places, side="right") - 1
    weight = np.zeros(len(pools.p_amount) + 1)
    np.cumsum(np.abs(pools.p_amount), out=weight[1:])
    spread = weight[pools.p_from[block + 1]] - weight[pools.p_from[block]]
    size = combined.solved.size[places]
    sums = 2.0 ** np.minimum(size, 60) * side.unit[combined.targets[places]]
    return np.asarray((size > work.rules.most) | (sums * work.rules.chance > spread))
