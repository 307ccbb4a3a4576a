"""Type one piece of a CSV file column by column; what is not written plainly goes through the SQL of typing."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from workbench.engine.duck import quoted
from workbench.schema import Column, Table
from workbench.sources.cutting import Places
from workbench.sources.pieces import Irregular, Piece
from workbench.sources.staging import read_record
from workbench.sources.typed import AS_IS, typing

TYPES = {
    "id": pa.string(),
    "text": pa.string(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "time": pa.timestamp("us"),
    "money": pa.decimal128(18, 4),
    "price": pa.decimal128(18, 8),
    "quantity": pa.decimal128(18, 6),
    "rate": pa.decimal128(18, 8),
    "int": pa.int64(),
}
DAY = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
PATTERNS = {
    "date": f"^{DAY}$",
    "time": rf"^{DAY}([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{{1,6}})?)?)?$",
    "money": r"^[+-]?[0-9]{1,14}(\.[0-9]{1,4})?$",
    "price": r"^[+-]?[0-9]{1,10}(\.[0-9]{1,8})?$",
    "quantity": r"^[+-]?[0-9]{1,12}(\.[0-9]{1,6})?$",
    "rate": r"^[+-]?[0-9]{1,10}(\.[0-9]{1,8})?$",
    "int": "^-?[0-9]{1,18}$",
}
YES, NO = pa.array(["true", "t", "yes", "y", "1"]), pa.array(["false", "f", "no", "n", "0"])
FIRST_DAY = -719_162
DAY_MICROSECONDS = 86_400_000_000
BLANK = ord(" ")
LAST_ASCII = 127
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Plan:
    """How a file becomes a table: the position of each column, and how many fields a record has.

    `typist` gives an engine with the SQL of typing.
    """

    table: Table
    places: dict[str, int]
    width: int
    delimiter: str
    source: str
    typist: Callable[[], duckdb.DuckDBPyConnection]

    @property
    def columns(self) -> list[Column]:
        """The canonical columns that the file has."""
        return [self.table.columns[name] for name in self.places]

    @property
    def schema(self) -> pa.Schema:
        """What a typed piece looks like."""
        return pa.schema([*((column.name, TYPES[column.type]) for column in self.columns), ("_row", pa.int64())])

    @property
    def texts(self) -> pa.Schema:
        """What a piece looks like before it is typed."""
        names = [(name, pa.string()) for name in self.places]
        return pa.schema([*names, ("_row", pa.int64()), ("_problem", pa.string())])


@dataclass(frozen=True)
class Typed:
    """A piece as it is typed: its rows that are written plainly, and the others as texts, in their order.

    Rows are numbered from 1 within the piece; both kinds together are `count`.
    """

    accepted: pa.Table
    strange: pa.Table | None
    count: int
    bad_lines: int


def type_piece(plan: Plan, piece: Piece) -> Typed:
    """Type every record of a piece; raises Irregular where they cannot be told apart for sure."""
    texts = None if b"\0" in piece.data else _texts(plan, piece.data)
    broken: list[tuple[int, str]] = []
    lines = piece.lines
    count = lines
    bad_lines = 0
    if texts is None or texts.num_rows != lines or b'"' in piece.data:
        segment = piece.cut()
        count = len(segment.starts) if segment else 0
        if texts is None and segment:
            broken, rest, bad_lines = _without_broken(plan, piece, segment.starts, segment.ends)
            texts = _texts(plan, rest)
    if texts is None or texts.num_rows + len(broken) != count:
        raise Irregular
    numbers = np.delete(np.arange(1, count + len(piece.odd) + 1), [odd.number - 1 for odd in piece.odd])
    whole = np.delete(numbers, [number - 1 for number, _ in broken])
    texts = texts.append_column("_row", pa.array(whole)).append_column("_problem", pa.nulls(len(whole), pa.string()))
    typed, odd = _type(plan, texts)
    if not (broken or piece.odd or odd.any()):
        return Typed(typed, None, count, bad_lines)
    problems = _rows(plan, [(int(numbers[number - 1]), None, problem) for number, problem in broken])
    strange = pa.concat_tables([texts.filter(pa.array(odd)), problems, _rows(plan, _read_odd(plan, piece))])
    return Typed(
        typed.filter(pa.array(~odd)),
        strange.sort_by("_row"),
        count + len(piece.odd),
        bad_lines + sum(not _is_text(line) for odd in piece.odd for line in odd.raw.split(b"\n")),
    )


def type_strange(plan: Plan, strange: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Type rows that are not written plainly as the SQL of typing does: the accepted ones, and the rejected.

    Raises Irregular where one is lost.
    """
    sql = typing(plan.table, list(plan.places), f"(select *, {quoted(plan.source)} as _source from strange)")
    database = plan.typist()
    database.register("strange", strange)
    # To plan the reading of values takes half a second, so it is done once.
    database.execute(f"create or replace temp table read_values as {sql.rows}")
    accepted = database.sql(sql.accepted_of("read_values")).to_arrow_table().select(plan.schema.names)
    rejected = database.sql(sql.rejected_of("read_values")).to_arrow_table()
    database.execute("drop table read_values")
    database.unregister("strange")
    if accepted.num_rows + rejected.num_rows != strange.num_rows:
        raise Irregular
    return accepted.cast(plan.schema).sort_by("_row"), rejected.sort_by("_row")


