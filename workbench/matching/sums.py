"""Which items of a pool add up to an amount: every combination is counted, and the first few are written down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.matching.compiled import compiled, each, parallel
from workbench.matching.items import NO_DAY, Ints

MOST = 16
# Beyond MOST items only sums of two and three are looked for, and beyond these sizes not even those.
TRIPLES_UP_TO = 128
PAIRS_UP_TO = 1024
ENOUGH = 1_000_000
UNCOUNTED = 1 << 40


@dataclass(frozen=True)
class Pools:
    """Targets and pool items in blocks: block b has targets [t_from[b], t_from[b+1]) and items [p_from[b], ...).

    Amounts are int64; within a block pool items are in order of day. `low` and `high` limit the days from a target to
    an item of its pool (both inclusive); NO_DAY fits all.
    """

    t_from: Ints
    t_amount: Ints
    t_day: Ints
    p_from: Ints
    p_amount: Ints
    p_day: Ints
    low: int = -(2**30)
    high: int = 2**30


@dataclass(frozen=True)
class Solved:
    """Per target the number of combinations, and how many targets each pool item serves in some combination.

    The combinations of target t are the codes first[t] .. first[t + 1]: a bit for each item of the window from base[t],
    or, below 0, up to three places in it; 0 where there is none. `places` reads them.
    """

    count: Ints
    size: Ints
    touched: Ints
    first: Ints
    codes: Ints
    base: Ints

    def places(self, targets: Ints, rows: Ints) -> Ints:
        """Places in the pool of the combinations in some rows, each of its target: one row each, -1 for no place."""
        codes, base = self.codes[rows], self.base[targets]
        width = max(3, int(codes.max(initial=0)).bit_length())
        bit = np.arange(width)
        found = np.where((codes[:, None] >> bit) & 1 == 1, base[:, None] + bit, -1)
        few = codes < 0
        packed = -codes[few] - 1
        found[few] = -1
        found[few, 0] = base[few] + (packed & (2**40 - 1))
        for column, shift in ((1, 40), (2, 51)):
            place = (packed >> shift) & 2047
            found[few, column] = np.where(place > 0, base[few] + place - 1, -1)
        return np.asarray(found)


def solve(pools: Pools, least: int = 1, keep: int = 1, most: int = MOST, counts: Ints | None = None) -> Solved:
    """Count the combinations of at least `least` items for every target; `keep` of them are written down.

    `counts` are those of an earlier call, to make room for no more than there are.
    """
    targets = len(pools.t_amount)
    room = np.full(targets, keep, np.int64) if counts is None else np.minimum(counts, keep)
    first = np.zeros(targets + 1, np.int64)
    np.cumsum(room, out=first[1:])
    codes = np.zeros(int(first[-1]), np.int64)
    base = np.zeros(targets, np.int64)
    count = np.zeros(targets, np.int64)
    size = np.zeros(targets, np.int32)
    touched = np.zeros(len(pools.p_amount), np.int32)
    limits = np.array([least, most, pools.low, pools.high], np.int64)
    _solve(
        pools.t_from, pools.t_amount, pools.t_day, pools.p_from, pools.p_amount, pools.p_day,
        limits, first, codes, base, count, size, touched,
    )  # fmt: skip
    return Solved(count, size, touched, first, codes, base)


@parallel
def _solve(  # noqa: PLR0913 - arrays, one by one, is what compiles
    t_from: Ints, t_amount: Ints, t_day: Ints, p_from: Ints, p_amount: Ints, p_day: Ints,
    limits: Ints, first: Ints, codes: Ints, base: Ints, count: Ints, size: Ints, touched: Ints,
) -> None:  # fmt: skip
    for block in each(len(t_from) - 1):
        start, end = p_from[block], p_from[block + 1]
        if start == end or t_from[block] == t_from[block + 1]:
            continue
        amounts, days = p_amount[start:end], p_day[start:end]
        stamp = np.full(end - start, -1, np.int64)
        sums = np.zeros(0, np.int64)
        made_for = (-1, -1)
        for target in range(t_from[block], t_from[block + 1]):
            a, b = _window(days, t_day[target], limits[2], limits[3])
            size[target] = b - a
            base[target] = start + a
            room = codes[first[target] : first[target + 1]]
            here, marks = amounts[a:b], stamp[a:b]
            if b - a <= limits[1]:
                if made_for != (a, b):
                    sums = _all_sums(here)
                    made_for = (a, b)
                count[target] = _search(sums, b - a, t_amount[target], limits[0], room, marks, target)
            else:
                count[target] = _few(here, t_amount[target], limits[0], room, marks, target)
            for item in range(a, b):
                touched[start + item] += stamp[item] == target


@compiled
def _window(days: Ints, day: int, low: int, high: int) -> tuple[int, int]:
    """The items within the days allowed; items without a day come first and are left out where there is a limit."""
    if low <= -(2**30) and high >= 2**30:
        return 0, len(days)
    if day == NO_DAY:
        return 0, 0
    return int(np.searchsorted(days, day + low)), int(np.searchsorted(days, day + high + 1))


@compiled
def _all_sums(amounts: Ints) -> Ints:
    """The sum of every subset; bit i of a subset's number is item i."""
    sums = np.zeros(1 << len(amounts), np.int64)
    for item in range(len(amounts)):
        half = 1 << item
        for subset in range(half):
            sums[half + subset] = sums[subset] + amounts[item]
    return sums


