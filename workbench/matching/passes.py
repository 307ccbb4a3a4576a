"""The passes: each takes out what is the only match both ways, the strict ones first."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from workbench.matching.combining import (
    Combined,
    Rows,
    agreeing,
    as_rows,
    by_chance,
    combine,
    combine_family,
    combine_named,
    discounted_pairs,
    names_elsewhere,
    only_ones,
    touches,
)
from workbench.matching.items import Ints, distinct_pairs
from workbench.matching.mistyped import mistyped
from workbench.matching.short import short_payment
from workbench.matching.texts import DIGITS, FULL, TAIL
from workbench.matching.work import CHILD, OWN, UNKNOWN, Work, named_by


def reference(work: Work) -> int:
    """One open item is named and has the amount; where several are named, no other sum of them has it too."""
    return _named(work, "reference", (FULL,), (OWN, UNKNOWN), single=True)


def remittance(work: Work) -> int:
    """Several open items are named in full, and one combination of them alone adds up."""
    return _named(work, "remittance", (FULL,), (OWN, UNKNOWN), single=False)


def _named(work: Work, name: str, ways: tuple[int, ...], relations: tuple[int, ...], single: bool) -> int:
    edges = named_by(work, ways, relations)
    if single:
        equal = work.left.amount[work.edges.left[edges]] == work.right.amount[work.edges.right[edges]]
        if not equal.any():
            return 0
        # Only texts that name an item of their own amount can be taken by this pass.
        edges = edges[np.isin(work.edges.left[edges], work.edges.left[edges[equal]])]
    combined = combine_named(work, edges)
    every = _all_of_many(work, combined)
    touched = touches(combined, len(work.right.amount))
    places, members = only_ones(combined, touched, combined.solved.size <= work.rules.most)
    fits = ((members >= 0).sum(axis=1) == 1) == single
    rows = as_rows(combined.targets[places[fits]], members[fits])
    if CHILD in relations:
        rows = _with_child(work, rows)
    taken = _take(work, name, "named", rows)
    return taken if single else taken + _take(work, name, "named", every)


def _all_of_many(work: Work, combined: Combined) -> Rows:
    """Texts that name more items than can be combined, all of which add up, and that no other text names."""
    starts = combined.pools.p_from
    if not len(combined.targets):
        return as_rows(combined.targets, np.zeros((0, 1), np.int64))
    many = np.diff(starts) > work.rules.most
    named = np.bincount(combined.members, minlength=len(work.right.amount))
    shared = np.add.reduceat((named[combined.members] > 1).astype(np.int64), starts[:-1]) > 0
    adds_up = np.add.reduceat(combined.pools.p_amount, starts[:-1]) == combined.pools.t_amount
    chosen = np.flatnonzero(many & adds_up & ~shared)
    member = np.isin(np.repeat(np.arange(len(many)), np.diff(starts)), chosen)
    match = np.repeat(np.arange(len(chosen)), np.diff(starts)[chosen])
    return Rows(match, combined.targets[chosen][match], combined.members[member])


def amount(work: Work) -> int:
    """One item of the customer has the amount, no combination adds up to it, and no text says otherwise."""
    return _unnamed(work, "amount", lambda members, _: (members >= 0).sum(axis=1) == 1)


def similar_reference(work: Work) -> int:
    """Amounts are equal, and the text holds the number's digits or the number mistyped; one item each way."""
    edges = named_by(work, (DIGITS, TAIL), (OWN,))
    left, right = work.edges.left[edges], work.edges.right[edges]
    in_full = np.bincount(work.edges.left[work.edges.way == FULL], minlength=len(work.left.amount))
    fits = (work.left.amount[left] == work.right.amount[right]) & (in_full[left] == 0) & ~names_elsewhere(work)[left]
    taken = _take(work, "similar_reference", "digits", _pairs_alone(left[fits], right[fits]))
    return taken + _take(work, "similar_reference", "mistyped", _pairs_alone(*mistyped(work)))


def _pairs_alone(left: Ints, right: Ints) -> Rows:
    """The pairs whose items are in no other pair."""
    alone = np.ones(len(left), bool)
    for items in (left, right):
        _, place, count = np.unique(items, return_inverse=True, return_counts=True)
        alone &= count[place] == 1 if len(items) else alone
    left, right = left[alone], right[alone]
    return Rows(np.arange(len(left)), left, right)


def several_invoices(work: Work) -> int:
    """Several open items are named by digits, or the only combination of the customer's open items adds up."""
    taken = _named(work, "several_invoices", (FULL, DIGITS, TAIL), (OWN,), single=False)
    return taken + _unnamed(work, "several_invoices", _several_of_one_sign)


def _several_of_one_sign(members: Ints, amounts: Ints) -> Ints:
    used = members >= 0
    signs = np.where(used, np.sign(amounts), 0)
    return np.asarray((used.sum(axis=1) > 1) & (np.abs(signs.sum(axis=1)) == used.sum(axis=1)))


