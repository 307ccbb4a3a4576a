"""Orders of rows: by any columns, what is equal by severity and size, and nothing sorted twice."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.widgets.counting import Array, sizes_of
from workbench.widgets.facets import Facet
from workbench.widgets.view import MONEY_COLUMNS, SORT

PLAIN = {
    "subject": "subject_id", "reason": "reason", "finding": "finding_id", "date": "event_date",
    "impact": "impact_amount", "expected": "expected_amount", "billed": "billed_amount",
}  # fmt: skip
SHORT = 1 << 16


class Ordering:
    """Sorts the places of a findings table; the facets are the store's own and may change under it."""

    def __init__(self, rows: pa.Table, facets: Mapping[str, Facet]) -> None:
        self._rows, self._facets = rows, facets

    def by(self, sort: tuple[tuple[str, str], ...]) -> Array:
        """All places in an order; amounts within their currency, nothing there last."""
        order = self.first
        if sort == SORT:
            return order
        for name, way in reversed(sort):
            order = _sorted(order, self._ranks(name), way)
            if name in MONEY_COLUMNS:
                order = _sorted(order, self._currencies, "asc")
        return order

    @cached_property
    def first(self) -> Array:
        """The order a specialist starts with: the severest first, and the largest first within each currency."""
        sizes = sizes_of(one(self._rows["impact_amount"]))
        order = np.argsort(-sizes, kind="stable").astype(np.int32)
        return _sorted(_sorted(order, self._currencies, "asc"), self._ranks("severity"), "asc")

    @property
    def _currencies(self) -> Array:
        return self._ranks("currency")

    def _ranks(self, name: str) -> Array:
        """Each row's place by one column, equal ones the same; -1 where it has nothing there."""
        if name not in PLAIN:
            facet = self._facets["control" if name == "title" else name]
            ranks: Array = facet.ranks[facet.codes]
            return ranks
        column = one(self._rows[PLAIN[name]])
        ranks = np.asarray(pc.rank(column, tiebreaker="dense"), dtype=np.int64)
        return np.where(np.asarray(column.is_valid()), ranks, -1)


def one(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """A column in one piece."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _sorted(order: Array, ranks: Array, way: str) -> Array:
    last = int(ranks.max(initial=0)) + 1
    keys = np.where(ranks < 0, last, ranks if way == "asc" else last - 1 - ranks)
    # Numbers of 16 bits are sorted in a few milliseconds.
    small = keys.astype(np.uint16) if last < SHORT else keys
    sorted_order: Array = order[np.argsort(small[order], kind="stable")]
    return sorted_order
