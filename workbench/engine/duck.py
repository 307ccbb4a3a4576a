"""DuckDB on the Parquet files of a snapshot."""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from itertools import chain, islice, pairwise
from math import ceil
from pathlib import Path

import duckdb
import pyarrow as pa

from workbench.engine.shared import IN_A_FILE, SharedView, SharedViews, installed
from workbench.engine.stepwise import Piece, pieces
from workbench.errors import NoRoomError, WorkbenchError
from workbench.schema import LINEAGE, Table, tables
from workbench.settings import QUERIES

# Bytes of Parquet from which on to plan a SELECT in pieces saves more than it takes: a few million invoice lines.
LARGE = 400_000_000
# Bytes of Parquet that a step or a view is worked out from at once; what is joined or grouped of more would not fit in
# 3 GB, and what goes to disk and comes back takes five times what it takes to read the snapshot again, range by range.
AT_ONCE = 2_500_000_000
# How tables are written: 25 to 60 % less time than with Zstandard to read them, for two thirds more bytes. Ids hardly
# repeat: to collect many of them before giving their dictionary up costs a quarter of the writing.
PARQUET = "format parquet, parquet_version v2, compression lz4_raw, dictionary_size_limit 2000"
# Keys that say well enough where to cut a table into ranges of about one size.
SAMPLE = 20_000
# How messages begin that tell of too little memory or disk.
NO_ROOM = ("Out of Memory Error", "IO Error", "[Errno")
# Rows of a result that go to its file at once.
BATCH = 100_000
# The schema of what is kept for several connections.
KEPT = "kept"
PARAMETER = re.compile(r"\$([a-z_][a-z0-9_]*)")


def quoted(text: str) -> str:
    """A SQL string literal; for the few places (views, COPY) where DuckDB binds no parameter."""
    return "'" + text.replace("'", "''") + "'"


def first_line(error: Exception) -> str:
    """What an engine said, without the query and the caret below it."""
    return str(error).splitlines()[0]


@contextmanager
def said_in_words() -> Iterator[None]:
    """What DuckDB cannot do as a WorkbenchError with its own words."""
    try:
        yield
    except (duckdb.Error, OSError) as error:
        # What fails when half of the rows are read comes as an OSError of the same words.
        said = first_line(error)
        if said.startswith(NO_ROOM):
            raise NoRoomError(
                f"DuckDB stopped: {said}", "make room on the disk, or set memory in workbench.toml"
            ) from error
        raise WorkbenchError(f"The query failed: {said}", "look at the rows it names") from error


def named_in(sql: str, parameters: Mapping[str, object]) -> dict[str, object]:
    """The parameters that a text names: DuckDB takes no others."""
    wanted = set(PARAMETER.findall(sql))
    return {name: value for name, value in parameters.items() if name in wanted}


def parquet_files(folder: Path, name: str) -> list[Path]:
    """The files of a snapshot's table, in name order; empty where it has none."""
    single = folder / f"{name}.parquet"
    return [single] if single.is_file() else sorted((folder / name).glob("*.parquet"))


def scan(files: list[Path]) -> str:
    """A FROM clause over Parquet files; wildcard characters in a path are taken literally."""
    literal = (re.sub(r"[\[\]*?]", lambda found: f"[{found.group()}]", str(file)) for file in files)
    return f"read_parquet([{', '.join(map(quoted, literal))}])"


def _column(name: str, found: list[str]) -> str:
    return f'"{name}"' if name in found else "null"


def add_table(connection: duckdb.DuckDBPyConnection, table: Table, files: list[Path], view: str = "") -> list[str]:
    """Make the view of a canonical table (its name, or `view`) on Parquet files; the columns that they really have.

    Every canonical column is there, absent ones null; without files it has no row.
    """
    found = [row[0] for row in connection.execute(f"describe from {scan(files)}").fetchall()] if files else []
    types = {name: column.sql_type for name, column in table.columns.items()} | LINEAGE
    columns = (f'cast({_column(name, found)} as {sql}) as "{name}"' for name, sql in types.items())
    source = scan(files) if files else "(select 1) where false"
    connection.execute(f'create view "{view or table.name}" as select {", ".join(columns)} from {source}')
    return found


def add_shared(connection: duckdb.DuckDBPyConnection) -> SharedViews:
    """Make the shared functions and views on a connection that has the canonical tables."""
    for file in sorted((QUERIES / "2_canonical/functions/duckdb").glob("*.sql")):
        connection.execute(file.read_text(encoding="utf-8"))
    views = installed()
    for view in views.in_order():
        connection.execute(f'create view "{view.name}" as {view.sql}')
    return views