def _texts(plan: Plan, data: bytes) -> pa.Table | None:
    """The fields of each record as text, empty ones as null; None where one is no text or has another number."""
    if not data:
        return pa.table({name: pa.array([], pa.string()) for name in plan.places})
    names = [f"c{place}" for place in range(plan.width)]
    chosen = [names[place] for place in plan.places.values()]
    try:
        found = csv.read_csv(
            pa.py_buffer(data),
            csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=names),
            csv.ParseOptions(delimiter=plan.delimiter, newlines_in_values=True),
            csv.ConvertOptions(
                column_types=dict.fromkeys(chosen, pa.string()),
                include_columns=chosen,
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid:
        return None
    return found.rename_columns(list(plan.places)).combine_chunks()


def _without_broken(plan: Plan, piece: Piece, starts: Places, ends: Places) -> tuple[list[tuple[int, str]], bytes, int]:
    """The records that are no text, hold a NUL or have too many or too few fields; the others; how many bad lines."""
    data = np.frombuffer(piece.data, np.uint8)
    delimiters = np.flatnonzero(data == ord(plan.delimiter))
    delimiters = delimiters[np.searchsorted(piece.quotes, delimiters) % 2 == 0]
    fields = np.searchsorted(delimiters, ends) - np.searchsorted(delimiters, starts)
    bad = fields != plan.width - 1
    bad[np.searchsorted(ends, np.flatnonzero(data == 0))] = True
    bad[_no_text(piece.data, starts, ends)] = True
    broken, kept, at, bad_lines = [], [], 0, 0
    for place in np.flatnonzero(bad).tolist():
        start, end = int(starts[place]), int(ends[place])
        raw = piece.data[start:end].removesuffix(b"\r")
        _, problem = read_record(raw, "", plan.delimiter, plan.width)
        if not problem:
            raise Irregular
        bad_lines += sum(not _is_text(line) for line in raw.split(b"\n"))
        broken.append((place + 1, problem))
        kept.append(piece.data[at:start])
        at = end + 1
    return broken, b"".join([*kept, piece.data[at:]]), bad_lines


def _is_text(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _no_text(data: bytes, starts: Places, ends: Places) -> list[int]:
    """The places of the records that are not UTF-8."""
    high = np.unique(np.searchsorted(ends, np.flatnonzero(np.frombuffer(data, np.uint8) > LAST_ASCII)))
    return [place for place in high.tolist() if not _is_text(data[starts[place] : ends[place]])]


Fields = tuple[int, list[str] | None, str]


def _read_odd(plan: Plan, piece: Piece) -> list[Fields]:
    return [(odd.number, *read_record(odd.raw, odd.problem, plan.delimiter, plan.width)) for odd in piece.odd]


def _rows(plan: Plan, rows: Sequence[Fields]) -> pa.Table:
    """Rows as (number, fields or None, problem)."""
    texts = {
        name: pa.array([(fields[place] or None) if fields else None for _, fields, _ in rows], pa.string())
        for name, place in plan.places.items()
    }
    numbers = pa.array([number for number, _, _ in rows], pa.int64())
    problems = pa.array([problem or None for _, _, problem in rows], pa.string())
    return pa.table({**texts, "_row": numbers, "_problem": problems}, schema=plan.texts)


def _type(plan: Plan, texts: pa.Table) -> tuple[pa.Table, Mask]:
    """The columns with their types, and which rows are to be read by the SQL instead, whatever they hold here."""
    columns, odd = [], []
    for column in plan.columns:
        values, strange = _column(column, texts[column.name].combine_chunks())
        columns.append(values)
        odd += [strange] if strange is not None else []
        if column.required and values.null_count:
            odd.append(_mask(values.is_null()))
    every = reduce(operator.or_, odd, np.zeros(texts.num_rows, np.bool_))
    return pa.table([*columns, texts["_row"]], schema=plan.schema), every


def _column(column: Column, texts: Any) -> tuple[Any, Mask | None]:
    if column.type in AS_IS:
        return texts, _begins_blank(texts)
    if column.type == "bool":
        return _bools(texts)
    kind = TYPES[column.type]
    # Arrow takes letters in a number (1e5, inf), which the SQL of typing reads otherwise or not at all.
    if column.type != "time" and _bytes(texts).max(initial=0) <= ord("9"):
        values = _cast(column, texts)
        if values is not None:
            return values, None
    plain = pc.match_substring_regex(texts, PATTERNS[column.type])
    odd = _mask(pc.invert(plain).fill_null(False))
    values = _cast(column, pc.if_else(plain, texts, None))
    if values is None:
        return pa.nulls(len(texts), kind), _mask(texts.is_valid())
    return values, odd


def _cast(column: Column, texts: Any) -> Any:
    """Texts as values; None where one is none, or may not be one as the SQL of typing reads it."""
    try:
        values = texts.cast(TYPES[column.type])
    except pa.ArrowInvalid:
        return None
    if column.type in {"date", "time"}:
        first = pc.min(values.cast(pa.int32() if column.type == "date" else pa.int64())).as_py()
        if first is not None and first < FIRST_DAY * (1 if column.type == "date" else DAY_MICROSECONDS):
            return None
    return values


def _bools(texts: Any) -> tuple[Any, Mask]:
    lower = pc.ascii_lower(texts)
    yes, no = pc.is_in(lower, YES), pc.is_in(lower, NO)
    odd = _mask(pc.and_(pc.invert(pc.or_(yes, no)), texts.is_valid()))
    return pc.if_else(texts.is_valid(), yes, None), odd


def _begins_blank(texts: Any) -> Mask | None:
    """Which texts begin with a blank or what is below it, so that they may be blank altogether; None: not one."""
    data = _bytes(texts)
    if not len(data):
        return None
    starts = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
    odd = (data[np.minimum(starts[:-1], len(data) - 1)] <= BLANK) & (starts[1:] > starts[:-1])
    return odd if odd.any() else None


def _bytes(texts: Any) -> npt.NDArray[np.uint8]:
    buffer = texts.buffers()[2]
    return np.frombuffer(buffer, np.uint8) if buffer and buffer.size else np.empty(0, np.uint8)


def _mask(values: Any) -> Mask:
    found: Mask = np.asarray(values.to_numpy(zero_copy_only=False), np.bool_)
    return found
