"""Document numbers found in free text: case, punctuation, blanks, leading zeros and full-width characters do not count.

A text is cut into parts, each a run of Latin letters, of digits or of other letters. A number is named *in full* when
its parts come in a row, *by its digits* when only they do, and *by its tail* when its last group of digits does.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.matching.compiled import compiled, each, parallel
from workbench.matching.items import Ints

FULL, DIGITS, TAIL = 0, 1, 2
# The longest row of parts that is looked up, and the most parts of a text that are read.
ROW, PARTS = 6, 512
KEYS = 5
LATIN, DIGIT, OTHER = 1, 2, 3


def text_bytes(column: pa.ChunkedArray) -> tuple[Ints, Ints]:
    """The bytes of all texts in a row and where each begins; a null is empty."""
    array = pc.fill_null(column.cast(pa.large_string()), "").combine_chunks()
    array = pa.concat_arrays(array.chunks) if isinstance(array, pa.ChunkedArray) else array
    buffers = array.buffers()
    offsets = np.frombuffer(buffers[1], np.int64)[array.offset : array.offset + len(array) + 1]
    text = np.frombuffer(buffers[2], np.uint8) if buffers[2] is not None and buffers[2].size else np.zeros(1, np.uint8)
    return text, offsets


@compiled
def read_character(text: Ints, at: int, end: int) -> tuple[int, int, int]:  # noqa: PLR0911 - one per script
    """The class of the character at a byte (0: it separates), itself in upper case, and its length in bytes."""
    c = text[at]
    if c < 0x80:
        if 48 <= c <= 57:
            return DIGIT, c, 1
        if 65 <= c <= 90:
            return LATIN, c, 1
        return (LATIN, c - 32, 1) if 97 <= c <= 122 else (0, c, 1)
    second = text[at + 1] if at + 1 < end else 0
    third = text[at + 2] if at + 2 < end else 0
    if c == 0xEF and second == 0xBC:
        if 0x90 <= third <= 0x99:
            return DIGIT, third - 0x60, 3
        return (LATIN, third - 0x60, 3) if 0xA1 <= third <= 0xBA else (0, 32, 3)
    if c == 0xEF and second == 0xBD and 0x81 <= third <= 0x9A:
        return LATIN, third - 0x40, 3
    if c == 0xD9 and 0xA0 <= second <= 0xA9:
        return DIGIT, second - 0x70, 2
    if (c == 0xE2 and second in {0x80, 0x81, 0x88}) or (c == 0xE3 and second == 0x80) or (c == 0xC2 and second < 0xC0):
        return 0, 32, 3 if c > 0xE0 else 2
    return OTHER, c, 1


@compiled
def cut(text: Ints, start: int, end: int, characters: Ints, parts: Ints) -> int:
    """Write the characters of a text and its parts (from, to, class, line); returns how many parts there are."""
    written, found, kind_before, line = 0, 0, 0, 0
    at = start
    while at < end and found < len(parts) and written < len(characters) - 4:
        kind, character, length = read_character(text, at, end)
        if kind == 0:
            line += character == 10
        else:
            if kind != kind_before:
                parts[found, 0] = written
                parts[found, 2] = kind
                parts[found, 3] = line
                found += 1
            characters[written] = character
            written += 1
            if kind == OTHER:
                while at + length < end and text[at + length] & 0xC0 == 0x80:
                    characters[written] = text[at + length]
                    written += 1
                    length += 1
                    if written >= len(characters) - 4:
                        break
            parts[found - 1, 1] = written
        kind_before = kind
        at += length
    return found


@compiled
def mixed(value: Any, more: Any) -> Any:
    """Two numbers as one of 64 bits."""
    h = (np.uint64(value) ^ (np.uint64(more) * np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xBF58476D1CE4E5B9)
    h ^= h >> np.uint64(29)
    h *= np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(32))


@compiled
def key(characters: Ints, parts: Ints, first: int, last: int, compact: bool, digits_only: bool) -> tuple[Any, int, int]:
    """A number for the parts [first, last): (hash, characters, digits).

    Zeros that lead a group of digits are left out, and two groups stay apart; `compact` runs everything together, where
    only zeros that lead the whole are left out.
    """
    h = np.uint64(1469598103934665603)
    length, digits, groups = 0, 0, 0
    for part in range(first, last):
        start, end, is_number = parts[part, 0], parts[part, 1], parts[part, 2] == DIGIT
        if digits_only and not is_number:
            continue
        if is_number:
            if not compact or length == 0:
                while start < end - 1 and characters[start] == 48:
                    start += 1
            if groups and not compact:
                h = (h ^ np.uint64(45)) * np.uint64(1099511628211)
            digits += end - start
        groups = groups + 1 if is_number else 0
        for at in range(start, end):
            h = (h ^ np.uint64(characters[at])) * np.uint64(1099511628211)
        length += end - start
    return mixed(h, length), length, digits


@compiled
def number_keys(characters: Ints, parts: Ints, found: int, keys: Ints) -> None:
    """The ways to name a document number: in full, run together, its digits, those run together, its tail; 0: none."""
    keys[:] = 0
    groups, last = 0, 0
    for part in range(found):
        if parts[part, 2] == DIGIT:
            groups += 1
            last = part
    if found == 0 or groups == 0:
        return
    full, _, digits = key(characters, parts, 0, found, False, False)
    keys[0] = mixed(full, FULL)
    keys[1] = mixed(key(characters, parts, 0, found, True, False)[0], FULL)
    if groups < found and digits >= 4:
        keys[2] = mixed(key(characters, parts, 0, found, False, True)[0], DIGITS)
        keys[3] = mixed(key(characters, parts, 0, found, True, True)[0], DIGITS)
    if groups > 1:
        tail, _, tail_digits = key(characters, parts, last, last + 1, False, False)
        if tail_digits >= 3:
            keys[4] = mixed(tail, TAIL)


@parallel
def all_number_keys(text: Ints, offsets: Ints, keys: Ints) -> None:
    """number_keys of each text, into rows of `keys`."""
    blocks = 64
    for block in each(blocks):
        characters = np.zeros(4096, np.uint8)
        parts = np.zeros((PARTS, 4), np.int32)
        for row in range(block * len(keys) // blocks, (block + 1) * len(keys) // blocks):
            found = cut(text, offsets[row], offsets[row + 1], characters, parts)
            number_keys(characters, parts, found, keys[row])


@parallel
def all_hashes(text: Ints, offsets: Ints, out: Ints) -> None:
    """A number of 64 bits for the bytes of each text, the same on every machine."""
    for row in each(len(out)):
        h = np.uint64(1469598103934665603)
        for at in range(offsets[row], offsets[row + 1]):
            h = (h ^ np.uint64(text[at])) * np.uint64(1099511628211)
        out[row] = mixed(h, offsets[row + 1] - offsets[row])
