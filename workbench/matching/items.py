"""Items: the two sides of a matching, whatever they are, and the numbers that the passes work on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import WorkbenchError
from workbench.matching.compiled import together
from workbench.money import EXACT

MONEY = pa.decimal128(18, 4)
ITEM = pa.schema(
    [
        ("id", pa.large_string()),
        ("kind", pa.large_string()),
        ("entity", pa.large_string()),
        ("group", pa.large_string()),
        ("currency", pa.large_string()),
        ("amount", MONEY),
        ("day", pa.date32()),
        ("references", pa.list_(pa.large_string())),
        ("name", pa.large_string()),
        ("discount", MONEY),
        ("discount_until", pa.date32()),
    ]
)
REFERENCES = ITEM.get_field_index("references")
PAYER = pa.schema([("group", pa.large_string()), ("payer", pa.large_string())])
# Sixteen of them and one more still add up within 64 bits: 27 trillion of a currency each.
LARGEST = 2**58
# Numbers of pairs up to this are looked up in a table.
WIDE = 2**24
NO_DAY = np.int32(-(2**31) + 1)
Ints = npt.NDArray[Any]


@dataclass(frozen=True)
class Sides:
    """What is to be matched: `left` is set against `right`, and `payers` says which groups may pay for which.

    Both are Arrow tables with the columns of ITEM, of which only id, currency and amount must have values. An item
    without a group (a customer, an account) is found by its references alone. A right item of amount 0 is closed: it
    can be named and not matched. `marks` are the hashes of the ids. Raises WorkbenchError for a missing column, an id
    that comes twice, or an amount that is no money.
    """

    left: pa.Table
    right: pa.Table
    payers: pa.Table | None = None
    marks: tuple[Ints, Ints] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        left, right = together(partial(as_items, self.left, "left"), partial(as_items, self.right, "right"))
        object.__setattr__(self, "left", left)
        object.__setattr__(self, "right", right)
        marks = id_hashes(self.left["id"], "left"), id_hashes(self.right["id"], "right")
        object.__setattr__(self, "marks", marks)
        payers = self.payers if self.payers is not None else PAYER.empty_table()
        object.__setattr__(self, "payers", payers.select(PAYER.names).cast(PAYER))


def as_items(table: pa.Table, side: str) -> pa.Table:
    """A table with exactly the columns of ITEM, absent ones null; raises WorkbenchError where it cannot be one."""
    for name in ("id", "currency", "amount"):
        if name not in table.column_names:
            raise WorkbenchError(f"The {side} items have no column '{name}'.", f"give {', '.join(ITEM.names)}")
    columns = []
    for wanted in ITEM:
        if wanted.name not in table.column_names:
            columns.append(pa.nulls(table.num_rows, wanted.type))
            continue
        column = table[wanted.name]
        if wanted.name == "amount" and (pa.types.is_floating(column.type) or column.null_count):
            raise WorkbenchError(f"Amounts of the {side} items are floats or null.", "give exact decimals")
        try:
            columns.append(column.cast(wanted.type))
        except pa.ArrowException as error:
            raise WorkbenchError(f"'{wanted.name}' of the {side} items: {error}.", f"give {wanted.type}") from error
    columns[REFERENCES] = _without_null_texts(columns[REFERENCES])
    return pa.table(columns, schema=ITEM).combine_chunks()


def _without_null_texts(lists: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Lists of texts in which a null text is an empty one."""
    whole = pa.chunked_array([lists]) if isinstance(lists, pa.Array) else lists
    array = pa.concat_arrays(whole.chunks) if whole.num_chunks else pa.array([], ITEM.field("references").type)
    if not array.values.null_count:
        return array
    texts = pc.fill_null(array.values, "")
    return pa.ListArray.from_arrays(array.offsets, texts, mask=array.is_null() if array.null_count else None)


