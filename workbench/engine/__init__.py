"""Run one SQL text where the data is: what every engine offers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal, Protocol, overload

import pyarrow as pa

from workbench.engine.duck import DuckEngine
from workbench.errors import WorkbenchError
from workbench.settings import read_settings

# Ten million invoice lines stay below 4 GB, Python included; twice as much saves 5 % of the time, 2.8 GB cost 7 %.
MEMORY = "3.3GB"


class Engine(Protocol):
    """An engine that holds the canonical tables of one snapshot, absent ones empty, and the shared views."""

    name: str

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> pa.Table:
        """The rows of a SELECT with $name parameters bound, as Arrow with decimals intact."""

    def columns_of(self, sql: str, parameters: Mapping[str, object] | None = None) -> dict[str, bool]:
        """The columns of a SELECT, which is not run, and whether each holds lists."""

    def prepare(self, texts: Collection[str] = ()) -> None:
        """Work out what many of the SELECTs to come read, once; `texts` are those that are known."""

    def lanes(self, texts: Collection[str] = ()) -> AbstractContextManager[Sequence[Engine]]:
        """Prepare, and be as many engines as can well work at the same time, this one among them."""

    def interrupt(self) -> None:
        """Stop what is running, from another thread."""

    def close(self) -> None:
        """Give back what the engine holds."""


@overload
def open_engine(name: Literal["duckdb"], snapshot: Path) -> DuckEngine: ...


@overload
def open_engine(name: str, snapshot: Path) -> Engine: ...


def open_engine(name: str, snapshot: Path) -> Engine:
    """The engine of that name on a snapshot's tables: duckdb, or Spark by its address.

    Memory and threads come from the settings. Raises WorkbenchError for a name that is no engine, and where what
    an engine needs is not installed.
    """
    settings = read_settings()
    memory = settings.memory or MEMORY
    if name == "duckdb":
        return DuckEngine(snapshot, memory=memory, threads=settings.threads)
    try:
        from workbench.engine.session import is_spark
        from workbench.engine.spark import SparkEngine
    except ImportError as error:
        fix = "pip install 'billing-workbench[spark]'"
        raise WorkbenchError(f"The engine '{name}' needs a package that is missing: {error.name}.", fix) from error
    if not is_spark(name):
        fix = "use duckdb, local[*], spark://host:port or sc://host:port"
        raise WorkbenchError(f"There is no engine '{name}'.", fix)
    return SparkEngine(snapshot, name, memory)
