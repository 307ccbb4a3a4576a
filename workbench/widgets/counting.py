"""Counts of every facet in one pass: each facet under all that is chosen in the others, exact to the last digit."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from workbench.matching.compiled import compiled

Array = np.ndarray[Any, Any]
SCALE = 4
# What a row adds to: nothing but the number of rows, or the findings and the money of its direction.
SUPPRESSED, OVER, UNDER, AT_RISK = 0, 1, 2, 3
ROWS, FINDINGS, RISKS, MONEY = 0, 1, 2, 3
LIMB = 32


@compiled
def _tally(  # noqa: PLR0912 - one loop over millions of rows: a call in it costs more than the work
    codes: Array,
    starts: Array,
    allowed: Array,
    active: Array,
    base: Array,
    kinds: Array,
    limbs: Array,
    counts: Array,
    totals: Array,
    totals_of: Array,
    passed: Array,
) -> None:
    parts = limbs.shape[1]
    for row in range(codes.shape[0]):
        if not base[row]:
            continue
        fails = 0
        failed = 0
        for place in range(active.shape[0]):
            facet = active[place]
            if not allowed[starts[facet] + codes[row, facet]]:
                fails += 1
                failed = facet
                if fails > 1:
                    break
        if fails > 1:
            continue
        # What fails in one facet alone still counts there: its own choice does not narrow its own values.
        first, end = (0, codes.shape[1]) if fails == 0 else (failed, failed + 1)
        kind = kinds[row]
        money = MONEY + (kind - OVER) * parts
        if fails == 0:
            passed[row] = True
            own = totals_of[row]
            totals[own, ROWS] += 1
            if kind != SUPPRESSED:
                totals[own, FINDINGS] += 1
                if kind == AT_RISK:
                    totals[own, RISKS] += 1
                else:
                    for part in range(parts):
                        totals[own, money + part] += limbs[row, part]
        for facet in range(first, end):
            place = starts[facet] + codes[row, facet]
            counts[place, ROWS] += 1
            if kind != SUPPRESSED:
                counts[place, FINDINGS] += 1
                if kind == AT_RISK:
                    counts[place, RISKS] += 1
                else:
                    for part in range(parts):
                        counts[place, money + part] += limbs[row, part]


@dataclass(frozen=True)
class Tally:
    """What one pass found: sums per value and currency of every facet, the totals per currency, the rows that passed.

    Columns of `counts` and `totals`: rows, findings, findings at risk, over-billed, under-billed (in limbs).
    """

    counts: Array
    totals: Array
    passed: Array
    starts: Array
    parts: int

    def of(self, facet: int) -> Array:
        """The sums of one facet, a row per pair of value and currency."""
        part: Array = self.counts[self.starts[facet] : self.starts[facet + 1]]
        return part

    def money(self, sums: Array) -> tuple[Decimal, Decimal]:
        """Over-billed and under-billed of one row of sums."""
        over, under = (whole(sums[MONEY + way * self.parts : MONEY + (way + 1) * self.parts]) for way in (0, 1))
        return over, under


def tally(
    codes: Array, sizes: list[int], chosen: dict[int, Array], base: Array, kinds: Array, limbs: Array, currency: int
) -> Tally:
    """Count every facet in one pass over the rows.

    `codes` holds a row's pair of value and currency in each facet, `sizes` how many pairs a facet has; `chosen` maps a
    facet to which of its pairs are chosen; `base` says which rows take part, and facet `currency` gives the totals.
    """
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    width = MONEY + 2 * limbs.shape[1]
    allowed = np.ones(starts[-1], dtype=np.bool_)
    for facet, wanted in chosen.items():
        allowed[starts[facet] : starts[facet + 1]] = wanted
    counts = np.zeros((starts[-1], width), dtype=np.int64)
    totals = np.zeros((max(sizes[currency], 1), width), dtype=np.int64)
    passed = np.zeros(codes.shape[0], dtype=np.bool_)
    active = np.array(sorted(chosen), dtype=np.int64)
    own = np.ascontiguousarray(codes[:, currency])
    _tally(codes, starts, allowed, active, base, kinds, limbs, counts, totals, own, passed)
    return Tally(counts, totals, passed, starts, limbs.shape[1])


def in_limbs(amounts: pa.Array) -> Array:
    """Decimals with four digits as whole numbers that can be added without overflow: rows x 1, or rows x 4 of 32 bits.

    Null is nothing.
    """
    words = _words(amounts)
    low, high = words[:, 0].view(np.int64), words[:, 1].view(np.int64)
    largest = int(np.abs(low).max(initial=0)) if np.array_equal(high, low >> 63) else 1 << 63
    if largest * max(len(low), 1) < 1 << 62:
        return np.ascontiguousarray(low[:, None])
    mask = np.uint64((1 << LIMB) - 1)
    parts = [words[:, 0] & mask, words[:, 0] >> np.uint64(LIMB), words[:, 1] & mask]
    return np.column_stack([*(part.astype(np.int64) for part in parts), high >> LIMB])


def whole(limbs: Array) -> Decimal:
    """The decimal that limbs stand for."""
    units = sum(int(part) << (LIMB * place) for place, part in enumerate(limbs))
    return Decimal(units).scaleb(-SCALE) if abs(units) < 10**27 else _exact(units)


def _exact(units: int) -> Decimal:
    # The default context rounds to 28 digits.
    sign, digits = "-" if units < 0 else "", f"{abs(units):0{SCALE + 1}d}"
    return Decimal(f"{sign}{digits[:-SCALE]}.{digits[-SCALE:]}")


def sizes_of(amounts: pa.Array) -> Array:
    """How large each decimal is without its sign, in ten-thousandths; what no 63 bits hold is the largest of all."""
    words = _words(amounts)
    low, high = words[:, 0].view(np.int64), words[:, 1].view(np.int64)
    return np.where(high == low >> 63, np.abs(low), np.iinfo(np.int64).max)


def _words(amounts: pa.Array) -> Array:
    """The two 64-bit words of each decimal, low one first; zero for null."""
    data = np.frombuffer(amounts.buffers()[1] or b"", dtype="<u8") if len(amounts) else np.empty(0, "<u8")
    words = data.reshape(-1, 2)[amounts.offset : amounts.offset + len(amounts)].copy()
    words[~_valid(amounts)] = 0
    return words


def _valid(amounts: pa.Array) -> Array:
    return np.asarray(amounts.is_valid())
