"""Read a CSV file of canonical columns in one pass: pieces typed side by side, rows to Parquet in their order."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workbench.engine.duck import quoted
from workbench.errors import WorkbenchError
from workbench.schema import Table
from workbench.settings import QUERIES, read_settings
from workbench.sources.files import SourceFile, columns_by_name
from workbench.sources.forms import NUMBERS, find_forms
from workbench.sources.pieces import Irregular, Piece, Pieces, Place, header_end, records_at
from workbench.sources.plain import Plan, Typed, type_piece
from workbench.sources.scan import Scan
from workbench.sources.staging import PARQUET, Stage, Staged, read_header, shown_delimiter

REJECTS = pa.schema(
    [("_source", pa.string()), ("_row", pa.int64()), ("reason", pa.string()), ("kinds", pa.list_(pa.string()))]
)
MOST_REJECTED = 1_000
# The SQL of typing takes half a second to plan, so where it is needed everywhere it is better run once for all rows.
FEW_STRANGE, STRANGE_SHARE = 4, 4


@dataclass(frozen=True)
class Direct:
    """One file that was read: the Parquet of its accepted rows, and that of the rejected ones, None without any.

    These have _source, _row, reason and kinds.
    """

    staged: Staged
    columns: list[str]
    accepted: Path
    rejected: Path | None


@dataclass
class _Reading:
    """What is known of a file so far; `stopped` is why its rows end."""

    plan: Plan
    stage: Stage
    file: SourceFile
    pieces: Pieces
    odd: Path
    rejected: Path
    records: int = 0
    returns: int = 0
    line_ends: int = 0
    bad_lines: int = 0
    rejects: int = 0
    strange: int = 0
    places: list[Place] = field(default_factory=list)
    stopped: BaseException | None = None
    _reasons: pq.ParquetWriter = field(init=False)
    _texts: pq.ParquetWriter = field(init=False)

    def rows(self) -> Iterator[pa.RecordBatch]:
        """The accepted rows of every piece, numbered from 1 in the file; what is rejected is written aside."""
        try:
            with ExitStack() as files:
                for piece, typed in self._typed():
                    yield from self._take(piece, typed, files).to_batches()
        except GeneratorExit:
            raise
        except BaseException as error:
            # The engine would tell it as a fault of its own.
            self.stopped = error
            raise

    def _typed(self) -> Iterator[tuple[Piece, Typed]]:
        workers = read_settings().threads or os.cpu_count() or 1
        size = self.file.path.stat().st_size
        waiting: deque[tuple[Piece, Future[Typed]]] = deque()
        with ThreadPoolExecutor(workers) as pool:
            try:
                for piece in self.pieces:
                    waiting.append((piece, pool.submit(type_piece, self.plan, piece)))
                    if len(waiting) > workers:
                        first, found = waiting.popleft()
                        yield first, found.result()
                    self.stage.progress(f"reading {self.file.name}", self.pieces.size, size)
                while waiting:
                    first, found = waiting.popleft()
                    yield first, found.result()
            finally:
                pool.shutdown(cancel_futures=True)

    def _take(self, piece: Piece, typed: Typed, files: ExitStack) -> pa.Table:
        self.places.append(Place(piece.offset, len(piece.data), self.records + 1))
        if typed.rejected is not None and typed.rejected.num_rows and typed.texts is not None:
            self._set_aside(typed.rejected, typed.texts, files)
            if typed.rejected.num_rows > max(typed.count // 2, MOST_REJECTED):
                raise Irregular
        self.strange += typed.rejected is not None
        if self.strange > FEW_STRANGE and self.strange * STRANGE_SHARE > len(self.places):
            raise Irregular
        accepted = self._numbered(typed.accepted)
        self.records += typed.count
        self.returns += typed.returns
        self.line_ends += typed.line_ends
        self.bad_lines += typed.bad_lines
        return accepted

    def _set_aside(self, rejected: pa.Table, texts: pa.Table, files: ExitStack) -> None:
        if not self.rejects:
            self._reasons = files.enter_context(pq.ParquetWriter(self.rejected, REJECTS))
            self._texts = files.enter_context(pq.ParquetWriter(self.odd, self.plan.texts))
        self.rejects += rejected.num_rows
        self._reasons.write_table(self._numbered(rejected).select(REJECTS.names).cast(REJECTS))
        self._texts.write_table(texts.cast(self.plan.texts))

    def _numbered(self, rows: pa.Table) -> pa.Table:
        place = rows.schema.get_field_index("_row")
        return rows.set_column(place, "_row", pc.add(rows["_row"], self.records))


def read_directly(stage: Stage, file: SourceFile, wanted: Table) -> Direct | None:
    """Read and type a file in one pass; None where it must be read carefully, or its columns may have other forms.

    What it reads, it reads exactly as the careful way does.
    """
    if file.kind != ".csv" or stage.encoding or stage.told.decimal:
        return None
    folder = Path(tempfile.mkdtemp(dir=stage.scratch))
    found = None
    try:
        found = _read(stage, file, wanted, folder)
    except (Irregular, WorkbenchError):
        # The other way reads it or says what is wrong.
        found = None
    finally:
        if not found:
            shutil.rmtree(folder)
    return found


def _read(stage: Stage, file: SourceFile, wanted: Table, folder: Path) -> Direct | None:
    start = header_end(file.path)
    first = Scan(file.path, "", 0, "", clean=True, records=0, delimiters=0, multiline=False, line_end=b"\n")
    delimiter = stage.delimiter or shown_delimiter(first) or ","
    header = read_header(file.name, first, delimiter, given=bool(stage.delimiter))
    found = columns_by_name(file.name, header, wanted.columns)
    places = {name: found[name] for name in wanted.columns if name in found}
    if any(column.required and name not in places for name, column in wanted.columns.items()):
        return None
    plan = Plan(wanted, places, len(header), delimiter, file.name, _Typists())
    with file.path.open("rb") as stream:
        returns = Piece(stream.read(start), 0).check(ord(delimiter))
    reading = _Reading(
        plan,
        stage,
        file,
        Pieces(file.path, start),
        odd=folder / "odd.parquet",
        rejected=folder / "rejected.parquet",
        returns=returns,
        line_ends=1,
    )
    accepted = folder / "accepted.parquet"
    _write(reading, accepted)
    if reading.returns not in {0, reading.line_ends} or reading.bad_lines * 100 > reading.records:
        return None
    if reading.rejects and _has_forms(reading, accepted):
        return None
    return Direct(_staged(reading, header), list(places), accepted, reading.rejected if reading.rejects else None)


class _Typists(threading.local):
    """An engine for each thread, apart from the one that writes: the two would wait for each other."""

    connection: duckdb.DuckDBPyConnection | None = None

    def __call__(self) -> duckdb.DuckDBPyConnection:
        """The connection of this thread."""
        if self.connection is None:
            self.connection = duckdb.connect(config={"threads": 1, "memory_limit": "256MB"})
            self.connection.execute("set TimeZone = 'UTC'; set temp_directory = ''")
            self.connection.execute((QUERIES / "1_sources" / "typing.sql").read_text(encoding="utf-8"))
        return self.connection


def _write(reading: _Reading, target: Path) -> None:
    rows = pa.RecordBatchReader.from_batches(reading.plan.schema, reading.rows())
    names = ", ".join(f'"{name}"' for name in reading.plan.places)
    database = reading.stage.database
    database.register("rows_read", rows)
    try:
        database.execute(
            f"copy (select {names}, {quoted(reading.file.name)} as _source, _row from rows_read) "
            f"to {quoted(str(target))} ({PARQUET})"
        )
    except BaseException:
        if reading.stopped is not None:
            raise reading.stopped from None
        raise
    finally:
        database.unregister("rows_read")


def _has_forms(reading: _Reading, accepted: Path) -> bool:
    """Whether a column may be written in another form than the canonical one, which all its values decide.

    The rejected rows hold every value that is not canonical; as many accepted ones stand for all that are.
    """
    odd = f"read_parquet({quoted(str(reading.odd))})"
    places, table = reading.plan.places, reading.plan.table
    database = reading.stage.database
    commas = [
        f'(number_with_comma("{name}") is not null and read_{table.columns[name].type}("{name}") is null)'
        for name in places
        if table.columns[name].type in NUMBERS
    ]
    values = ", ".join(f'plain_value("{name}") as "{name}"' for name in places)
    value = f"(select {values} from {odd}) as value"
    if commas and database.execute(f"select 1 from {value} where {' or '.join(commas)} limit 1").fetchone():
        return True
    names = ", ".join(f'"{name}"' for name in places)
    texts = ", ".join(f'cast("{name}" as varchar) as "{name}"' for name in places)
    some = f"select {texts} from read_parquet({quoted(str(accepted))}) limit {reading.rejects}"
    relation = f"(select {names} from {odd} union all ({some}))"
    return bool(find_forms(database, table, list(places), relation, reading.stage.told))


def _staged(reading: _Reading, header: tuple[str, ...]) -> Staged:
    file, places = reading.file, reading.places
    return Staged(
        file=file,
        sha256=reading.pieces.sha256,
        size=reading.pieces.size,
        encoding="utf-8",
        header=header,
        relation="",
        records=reading.records,
        raws=lambda wanted: records_at(file.path, places, wanted),
    )
