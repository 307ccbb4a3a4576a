"""Bucket definitions: days without a hole and without an overlap, or a sentence that says where."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from workbench.errors import WorkbenchError
from workbench.language import mark
from workbench.language.retelling import retold

ENDS = (30, 60, 90, 120)
BEFORE = {"due": mark("not due"), "document": mark("0 days")}
NO_DATE, CREDITS, CASH = mark("no due date"), mark("credits"), mark("unapplied cash")
OWN = (NO_DATE, CREDITS, CASH)
OVER = mark("over {days}")
NAMES = (*BEFORE.values(), *OWN, OVER)
SPAN = re.compile(r"(?P<first>\d+)\s*-\s*(?P<last>\d+)")
OPEN = re.compile(r"(?:over|more than|>)\s*(?P<over>\d+)|(?P<from>\d+)\s*(?:\+|-\s*$)")
FIX = "give the last day of each, as 30,60,90,120, or whole spans, as 1-30,31-60,over 60"


@dataclass(frozen=True)
class Bucket:
    """Days from `first` to `last`, both in it; `last` None has no end."""

    name: str
    first: int
    last: int | None = None


Definition = str | Sequence[int] | Sequence[Bucket] | None


def definition(given: Definition = None) -> tuple[Bucket, ...]:
    """The buckets of days from 1 on that a definition says.

    `given` is the last day of each but the open one ("30,60,90,120" or [30, 60, 90, 120], the default), spans
    ("1-30,31-60,over 60"), or Buckets. Raises WorkbenchError where a day is in no bucket or in two.
    """
    if given is None:
        return _from_ends(ENDS)
    if isinstance(given, str):
        words = [word.strip() for word in given.split(",") if word.strip()]
        if all(word.isdecimal() for word in words):
            return _from_ends([int(word) for word in words])
        return checked([_from_word(word) for word in words])
    buckets = [bucket for bucket in given if isinstance(bucket, Bucket)]
    ends = [end for end in given if isinstance(end, int)]
    if buckets and not ends:
        return checked(buckets)
    return _from_ends(ends)


def _from_ends(ends: Sequence[int]) -> tuple[Bucket, ...]:
    if not ends:
        raise WorkbenchError("The buckets have no day.", FIX)
    for before, after in pairwise((0, *ends)):
        if after <= before:
            raise WorkbenchError(f"The buckets end on day {before} and then on day {after}, which is not later.", FIX)
    spans = [Bucket(f"{before + 1}-{after}", before + 1, after) for before, after in pairwise((0, *ends))]
    return checked([*spans, Bucket(f"over {ends[-1]}", ends[-1] + 1)])


def _from_word(word: str) -> Bucket:
    if found := SPAN.fullmatch(word):
        return Bucket(f"{int(found['first'])}-{int(found['last'])}", int(found["first"]), int(found["last"]))
    if found := OPEN.fullmatch(word):
        first = int(found["over"]) + 1 if found["over"] else int(found["from"])
        return Bucket(f"over {first - 1}", first)
    raise WorkbenchError(f"'{word}' is no bucket.", FIX)


def checked(buckets: Sequence[Bucket]) -> tuple[Bucket, ...]:
    """The same buckets, when every day from 1 on is in exactly one of them and every name is of one."""
    if not buckets:
        raise WorkbenchError("The buckets have no day.", FIX)
    if buckets[0].first > 1:
        raise WorkbenchError(
            f"The buckets leave out {_days(1, buckets[0].first - 1)}, before '{buckets[0].name}'.", FIX
        )
    if buckets[0].first < 1:
        raise WorkbenchError(f"The bucket '{buckets[0].name}' begins on day {buckets[0].first}, not on day 1.", FIX)
    for bucket in buckets:
        if bucket.last is not None and bucket.last < bucket.first:
            raise WorkbenchError(f"The bucket '{bucket.name}' ends before it begins.", FIX)
    for one, other in pairwise(buckets):
        if one.last is None or one.last >= other.first:
            raise WorkbenchError(f"The buckets '{one.name}' and '{other.name}' both hold day {other.first}.", FIX)
        if one.last + 1 < other.first:
            missing = _days(one.last + 1, other.first - 1)
            raise WorkbenchError(f"The buckets leave out {missing}, between '{one.name}' and '{other.name}'.", FIX)
    if buckets[-1].last is not None:
        raise WorkbenchError(f"The buckets leave out every day after day {buckets[-1].last}.", FIX)
    names = [bucket.name for bucket in buckets]
    taken = next((name for name in names if names.count(name) > 1 or name in {*OWN, *BEFORE.values()}), None)
    if taken is not None:
        raise WorkbenchError(f"The name '{taken}' is taken by another bucket.", "give each a name of its own")
    return tuple(buckets)


def _days(first: int, last: int) -> str:
    return f"day {first}" if first == last else f"the days {first} to {last}"


def bucket_words(name: str) -> str:
    """The name of a column of an ageing as a reader is told of it; a name of one's own stays."""
    return retold(name, NAMES)


def columns(buckets: Sequence[Bucket], by: str) -> tuple[str, ...]:
    """Every column of an ageing in order; what is open is in exactly one of them."""
    return (BEFORE[by], *(bucket.name for bucket in buckets), *OWN)
