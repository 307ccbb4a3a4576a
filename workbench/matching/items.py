"""Items: the two sides of a matching, whatever they are, and the numbers that the passes work on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import WorkbenchError
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
NO_DAY = np.int32(-(2**31) + 1)
Ints = npt.NDArray[Any]


@dataclass(frozen=True)
class Sides:
    """What is to be matched: `left` is set against `right`, and `payers` says which groups may pay for which.

    Both are Arrow tables with the columns of ITEM, of which only id, currency and amount must have values. An item
    without a group (a customer, an account) is found by its references alone. A right item of amount 0 is closed: it
    can be named and not matched. Raises WorkbenchError for a missing column, an id that comes twice, or an amount that
    is no money.
    """

    left: pa.Table
    right: pa.Table
    payers: pa.Table | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "left", as_items(self.left, "left"))
        object.__setattr__(self, "right", as_items(self.right, "right"))
        payers = self.payers if self.payers is not None else PAYER.empty_table()
        object.__setattr__(self, "payers", payers.select(PAYER.names).cast(PAYER))


def as_items(table: pa.Table, side: str) -> pa.Table:
    """A table with exactly the columns of ITEM, absent ones null; raises WorkbenchError where it cannot be one."""
    for name in ("id", "currency", "amount"):
        if name not in table.column_names:
            raise WorkbenchError(f"The {side} items have no column '{name}'.", f"give {', '.join(ITEM.names)}")
    columns = []
    for field in ITEM:
        if field.name not in table.column_names:
            columns.append(pa.nulls(table.num_rows, field.type))
            continue
        column = table[field.name]
        if field.name == "amount" and (pa.types.is_floating(column.type) or column.null_count):
            raise WorkbenchError(f"Amounts of the {side} items are floats or null.", "give exact decimals")
        try:
            columns.append(column.cast(field.type))
        except pa.ArrowException as error:
            raise WorkbenchError(f"'{field.name}' of the {side} items: {error}.", f"give {field.type}") from error
    columns[REFERENCES] = _without_null_texts(columns[REFERENCES])
    items = pa.table(columns, schema=ITEM).combine_chunks()
    _check_ids(items["id"], side)
    return items


def _without_null_texts(lists: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Lists of texts in which a null text is an empty one."""
    whole = pa.chunked_array([lists]) if isinstance(lists, pa.Array) else lists
    array = pa.concat_arrays(whole.chunks) if whole.num_chunks else pa.array([], ITEM.field("references").type)
    if not array.values.null_count:
        return array
    texts = pc.fill_null(array.values, "")
    return pa.ListArray.from_arrays(array.offsets, texts, mask=array.is_null() if array.null_count else None)


def _check_ids(ids: pa.ChunkedArray, side: str) -> None:
    if ids.null_count:
        raise WorkbenchError(f"{ids.null_count} of the {side} items have no id.", "give each item an id")
    distinct = pc.count_distinct(ids).as_py()
    if distinct < len(ids):
        counted = pc.value_counts(ids)
        twice = counted.field("values").filter(pc.greater(counted.field("counts"), 1))
        fix = f"make ids unique; '{pc.min(twice).as_py()}' is one of them"
        raise WorkbenchError(f"{len(ids) - distinct} of {len(ids)} ids of the {side} items come again.", fix)


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


def codes(*columns: tuple[pa.ChunkedArray, pa.ChunkedArray]) -> tuple[Ints, Ints]:
    """A number for each combination of values, the same number on both sides; -1 where one of them is null."""
    split = len(columns[0][0])
    code = np.zeros(split + len(columns[0][1]), np.int64)
    known = np.ones(len(code), bool)
    for left, right in columns:
        both = pa.chunked_array([*left.chunks, *right.chunks], left.type).combine_chunks()
        index = both.dictionary_encode()
        index = index.combine_chunks() if isinstance(index, pa.ChunkedArray) else index
        number = np.asarray(pc.fill_null(index.indices, -1).to_numpy(zero_copy_only=False)).astype(np.int64)
        known &= number >= 0
        joined = pa.array(code * (len(index.dictionary) + 1) + number).dictionary_encode()
        code = np.asarray(joined.indices.to_numpy(zero_copy_only=False)).astype(np.int64)
    code[~known] = -1
    return code[:split], code[split:]


def equal_pairs(left: tuple[Ints, Ints], right: tuple[Ints, Ints], most: int) -> tuple[Ints, Ints]:
    """Places of all pairs with the same block and amount; a left item with more than `most` has none."""
    keyed, wanted = (hashed(amount.astype(np.uint64), block) for block, amount in (right, left))
    order = np.argsort(keyed)
    keyed = keyed[order]
    start = np.searchsorted(keyed, wanted, "left")
    some = np.flatnonzero(keyed[np.minimum(start, len(keyed) - 1)] == wanted) if len(keyed) else start[:0]
    place, item = _expanded(order, start[some], np.searchsorted(keyed, wanted[some], "right"), most)
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
