"""Numbers that were mistyped: a text within one or two keystrokes of the number of an item with the same amount."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz.distance import OSA

from workbench.matching.combining import CANDIDATES, names_elsewhere
from workbench.matching.items import Ints, equal_pairs
from workbench.matching.texts import DIGITS, ROW
from workbench.matching.work import OWN, UNKNOWN, Work

PART = re.compile(r"[^\W\d_]+|\d+")
# Of five characters that are looked at, one may be mistyped and one may be a letter.
DIGITS_AT_LEAST = 3


def mistyped(work: Work) -> tuple[Ints, Ints]:
    """Pairs of open items of a customer with equal amounts where the text all but holds the number.

    Items are only ever taken out, so that what is close is looked for once.
    """
    if "mistyped" not in work.known:
        work.known["mistyped"] = (0, _close_pairs(work))
    left, right = work.known["mistyped"][1]
    still = work.left_open[left] & work.right_open[right]
    return left[still], right[still]


def _close_pairs(work: Work) -> tuple[Ints, Ints]:
    left, right = _equal_amounts(work)
    texts = work.sides.left["references"].take(left.tolist()).to_pylist() if len(left) else []
    numbers = work.sides.right["references"].take(right.tolist()).to_pylist() if len(right) else []
    close = np.array([is_close(tuple(text or ()), tuple(number or ()))
                      for text, number in zip(texts, numbers, strict=True)], dtype=bool)  # fmt: skip
    return left[close], right[close]


def _equal_amounts(work: Work) -> tuple[Ints, Ints]:
    edges = work.edges
    clear = np.ones(len(work.left.amount), bool)
    clear[edges.left[(edges.way <= DIGITS) & np.isin(edges.relation, (OWN, UNKNOWN))]] = False
    clear &= ~names_elsewhere(work)
    lefts = np.flatnonzero(work.left_open & (work.left.block >= 0) & clear)
    lefts = lefts[_with_number(work.sides.left["references"].take(pa.array(lefts)))]
    rights = np.flatnonzero(work.right_open & (work.right.block >= 0))
    left, right = equal_pairs(
        (work.left.block[lefts], work.left.amount[lefts]),
        (work.right.block[rights], work.right.amount[rights]),
        CANDIDATES,
    )
    return lefts[left], rights[right]


def _with_number(texts: pa.ChunkedArray) -> Ints:
    """Whether a text has the digits of at least a short number."""
    joined = pc.fill_null(pc.binary_join(texts, pa.scalar("\n", pa.large_string())), "")
    return np.asarray(pc.greater_equal(pc.count_substring_regex(joined, r"\p{Nd}"), DIGITS_AT_LEAST).to_numpy())


def is_close(texts: tuple[str, ...], numbers: tuple[str, ...]) -> bool:
    """Whether a row of parts of the texts is one keystroke from a number, or two where it has nine characters."""
    return any(
        OSA.distance(said, number, score_cutoff=most) <= most
        for number in _plain(numbers)
        for most in ((2 if len(number) >= 9 else 1),)
        if len(number) >= 5
        for said in _rows(texts)
        if abs(len(said) - len(number)) <= most
    )


@lru_cache(maxsize=4096)
def _plain(numbers: tuple[str, ...]) -> tuple[str, ...]:
    """Each number run together, with and without the zeros that lead its groups of digits."""
    parts = [_parts(number) for number in numbers]
    return tuple({*("".join(cut) for cut in parts), *("".join(map(_short, cut)) for cut in parts)})


@lru_cache(maxsize=4096)
def _rows(texts: tuple[str, ...]) -> tuple[str, ...]:
    rows = set()
    for text in texts:
        parts = _parts(text)[:64]
        for first in range(len(parts)):
            for last in range(first + 1, min(first + ROW, len(parts)) + 1):
                rows.add("".join(parts[first:last]))
                rows.add("".join(map(_short, parts[first:last])))
    return tuple(sorted(rows))


def _parts(text: str) -> list[str]:
    return PART.findall(unicodedata.normalize("NFKC", text[:4096]).upper())


def _short(part: str) -> str:
    return part.lstrip("0") or "0" if part.isdecimal() else part