def id_hashes(ids: pa.ChunkedArray, side: str) -> Ints:
    """uint64 per id, by which items are put in an order that does not depend on how they came.

    Raises WorkbenchError where an id is missing or comes twice.
    """
    from workbench.matching.texts import all_hashes, text_bytes

    if ids.null_count:
        raise WorkbenchError(f"{ids.null_count} of the {side} items have no id.", "give each item an id")
    out = np.zeros(len(ids), np.uint64)
    all_hashes(*text_bytes(ids), out)
    ordered = np.sort(out)
    # Ids that are one have one number; the other way round is looked at only where it may be.
    if (ordered[1:] == ordered[:-1]).any():
        counted = pc.value_counts(ids)
        twice = counted.field("values").filter(pc.greater(counted.field("counts"), 1))
        if len(twice):
            fix = f"make ids unique; '{pc.min(twice).as_py()}' is one of them"
            again = len(ids) - len(counted)
            raise WorkbenchError(f"{again} of {len(ids)} ids of the {side} items come again.", fix)
    return out


def as_units(column: pa.ChunkedArray) -> Ints:
    """decimal(18, 4) as int64 ten-thousandths, exactly; a null is 0. No copy through Python objects."""
    parts = []
    for chunk in column.cast(MONEY).chunks:
        words = np.frombuffer(chunk.buffers()[1], np.int64)[2 * chunk.offset : 2 * (chunk.offset + len(chunk)) : 2]
        parts.append(np.where(_missing(chunk), 0, words) if chunk.null_count else words.copy())
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def as_money(units: Ints) -> pa.Array:
    """int64 ten-thousandths as decimal(18, 4), exactly."""
    words = np.empty((len(units), 2), np.int64)
    words[:, 0] = units
    words[:, 1] = units >> 63
    return pa.Array.from_buffers(MONEY, len(units), [None, pa.py_buffer(words)])


def as_days(column: pa.ChunkedArray) -> Ints:
    """Dates as int32 days; NO_DAY where there is none."""
    return np.asarray(pc.fill_null(column.cast(pa.int32()), NO_DAY.item()).to_numpy()).astype(np.int32)


def _missing(chunk: pa.Array) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.is_null(chunk).to_numpy(zero_copy_only=False))


def as_decimal(units: int) -> Decimal:
    """Ten-thousandths as an exact decimal."""
    return Decimal(units).scaleb(-4, EXACT)


def numbers(*columns: pa.ChunkedArray) -> tuple[list[Ints], int]:
    """A number from 0 on for each value, the same in all columns, -1 for none; and how many there are."""
    both = pa.chunked_array([chunk for column in columns for chunk in column.chunks], columns[0].type)
    index = both.combine_chunks().dictionary_encode()
    index = index.combine_chunks() if isinstance(index, pa.ChunkedArray) else index
    number = np.asarray(pc.fill_null(index.indices, -1).to_numpy(zero_copy_only=False)).astype(np.int64)
    ends = np.cumsum([len(column) for column in columns])
    return list(np.split(number, ends[:-1])), len(index.dictionary)


class Numbering:
    """Numbers for pairs of numbers, from 0 on without a gap; made of those that occur."""

    def __init__(self, pairs: tuple[tuple[Ints, Ints], ...], firsts: int, seconds: int) -> None:
        """`pairs` are arrays of two numbers each, below `firsts` and `seconds`; a pair with one below 0 is none."""
        self.seconds = seconds
        codes = [self._code(*pair) for pair in pairs]
        size = firsts * seconds
        self._table = np.zeros(0, np.int32)
        if size <= WIDE:
            seen = np.zeros(size + 1, bool)
            for code in codes:
                seen[code] = True
            seen[-1] = False
            self._table = np.where(seen, np.cumsum(seen) - 1, -1).astype(np.int32)
        else:
            known = np.unique(np.concatenate(codes))
            self._known = known[known >= 0]

    def _code(self, first: Ints, second: Ints) -> Ints:
        return np.asarray(np.where((first < 0) | (second < 0), -1, first * self.seconds + second))

    def of(self, first: Ints, second: Ints) -> Ints:
        """The numbers of pairs; -1 for one that does not occur."""
        code = self._code(first, second)
        if len(self._table):
            return np.asarray(self._table[code].astype(np.int64))
        place = np.minimum(np.searchsorted(self._known, code), max(len(self._known) - 1, 0))
        return np.asarray(np.where(self._known[place] == code, place, -1)) if len(self._known) else code * 0 - 1


