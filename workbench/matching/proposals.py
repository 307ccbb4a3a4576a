"""What a person has to choose from: every way in which open items fit, where none is the only one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from workbench.matching.combining import NO_WINDOW, Combined, agreeing, as_rows, combine, combine_family, touches
from workbench.matching.items import NO_DAY, Ints, equal_pairs, near_pairs
from workbench.matching.rules import PASSES
from workbench.matching.sums import UNCOUNTED, solve
from workbench.matching.texts import DIGITS
from workbench.matching.work import CHILD, OTHER, OWN, UNKNOWN, Work, named_by

# Items whose amounts differ by no more than the tolerance are shown up to this many for each receipt.
NEAR = 20
# Passes that go by what a text names.
NAMING = frozenset({"reference", "remittance", "similar_reference", "short_payment"})


@dataclass(frozen=True)
class Proposed:
    """Rows of alternatives: `match` numbers them; `alternatives` counts all for the same receipt, listed or not."""

    name: str
    why: Ints
    match: Ints
    left: Ints
    right: Ints
    amount: Ints
    alternatives: Ints


def propose(work: Work, passes: Collection[str] = tuple(PASSES)) -> list[Proposed]:
    """All alternatives for what is still open that belong to these passes, as rows; nothing is taken out."""
    ways = combine(work)
    lefts, rights = len(work.left.amount), len(work.right.amount)
    serving = touches(ways.for_right, lefts)
    served = touches(ways.for_left, rights)
    shapes = frozenset(passes) & {"amount", "several_invoices", "credit_netted"}
    made = []
    if shapes:
        made += _listed(work, ways.for_left, serving, served, shapes)
    if "several_receipts" in passes:
        made += _listed(work, ways.for_right, served, serving, {"several_receipts"})
    if "parent" in passes and len(work.payer_right):
        family = combine_family(work).for_left
        made += _listed(work, family, serving, served + touches(family, rights), {"parent"})
    if not NAMING.isdisjoint(passes):
        made += _named(work, made)
    if "short_payment" not in passes:
        return made
    busy = np.zeros(lefts, bool)
    for entry in made:
        busy[entry.left] = True
    return [*made, *_near(work, busy)]


def _listed(work: Work, combined: Combined, also: Ints, touched: Ints, shapes: Collection[str]) -> list[Proposed]:
    """The combinations of each target, as many as are to be listed; `also` counts other roles of a target."""
    counts, by_right = combined.solved.count, "several_receipts" in shapes
    place, members = _one_each(work, combined) if shapes == {"amount"} else _written(work, combined, by_right)
    targets = combined.targets[place]
    if "parent" in shapes:
        block, own = work.right.block, work.left.block[targets][:, None]
        child = (np.where(members >= 0, block[members], own) != own).any(axis=1)
        targets, members, place = targets[child], members[child], place[child]
    rows = as_rows(targets, members, by_right)
    alternatives = (counts % UNCOUNTED)[place] + also[targets]
    contested = np.zeros(len(targets), bool)
    inner = rows.left if by_right else rows.right
    contested[rows.match[touched[inner] > 1]] = True
    agrees = agreeing(work, rows, len(targets))
    why = np.select(
        [alternatives > 1, counts[place] >= UNCOUNTED, contested, ~agrees],
        ["one_of_several", "too_many", "contested", "says_otherwise"],
        "by_chance",
    )
    amount = work.left.amount[rows.left] if by_right else work.right.amount[rows.right]
    names = _shapes(work, members) if "parent" not in shapes and not by_right else np.full(len(targets), min(shapes))
    return [
        Proposed(str(form), why[rows.match[take]], rows.match[take], rows.left[take], rows.right[take], amount[take],
                 alternatives[rows.match[take]])
        for form in sorted(shapes)
        for take in (np.flatnonzero(names[rows.match] == form),)
    ]  # fmt: skip


def _written(work: Work, combined: Combined, by_right: bool) -> tuple[Ints, Ints]:
    """Places of targets and, for each, the items of one combination, -1 for none."""
    counts = combined.solved.count
    solved = solve(
        combined.pools, 2 if by_right else 1, work.rules.listed, work.rules.most, np.minimum(counts, UNCOUNTED - 1)
    )
    place = np.repeat(np.arange(len(counts)), np.diff(solved.first))
    picked = solved.places(place, np.arange(len(place)))
    used = picked >= 0
    kept = used.any(axis=1)
    return place[kept], np.where(used, combined.members[np.where(used, picked, 0)], -1)[kept]


def _one_each(work: Work, combined: Combined) -> tuple[Ints, Ints]:
    """The same where one item alone is wanted: those of the amount, with no need to look at sums again."""
    pools, fits = combined.pools, np.flatnonzero(combined.solved.count > 0)
    blocks = [np.repeat(np.arange(len(starts) - 1), np.diff(starts)) for starts in (pools.t_from, pools.p_from)]
    place, item = equal_pairs(
        (blocks[0][fits], pools.t_amount[fits]), (blocks[1], pools.p_amount), work.rules.listed, cut=True
    )
    place = fits[place]
    if pools.low > NO_WINDOW[0] or pools.high < NO_WINDOW[1]:
        apart = pools.p_day[item].astype(np.int64) - pools.t_day[place]
        inside = (apart >= pools.low) & (apart <= pools.high) & (pools.t_day[place] != NO_DAY)
        place, item = place[inside], item[inside]
    return place, combined.members[item][:, None]


def _shapes(work: Work, members: Ints) -> Ints:
    """The pass that each combination would belong to."""
    used = members >= 0
    size = used.sum(axis=1)
    signs = np.abs(np.where(used, np.sign(work.right.amount[members]), 0).sum(axis=1))
    return np.select([size == 1, signs == size], ["amount", "several_invoices"], "credit_netted").astype(object)


def _named(work: Work, made: list[Proposed]) -> list[Proposed]:
    """Items that a text names and that no combination of the receipt holds."""
    edges = named_by(work, (0, DIGITS), (OWN, CHILD, OTHER, UNKNOWN))
    span = len(work.right.amount) + 1
    known = np.concatenate([entry.left * span + entry.right for entry in made]) if made else np.zeros(0, np.int64)
    edges = edges[~np.isin(work.edges.left[edges] * span + work.edges.right[edges], known)]
    left, right = work.edges.left[edges], work.edges.right[edges]
    paid, due = work.left.amount[left], work.right.amount[right]
    whose = np.array(["", "child", "other", "unknown"], dtype=object)[work.edges.relation[edges]]
    how = np.select([paid < due, paid > due], ["named_less", "named_more"], "named_equal").astype(object)
    why = np.where(whose == "other", "named_other", how)
    sign = np.where((paid > 0) == (due > 0), np.minimum(np.abs(paid), np.abs(due)), 0)
    others = np.bincount(left, minlength=len(work.left.amount))
    for entry in made:
        others[entry.left] = np.maximum(others[entry.left], entry.alternatives + 1)
    return [Proposed("reference", why, np.arange(len(left)), left, right, np.sign(paid) * sign, others[left])]


def _near(work: Work, busy: Ints) -> list[Proposed]:
    """Items of the customer whose amount is nearly the receipt's, for receipts that nothing else fits."""
    lefts = np.flatnonzero(work.left_open & ~busy & (work.left.block >= 0))
    rights = np.flatnonzero(work.right_open & (work.right.block >= 0))
    reach = work.left.unit[lefts] * work.rules.tolerance
    place, item = near_pairs(
        (work.left.block[lefts], work.left.amount[lefts]),
        (work.right.block[rights], work.right.amount[rights]),
        reach,
        NEAR,
    )
    left, right = lefts[place], rights[item]
    why = np.where(work.left.amount[left] < work.right.amount[right], "near_less", "near_more").astype(object)
    paid, due = work.left.amount[left], work.right.amount[right]
    amount = np.where(np.abs(paid) < np.abs(due), paid, due)
    alternatives = np.bincount(left, minlength=len(work.left.amount))[left]
    return [Proposed("short_payment", why, np.arange(len(left)), left, right, amount, alternatives)]
