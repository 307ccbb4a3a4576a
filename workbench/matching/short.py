"""Short payments: what is missing is an earned discount, or so little that it is within tolerance."""

from __future__ import annotations

import numpy as np

from workbench.matching.combining import Combined, Rows, agreeing, combine, combine_named, discounted_pairs, earned
from workbench.matching.items import Ints
from workbench.matching.texts import DIGITS, FULL
from workbench.matching.work import CHILD, OWN, UNKNOWN, Work, named_by

DISCOUNT, TOLERANCE = "discount", "tolerance"


def short_payment(work: Work) -> int:
    """Named items that are paid short for a reason, then the only item whose amount less its discount was paid."""
    spoken_for = _spoken_for(work)
    return _named(work, spoken_for) + _discounted(work, spoken_for)


def _named(work: Work, spoken_for: tuple[Ints, Ints]) -> int:
    edges = named_by(work, (FULL, DIGITS), (OWN, CHILD, UNKNOWN))
    # An item that two receipts name is paid by one of them, or by both in part.
    once = np.bincount(work.edges.right[edges], minlength=len(work.right.amount))[work.edges.right[edges]] == 1
    kept_back = _names_closed(work) | spoken_for[0]
    kept_back[work.edges.left[edges[~once | spoken_for[1][work.edges.right[edges]]]]] = True
    combined = combine_named(work, edges[~kept_back[work.edges.left[edges]]])
    starts = combined.pools.p_from
    if not len(combined.targets):
        return 0
    owner = np.repeat(np.arange(len(combined.targets)), np.diff(starts))
    off = np.where(earned(work, combined.targets[owner], combined.members), work.discount[combined.members], 0)
    # Past 16 items sums could leave 64 bits, and a text that names so many is for a person to read.
    few = (np.diff(starts) <= work.rules.most) & (np.add.reduceat(np.sign(combined.pools.p_amount), starts[:-1])
                                                  == np.diff(starts)) & (combined.pools.t_amount > 0)  # fmt: skip
    due, discount = np.add.reduceat(combined.pools.p_amount, starts[:-1]), np.add.reduceat(off, starts[:-1])
    lacks = due - combined.pools.t_amount
    unit = work.left.unit[combined.targets]
    # Each discount may have been rounded the other way, where that is a small part of it.
    rounding = unit * np.diff(starts)
    by_discount = few & (discount > 0) & (np.abs(lacks - discount) <= np.where(discount >= 10 * rounding, rounding, 0))
    one_alone = np.zeros(len(work.left.amount), bool)
    one_alone[discounted_pairs(work)[0]] = True
    by_discount &= (np.diff(starts) == 1) | ~one_alone[combined.targets]
    tolerated = few & (np.diff(starts) == 1) & ~by_discount & within_tolerance(work, lacks, due, unit)
    taken = _take(work, DISCOUNT, combined, np.flatnonzero(by_discount), off)
    return taken + _take(work, TOLERANCE, combined, np.flatnonzero(tolerated), off * 0)


def _names_closed(work: Work) -> Ints:
    """Left items that also name something that is no longer open."""
    edges = work.edges
    closed = (edges.way <= DIGITS) & (edges.relation != CHILD) & ~work.right_open[edges.right]
    return np.bincount(edges.left[closed], minlength=len(work.left.amount)) > 0


def within_tolerance(work: Work, lacks: Ints, due: Ints, unit: Ints) -> Ints:
    """Whether so little is missing that it is let pass: by minor units and by percent, both."""
    rules = work.rules
    percent = lacks <= (due // 100) * rules.tolerance_percent
    return np.asarray((lacks > 0) & (lacks <= unit * rules.tolerance) & percent)


def _take(work: Work, why: str, combined: Combined, chosen: Ints, off: Ints) -> int:
    """Accept targets with all their items: each is paid less its discount; what rounding left goes to the largest."""
    sizes = np.diff(combined.pools.p_from)
    owner = np.repeat(np.arange(len(sizes)), sizes)
    member = np.flatnonzero(np.isin(owner, chosen))
    left, right = combined.targets[owner[member]], combined.members[member]
    moved, discount = work.right.amount[right] - off[member], off[member].copy()
    rest = work.left.amount.copy()[left]
    paid = np.bincount(owner[member], minlength=len(sizes)) * 0
    np.add.at(paid, owner[member], moved)
    order = np.lexsort((work.right.mark[right], -moved, owner[member]))
    largest = order[np.r_[True, np.diff(owner[member][order]) > 0]] if len(order) else order
    gap = rest[largest] - paid[owner[member][largest]]
    moved[largest] += gap
    if why == DISCOUNT:
        discount[largest] -= gap
    return work.accept("short_payment", why, owner[member], left, right, moved, discount)


def _discounted(work: Work, spoken_for: tuple[Ints, Ints]) -> int:
    """The only pair of a customer where the item less its earned discount is the receipt, and nothing else adds up."""
    left, right = discounted_pairs(work)
    if not len(left):
        return 0
    alone = (np.bincount(left)[left] == 1) & (np.bincount(right)[right] == 1)
    alone &= ~spoken_for[0][left] & ~spoken_for[1][right]
    rows = Rows(np.arange(int(alone.sum())), left[alone], right[alone])
    agrees = agreeing(work, rows, len(rows.match))
    left, right = rows.left[agrees], rows.right[agrees]
    return work.accept(
        "short_payment", DISCOUNT, np.arange(len(left)), left, right, work.left.amount[left], work.discount[right]
    )


def _spoken_for(work: Work) -> tuple[Ints, Ints]:
    """Left and right items for which exact amounts add up in some way: those come before anything paid short."""
    left, right = np.zeros(len(work.left.amount), bool), np.zeros(len(work.right.amount), bool)
    ways = combine(work)
    for combined, mine, its in ((ways.for_left, left, right), (ways.for_right, right, left)):
        mine[combined.targets[combined.solved.count > 0]] = True
        its[combined.members[combined.solved.touched > 0]] = True
    return left, right
