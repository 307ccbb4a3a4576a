"""What a person has to choose from: every way in which open items fit, where none is the only one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.matching.combining import Combined, agreeing, as_rows, combine, combine_family, touches
from workbench.matching.items import Ints, near_pairs
from workbench.matching.sums import UNCOUNTED, solve
from workbench.matching.texts import DIGITS
from workbench.matching.work import CHILD, OTHER, OWN, UNKNOWN, Work, named_by

# Items whose amounts differ by no more than the tolerance are shown up to this many for each receipt.
NEAR = 20


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


def propose(work: Work) -> list[Proposed]:
    """All alternatives for what is still open, each as rows; nothing is taken out."""
    ways = combine(work)
    lefts, rights = len(work.left.amount), len(work.right.amount)
    serving = touches(ways.for_right, lefts)
    served = touches(ways.for_left, rights)
    ahead = _listed(work, ways.for_left, serving, served, by_right=False)
    back = _listed(work, ways.for_right, served, serving, by_right=True)
    made = [*ahead, *back]
    if len(work.payer_right):
        family = combine_family(work).for_left
        made += _listed(work, family, serving, served + touches(family, rights), by_right=False, name="parent")
    made += _named(work, made)
    busy = np.zeros(lefts, bool)
    for entry in made:
        busy[entry.left] = True
    return [*made, *_near(work, busy)]


def _listed(
    work: Work, combined: Combined, also: Ints, touched: Ints, *, by_right: bool, name: str = ""
) -> list[Proposed]:
    """The combinations of each target, as many as are to be listed; `also` counts other roles of a target."""
    counts = combined.solved.count
    solved = solve(
        combined.pools, 2 if by_right else 1, work.rules.listed, work.rules.most, np.minimum(counts, UNCOUNTED - 1)
    )
    place = np.repeat(np.arange(len(counts)), np.diff(solved.first))
    picked = solved.places(place, np.arange(len(place)))
    used = picked >= 0
    kept = used.any(axis=1)
    place, used = place[kept], used[kept]
    members = np.where(used, combined.members[np.where(used, picked[kept], 0)], -1)
    targets = combined.targets[place]
    rows = as_rows(targets, members, by_right)
    if name == "parent":
        block = work.right.block
        child = np.where(used, block[members], work.left.block[targets][:, None]) != work.left.block[targets][:, None]
        keep = child.any(axis=1)
        targets, members, place = targets[keep], members[keep], place[keep]
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
    shape = name or ("several_receipts" if by_right else "")
    names = np.full(len(targets), shape, dtype=object)
    if not shape:
        names = _shapes(work, members)
    return [
        Proposed(str(form), why[rows.match[take]], rows.match[take], rows.left[take], rows.right[take], amount[take],
                 alternatives[rows.match[take]])
        for form in sorted(set(names.tolist()))
        for take in (np.flatnonzero(names[rows.match] == form),)
    ]  # fmt: skip


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
