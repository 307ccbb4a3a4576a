"""Bring one file's records into the engine as text, each with its number; nothing is typed or left out yet."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count, islice
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.engine.duck import PARQUET, quoted
from workbench.errors import WorkbenchError
from workbench.progress import Report
from workbench.snapshot import sha256
from workbench.sources.files import SourceFile
from workbench.sources.forms import NOTHING_TOLD, Told
from workbench.sources.records import fields, raw_records, records
from workbench.sources.scan import Scan, scan
from workbench.sources.sheets import open_book

MOST_COLUMNS = 5_000
CHUNK = 20_000
# Up to here a fraction of 64 bits holds every whole number.
MOST_WHOLE = 1 << 53
NO_TEXT = "is not text in the file's encoding"
HAS_NUL = "holds a NUL byte"
DELIMITERS = {";": "';'", "\t": "'\\t'", "|": "'|'"}


@dataclass(frozen=True)
class Staged:
    """One file, ready to be typed.

    `relation` is SQL that gives the columns c0, c1 ... of the header as text, _problem (what is wrong with the
    record as such, else null) and _row, its number. `raws` gives the records with ascending numbers as they came.
    Rows of a database have the `query` that gave them, and their hash is that of the Parquet they are kept in.
    """

    file: SourceFile
    sha256: str
    size: int
    encoding: str
    header: tuple[str, ...]
    relation: str
    records: int
    raws: Callable[[Iterable[int]], Iterator[str]]
    query: str = ""
    database: str = ""


@dataclass(frozen=True)
class Stage:
    """Where files are brought to: the engine, a folder for what is passing, and what the caller said of the files.

    `forms` collects the form of every column, table.column, that is not written canonically.
    """

    database: duckdb.DuckDBPyConnection
    scratch: Path
    delimiter: str
    encoding: str
    progress: Report
    told: Told = NOTHING_TOLD
    forms: dict[str, str] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)

    def add(self, file: SourceFile) -> Staged:
        """Stage one file by its kind; raises WorkbenchError where it is not what its name says."""
        if file.kind == ".parquet":
            return _parquet(self, file)
        return _workbook(self, file) if file.kind == ".xlsx" else _csv(self, file)

    def path(self, suffix: str) -> Path:
        """A name in the scratch folder that was not given before."""
        return self.scratch / f"stage-{next(self._numbers)}{suffix}"


def _csv(stage: Stage, file: SourceFile) -> Staged:
    delimiter = stage.delimiter or ","
    shape = _scan(stage, file, delimiter)
    if not stage.delimiter and (shown := shown_delimiter(shape)):
        delimiter = shown
        shape = _scan(stage, file, delimiter)
    header = read_header(file.name, shape, delimiter, given=bool(stage.delimiter))
    target = stage.path(".parquet")
    if not (shape.clean and _stage_fast(stage, shape, delimiter, len(header), target)):
        found = _stage_carefully(shape, delimiter, len(header), target)
        if shape.clean and found != shape.records:
            raise WorkbenchError(
                f"{file.name} holds {shape.records:,} rows by its quotes and {found:,} when read.",
                "please report this fault; nothing was loaded",
            )
    return Staged(
        file=file,
        sha256=shape.sha256,
        size=shape.size,
        encoding=shape.encoding,
        header=header,
        relation=_relation(target, len(header), has_problem=True),
        records=_parquet_rows(target),
        raws=lambda wanted: raw_records(shape, delimiter, wanted),
    )


def _scan(stage: Stage, file: SourceFile, delimiter: str) -> Scan:
    return scan(
        file.path,
        stage.path(".csv"),
        delimiter=delimiter,
        encoding=stage.encoding,
        progress=lambda done, size: stage.progress(f"reading {file.name}", done, size),
    )


def shown_delimiter(shape: Scan) -> str:
    """The one delimiter that a header without commas has; empty where it has a comma, none, or several."""
    first = next(records(shape, ","), None)
    text = first.raw.decode("utf-8", "replace") if first and not first.problem else ","
    others = [each for each in DELIMITERS if each in text]
    return others[0] if len(others) == 1 and "," not in text else ""


def read_header(name: str, shape: Scan, delimiter: str, *, given: bool) -> tuple[str, ...]:
    """The names of the columns; raises WorkbenchError where the first record cannot be a header."""
    first = next(records(shape, delimiter), None)
    if first is None:
        raise WorkbenchError(f"{name} is empty: it has not even a header.", "export it again, with column names")
    text = first.raw.decode("utf-8", "backslashreplace")
    if first.problem:
        raise WorkbenchError(f"The header of {name} {first.problem}.", "correct its first line")
    header = fields(text, delimiter)
    if len(header) > MOST_COLUMNS:
        raise WorkbenchError(f"{name} has {len(header):,} columns; no table has.", "look at its first line")
    for other, shown in DELIMITERS.items():
        if len(header) == 1 and other in text and other != delimiter:
            raise WorkbenchError(
                f"{name} has one column when read by '{delimiter}', and its header holds {shown}.",
                f"--delimiter {shown}",
            )
    if len(header) == 1 and given and "," in text:
        raise WorkbenchError(f"{name} has one column when read by '{delimiter}'.", "leave --delimiter out")
    return tuple(header)


def _stage_fast(stage: Stage, shape: Scan, delimiter: str, width: int, target: Path) -> bool:
    """Let the engine read the file; False where it does not see the records that the scan saw.

    The engine takes a row with one empty field too many, so the scan's count of delimiters has the last word.
    """
    if shape.delimiters != (shape.records + 1) * (width - 1):
        return False
    plain = shape.plain
    if set(str(plain)) & set("*?["):
        # The engine would take these for a pattern.
        plain = stage.path(".csv")
        plain.symlink_to(shape.plain.resolve())
    columns = ", ".join(f"'c{position}': 'varchar'" for position in range(width))
    try:
        stage.database.execute(
            f"""copy (
                select *, null::varchar as _problem from read_csv({quoted(str(plain))}, columns = {{{columns}}},
                    auto_detect = false, header = true, delim = {quoted(delimiter)}, quote = '"', escape = '"',
                    nullstr = '', strict_mode = true, parallel = {"false" if shape.multiline else "true"})
            ) to {quoted(str(target))} ({PARQUET})"""
        )
    except (duckdb.OutOfMemoryException, duckdb.IOException):
        raise
    except duckdb.Error:
        return False
    return _parquet_rows(target) == shape.records


def _stage_carefully(shape: Scan, delimiter: str, width: int, target: Path) -> int:
    """Read record by record; a broken one becomes a row with its problem and no fields. Returns how many."""
    found = records(shape, delimiter)
    next(found)
    return write_rows(
        target,
        width,
        (read_record(record.raw, record.problem, delimiter, width) for record in found),
    )


def read_record(raw: bytes, problem: str, delimiter: str, width: int) -> tuple[list[str] | None, str]:
    """The fields of a record, or none and what is wrong with it."""
    if problem:
        return None, problem
    try:
        values = fields(raw.decode(), delimiter)
    except UnicodeDecodeError:
        return None, NO_TEXT
    if b"\0" in raw:
        return None, HAS_NUL
    if len(values) != width:
        return None, f"has {len(values)} fields where the header has {width}"
    return values, ""


def write_rows(target: Path, width: int, rows: Iterator[tuple[list[str] | None, str]]) -> int:
    """Write rows as text columns c0, c1 ... and _problem to Parquet, empty ones as null; returns how many."""
    schema = pa.schema([(f"c{position}", pa.string()) for position in range(width)] + [("_problem", pa.string())])
    nothing = [None] * width
    count = 0
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        while chunk := list(islice(rows, CHUNK)):
            columns = zip(*((values or nothing) for values, _ in chunk), strict=True)
            arrays = [pa.array([value or None for value in column], pa.string()) for column in columns]
            problems = pa.array([problem or None for _, problem in chunk], pa.string())
            writer.write_table(pa.table([*arrays, problems], schema=schema))
            count += len(chunk)
    return count


def _relation(file: Path, width: int, *, has_problem: bool, floating: Collection[int] = ()) -> str:
    names = ", ".join(f"c{position}" for position in range(width))
    texts = ", ".join(f"{_text(position, position in floating)} as c{position}" for position in range(width))
    problem = ", _problem" if has_problem else ""
    return (
        f"(select {texts}, {'_problem' if has_problem else 'null::varchar as _problem'}, _at + 1 as _row from "
        f"read_parquet({quoted(str(file))}, file_row_number = true, hive_partitioning = false) "
        f"as stage({names}{problem}, _at))"
    )


def _text(position: int, is_floating: bool) -> str:
    """A column as text. A whole number is written without a point: it may be a key that was kept as a fraction."""
    text = f"cast(c{position} as varchar)"
    if not is_floating:
        return text
    whole = f"c{position} = trunc(c{position}) and abs(c{position}) < {MOST_WHOLE}"
    return f"case when {whole} then cast(cast(c{position} as bigint) as varchar) else {text} end"


def _parquet_rows(file: Path) -> int:
    return int(pq.read_metadata(file).num_rows)


def _parquet(stage: Stage, file: SourceFile) -> Staged:
    path = file.path
    if set(str(path)) & set("*?["):
        path = stage.path(".parquet")
        path.symlink_to(file.path.resolve())
    try:
        schema = pq.read_schema(path)
        header = tuple(schema.names)
        floating = {position for position, kind in enumerate(schema.types) if pa.types.is_floating(kind)}
        relation = _relation(path, len(header), has_problem=False, floating=floating)
        stage.database.execute(f"select * from {relation} limit 0")
        count = _parquet_rows(path)
    except (pa.ArrowException, duckdb.Error, OSError) as error:
        raise WorkbenchError(
            f"{file.name} is no Parquet file that can be read: {str(error).splitlines()[0][:120]}.", "export it again"
        ) from error
    stage.progress(f"reading {file.name}", 1, 1)
    return _without_text(stage, file, header, relation, count)


def _workbook(stage: Stage, file: SourceFile) -> Staged:
    book = open_book(file.path)
    sheet = file.sheet or next((each.name for each in book.sheets), "")
    rows = (row for row in book.rows(sheet) if any(row))
    header = tuple(next(rows, []))
    if not header:
        raise WorkbenchError(f"Sheet '{file.sheet}' of {file.name} is empty.", "give it a header with column names")
    target = stage.path(".parquet")
    count = write_rows(target, len(header), ((row, HAS_NUL if "\0" in "".join(row) else "") for row in rows))
    stage.progress(f"reading {file.name}", 1, 1)
    relation = _relation(target, len(header), has_problem=True)
    return _without_text(stage, file, header, relation, count)


def staged_rows(
    stage: Stage,
    file: SourceFile,
    header: tuple[str, ...],
    rows: Iterator[tuple[list[str] | None, str]],
    *,
    query: str,
    database: str,
) -> Staged:
    """Stage rows that come from no file, each as (texts, problem)."""
    target = stage.path(".parquet")
    count = write_rows(target, len(header), rows)
    relation = _relation(target, len(header), has_problem=True)
    kept = SourceFile(target, file.name)
    return replace(_without_text(stage, kept, header, relation, count), query=query, database=database)


def _as_json(
    database: duckdb.DuckDBPyConnection, relation: str, header: tuple[str, ...], wanted: Iterable[int]
) -> Iterator[str]:
    """The rows with these numbers as JSON objects of text."""
    numbers = iter(wanted)
    while some := list(islice(numbers, CHUNK)):
        found = database.execute(
            f"select _row, * exclude (_row, _problem) from {relation} where _row in (select unnest($some))",
            {"some": some},
        ).fetchall()
        texts = {row[0]: json.dumps(dict(zip(header, row[1:], strict=True)), ensure_ascii=False) for row in found}
        yield from (texts[number].replace("\0", "\\x00") for number in some)


def _without_text(stage: Stage, file: SourceFile, header: tuple[str, ...], relation: str, count: int) -> Staged:
    """What was staged of a file whose rows are no text of their own: a reject shows its values as JSON."""
    return Staged(
        file=file,
        sha256=sha256(file.path),
        size=file.path.stat().st_size,
        encoding="",
        header=header,
        relation=relation,
        records=count,
        raws=lambda wanted: _as_json(stage.database, relation, header, wanted),
    )
