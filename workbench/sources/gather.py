"""Bring many documents into the engine: a reader makes records of each, on all cores, and none is lost."""

from __future__ import annotations

import io
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.engine.duck import quoted
from workbench.errors import WorkbenchError
from workbench.progress import Report
from workbench.settings import read_settings
from workbench.sources.documents import HEAD, Bounded, Document, Opener
from workbench.sources.readers import Reader, Record, reader

CHUNK = 5_000
PART_DOCUMENTS = 200
PART_BYTES = 16 << 20
SHOWN = 2_000
EXTRA = ("_problem", "_raw", "_source", "_row")


@dataclass(frozen=True)
class DocumentRead:
    """What one document held: its hash, its bytes, its reader (empty: none knew it), records read and broken by export.

    read = whole + broken, for each export.
    """

    name: str
    sha256: str
    size: int
    reader: str
    read: dict[str, int] = field(default_factory=dict)
    broken: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """Documents that one process reads one after another, and where their records go."""

    number: int
    documents: tuple[Document, ...]
    readers: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    folder: Path


@dataclass(frozen=True)
class Gathered:
    """The records of one export from all documents.

    `relation` is SQL that gives the export's columns as text, with _problem (null where whole), _source and _row, the
    number within its document and export.
    """

    export: str
    relation: str
    database: duckdb.DuckDBPyConnection
    columns: tuple[str, ...]

    def __getitem__(self, source: str) -> _Kept:
        """The records of one document."""
        return _Kept(self, source)


@dataclass(frozen=True)
class _Kept:
    gathered: Gathered
    source: str

    def raws(self, wanted: Iterable[int]) -> Iterator[str]:
        """The records with these ascending numbers as they came, or their values as JSON."""
        numbers = iter(wanted)
        names = ", ".join(f'"{name}"' for name in self.gathered.columns)
        while some := list(islice(numbers, CHUNK)):
            rows = self.gathered.database.execute(
                f"select _row, _raw, {names} from {self.gathered.relation} "
                "where _source = $source and _row in (select unnest($some))",
                {"source": self.source, "some": some},
            ).fetchall()
            texts = {row[0]: row[1] or _as_json(self.gathered.columns, row[2:]) for row in rows}
            yield from (texts[number].replace("\0", "\\x00") for number in some)


def _as_json(columns: Iterable[str], values: Iterable[Any]) -> str:
    given = {name: value for name, value in zip(columns, values, strict=True) if value is not None}
    return json.dumps(given, ensure_ascii=False)


def gather(
    database: duckdb.DuckDBPyConnection,
    documents: list[Document],
    readers: tuple[str, ...],
    columns: Mapping[str, tuple[str, ...]],
    folder: Path,
    progress: Report,
) -> tuple[list[DocumentRead], dict[str, Gathered]]:
    """Read every document by the first reader that it fits; `columns` are those of each export.

    A document that cannot be read is one broken record of its reader's main export. What is read is the same on any
    number of cores.
    """
    parts = list(_parts(documents, readers, columns, folder))
    done: dict[int, list[DocumentRead]] = {}
    finished = 0
    for part, read in _run(parts):
        done[part.number] = read
        finished += len(part.documents)
        progress("reading documents", finished, len(documents))
    found = [each for number in sorted(done) for each in done[number]]
    return found, {
        export: Gathered(export, _relation(names, sorted(folder.glob(f"*-{export}.parquet"))), database, names)
        for export, names in columns.items()
    }


def _parts(
    documents: list[Document], readers: tuple[str, ...], columns: Mapping[str, tuple[str, ...]], folder: Path
) -> Iterator[Part]:
    waiting: list[Document] = []
    number = 0
    for document in documents:
        waiting.append(document)
        if len(waiting) >= PART_DOCUMENTS or sum(each.packed for each in waiting) >= PART_BYTES:
            yield Part(number, tuple(waiting), readers, columns, folder)
            number, waiting = number + 1, []
    if waiting:
        yield Part(number, tuple(waiting), readers, columns, folder)


