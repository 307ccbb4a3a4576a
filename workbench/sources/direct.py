"""Read a CSV file of canonical columns in one pass: pieces typed side by side, rows to Parquet in their order."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workbench.engine.duck import PARQUET, quoted
from workbench.errors import WorkbenchError
from workbench.schema import Table
from workbench.settings import QUERIES, read_settings
from workbench.sources.files import SourceFile, columns_by_name
from workbench.sources.forms import NUMBERS, find_forms
from workbench.sources.pieces import Irregular, Piece, Pieces, Place, header_end, is_regular, records_at
from workbench.sources.plain import Plan, Typed, type_piece, type_strange
from workbench.sources.scan import Scan
from workbench.sources.staging import Stage, Staged, read_header, shown_delimiter

REJECTS = pa.schema(
    [("_source", pa.string()), ("_row", pa.int64()), ("reason", pa.string()), ("kinds", pa.list_(pa.string()))]
)
MOST_REJECTED = 1_000
# The SQL of typing takes half a second to plan, so it types what is strange in many pieces at once; where it is needed
# for every other row it is better run once for all.
GROUP = 16
STRANGE_SHARE = 2


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
    bad_lines: int = 0
    rejects: int = 0
    places: list[Place] = field(default_factory=list)
    stopped: BaseException | None = None
    _reasons: pq.ParquetWriter = field(init=False)
    _texts: pq.ParquetWriter = field(init=False)

    def rows(self) -> Iterator[pa.RecordBatch]:
        """The accepted rows of every piece, numbered from 1 in the file; what is rejected is written aside."""
        try:
            with ExitStack() as files:
                for group in self._groups():
                    for rows in self._settled(group, files):
                        yield from rows.to_batches()
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

    def _groups(self) -> Iterator[list[Typed]]:
        """Pieces whose rows are numbered in the file: one where all is plain, else as many as are settled at once."""
        waiting: list[Typed] = []
        for piece, typed in self._typed():
            waiting.append(self._take(piece, typed))
            if waiting[0].strange is None or len(waiting) == GROUP:
                yield waiting
                waiting = []
        yield waiting

    def _take(self, piece: Piece, typed: Typed) -> Typed:
        strange = typed.strange.num_rows if typed.strange is not None else 0
        if strange > max(typed.count // STRANGE_SHARE, MOST_REJECTED):
            raise Irregular
        self.places.append(Place(piece.offset, piece.size, self.records + 1, bool(piece.odd)))
        numbered = replace(
            typed,
            accepted=self._numbered(typed.accepted),
            strange=self._numbered(typed.strange) if typed.strange is not None else None,
        )
        self.records += typed.count
        self.bad_lines += typed.bad_lines
        return numbered

    def _settled(self, group: list[Typed], files: ExitStack) -> Iterator[pa.Table]:
        """The accepted rows of some pieces in their order; what is rejected of their strange ones is written aside."""
        some = [typed.strange for typed in group if typed.strange is not None]
        if not some:
            yield from (typed.accepted for typed in group)
            return
        strange = pa.concat_tables(some).sort_by("_row")
        accepted, rejected = type_strange(self.plan, strange)
        if rejected.num_rows:
            texts = strange.filter(pc.is_in(strange["_row"], pa.array(rejected["_row"].to_numpy())))
            self._set_aside(rejected, texts, files)
        rows, at = accepted["_row"].to_numpy(), 0
        for typed in group:
            last = 0 if typed.strange is None else typed.strange["_row"][-1].as_py()
            own = max(int(np.searchsorted(rows, last, "right")) - at, 0)
            yield pa.concat_tables([typed.accepted, accepted.slice(at, own)]).sort_by("_row") if own else typed.accepted
            at += own

    def _set_aside(self, rejected: pa.Table, texts: pa.Table, files: ExitStack) -> None:
        if not self.rejects:
            self._reasons = files.enter_context(pq.ParquetWriter(self.rejected, REJECTS))
            self._texts = files.enter_context(pq.ParquetWriter(self.odd, self.plan.texts))
        self.rejects += rejected.num_rows
        self._reasons.write_table(rejected.select(REJECTS.names).cast(REJECTS))
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
    plan = Plan(wanted, places, len(header), delimiter, file.name, _Typist())
    with file.path.open("rb") as stream:
        if not is_regular(stream.read(start), ord(delimiter)):
            return None
    reading = _Reading(
        plan,
        stage,
        file,
        Pieces(file.path, start, delimiter),
        odd=folder / "odd.parquet",
        rejected=folder / "rejected.parquet",
    )
    accepted = folder / "accepted.parquet"
    _write(reading, accepted)
    if reading.bad_lines * 100 > reading.records:
        return None
    if reading.rejects and _has_forms(reading, accepted):
        return None
    return Direct(_staged(reading, header), list(places), accepted, reading.rejected if reading.rejects else None)


class _Typist:
    """An engine apart from the one that writes, which waits for what this one types."""

    def __init__(self) -> None:
        self._connection: duckdb.DuckDBPyConnection | None = None

    def __call__(self) -> duckdb.DuckDBPyConnection:
        """Its connection, opened when it is first asked for."""
        if self._connection is None:
            self._connection = duckdb.connect(config={"threads": 1, "memory_limit": "256MB"})
            self._connection.execute("set TimeZone = 'UTC'; set temp_directory = ''")
            self._connection.execute((QUERIES / "1_sources" / "typing.sql").read_text(encoding="utf-8"))
        return self._connection


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
        # Half a gigabyte of the pieces that were read, which what comes next needs.
        pa.default_memory_pool().release_unused()


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
        raws=lambda wanted: records_at(file.path, places, wanted, reading.plan.delimiter),
    )
