"""The facets of a run: each candidate's value in each of them as small whole numbers, and the words for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.language import mark, say
from workbench.widgets.counting import Array, sizes_of

SEVERITIES = (mark("critical"), mark("high"), mark("medium"), mark("low"))
DIRECTIONS = {"over_billed": mark("over-billed"), "under_billed": mark("under-billed"), "at_risk": mark("at risk")}
DECISIONS = {
    "open": mark("open"),
    "confirmed": mark("confirmed"),
    "waiting": mark("confirmed, waiting for approval"),
    "explained": mark("explained"),
    "accepted": mark("accepted"),
}
# Families of controls in words; another one is said as it is called.
FAMILIES = {
    "accuracy": mark("accuracy"),
    "authority": mark("authority"),
    "completeness": mark("completeness"),
    "cut_off": mark("cut-off"),
    "occurrence": mark("occurrence"),
    "process": mark("process"),
    "settlement": mark("settlement"),
    "valuation": mark("valuation"),
}
# Lower ends of the bands of an amount, in the currency's own unit.
BANDS = (0, 1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)
UNIT = 10_000
FIXED: dict[str, Sequence[str]] = {
    "severity": SEVERITIES,
    "direction": tuple(DIRECTIONS),
    "decision": tuple(DECISIONS),
    "amount": tuple(map(str, BANDS)),
}
NEWEST_FIRST = ("month",)


@dataclass(frozen=True)
class Facet:
    """One facet over all rows: `values` in their own order, None first; `codes` is each row's value among them.

    `labels` are the words for values that need some.
    """

    name: str
    values: tuple[str | None, ...]
    codes: Array
    labels: Mapping[str, str]

    def label(self, value: str | None) -> str:
        """A value in words."""
        return say("none") if value is None else self.labels.get(value, value)

    @cached_property
    def places(self) -> dict[str | None, int]:
        """The place of each value among the values."""
        return {value: place for place, value in enumerate(self.values)}

    @cached_property
    def words(self) -> tuple[str, ...]:
        """What search looks at: each value with its words, in small letters."""
        return tuple("" if value is None else f"{value}\n{self.label(value)}".lower() for value in self.values)

    @cached_property
    def ranks(self) -> Array:
        """The place of each value in the order people expect: fixed orders as they are, else by the words; none -1."""
        if self.name in FIXED or self.name in NEWEST_FIRST:
            order = np.arange(len(self.values)) - 1
        else:
            by_words = sorted(range(1, len(self.values)), key=lambda place: self.label(self.values[place]).casefold())
            order = np.full(len(self.values), -1)
            order[by_words] = np.arange(len(by_words))
        return order.astype(np.int32)

    def with_currency(self, currency: Facet) -> Pairs:
        """The pairs of value and currency that occur, and each row's pair."""
        every = len(currency.values)
        keys = self.codes.astype(np.int64) * every + currency.codes
        seen = np.zeros(len(self.values) * every, dtype=np.bool_)
        seen[keys] = True
        occurring = np.flatnonzero(seen)
        places = np.zeros(len(seen), dtype=np.int32)
        places[occurring] = np.arange(len(occurring), dtype=np.int32)
        return Pairs(places[keys], occurring // every, occurring % every)


@dataclass(frozen=True)
class Pairs:
    """The pairs of a facet's values with currencies: each row's pair, and each pair's value and currency."""

    codes: Array
    values: Array
    currencies: Array


def family_in_words(family: str) -> str:
    """A family of controls for reading."""
    return say(FAMILIES.get(family, family.replace("_", "-")))


def facet_of(name: str, column: pa.Array, labels: Mapping[str, str] | None = None) -> Facet:
    """A facet from a column of texts, null for none."""
    encoded = column.dictionary_encode()
    found: list[str] = encoded.dictionary.to_pylist()
    known = FIXED.get(name, ())
    fixed = {word: place for place, word in enumerate(known)}
    order = sorted(range(len(found)), key=lambda place: (fixed.get(found[place], len(known)), found[place]))
    new = np.zeros(len(found) + 1, dtype=np.int32)
    new[order] = np.arange(1, len(order) + 1)
    codes = np.asarray(pc.fill_null(encoded.indices, len(found)))
    return Facet(name, (None, *(found[place] for place in order)), new[codes], labels or {})


def mapped(name: str, other: Facet, word: Callable[[str], str | None], labels: Mapping[str, str]) -> Facet:
    """A facet that follows from another one, value by value."""
    words = [None if value is None else word(value) for value in other.values]
    return facet_of(name, pa.array(words, pa.string()).take(pa.array(other.codes)), labels)


def months_of(days: pa.Array) -> Facet:
    """The facet of months from dates."""
    numbers = pc.add(pc.multiply(pc.year(days), 12), pc.subtract(pc.month(days), 1))
    encoded = numbers.dictionary_encode()
    words = [f"{number // 12:04}-{number % 12 + 1:02}" for number in encoded.dictionary.to_pylist()]
    return facet_of("month", pa.array(words, pa.string()).take(encoded.indices))


def bands_of(impact: pa.Array) -> Facet:
    """The facet of amount bands, by the size of the impact; none where there is none."""
    ends = np.array(BANDS[1:], dtype=np.int64) * UNIT
    codes = (np.searchsorted(ends, sizes_of(impact), side="right") + 1).astype(np.int32)
    codes[~np.asarray(impact.is_valid())] = 0
    words = {str(low): say("{low} to {high}", low=f"{low:,}", high=f"{high:,}") for low, high in pairwise(BANDS)}
    words[str(BANDS[-1])] = say("{low} and more", low=f"{BANDS[-1]:,}")
    return Facet("amount", (None, *map(str, BANDS)), codes, words)
