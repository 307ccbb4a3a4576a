"""Orders that do not depend on how items came: by block, day and mark, or by id."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.matching.compiled import compiled, each, parallel
from workbench.matching.items import Ints
from workbench.matching.texts import text_bytes

# Up to this many rows a block is sorted by putting each in its place.
SHORT = 48
HEAD = 8


def starts_of(block: Ints, blocks: int) -> Ints:
    """Where the rows of each block begin once they lie together; one more entry for the end."""
    starts = np.zeros(blocks + 1, np.int64)
    np.cumsum(np.bincount(block, minlength=blocks), out=starts[1:])
    return starts


def arrange(block: Ints, day: Ints, mark: Ints) -> Ints:
    """The rows by block, day and mark, whatever order they came in; blocks are from -1 on."""
    shifted = block + 1
    starts = starts_of(shifted, int(shifted.max(initial=0)) + 1)
    order = _scattered(shifted, starts)
    _sort_within(order, starts, day, mark)
    return order


@compiled
def _scattered(block: Ints, starts: Ints) -> Ints:
    free = starts.copy()
    order = np.empty(len(block), np.int64)
    for row in range(len(block)):
        order[free[block[row]]] = row
        free[block[row]] += 1
    return order


@parallel
def _sort_within(order: Ints, starts: Ints, day: Ints, mark: Ints) -> None:
    for block in each(len(starts) - 1):
        first, last = starts[block], starts[block + 1]
        if last - first > SHORT:
            rows = order[first:last].copy()
            rows = rows[np.argsort(mark[rows], kind="mergesort")]
            order[first:last] = rows[np.argsort(day[rows], kind="mergesort")]
            continue
        for place in range(first + 1, last):
            row = order[place]
            at = place
            while at > first and (
                day[order[at - 1]] > day[row] or (day[order[at - 1]] == day[row] and mark[order[at - 1]] > mark[row])
            ):
                order[at] = order[at - 1]
                at -= 1
            order[at] = row


def by_text(column: pa.ChunkedArray, rows: Ints) -> Ints:
    """Some rows of a column of texts in the order of their bytes.

    Eight bytes behind what all begin with decide; only those that are alike there are compared in full.
    """
    if len(rows) < 2:
        return rows
    text, offsets = text_bytes(column)
    heads = np.empty(len(rows), np.uint64)
    _heads(text, offsets, rows, _shared(text, offsets, rows), heads)
    order = np.argsort(heads)
    heads, ordered = heads[order], rows[order]
    alike = np.zeros(len(rows), bool)
    alike[1:] = heads[1:] == heads[:-1]
    alike[:-1] |= alike[1:].copy()
    tied = np.flatnonzero(alike)
    if len(tied):
        exact = pc.sort_indices(column.take(pa.array(ordered[tied])))
        ordered[tied] = ordered[tied][exact.to_numpy()]
    return ordered


@compiled
def _shared(text: Ints, offsets: Ints, rows: Ints) -> int:
    """How many bytes all texts begin with alike."""
    first = offsets[rows[0]]
    most = offsets[rows[0] + 1] - first
    for row in rows:
        start, size = offsets[row], offsets[row + 1] - offsets[row]
        most = min(most, size)
        for at in range(most):
            if text[start + at] != text[first + at]:
                most = at
                break
    return int(most)


@parallel
def _heads(text: Ints, offsets: Ints, rows: Ints, skip: int, out: Ints) -> None:
    for place in each(len(rows)):
        start, end = offsets[rows[place]] + skip, offsets[rows[place] + 1]
        head = np.uint64(0)
        for at in range(start, start + HEAD):
            head = (head << np.uint64(8)) | np.uint64(text[at] if at < end else 0)
        out[place] = head