@compiled
def _search(sums: Ints, items: int, wanted: int, least: int, room: Ints, marks: Ints, target: int) -> int:
    hits = 0
    for subset in range(1, len(sums)):
        hits += sums[subset] == wanted
    if hits == 0:
        return 0
    found = 0
    for subset in range(1, len(sums)):
        if sums[subset] != wanted:
            continue
        members = 0
        for item in range(items):
            members += (subset >> item) & 1
        if members < least:
            continue
        for item in range(items):
            if (subset >> item) & 1:
                marks[item] = target
        if found < len(room):
            room[found] = subset
        found += 1
    return found


@compiled
def _few(amounts: Ints, wanted: int, least: int, room: Ints, marks: Ints, target: int) -> int:
    """Combinations of one, two and three items of a pool too large for all of them."""
    order = np.argsort(amounts, kind="mergesort")
    ordered = amounts[order]
    found = 0
    some = np.zeros(3, np.int64)
    n = len(amounts)
    for i in range(n):
        some[0] = order[i]
        if least <= 1 and ordered[i] == wanted:
            found = _keep(some[:1], room, found, marks, target)
        if n > PAIRS_UP_TO or found > ENOUGH:
            continue
        found = _last(ordered, order, i + 1, wanted - ordered[i], some[:2], room, found, marks, target)
        if n <= TRIPLES_UP_TO:
            for j in range(i + 1, n):
                some[1] = order[j]
                rest = wanted - ordered[i] - ordered[j]
                found = _last(ordered, order, j + 1, rest, some, room, found, marks, target)
    if n > PAIRS_UP_TO and found:
        return found + UNCOUNTED
    return found


@compiled
def _last(
    ordered: Ints, order: Ints, start: int, rest: int, some: Ints, room: Ints, found: int, marks: Ints, target: int
) -> int:
    """Every item from `start` on that has the amount which is still missing."""
    k = start + np.searchsorted(ordered[start:], rest)
    while k < len(ordered) and ordered[k] == rest:
        some[-1] = order[k]
        found = _keep(some, room, found, marks, target)
        k += 1
    return found


@compiled
def _keep(some: Ints, room: Ints, found: int, marks: Ints, target: int) -> int:
    packed = some[0]
    for place in range(len(some)):
        marks[some[place]] = target
        if place:
            packed += (some[place] + 1) << (29 + 11 * place)
    if found < len(room):
        room[found] = -packed - 1
    return found + 1