def _run(parts: list[Part]) -> Iterator[tuple[Part, list[DocumentRead]]]:
    cores = read_settings().threads or os.cpu_count() or 1
    if len(parts) < 2 or cores < 2:
        yield from ((part, read_part(part)) for part in parts)
        return
    with ProcessPoolExecutor(min(cores, len(parts)), mp_context=get_context("spawn")) as pool:
        running = {pool.submit(read_part, part): part for part in parts}
        try:
            yield from ((running[future], future.result()) for future in as_completed(running))
        except BrokenProcessPool as error:
            raise WorkbenchError(
                "A process that was reading documents was ended from outside.", "look at the memory that is free"
            ) from error


def read_part(part: Part) -> list[DocumentRead]:
    """Read the documents of a part; its records go to one Parquet file per export."""
    readers = {name: reader(name) for name in part.readers}
    opener = Opener()
    sinks = {export: _Sink(part, export, names) for export, names in part.columns.items()}
    try:
        return [_read(document, opener, readers, sinks) for document in part.documents]
    finally:
        opener.close()
        for sink in sinks.values():
            sink.close()


def _read(document: Document, opener: Opener, readers: dict[str, Reader], sinks: dict[str, _Sink]) -> DocumentRead:
    read: Counter[str] = Counter()
    broken: Counter[str] = Counter()
    chosen, sha256, size = "", "", 0

    def keep(record: Record) -> None:
        read[record.export] += 1
        broken[record.export] += bool(record.problem)
        sinks[record.export].add(record, document.name, read[record.export])

    head = b""
    try:
        with opener.open(document) as stream:
            head, whole = _head(stream)
            chosen = next((name for name, each in readers.items() if each.fits(head)), "")
            if chosen:
                for record in readers[chosen].read(io.BufferedReader(whole), document.name):
                    keep(record)
            sha256, size = stream.drain(), stream.count
    except WorkbenchError as error:
        main = readers[chosen or next(iter(readers))].MAIN
        keep(Record(main, problem=error.problem, raw=head[:SHOWN].decode("utf-8", "backslashreplace")))
        chosen = chosen or "none"
    return DocumentRead(document.name, sha256, size, chosen, dict(read), dict(+broken))


class _Again(io.RawIOBase):
    """What was read to look at, and then the rest."""

    def __init__(self, head: bytes, rest: Bounded) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        """True: this is for reading."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer."""
        if self._head:
            some, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
            buffer[: len(some)] = some
            return len(some)
        return self._rest.readinto(buffer)


def _head(stream: Bounded) -> tuple[bytes, _Again]:
    head = b""
    while len(head) < HEAD and (block := stream.read(HEAD - len(head))):
        head += block
    return head, _Again(head, stream)


class _Sink:
    """Writes the records of one export of one part."""

    def __init__(self, part: Part, export: str, names: tuple[str, ...]) -> None:
        self._names = names
        schema = pa.schema([(name, pa.string()) for name in (*names, *EXTRA[:-1])] + [("_row", pa.int64())])
        self._writer = pq.ParquetWriter(part.folder / f"{part.number:06d}-{export}.parquet", schema, compression="zstd")
        self._waiting: list[tuple[Any, ...]] = []

    def add(self, record: Record, source: str, row: int) -> None:
        """Keep one record; raises KeyError for a value of no column, which is the reader's fault."""
        if unknown := record.values.keys() - set(self._names):
            raise KeyError(f"{record.export} has no column {', '.join(sorted(unknown))}")
        values = (_text(record.values.get(name)) for name in self._names)
        self._waiting.append((*values, _text(record.problem), _text(record.raw), source, row))
        if len(self._waiting) >= CHUNK:
            self._write()

    def _write(self) -> None:
        schema = self._writer.schema
        arrays = [
            pa.array(column, each.type) for column, each in zip(zip(*self._waiting, strict=True), schema, strict=True)
        ]
        self._writer.write_table(pa.table(arrays, schema=schema))
        self._waiting = []

    def close(self) -> None:
        """Write what waits."""
        if self._waiting:
            self._write()
        self._writer.close()


def _text(value: str | None) -> str | None:
    """A value that Parquet holds: half a surrogate pair is written as \\uNNNN."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8") if value else None


def _relation(names: tuple[str, ...], files: list[Path]) -> str:
    if not files:
        empty = ", ".join([*(f'null::varchar as "{name}"' for name in (*names, *EXTRA[:-1])), "null::bigint as _row"])
        return f"(select {empty} where false)"
    listed = ", ".join(quoted(str(file)) for file in files)
    return f"(select * from read_parquet([{listed}], hive_partitioning = false))"
