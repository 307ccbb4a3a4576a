"""Who names whom: the edges from the texts of left items to the right items whose numbers they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.matching.compiled import compiled, each, parallel
from workbench.matching.items import Ints, hashed
from workbench.matching.texts import (
    DIGIT,
    DIGITS,
    FULL,
    KEYS,
    PARTS,
    ROW,
    TAIL,
    all_hashes,
    all_number_keys,
    cut,
    key,
    mixed,
)

# Edges kept per left item: first this many for each, then for those with more up to the second number.
FEW, MANY = 4, 512
# A number that so many documents of a book bear names none of them to a payer who is not known.
SHARED = 8
Table = tuple[Ints, Ints, Ints, int]


@dataclass(frozen=True)
class Names:
    """Edges: left item, right item, and how the text names it (FULL, DIGITS, TAIL); each pair once, the best way."""

    left: Ints
    right: Ints
    way: Ints


def text_bytes(column: pa.ChunkedArray) -> tuple[Ints, Ints]:
    """The bytes of all texts in a row and where each begins; a null is empty."""
    array = pc.fill_null(column.cast(pa.large_string()), "").combine_chunks()
    array = pa.concat_arrays(array.chunks) if isinstance(array, pa.ChunkedArray) else array
    buffers = array.buffers()
    offsets = np.frombuffer(buffers[1], np.int64)[array.offset : array.offset + len(array) + 1]
    text = np.frombuffer(buffers[2], np.uint8) if buffers[2] is not None and buffers[2].size else np.zeros(1, np.uint8)
    return text, offsets


def id_hashes(ids: pa.ChunkedArray) -> Ints:
    """uint64 per id, by which items are put in an order that does not depend on how they came."""
    text, offsets = text_bytes(ids)
    out = np.zeros(len(ids), np.uint64)
    all_hashes(text, offsets, out)
    return out


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
    inner = np.where(keys == 0, 0, hashed(keys, blocks[1][parent, None]))
    inner[blocks[1][parent] < 0] = 0
    outer = np.where(keys[:, :1] == 0, 0, hashed(keys[:, :1], books[1][parent, None]))
    texts = pc.binary_join(left, pa.scalar("\n", pa.large_string()))
    text, offsets = text_bytes(texts)
    tables = _by_block(inner, parent, blocks[1]), _table(outer, parent)
    return _edges(text, offsets, tables, blocks[0], books[0], len(right))


def _table(keys: Ints, parent: Ints) -> Table:
    """Keys in order with the right items that bear them, and where each run of 2^k keys with equal high bits begins."""
    flat = keys.ravel()
    bears = np.repeat(parent, keys.shape[1])
    is_key = flat != 0
    flat, bears = flat[is_key], bears[is_key]
    order = np.argsort(flat)
    flat, bears = flat[order], bears[order]
    bits = max(1, len(flat).bit_length())
    starts = np.searchsorted(flat >> np.uint64(64 - bits), np.arange((1 << bits) + 1, dtype=np.uint64))
    return flat, bears.astype(np.int32), starts.astype(np.int64), 0


def _by_block(keys: Ints, parent: Ints, block: Ints) -> Table:
    """The same for keys that are looked up within a block: what a block has lies together."""
    flat = keys.ravel()
    bears = np.repeat(parent, keys.shape[1])
    is_key = flat != 0
    flat, bears = flat[is_key], bears[is_key]
    blocks = int(block.max(initial=0)) + 1
    bits = np.uint64(max(1, blocks.bit_length()))
    code = block[bears].astype(np.uint64)
    order = np.argsort((code << (np.uint64(64) - bits)) | (flat >> bits))
    starts = np.zeros(blocks + 1, np.int64)
    np.cumsum(np.bincount(block[bears], minlength=blocks), out=starts[1:])
    return flat[order], bears[order].astype(np.int32), starts, int(bits)


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
    """Where the run of a key begins and ends; in a table by block, `bits` of its keys are left out of their order."""
    keys, _, starts, bits = table
    slot = np.int64(code)
    if bits and code >= len(starts) - 1:
        return 0, 0
    if not bits:
        high = 0
        while (1 << high) < len(starts) - 1:
            high += 1
        slot = np.int64(wanted >> np.uint64(64 - high))
    at, last = starts[slot], starts[slot + 1]
    end = last
    sought = wanted >> np.uint64(bits)
    while at < end:
        middle = (at + end) // 2
        if keys[middle] >> np.uint64(bits) < sought:
            at = middle + 1
        else:
            end = middle
    while at < last and keys[at] != wanted and keys[at] >> np.uint64(bits) == sought:
        at += 1
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
        for place in range(piece * len(rows) // pieces, (piece + 1) * len(rows) // pieces):
            row = rows[place]
            found = cut(text, offsets[row], offsets[row + 1], characters, parts)
            used = np.zeros(found, np.bool_)
            n = 0
            if block[row] >= 0:
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
