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
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.engine.duck import quoted
from workbench.errors import WorkbenchError
from workbench.progress import Report
from workbench.settings import read_settings
from workbench.sources.documents import HEAD, Bounded, Document, Opener
from workbench.sources.readers import Reader, Record, reader

CHUNK = 5_000
CHUNK_CHARACTERS = 16 << 20
PARTS = 64
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

    def file(self, export: str) -> Path:
        """Where its records of one export go."""
        return self.folder / f"{self.number:06d}-{export}.parquet"


class _Block:
    """The row group that was looked into last: those who ask mostly ask for what comes next."""

    def __init__(self) -> None:
        self._place: tuple[Path, int] | None = None
        self._rows = pa.table({})
        self._at: dict[tuple[str, int], int] = {}

    def row(self, file: Path, source: str, number: int) -> dict[str, Any]:
        """One record with all its columns; raises KeyError where the file has none."""
        if self._place is None or self._place[0] != file or (source, number) not in self._at:
            for place in self._groups(file, source, number):
                self._load(file, place)
                if (source, number) in self._at:
                    break
        found: dict[str, Any] = self._rows.slice(self._at[source, number], 1).to_pylist()[0]
        return found

    @staticmethod
    def _groups(file: Path, source: str, number: int) -> Iterator[int]:
        """The row groups that may hold a record, by the least and greatest values of each."""
        metadata = pq.read_metadata(file)
        names = metadata.schema.names
        for place in range(metadata.num_row_groups):
            group = metadata.row_group(place)
            sources, rows = (group.column(names.index(name)).statistics for name in ("_source", "_row"))
            long = not (sources and sources.has_min_max)
            if (long or sources.min <= source <= sources.max) and rows.min <= number <= rows.max:
                yield place

    def _load(self, file: Path, place: int) -> None:
        if self._place != (file, place):
            self._place, self._rows = (file, place), pq.ParquetFile(file).read_row_group(place)
            keys = zip(self._rows["_source"].to_pylist(), self._rows["_row"].to_pylist(), strict=True)
            self._at = {key: at for at, key in enumerate(keys)}


@dataclass(frozen=True)
class Gathered:
    """The records of one export from all documents.

    `relation` is SQL that gives the export's columns as text, with _problem (null where whole), _source and _row, the
    number within its document and export; `files` holds them by source.
    """

    relation: str
    columns: tuple[str, ...]
    files: Mapping[str, Path]
    block: _Block = field(default_factory=_Block)

    def __getitem__(self, source: str) -> _Kept:
        """The records of one document."""
        return _Kept(self, source)


@dataclass(frozen=True)
class _Kept:
    gathered: Gathered
    source: str

    def raws(self, wanted: Iterable[int]) -> Iterator[str]:
        """The records with these ascending numbers as they came, or their values as JSON."""
        file = self.gathered.files[self.source]
        for number in wanted:
            row = self.gathered.block.row(file, self.source, number)
            text = row["_raw"] or _as_json(self.gathered.columns, row)
            yield text.replace("\0", "\\x00")


def _as_json(columns: Iterable[str], row: Mapping[str, Any]) -> str:
    return json.dumps({name: row[name] for name in columns if row[name] is not None}, ensure_ascii=False)