class DuckEngine:
    """Views over a snapshot: every canonical table with every canonical column, absent ones null, and the shared views.

    `memory` is DuckDB's limit ("4GB", empty: its default), `threads` 0 means all cores. What does not fit is
    spilled to a temporary folder that goes with the engine.
    """

    name = "duckdb"
    _stepwise = False
    # Where views are kept: for this connection, or in the schema KEPT for all that work beside it.
    _shelf = "temp"

    def __init__(self, folder: Path, memory: str = "", threads: int = 0) -> None:
        self.folder = folder
        self._spill = tempfile.TemporaryDirectory(prefix="workbench-spill-", ignore_cleanup_errors=True)
        self.connection = duckdb.connect()
        # A snapshot is data from elsewhere: nothing in it may make the engine reach out or load code.
        self.connection.execute("set autoinstall_known_extensions = false")
        self.connection.execute("set autoload_known_extensions = false")
        self.connection.execute("set TimeZone = 'UTC'")
        self.connection.execute("set enable_progress_bar = false")
        # The footer of a file is read once, not by each of a hundred queries.
        self.connection.execute("set parquet_metadata_cache = true")
        # Every result is ordered by what it says; the order of rows on the way only costs memory.
        self.connection.execute("set preserve_insertion_order = false")
        self.connection.execute(f"set temp_directory = {quoted(self._spill.name)}")
        if memory:
            self.connection.execute(f"set memory_limit = {quoted(memory)}")
        if threads:
            self.connection.execute(f"set threads = {int(threads)}")
        self.columns = {
            name: add_table(self.connection, table, parquet_files(folder, name)) for name, table in tables().items()
        }
        self.views = add_shared(self.connection)
        files = (file for name in tables() for file in parquet_files(folder, name))
        self._size = sum(file.stat().st_size for file in files)
        self._waiting: dict[str, SharedView] = {}
        self._one_keeps = threading.Lock()

    def prepare(self, texts: Collection[str] = ()) -> None:
        """Work out the shared views that many controls read once, for as long as the connection is open.

        Those kept "when named" or "in a file" wait for the first query that reads them. On a large snapshot each query
        is then also planned in pieces.
        """
        self._stepwise = self._size >= LARGE
        self._waiting = self.views.worth_keeping(texts, large=self._stepwise)
        self._keep_views(view.name for view in self.views.in_order() if view.kept is True)

    @contextmanager
    def lanes(self, texts: Collection[str] = ()) -> Iterator[list[DuckEngine]]:
        """Prepare for SELECTs and be several engines that work beside each other, and share what is kept.

        Small data takes longer to plan than to read, on one core; what is large keeps all of them busy by itself. From
        then on the views that are kept stand for what they held, also where a connection has other tables of its own.
        """
        threads = self.connection.execute("select current_setting('threads')").fetchall()[0][0]
        number = min(threads, 1 if self._size >= AT_ONCE else 2 if self._size >= LARGE else threads)
        if number > 1:
            self.connection.execute(f"create schema {KEPT}")
            self._shelf = KEPT
        self.prepare(texts)
        twins = [self._twin() for _ in range(number - 1)]
        try:
            yield [self, *twins]
        finally:
            for twin in twins:
                twin.connection.close()

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> pa.Table:
        """The rows of a SELECT, $name parameters bound (those the text does not name are left out).

        Raises WorkbenchError with the engine's own words when the data makes the query fail.
        """
        bound = parameters or {}
        with said_in_words():
            if self._waiting:
                self._keep_views(self.views.read(sql))
            if not self._stepwise:
                return self._rows(self._relation(sql, bound))
            *steps, last = pieces(sql)
            try:
                whole = not all(self._keep(step, bound) for step in steps)
                return self._rows(self._relation(sql if whole else last.sql, bound))
            finally:
                for step in steps:
                    self.connection.execute(f"drop table if exists temp.{step.table}")

    def _rows(self, relation: duckdb.DuckDBPyRelation) -> pa.Table:
        """What a SELECT gives; many rows of a large snapshot in a mapped file, so that memory is for the work."""
        if not self._stepwise:
            return relation.to_arrow_table()
        with relation.to_arrow_reader(BATCH) as batches:
            begin = list(islice(batches, 2))
            if len(begin) < 2:
                return pa.Table.from_batches(begin, batches.schema)
            file = Path(tempfile.mkdtemp(dir=self._spill.name)) / "rows.arrow"
            with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, batches.schema) as writer:
                for batch in chain(begin, batches):
                    writer.write_batch(batch)
        return pa.ipc.open_file(pa.memory_map(str(file))).read_all()

    def _keep_views(self, names: Iterable[str]) -> None:
        """Keep those of some views that wait for it; who needs one that another lane is making waits for that."""
        wanted = [name for name in names if name in self._waiting]
        with self._one_keeps if wanted else nullcontext():
            for name in wanted:
                if name in self._waiting:
                    self._keep_view(self._waiting[name])
                    del self._waiting[name]

    def _keep_view(self, view: SharedView) -> None:
        # What is temporary goes before the view of its name, in other views too; its schema is called "main" as well.
        rows = f'select * from memory.main."{view.name}"'
        temporary = "temp" if self._shelf == "temp" else ""
        source = f'{self._shelf}."{view.name}"'
        if view.kept == IN_A_FILE:
            folder = Path(tempfile.mkdtemp(dir=self._spill.name))
            files = []
            for number, within in enumerate(self._ranges(view.by)):
                files.append(folder / f"{number}.parquet")
                self.connection.execute(f"copy ({rows} where {within}) to {quoted(str(files[-1]))} ({PARQUET})")
            source = scan(files)
        else:
            self._make(source, "*", rows, view.by)
        if self._shelf == KEPT or view.kept == IN_A_FILE:
            self.connection.execute(f'create or replace {temporary} view "{view.name}" as from {source}')

    def _make(
        self, table: str, columns: str, sql: str, by: str, parameters: Mapping[str, object] | None = None
    ) -> None:
        """Make a table of columns of a SELECT, on a very large snapshot range by range."""
        kind = "temp table" if table.startswith("temp.") else "table"
        for number, within in enumerate(self._ranges(by)):
            making = f"insert into {table}" if number else f"create or replace {kind} {table} as"
            rows = f"select {columns} from ({sql}) where {within}"
            self.connection.execute(f"{making} {rows}", named_in(sql, parameters or {}))

    def _ranges(self, by: str) -> list[str]:
        """Conditions on a column that part all rows into pieces of about one size, by the values of table.column."""
        source, _, name = by.partition(" as ")
        table, _, column = source.partition(".")
        key = name or column
        parts = ceil(self._size / AT_ONCE) if by else 1
        if parts < 2:
            return ["true"]
        some = f'select "{column}" as key from "{table}" using sample {SAMPLE} rows'
        shares = [number / parts for number in range(1, parts)]
        cuts = f"select distinct unnest(quantile_disc(key, {shares})) as cut from ({some})"
        found = self.connection.execute(f"select cut from ({cuts}) where cut is not null order by cut").fetchall()
        keys = [quoted(str(cut)) for (cut,) in found]
        ranges = [
            " and ".join([f'"{key}" >= {low}'] * bool(low) + [f'"{key}" < {high}'] * bool(high))
            for low, high in pairwise(["", *keys, ""])
        ]
        return [*ranges, f'"{key}" is null'] if keys else ["true"]

    def _relation(self, sql: str, parameters: Mapping[str, object]) -> duckdb.DuckDBPyRelation:
        return self.connection.sql(sql, params=named_in(sql, parameters))

    def _keep(self, step: Piece, parameters: Mapping[str, object]) -> bool:
        """Make a step's table, of the columns that are named later; no table can hold a column without a type."""
        found = self._relation(step.sql, parameters)
        if any(str(kind) == '"NULL"' for kind in found.types):
            return False
        named = (name for name in found.columns if step.later is None or name.lower() in step.later)
        columns = ", ".join(f'"{name}"' for name in named) or "*"
        self._make(f"temp.{step.table}", columns, step.sql, step.by, parameters)
        return True

    def columns_of(self, sql: str, parameters: Mapping[str, object] | None = None) -> dict[str, bool]:
        """The columns of a SELECT, which is not run, and whether each holds lists."""
        with said_in_words():
            found = self._relation(sql, parameters or {})
            return {name: kind.id == "list" for name, kind in zip(found.columns, found.types, strict=True)}

    def cursor(self) -> DuckEngine:
        """A second connection to the same views, for another thread; what it keeps is its own."""
        twin = self._twin()
        twin._waiting, twin._shelf = dict(self._waiting), "temp"
        return twin

    def _twin(self) -> DuckEngine:
        twin = object.__new__(type(self))
        twin.__dict__ |= self.__dict__ | {"connection": self.connection.cursor()}
        return twin

    def interrupt(self) -> None:
        """Stop what is running, from another thread; it ends with an error there."""
        self.connection.interrupt()

    def close(self) -> None:
        """Close the connection and remove what was spilled."""
        self.connection.close()
        self._spill.cleanup()