def several_receipts(work: Work) -> int:
    """Several receipts name one open item and add up to it, or are the only ones of the customer that do."""
    edges = named_by(work, (FULL, DIGITS), (OWN, UNKNOWN))
    left = work.edges.left[edges]
    once = np.bincount(left, minlength=len(work.left.amount))[left] == 1
    combined = combine_named(work, edges[once], by_right=True)
    touched = touches(combined, len(work.left.amount))
    places, members = only_ones(combined, touched, combined.solved.size <= work.rules.most)
    rows = as_rows(combined.targets[places], members, by_right=True)
    taken = _take(work, "several_receipts", "named", rows)
    ways = combine(work)
    solved, targets = ways.for_right.solved, ways.for_right.targets
    lefts, less = len(work.left.amount), discounted_pairs(work)
    served = touches(ways.for_left, len(work.right.amount)) + np.bincount(less[1], minlength=len(work.right.amount))
    places, members = only_ones(
        ways.for_right,
        touches(ways.for_right, lefts) + _counts(ways.for_left, lefts) + np.bincount(less[0], minlength=lefts),
        (solved.count == 1) & (served[targets] == 0),
    )
    sure = ~by_chance(work, work.right, ways.for_right, places)
    rows = as_rows(targets[places], members, by_right=True)
    sure &= agreeing(work, rows, len(places))
    kept = as_rows(targets[places[sure]], members[sure], by_right=True)
    return taken + _take(work, "several_receipts", "only", kept)


def _counts(combined: Combined, items: int) -> Ints:
    """How many ways each target has, by item, at most two: one is one, and more are too many."""
    counts = np.zeros(items, np.int64)
    counts[combined.targets] = np.minimum(combined.solved.count, 2)
    return counts


def credit_netted(work: Work) -> int:
    """The only combination of the customer's open items adds up with credits taken off."""

    def with_credits(members: Ints, amounts: Ints) -> Ints:
        return np.asarray((members >= 0).sum(axis=1) > 1) & ~_several_of_one_sign(members, amounts)

    return _unnamed(work, "credit_netted", with_credits)


def _unnamed(work: Work, name: str, shape: Callable[[Ints, Ints], Ints]) -> int:
    """Take combinations of a shape that are the only ones both ways and that no text speaks against."""
    ways = combine(work)
    lefts, rights = len(work.left.amount), len(work.right.amount)
    less = discounted_pairs(work)
    touched = touches(ways.for_left, rights) + _counts(ways.for_right, rights) + np.bincount(less[1], minlength=rights)
    also = (touches(ways.for_right, lefts) + np.bincount(less[0], minlength=lefts))[ways.for_left.targets] == 0
    places, members = only_ones(ways.for_left, touched, also)
    sure = shape(members, np.where(members >= 0, work.right.amount[members], 0))
    one = (members >= 0).sum(axis=1) == 1
    sure &= one | ~by_chance(work, work.left, ways.for_left, places)
    places, members = places[sure], members[sure]
    targets = ways.for_left.targets[places]
    agrees = agreeing(work, as_rows(targets, members), len(places))
    return _take(work, name, "only", as_rows(targets[agrees], members[agrees]))


def parent(work: Work) -> int:
    """Items of a customer whose parent paid: named in full, or the only combination of the family that adds up."""
    if not len(work.payer_right):
        return 0
    taken = _named(work, "parent", (FULL,), (OWN, CHILD), single=True)
    taken += _named(work, "parent", (FULL,), (OWN, CHILD), single=False)
    family, own = combine_family(work).for_left, combine(work)
    lefts, rights = len(work.left.amount), len(work.right.amount)
    # A child's own receipt that fits its item, alone or with others, speaks against its parent's.
    less = discounted_pairs(work)
    claimed = touches(own.for_left, rights) + _counts(own.for_right, rights) + np.bincount(less[1], minlength=rights)
    spare = touches(own.for_right, lefts)[family.targets] + _counts(own.for_left, lefts)[family.targets] == 0
    places, members = only_ones(family, touches(family, rights) + claimed, spare)
    one = (members >= 0).sum(axis=1) == 1
    sure = one | ~by_chance(work, work.left, family, places)
    sure &= agreeing(work, as_rows(family.targets[places], members), len(places))
    rows = as_rows(family.targets[places[sure]], members[sure])
    return taken + _take(work, "parent", "only", rows)


def _with_child(work: Work, rows: Rows) -> Rows:
    """The combinations that hold an item of another customer."""
    child = work.left.block[rows.left] != work.right.block[rows.right]
    kept = np.isin(rows.match, rows.match[child])
    return Rows(rows.match[kept], rows.left[kept], rows.right[kept])


def _take(work: Work, name: str, why: str, rows: Rows) -> int:
    """Accept combinations whose amounts are equal: each pair moves the smaller side's amount."""
    if not len(rows.match):
        return 0
    alone = np.bincount(rows.match)[rows.match] == 1
    several_left = np.bincount(distinct_pairs(rows.match, rows.left)[0])[rows.match] > 1
    moved = np.where(several_left & ~alone, work.left.amount[rows.left], work.right.amount[rows.right])
    return work.accept(name, why, rows.match, rows.left, rows.right, moved)


RUN: dict[str, Callable[[Work], int]] = {
    "reference": reference,
    "remittance": remittance,
    "amount": amount,
    "similar_reference": similar_reference,
    "several_invoices": several_invoices,
    "several_receipts": several_receipts,
    "parent": parent,
    "short_payment": short_payment,
    "credit_netted": credit_netted,
}