def gather(
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
    return found, {export: _gathered(export, names, parts) for export, names in columns.items()}


def _gathered(export: str, names: tuple[str, ...], parts: list[Part]) -> Gathered:
    files = {part.number: part.file(export) for part in parts}
    by_source = {document.name: files[part.number] for part in parts for document in part.documents}
    return Gathered(_relation(names, list(files.values())), names, by_source)


def _parts(
    documents: list[Document], readers: tuple[str, ...], columns: Mapping[str, tuple[str, ...]], folder: Path
) -> Iterator[Part]:
    # A part reads its archive's list of members again, which is long where the documents are many.
    most = max(PART_DOCUMENTS, len(documents) // PARTS)
    waiting: list[Document] = []
    number = size = 0
    for document in documents:
        waiting.append(document)
        size += document.packed
        if len(waiting) >= most or size >= PART_BYTES:
            yield Part(number, tuple(waiting), readers, columns, folder)
            number, size, waiting = number + 1, 0, []
    if waiting:
        yield Part(number, tuple(waiting), readers, columns, folder)


def _run(parts: list[Part]) -> Iterator[tuple[Part, list[DocumentRead]]]:
    cores = read_settings().threads or os.cpu_count() or 1
    if len(parts) < 2 or cores < 2:
        yield from ((part, read_part(part)) for part in parts)
        return
    some = min(cores, len(parts))
    with ProcessPoolExecutor(some, mp_context=get_context("spawn"), initializer=end_with_parent) as pool:
        running = {pool.submit(read_part, part): part for part in parts}
        try:
            yield from ((running[future], future.result()) for future in as_completed(running))
        except BrokenProcessPool as error:
            raise WorkbenchError(
                "A process that was reading documents was ended from outside.", "look at the memory that is free"
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def end_with_parent() -> None:
    """End this process when the one that started it is gone, killed as it may be: nobody waits for what it reads."""
    parent = parent_process()

    def wait() -> None:
        if parent:
            parent.join()
            os._exit(1)

    Thread(target=wait, daemon=True).start()


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
    reading = _Reading(document.name, readers, sinks)
    sha256, size = "", 0
    try:
        with opener.open(document) as stream:
            try:
                reading.read(stream)
            except WorkbenchError as error:
                reading.refuse(error)
            sha256, size = stream.drain(), stream.count
    except WorkbenchError as error:
        reading.refuse(error)
    return DocumentRead(document.name, sha256, size, reading.chosen, dict(reading.count), dict(+reading.broken))


class _Reading:
    """What is known of one document while it is read."""

    def __init__(self, name: str, readers: dict[str, Reader], sinks: dict[str, _Sink]) -> None:
        self._name, self._readers, self._sinks = name, readers, sinks
        self._head = b""
        self._refused = False
        self.chosen = ""
        self.count: Counter[str] = Counter()
        self.broken: Counter[str] = Counter()

    def read(self, stream: Bounded) -> None:
        """Keep the records that the first reader whom the document fits makes of it."""
        self._head, whole = _head(stream)
        self.chosen = next((name for name, each in self._readers.items() if each.fits(self._head)), "")
        if self.chosen:
            for record in self._readers[self.chosen].read(io.BufferedReader(whole), self._name):
                self._keep(record)

    def refuse(self, error: WorkbenchError) -> None:
        """Keep what is wrong with the document as a whole, once."""
        if not self._refused:
            self._refused = True
            main = self._readers[self.chosen or next(iter(self._readers))].MAIN
            raw = self._head[:SHOWN].decode("utf-8", "backslashreplace")
            self._keep(Record(main, problem=error.problem, raw=raw))
            self.chosen = self.chosen or "none"

    def _keep(self, record: Record) -> None:
        self.count[record.export] += 1
        self.broken[record.export] += bool(record.problem)
        self._sinks[record.export].add(record, self._name, self.count[record.export])


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
        self._writer = pq.ParquetWriter(part.file(export), schema, compression="zstd")
        self._waiting: list[tuple[Any, ...]] = []
        self._characters = 0

    def add(self, record: Record, source: str, row: int) -> None:
        """Keep one record; raises KeyError for a value of no column, which is the reader's fault."""
        if unknown := record.values.keys() - set(self._names):
            raise KeyError(f"{record.export} has no column {', '.join(sorted(unknown))}")
        values = (_text(record.values.get(name)) for name in self._names)
        self._waiting.append((*values, _text(record.problem), _text(record.raw), source, row))
        self._characters += sum(map(len, record.values.values())) + len(record.raw)
        if len(self._waiting) >= CHUNK or self._characters >= CHUNK_CHARACTERS:
            self._write()

    def _write(self) -> None:
        schema = self._writer.schema
        arrays = [
            pa.array(column, each.type) for column, each in zip(zip(*self._waiting, strict=True), schema, strict=True)
        ]
        self._writer.write_table(pa.table(arrays, schema=schema))
        self._waiting, self._characters = [], 0

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
