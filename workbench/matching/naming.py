"""Who names whom: the edges from the texts of left items to the right items whose numbers they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.matching.compiled import compiled, each, parallel
from workbench.matching.items import Ints
from workbench.matching.ordering import SHORT, starts_of
from workbench.matching.texts import (
    DIGIT,
    DIGITS,
    FULL,
    KEYS,
    PARTS,
    ROW,
    TAIL,
    all_number_keys,
    cut,
    key,
    mixed,
    text_bytes,
)

# Edges kept per left item: first this many for each, then for those with more up to the second number.
FEW, MANY = 4, 512
# A number that so many documents of a book bear names none of them to a payer who is not known.
SHARED = 8
# Keys, who bears each, where each run begins, and how many high bits of a key number its run; 0: the block does.
Table = tuple[Ints, Ints, Ints, int]


@dataclass(frozen=True)
class Names:
    """Edges: left item, right item, and how the text names it (FULL, DIGITS, TAIL); each pair once, the best way."""

    left: Ints
    right: Ints
    way: Ints


def find_names(
    left: pa.ChunkedArray, right: pa.ChunkedArray, blocks: tuple[Ints, Ints], books: tuple[Ints, Ints]
) -> Names:
    """Edges between two columns of lists of texts.

    `blocks` and `books` are numbers per item (left, right): names by digits and tails count within a block (what a
    customer has in one currency), those in full within a book (an entity's in one currency); -1: in no block.
    """
    parent = np.asarray(pc.list_parent_indices(right.combine_chunks()).to_numpy()).astype(np.int64)
    keys = np.zeros((len(parent), KEYS), np.uint64)
    all_number_keys(*text_bytes(pa.chunked_array([pc.list_flatten(right.combine_chunks())])), keys)
    texts = pc.binary_join(left, pa.scalar("\n", pa.large_string()))
    text, offsets = text_bytes(texts)
    tables = _by_block(keys, parent, blocks[1]), _table(keys, parent, books[1])
    return _edges(text, offsets, tables, blocks[0], books[0], len(right))


def _table(keys: Ints, parent: Ints, book: Ints) -> Table:
    """Keys in order with the right items that bear them, and where each run of keys with equal high bits begins.

    A key counts within the book of its item, which is mixed into it.
    """
    coded = np.empty(len(keys), np.uint64)
    _code(keys, parent, book, coded)
    kept = np.flatnonzero(coded)
    bits = max(1, len(kept).bit_length())
    slot = (coded[kept] >> np.uint64(64 - bits)).astype(np.int64)
    starts = starts_of(slot, 1 << bits)
    flat, bears = _laid(coded[kept], parent[kept].astype(np.int32), slot, starts)
    _sort_runs(flat, bears, starts)
    return flat, bears, starts, bits


def _by_block(keys: Ints, parent: Ints, block: Ints) -> Table:
    """The same for keys that are looked up within a block: what a block has lies together."""
    known = np.flatnonzero(block[parent] >= 0)
    keys, parent = keys[known], parent[known]
    blocks = int(block.max(initial=0)) + 1
    starts = np.zeros(blocks + 1, np.int64)
    size = np.bincount(block[parent], np.count_nonzero(keys, axis=1), blocks)
    np.cumsum(size.astype(np.int64), out=starts[1:])
    flat, bears = np.empty(starts[-1], np.uint64), np.empty(starts[-1], np.int32)
    _lay_keys(keys, parent, block, starts.copy(), flat, bears)
    _sort_runs(flat, bears, starts)
    return flat, bears, starts, 0


@parallel
def _code(keys: Ints, parent: Ints, code: Ints, out: Ints) -> None:
    for row in each(len(keys)):
        key, of = keys[row, 0], code[parent[row]]
        out[row] = mixed(key, of) if key != 0 and of >= 0 else np.uint64(0)


@compiled
def _laid(keys: Ints, bears: Ints, slot: Ints, starts: Ints) -> tuple[Ints, Ints]:
    free = starts.copy()
    flat, who = np.empty(len(keys), np.uint64), np.empty(len(keys), np.int32)
    for row in range(len(keys)):
        at = free[slot[row]]
        flat[at], who[at] = keys[row], bears[row]
        free[slot[row]] = at + 1
    return flat, who


@compiled
def _lay_keys(keys: Ints, parent: Ints, block: Ints, free: Ints, flat: Ints, bears: Ints) -> None:
    for row in range(len(keys)):
        code = block[parent[row]]
        for way in range(keys.shape[1]):
            if keys[row, way] != 0:
                at = free[code]
                flat[at] = mixed(keys[row, way], code)
                bears[at] = parent[row]
                free[code] = at + 1


@parallel
def _sort_runs(flat: Ints, bears: Ints, starts: Ints) -> None:
    for run in each(len(starts) - 1):
        first, last = starts[run], starts[run + 1]
        if last - first > SHORT:
            order = np.argsort(flat[first:last], kind="mergesort")
            flat[first:last] = flat[first:last][order]
            bears[first:last] = bears[first:last][order]
            continue
        for place in range(first + 1, last):
            key, who = flat[place], bears[place]
            at = place
            while at > first and flat[at - 1] > key:
                flat[at], bears[at] = flat[at - 1], bears[at - 1]
                at -= 1
            flat[at], bears[at] = key, who


def _edges(text: Ints, offsets: Ints, tables: tuple[Table, Table], block: Ints, book: Ints, rights: int) -> Names:
    every = np.arange(len(offsets) - 1)
    counts, to, way = _look(text, offsets, every, tables, block, book, FEW)
    more = np.flatnonzero(counts > FEW)
    kept = np.where(counts > FEW, 0, counts)
    taken = np.arange(FEW)[None, :] < kept[:, None]
    left, right, ways = np.repeat(every, kept), to[taken], way[taken]
    if len(more):
        counts, to, way = _look(text, offsets, more, tables, block, book, MANY)
        taken = np.arange(MANY)[None, :] < counts[:, None]
        left = np.concatenate([left, np.repeat(more, np.minimum(counts, MANY))])
        right, ways = np.concatenate([right, to[taken]]), np.concatenate([ways, way[taken]])
    pair = left * (rights + 1) + right
    order = np.lexsort((ways, pair)) if len(more) or (np.diff(pair) <= 0).any() else np.arange(len(pair))
    pair, ways = pair[order], ways[order]
    first = np.r_[True, pair[1:] != pair[:-1]] if len(pair) else np.zeros(0, bool)
    return Names(pair[first] // (rights + 1), pair[first] % (rights + 1), ways[first])


def _look(
    text: Ints, offsets: Ints, rows: Ints, tables: tuple[Table, Table], block: Ints, book: Ints, width: int
) -> tuple[Ints, Ints, Ints]:
    counts = np.zeros(len(rows), np.int64)
    to = np.zeros((len(rows), width), np.int64)
    way = np.zeros((len(rows), width), np.int8)
    _look_up(text, offsets, rows, *tables, block, book, counts, to, way)
    return counts, to, way


@compiled
def _run(table: Table, code: int, wanted: Any) -> tuple[int, int]:
    """Where the run of a key begins and ends."""
    keys, _, starts, bits = table
    if bits == 0 and code >= len(starts) - 1:
        return 0, 0
    slot = np.int64(code) if bits == 0 else np.int64(wanted >> np.uint64(64 - bits))
    at, last = starts[slot], starts[slot + 1]
    end = last
    while at < end:
        middle = (at + end) // 2
        if keys[middle] < wanted:
            at = middle + 1
        else:
            end = middle
    end = at
    while end < last and keys[end] == wanted:
        end += 1
    return at, end


@parallel
def _look_up(
    text: Ints, offsets: Ints, rows: Ints, inner: Table, outer: Table, block: Ints, book: Ints,
    counts: Ints, to: Ints, way: Ints,
) -> None:  # fmt: skip
    pieces = 256
    for piece in each(pieces):
        characters = np.zeros(4096, np.uint8)
        parts = np.zeros((PARTS, 4), np.int32)
        taken = np.zeros(PARTS, np.bool_)
        for place in range(piece * len(rows) // pieces, (piece + 1) * len(rows) // pieces):
            row = rows[place]
            found = cut(text, offsets[row], offsets[row + 1], characters, parts)
            used = taken[:found]
            used[:] = False
            n = 0
            # Most payers have few items, and some have none.
            if 0 <= block[row] < len(inner[2]) - 1 and inner[2][block[row]] < inner[2][block[row] + 1]:
                for kind in (FULL, DIGITS, TAIL):
                    n = _windows(
                        characters, parts, found, used, inner, block[row], kind, MANY, n, to[place], way[place]
                    )
            if book[row] >= 0:
                n = _windows(characters, parts, found, used, outer, book[row], FULL, SHARED, n, to[place], way[place])
            counts[place] = n


@compiled
def _windows(
    characters: Ints, parts: Ints, found: int, used: Ints, table: Table, code: int, kind: int, most: int, n: int,
    to: Ints, way: Ints,
) -> int:  # fmt: skip
    """Look up every row of unused parts, the longest first; parts that name something are used."""
    bears = table[1]
    longest = 1 if kind == TAIL else min(ROW, found)
    for length in range(longest, 0, -1):
        for first in range(found - length + 1):
            if not _is_number(parts, used, first, length, kind):
                continue
            hit = False
            for compact in (False, True):
                h, size, digits = key(characters, parts, first, first + length, compact, False)
                alone = (first == 0 or parts[first - 1, 3] != parts[first, 3]) and (
                    first + length == found or parts[first + length, 3] != parts[first, 3]
                )
                if (kind == FULL and not alone and size < 4) or (kind == DIGITS and digits < 4):
                    continue
                at, end = _run(table, code, mixed(mixed(h, kind), code))
                if at == end or end - at > most:
                    continue
                for entry in range(at, end):
                    if n < len(to):
                        to[n] = bears[entry]
                        way[n] = kind
                    n += 1
                hit = True
                break
            if hit:
                used[first : first + length] = True
    return n


@compiled
def _is_number(parts: Ints, used: Ints, first: int, length: int, kind: int) -> bool:
    """Whether parts in a row are free, on one line, and such as this kind of name has."""
    digits = 0
    for part in range(first, first + length):
        if used[part] or parts[part, 3] != parts[first, 3]:
            return False
        digits += parts[part, 2] == DIGIT
    return digits > 0 and (kind == FULL or digits == length)