def equal_pairs(
    left: tuple[Ints, Ints], right: tuple[Ints, Ints], most: int, *, cut: bool = False
) -> tuple[Ints, Ints]:
    """Places of all pairs with the same block and amount; a left item with more than `most` has none.

    With `cut` it has the first `most` of them, in the order in which the right items come.
    """
    keyed, wanted = (hashed(amount.astype(np.uint64), block) for block, amount in (right, left))
    order = np.argsort(keyed, kind="stable" if cut else "quicksort")
    keyed = keyed[order]
    start = np.searchsorted(keyed, wanted, "left")
    some = np.flatnonzero(keyed[np.minimum(start, len(keyed) - 1)] == wanted) if len(keyed) else start[:0]
    start, end = start[some], np.searchsorted(keyed, wanted[some], "right")
    place, item = _expanded(order, start, np.minimum(end, start + most) if cut else end, most)
    place = some[place]
    same = (left[0][place] == right[0][item]) & (left[1][place] == right[1][item])
    return place[same], item[same]


def hashed(values: Ints, code: Ints) -> Ints:
    """uint64 for pairs of a value and a code, as `mixed` in texts.py makes it."""
    with np.errstate(over="ignore"):
        h = (values ^ (code.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xBF58476D1CE4E5B9)
        h ^= h >> np.uint64(29)
        h *= np.uint64(0x94D049BB133111EB)
        return np.asarray(h ^ (h >> np.uint64(32)))


def near_pairs(left: tuple[Ints, Ints], right: tuple[Ints, Ints], reach: Ints, most: int) -> tuple[Ints, Ints]:
    """Places of all pairs of a block whose amounts are at most `reach` (per left item) apart."""
    order = np.lexsort((right[1], right[0]))
    keyed = _as_keys(right[0][order], right[1][order])
    start = np.searchsorted(keyed, _as_keys(left[0], left[1] - reach), "left")
    return _expanded(order, start, np.searchsorted(keyed, _as_keys(left[0], left[1] + reach), "right"), most)


def _expanded(order: Ints, start: Ints, end: Ints, most: int) -> tuple[Ints, Ints]:
    count = np.where(end - start > most, 0, end - start)
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return np.repeat(np.arange(len(start)), count), order[np.repeat(start, count) + step]


def _as_keys(block: Ints, amount: Ints) -> Ints:
    """Block and amount as one value that sorts as the pair does."""
    keys = np.empty(len(block), dtype=[("block", np.int64), ("amount", np.int64)])
    keys["block"], keys["amount"] = block, amount
    return keys


def distinct_pairs(match: Ints, item: Ints) -> tuple[Ints, Ints]:
    """Each pair of a match and an item once; neither is below 0."""
    if not len(match):
        return match, item
    span = int(item.max()) + 1
    pair = np.sort(match.astype(np.int64) * span + item)
    pair = pair[np.r_[True, pair[1:] != pair[:-1]]]
    return pair // span, pair % span


def total(units: Ints) -> int:
    """The exact sum of int64 ten-thousandths as a Python int, which does not overflow."""
    return (int((units >> 32).sum()) << 32) + int((units & 0xFFFFFFFF).sum())


def currency_rows(currency: pa.ChunkedArray) -> Iterator[tuple[str, Ints]]:
    """Each currency, in alphabetical order, with the rows that have it."""
    index = currency.combine_chunks().dictionary_encode()
    index = index.combine_chunks() if isinstance(index, pa.ChunkedArray) else index
    number = np.asarray(pc.fill_null(index.indices, -1).to_numpy(zero_copy_only=False))
    names = index.dictionary.to_pylist()
    for name in sorted(names):
        yield name, np.flatnonzero(number == names.index(name))
