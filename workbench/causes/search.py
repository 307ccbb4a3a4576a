"""The smallest set of conditions that explains most of some money: a greedy cover, narrowed while that pays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import bdtrc, pdtrc  # type: ignore[import-untyped]

from workbench.causes.features import NONE, Codes, Population

# Fewer findings than this have nothing in common but chance.
LEAST = 5
# A condition explains something where findings are at least so many times as frequent as their share of what was
# examined would have it.
LIFT = 2.0
# Chance must be less likely than this after all that was tried.
CHANCE = 0.01
# At most so many conditions joined, and so many explanations of one scope.
JOINED, MOST = 3, 5
# It ends where so much of the money is explained, or the next one would add less than this.
ENOUGH, WORTH = 0.8, 0.05
# What a narrower condition must keep of the money.
KEPT = 0.8
STARTS = 8
SEEN = 50_000
Weights = np.ndarray[Any, np.dtype[np.float64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]
Counts = np.ndarray[Any, Any]
Pair = tuple[str, int]
# What no row bears that was examined: how the amount of a finding comes about.
OF_FINDINGS = frozenset({"convention"})


@dataclass(frozen=True)
class Found:
    """One explanation: the conditions joined, for how many rows they hold, and how many there would be by chance.

    `expected` and `examined`, their share of what was examined, are None where nobody knows. `worth` is their money, no
    row counted for more than the fifth largest: a cause is what several have in common. `same` are single conditions
    that hold for the same rows.
    """

    pairs: tuple[Pair, ...]
    count: int
    worth: float
    expected: float | None
    examined: float | None
    same: tuple[Pair, ...] = ()

    @property
    def score(self) -> float:
        """The money beyond chance; nothing where nobody knows how frequent it is outside."""
        return 0.0 if self.expected is None else self.worth * max(0.0, 1 - self.expected / max(self.count, 1))

    @property
    def order(self) -> tuple[float, int, float, tuple[Pair, ...]]:
        """The most money first, then the fewer conditions, then the rarer."""
        return (-self.score, len(self.pairs), 1.0 if self.examined is None else self.examined, self.pairs)


class Ground:
    """What is searched: codes per attribute, weights (> 0), populations and the place of each row's.

    `applies` says of a value that what was examined does not bear itself which values of other attributes it is for.
    """

    def __init__(
        self,
        codes: Mapping[str, Codes],
        weights: Weights,
        group: Codes,
        populations: Sequence[Population],
        applies: Mapping[Pair, Sequence[tuple[str, frozenset[int]]]],
    ) -> None:
        self.codes = codes
        self.weights = weights
        self.group = group
        self.populations = populations
        self.applies = applies
        self.capped = weights
        self._shares: dict[tuple[int, str], Weights] = {}

    def counts(self, left: Mask) -> Counts:
        """Rows per population, those of none first."""
        return np.bincount(self.group[left] + 1, minlength=len(self.populations) + 1)

    def rows(self, left: Mask, pairs: Sequence[Pair]) -> Mask:
        """The rows that some conditions hold for."""
        held = left.copy()
        for name, value in pairs:
            held &= self.codes[name] == value
        return held

    def shares(self, counts: Counts, held: Counts, pairs: Sequence[Pair]) -> tuple[float | None, float | None]:
        """How many of the rows (`counts` per population) would meet some conditions by chance, and the share examined.

        Of populations that cannot tell, every row that does (`held`) is taken for chance, so that nothing is explained
        by what nobody can compare; what only findings have is half chance. None and None where no population tells.
        """
        expected, total, whole, told = float(held[0]), 0.0, 0, False
        own = all(name in OF_FINDINGS for name, _ in pairs)
        for place in map(int, np.flatnonzero(counts[1:])):
            share = self._share(place, pairs)
            if share is None:
                expected += float(held[place + 1])
                continue
            told = True
            expected += float(counts[place + 1]) * share
            total += share * self.populations[place].rows
            whole += self.populations[place].rows
        if own:
            return float(held.sum()) / 2, None
        return (expected, total / whole) if told and whole else (None, None)

    def _share(self, place: int, pairs: Sequence[Pair]) -> float | None:
        population = self.populations[place]
        if not population.looked_at:
            return None
        if len(pairs) == 1 and pairs[0][0] in population.codes:
            return self._share_of_one(place, *pairs[0])
        held: Mask = np.ones(population.looked_at, np.bool_)
        for name, value in pairs:
            if name in population.codes:
                held &= population.codes[name] == value
            elif (name, value) in self.applies:
                for other, values in self.applies[name, value]:
                    if other not in population.codes:
                        return None
                    held &= np.isin(population.codes[other], list(values))
            else:
                return None
        return float(held.mean())

    def _share_of_one(self, place: int, name: str, value: int) -> float:
        if (place, name) not in self._shares:
            population = self.populations[place]
            self._shares[place, name] = np.bincount(population.codes[name] + 1)[1:] / population.looked_at
        shares = self._shares[place, name]
        return float(shares[value]) if value < len(shares) else 0.0

    def found(self, left: Mask, counts: Counts, pairs: tuple[Pair, ...]) -> Found:
        """Some conditions with what they hold for."""
        rows = self.rows(left, pairs)
        worth = float(self.capped[rows].sum())
        return Found(pairs, int(rows.sum()), worth, *self.shares(counts, self.counts(rows), pairs))

    def cap(self, left: Mask) -> None:
        """Count no row of what is left for more than the fifth largest: one finding is no cause."""
        heaviest = np.sort(self.weights[left])[-LEAST:]
        self.capped = np.minimum(self.weights, heaviest[0] if len(heaviest) else 0.0)


def search(ground: Ground, names: Sequence[str]) -> Iterator[tuple[Found, Mask]]:
    """Explanations of the weights with the rows they hold for, the best first, each of what those before it left."""
    total = float(ground.weights.sum())
    left: Mask = np.ones(len(ground.weights), np.bool_)
    for _ in range(MOST):
        best = _best(ground, names, left)
        if best is None:
            return
        rows = ground.rows(left, best.pairs)
        if float(ground.weights[rows].sum()) < WORTH * total:
            return
        yield _with_same(ground, names, left, rows, best), rows
        left = left & ~rows
        if float(ground.weights[left].sum()) <= (1 - ENOUGH) * total:
            return


def _best(ground: Ground, names: Sequence[str], left: Mask) -> Found | None:
    """The explanation of what is left that accounts for most money beyond chance."""
    counts = ground.counts(left)
    ground.cap(left)
    singles = sorted(_singles(ground, names, left, counts), key=lambda each: each.order)
    tried = max(1, len(singles))
    narrow = (_narrowed(ground, names, left, counts, each) for each in singles[:STARTS])
    chosen = [each for each in singles if _is_real(each, tried)]
    chosen += [each for each in narrow if each is not None and _is_real(each, tried * tried)]
    if not chosen:
        return None
    first = min(chosen, key=lambda each: each.order)
    better = _narrowed(ground, names, left, counts, first)
    if better is not None and _is_real(better, tried * tried):
        first = better
    return _without_idle(ground, left, counts, first)


def _without_idle(ground: Ground, left: Mask, counts: Counts, found: Found) -> Found:
    """The explanation without conditions that leave out no finding and less than half of what was examined."""
    rows = ground.rows(left, found.pairs)
    for pair in found.pairs:
        others = tuple(each for each in found.pairs if each != pair)
        if others and np.array_equal(ground.rows(left, others), rows):
            wider = ground.found(left, counts, others)
            if (wider.expected or 0.0) < LIFT * (found.expected or 0.0):
                return _without_idle(ground, left, counts, wider)
    return found


def _singles(ground: Ground, names: Sequence[str], left: Mask, counts: Counts) -> Iterator[Found]:
    """Every single condition with enough rows whose values repeat; of each attribute those with most money."""
    rows = np.flatnonzero(left)
    weights, group = ground.capped[rows], ground.group[rows] + 1
    groups = len(counts)
    for name in names:
        codes = ground.codes[name][rows]
        kept = codes >= 0
        own, heavy = codes[kept], weights[kept]
        many = np.bincount(own)
        enough = np.flatnonzero(many >= LEAST)
        if not len(enough) or 2 * np.count_nonzero(many) > len(own):
            continue
        worth = np.bincount(own, heavy)
        held = np.bincount(own.astype(np.int64) * groups + group[kept], minlength=len(many) * groups)
        for value in enough[np.argsort(-worth[enough], kind="stable")][: 2 * STARTS]:
            pairs = ((name, int(value)),)
            per_group = held[value * groups : (value + 1) * groups]
            yield Found(pairs, int(many[value]), float(worth[value]), *ground.shares(counts, per_group, pairs))


def _is_real(each: Found, tried: int) -> bool:
    """Enough rows, clearly more frequent than outside, and not by chance, however many were tried."""
    if each.count < LEAST:
        return False
    if each.expected is None or each.count < LIFT * each.expected:
        return False
    if each.examined is None:
        return True
    return bool(pdtrc(each.count - 1, max(each.expected, 1e-9)) * tried < CHANCE)


def _narrowed(ground: Ground, names: Sequence[str], left: Mask, counts: Counts, start: Found) -> Found | None:
    """The same with more conditions, where they keep most of the money and leave out what is mostly right."""
    best = start
    while len(best.pairs) < JOINED:
        more = _narrower(ground, names, left, counts, best)
        if more is None:
            break
        best = more
    return None if best is start else best


def _narrower(ground: Ground, names: Sequence[str], left: Mask, counts: Counts, start: Found) -> Found | None:
    if start.count < LEAST or not start.expected:
        return None
    rows = np.flatnonzero(ground.rows(left, start.pairs))
    # Of very many rows some are looked at, always the same ones: every n-th.
    seen = rows[:: max(1, len(rows) // SEEN)]
    heavy = ground.capped[seen]
    total = float(heavy.sum())
    used = {name for name, _ in start.pairs}
    options: list[Found] = []
    for name in names:
        codes = ground.codes[name][seen]
        if name in used or not (codes >= 0).any():
            continue
        sums = np.bincount(codes + 1, heavy)[1:]
        value = int(sums.argmax())
        if sums[value] < KEPT * total:
            continue
        option = ground.found(left, counts, tuple(sorted((*start.pairs, (name, value)))))
        if option.worth >= KEPT * start.worth and _pays(start, option, len(names)):
            options.append(option)
    return min(options, key=lambda each: (each.expected or 0.0, each.pairs), default=None)


def _pays(start: Found, option: Found, tried: int) -> bool:
    """Whether the rows that a further condition leaves out are so much cleaner that it cannot be chance."""
    if not start.expected or option.expected is None:
        return False
    part = min(1.0, option.expected / start.expected)
    is_rarer = option.count / start.count >= LIFT * part
    return bool(is_rarer and bdtrc(option.count - 1, start.count, part) * tried < CHANCE)


def _with_same(ground: Ground, names: Sequence[str], left: Mask, rows: Mask, found: Found) -> Found:
    """The explanation with the single conditions that hold for the same rows of what is left, and no others."""
    first = int(np.argmax(rows))
    used = {name for name, _ in found.pairs}
    same = [
        (name, int(ground.codes[name][first]))
        for name in names
        if name not in used
        and ground.codes[name][first] != NONE
        and np.array_equal(ground.rows(left, ((name, int(ground.codes[name][first])),)), rows)
    ]
    return replace(found, same=tuple(same))
