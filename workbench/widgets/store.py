"""Candidates in memory: facets, totals, orders and pages for a grid that holds only the rows it shows."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import WorkbenchError, nearest
from workbench.findings import Findings
from workbench.language import say
from workbench.money import grouped
from workbench.widgets import counting
from workbench.widgets.counting import Array, Tally, in_limbs, tally
from workbench.widgets.facets import (
    DECISIONS,
    DIRECTIONS,
    FIXED,
    NEWEST_FIRST,
    SEVERITIES,
    Facet,
    Pairs,
    bands_of,
    facet_of,
    family_in_words,
    mapped,
    months_of,
)  # fmt: skip
from workbench.widgets.features import Features
from workbench.widgets.ordering import Ordering, one
from workbench.widgets.view import FACETS, FACETS_IN_SHORT, View

VALUES_SHOWN = 6
COLUMN_OF = {
    "control": "control_id", "severity": "severity", "direction": "direction", "customer": "customer_id",
    "entity": "entity_id", "currency": "currency", "suppressed": "suppressed_by",
}  # fmt: skip
AMOUNT_OF = {"impact": "impact_amount", "expected": "expected_amount", "billed": "billed_amount"}
SEARCHED = ("reason", "subject_id", "finding_id")
SEARCHED_FACETS = ("control", "customer", "product", "entity", "owner", "cause")
KINDS = {"over_billed": counting.OVER, "under_billed": counting.UNDER, "at_risk": counting.AT_RISK}
KEPT = 12
Kept = TypeVar("Kept")


@dataclass(frozen=True)
class Sums:
    """Rows, the findings among them, findings at risk, and money both ways, of one currency (None: of none)."""

    currency: str | None
    rows: int
    findings: int
    at_risk: int
    over: Decimal
    under: Decimal


@dataclass(frozen=True)
class Value:
    """A value of a facet with what it counts; `money` has an entry per currency."""

    value: str | None
    label: str
    rows: int
    money: tuple[Sums, ...]


@dataclass(frozen=True)
class Facts:
    """A facet under all that is chosen elsewhere: its first values, and how many there are."""

    name: str
    values: tuple[Value, ...]
    every: int


class Store:
    """Every candidate of a run, ready to be counted, ordered and paged: all facets of a million in a tenth of a second.

    Methods may be called from any thread.
    """

    def __init__(self, findings: Findings, features: Features | None = None) -> None:
        self.findings = findings
        self.features = features or Features()
        self.titles = {line.control.id: say(line.control.title) for line in findings.funnel}
        self.rows = findings.table.combine_chunks()
        self._names = list(FACETS)
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.RLock()
        self._facets = {facet.name: facet for facet in self._first_facets()}
        self._ordering = Ordering(self.rows, self._facets)
        self._pairs: dict[str, Pairs] = {}
        self._codes = np.empty((self.rows.num_rows, len(FACETS)), dtype=np.int32)
        for name in FACETS:
            self._code(name)
        self._limbs = in_limbs(self.column("impact_amount"))
        self._is_finding = ~np.asarray(self.column("suppressed_by").is_valid())
        kind_of = [KINDS.get(value or "", 0) for value in self.facet("direction").values]
        kinds = np.array(kind_of, dtype=np.int8)[self.facet("direction").codes]
        self._kinds = np.where(self._is_finding, kinds, counting.SUPPRESSED).astype(np.int8)

    def column(self, name: str) -> pa.Array:
        """A column of the findings table in one piece."""
        return one(self.rows[name])

    def _first_facets(self) -> Iterable[Facet]:
        names, nothing = self.features.names, pa.nulls(self.rows.num_rows, pa.string())
        titles = {name: f"{name} {title}" for name, title in self.titles.items()}
        labels = {
            **names,
            "control": titles,
            "direction": {value: say(words) for value, words in DIRECTIONS.items()},
            "severity": {value: say(value) for value in SEVERITIES},
        }
        plain = {name: facet_of(name, self.column(own), labels.get(name)) for name, own in COLUMN_OF.items()}
        families = {line.control.id: line.control.family for line in self.findings.funnel}
        family_words = {family: family_in_words(family) for family in families.values()}
        yield from plain.values()
        yield mapped("family", plain["control"], families.get, family_words)
        yield months_of(self.column("event_date"))
        yield bands_of(self.column("impact_amount"))
        yield facet_of("product", self.features.products if self.features.products is not None else nothing,
                       names.get("product"))  # fmt: skip
        yield facet_of("cause", nothing)
        yield self._decision_facet(pa.array(["open"]).take(pa.array(np.zeros(self.rows.num_rows, np.int32))))
        yield self._owner_facet(nothing)

    def _decision_facet(self, states: pa.Array) -> Facet:
        return facet_of("decision", states, {state: say(words) for state, words in DECISIONS.items()})

    def _owner_facet(self, deciders: pa.Array) -> Facet:
        own = self.features.owners
        return facet_of("owner", pc.coalesce(deciders, own) if own is not None else deciders,
                        self.features.names.get("owner"))  # fmt: skip

    def facet(self, name: str) -> Facet:
        """One facet with all its values."""
        return self._facets[name]

    def _code(self, name: str) -> None:
        pairs = self._facets[name].with_currency(self._facets["currency"])
        self._pairs[name] = pairs
        self._codes[:, self._names.index(name)] = pairs.codes

    def replace(self, **facets: Facet) -> None:
        """Put other facets in place of those of the same names: causes were found, or somebody decided."""
        with self._lock:
            for name, facet in facets.items():
                self._facets[name] = facet
                self._code(name)
            self._kept.clear()

    def set_decisions(self, states: pa.Array, owners: pa.Array) -> None:
        """Take over the state and the owner of every finding's decision."""
        self.replace(decision=self._decision_facet(states), owner=self._owner_facet(owners))

    def set_causes(self, causes: pa.Array, words: Mapping[str, str] | None = None) -> None:
        """Take over the cause of every finding, and how each is said."""
        self.replace(cause=facet_of("cause", causes, words))

    def _keep(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """What was made for a key before, else made now; the oldest is forgotten first."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = make()
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            kept: Kept = self._kept[key]
            return kept

    # Which rows, and how many

    def tally(self, view: View) -> Tally:
        """Every facet counted under a view, and the rows that it shows."""
        return self._keep(("tally", _narrowing(view)), lambda: self._tally(view))

    def _tally(self, view: View) -> Tally:
        base = np.ones(self.rows.num_rows, np.bool_) if view.suppressed else self._is_finding
        if view.search:
            base = base & self._keep(("search", view.search), lambda: self._hits(view.search))
        if view.findings:
            ids = pa.array(view.findings, pa.string())
            base = base & np.asarray(pc.is_in(self.column("finding_id"), value_set=ids))
        names = self._names
        chosen = {names.index(name): self._wanted(name, values) for name, values in view.facets.items() if values}
        sizes = [len(self._pairs[name].values) for name in names]
        return tally(self._codes, sizes, chosen, base, self._kinds, self._limbs, names.index("currency"))

    def _wanted(self, name: str, values: Iterable[str | None]) -> Array:
        places = self._facets[name].places
        wanted = np.zeros(len(places), dtype=np.bool_)
        wanted[[places[value] for value in values if value in places]] = True
        marked: Array = wanted[self._pairs[name].values]
        return marked

    def _hits(self, words: str) -> Array:
        """The rows that the words are found in, as they are: reason, ids, and what some facets say."""
        hits = np.zeros(self.rows.num_rows, dtype=np.bool_)
        for name in SEARCHED:
            found = pc.match_substring(self.column(name), words, ignore_case=True)
            hits |= np.asarray(pc.fill_null(found, False))
        low = words.lower()
        for name in SEARCHED_FACETS:
            facet = self._facets[name]
            says = np.array([low in said for said in facet.words], dtype=np.bool_)
            if says.any():
                hits |= says[facet.codes]
        return hits

    def totals(self, view: View) -> list[Sums]:
        """Per currency: rows shown, findings among them, and the findings' money both ways."""
        return self._by_currency(self.tally(view))

    def _by_currency(self, counted: Tally) -> list[Sums]:
        lines = [(place, line) for place, line in enumerate(counted.totals) if line[counting.ROWS]]
        found = [self._sums("currency", place, line, counted) for place, line in lines]
        return sorted(found, key=lambda sums: (sums.currency is None, sums.currency))

    def sums_of(self, mask: Array) -> list[Sums]:
        """The same of any rows, a mask over the findings table."""
        place = self._names.index("currency")
        codes = np.ascontiguousarray(self._codes[mask][:, [place]])
        sizes = [len(self._pairs["currency"].values)]
        counted = tally(codes, sizes, {}, np.ones(len(codes), np.bool_), self._kinds[mask], self._limbs[mask], 0)
        return self._by_currency(counted)

    def facts(self, name: str, view: View, limit: int = VALUES_SHOWN, find: str = "") -> Facts:
        """A facet's first values under everything else that is chosen, each with rows and money per currency.

        First are the commonest, the severest and the newest; chosen values are always among them. `find` keeps the
        values whose words hold it.
        """
        counted = self.tally(view)
        facet, pairs = self._facets[name], self._pairs[name]
        sums = counted.of(self._names.index(name))
        rows = np.zeros(len(facet.values), dtype=np.int64)
        np.add.at(rows, pairs.values, sums[:, counting.ROWS])
        here = np.flatnonzero(rows)
        if find:
            low, none = find.lower(), say("none")
            here = here[[low in facet.words[place] or (not place and low in none) for place in here]]
        if name in NEWEST_FIRST:
            order = np.lexsort((-here, here == 0))
        elif name in FIXED:
            order = np.lexsort((here, here == 0))
        else:
            order = np.lexsort((here, -rows[here]))
        first = list(here[order][:limit])
        chosen = [facet.places[value] for value in view.facets.get(name, ()) if value in facet.places]
        first += [place for place in chosen if place not in first]
        values = tuple(self._value(facet, place, int(rows[place]), sums, counted) for place in first)
        return Facts(name, values, len(here))

    def _value(self, facet: Facet, place: int, rows: int, sums: Array, counted: Tally) -> Value:
        own = np.flatnonzero(self._pairs[facet.name].values == place)
        money = [self._sums(facet.name, int(pair), sums[pair], counted) for pair in own if sums[pair, counting.ROWS]]
        ordered = tuple(sorted(money, key=lambda line: (line.currency is None, line.currency)))
        return Value(facet.values[place], facet.label(facet.values[place]), rows, ordered)

    def _sums(self, name: str, pair: int, sums: Array, counted: Tally) -> Sums:
        currency = self._facets["currency"].values[int(self._pairs[name].currencies[pair])]
        over, under = counted.money(sums)
        rows, findings, at_risk = (int(sums[place]) for place in range(counting.MONEY))
        return Sums(currency, rows, findings, at_risk, over, under)

    def unknown(self, view: View) -> list[str]:
        """A sentence for each chosen value that no candidate has, with the nearest ones that some have."""
        found = []
        for name, values in view.facets.items():
            every = self._facets[name]
            for value in values:
                if value not in every.places:
                    close = nearest(str(value), [other for other in every.values if other is not None])
                    text = say(
                        "No finding has {facet} '{value}': {close}",
                        facet=say(FACETS_IN_SHORT[name]).lower(), value=value or say("none"), close=close,
                    )  # fmt: skip
                    found.append(text)
        if view.findings:
            here = pc.is_in(pa.array(view.findings), value_set=self.column("finding_id")).to_pylist()
            gone = [name for name, is_here in zip(view.findings, here, strict=True) if not is_here]
            if gone:
                near = nearest(gone[0], self.column("finding_id").slice(0, 50_000).to_pylist()) if self.rows else ""
                text = say(
                    "{count} of the ids are no finding's here, as '{name}': {close}",
                    count=f"{len(gone):,}", name=gone[0], close=near,
                )  # fmt: skip
                found.append(text)
        return found

    # In which order

    def order(self, view: View) -> Array:
        """The places of all rows that a view shows, in its order."""
        key = ("order", _narrowing(view), view.sort)
        return self._keep(key, lambda: self._shown(view))

    def _shown(self, view: View) -> Array:
        every = self._keep(("sort", view.sort), lambda: self._ordering.by(view.sort))
        shown: Array = every[self.tally(view).passed[every]]
        return shown

    def page(self, view: View, start: int, count: int) -> list[dict[str, Any]]:
        """Rows [start, start + count) of a view in its order, as in the findings table, and what the facets say."""
        return self.at(self.order(view)[max(0, start) : max(0, start) + count])

    def at(self, places: Array) -> list[dict[str, Any]]:
        """The rows at some places, with their family, cause, product, owner, month and decision."""
        rows: list[dict[str, Any]] = self.rows.take(pa.array(places, pa.int32())).to_pylist()
        for name in ("family", "cause", "product", "owner", "month", "decision"):
            facet = self._facets[name]
            for row, code in zip(rows, facet.codes[places], strict=True):
                row[name] = facet.values[code]
        return rows

    def table(self, view: View) -> pa.Table:
        """The rows that a view shows, in its order, as the findings table has them."""
        return self.rows.take(pa.array(self.order(view), pa.int32()))

    def place(self, finding_id: str) -> int:
        """Where a candidate stands in the findings table; WorkbenchError with the three nearest ids."""
        place = pc.index(self.column("finding_id"), finding_id).as_py()
        if place < 0:
            ids = self.column("finding_id").to_pylist()
            raise WorkbenchError(say("There is no finding '{name}' here.", name=finding_id), nearest(finding_id, ids))
        return int(place)

    @cached_property
    def widths(self) -> dict[str, int]:
        """How many characters the longest amount of each kind has, as text with its sign."""
        found = {}
        for name, own in AMOUNT_OF.items():
            sizes = pc.abs(self.column(own))
            parts = pa.table({"currency": self.column("currency"), "size": sizes}).group_by("currency")
            lines = parts.aggregate([("size", "max")]).to_pylist()
            found[name] = max([8, *(len(grouped(line["size_max"], line["currency"])) for line in lines)]) + 1
        return found


def _narrowing(view: View) -> Hashable:
    """What of a view decides which rows it shows."""
    facets = tuple((name, frozenset(view.facets[name])) for name in FACETS if view.facets.get(name))
    return (facets, view.search, view.suppressed, view.findings)
