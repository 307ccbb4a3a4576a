"""Spark on the Parquet files of a snapshot: on this machine, on a cluster, or through Spark Connect."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from workbench.engine.duck import first_line, parquet_files
from workbench.engine.session import DRIVER
from workbench.engine.transpile import to_spark
from workbench.errors import WorkbenchError
from workbench.frontmatter import read_sql
from workbench.schema import LINEAGE, Table, tables
from workbench.settings import QUERIES

# The types of schema.yml that Spark calls otherwise; a time is one without a zone, as in DuckDB.
TYPES = {"varchar": "string", "timestamp": "timestamp_ntz"}


@cache
def shared_views() -> dict[str, str]:
    """The SQL of the shared views by name."""
    read = map(read_sql, sorted((QUERIES / "2_canonical/views").glob("*.sql")))
    return {metadata["view"]: sql for metadata, sql in read}


class SparkEngine:
    """Views over a snapshot in a Spark session: every canonical table and shared view, each made when first named.

    Tables have every canonical column in its canonical type, absent ones null; absent tables are empty. `name` is
    local[N], local[*], spark://host:port or sc://host:port; on a cluster the snapshot's folder has the same path on
    every machine. Raises WorkbenchError where Spark or Java is missing or does not start.
    """

    def __init__(self, folder: Path, name: str, memory: str = "3.3GB") -> None:
        self.folder = folder
        self.name = name
        self.session = DRIVER.open(name, memory)
        self._made: set[str] = set()

    def _make(self, name: str) -> None:
        """Make the view of a table or of a shared SELECT, where it is one and there is none yet."""
        if name in self._made:
            return
        if name in tables():
            self._add_table(tables()[name])
        elif name in shared_views():
            with self._frame(shared_views()[name], {}, keep=as_planned) as frame:
                frame.createOrReplaceTempView(name)
        self._made.add(name)

    def _add_table(self, table: Table) -> None:
        files = [literal_path(file) for file in parquet_files(self.folder, table.name)]
        # Only the file's own columns count, not what a folder called name=value would add.
        reader = self.session.read.option("recursiveFileLookup", "true")
        source = reader.parquet(*files) if files else self.session.range(0)
        found = set(source.columns) if files else set()
        types = {name: column.sql_type for name, column in table.columns.items()} | LINEAGE
        columns = (
            f"cast({f'`{name}`' if name in found else 'null'} as {TYPES.get(sql, sql)}) as `{name}`"
            for name, sql in types.items()
        )
        source.selectExpr(*columns).createOrReplaceTempView(table.name)

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> pa.Table:
        """The rows of a SELECT in DuckDB's dialect, $name parameters bound (those the text does not name are left out).

        Raises WorkbenchError for SQL that does not mean the same on Spark, and with Spark's own words when the data
        makes the query fail.
        """
        with self._frame(sql, parameters or {}, keep=computed) as frame:
            return frame.toArrow()

    def columns_of(self, sql: str, parameters: Mapping[str, object] | None = None) -> dict[str, bool]:
        """The columns of a SELECT, which is not run, and whether each holds lists."""
        with self._frame(sql, parameters or {}, keep=hollow) as frame:
            return {field.name: field.dataType.typeName() == "array" for field in frame.schema}

    @contextmanager
    def _frame(self, sql: str, parameters: Mapping[str, object], *, keep: Callable[[Any], Any]) -> Iterator[Any]:
        """The SELECT as Spark's frame; `keep` says what stands for a step that is worth keeping."""
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        with ExitStack() as stack:
            try:
                parts = to_spark(sql)
                # Views come first: they have steps too, whose names pass when the view is made.
                for name in dict.fromkeys(name for part in parts for name in part.tables):
                    self._make(name)
                for part in parts:
                    bound = {name: value for name, value in parameters.items() if name in part.parameters}
                    frame = self.session.sql(part.sql, args=bound)
                    if part.kept:
                        frame = keep(frame)
                    if part.name:
                        frame.createOrReplaceTempView(part.name)
                        stack.callback(self.session.catalog.dropTempView, part.name)
                yield frame
            except (PySparkException, Py4JError) as error:
                raise WorkbenchError(f"The query failed: {first_line(error)}", "look at the rows it names") from error

    def prepare(self, texts: Collection[str] = ()) -> None:
        """Nothing: Spark plans every control whole, so that a cluster can divide it."""

    @contextmanager
    def lanes(self, texts: Collection[str] = ()) -> Iterator[list[SparkEngine]]:
        """This engine alone: Spark divides each SELECT itself."""
        self.prepare(texts)
        yield [self]

    def interrupt(self) -> None:
        """Stop what is running, from another thread."""
        self.session.interruptAll()

    def close(self) -> None:
        """End the session, and Spark with the last one."""
        DRIVER.close(self.session, self.name)


def as_planned(frame: Any) -> Any:
    """A step as it is planned: computed again wherever it is named."""
    return frame


def computed(frame: Any) -> Any:
    """A step's rows, computed once and cut off from how; a cache would be planned and described with all it holds."""
    return frame.localCheckpoint()


def hollow(frame: Any) -> Any:
    """A step's columns without its rows: all that planning needs, where the whole plan can be too long to write."""
    return frame.sparkSession.createDataFrame([], frame.schema)


def literal_path(file: Path) -> str:
    """A file's address in which Spark takes no character for a pattern."""
    return "file:" + re.sub(r"[\[\]*?{}\\]", lambda found: f"\\{found.group()}", str(file))
