"""Run one SQL text where the data is: what every engine offers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from workbench.engine.duck import DuckEngine
from workbench.errors import WorkbenchError
from workbench.settings import read_settings

# Enough for ten million invoice lines, a third slower than with all of a large machine's memory.
MEMORY = "3GB"


class Engine(Protocol):
    """An engine that holds the canonical tables of one snapshot, absent ones empty, and the shared views."""

    name: str

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> pa.Table:
        """The rows of a SELECT with $name parameters bound, as Arrow with decimals intact."""

    def close(self) -> None:
        """Give back what the engine holds."""


def open_engine(name: str, snapshot: Path) -> DuckEngine:
    """The engine of that name on a snapshot's tables; memory and threads come from the settings.

    Raises WorkbenchError for a name that is no engine.
    """
    settings = read_settings()
    if name != "duckdb":
        raise WorkbenchError(f"There is no engine '{name}'.", "use --engine duckdb")
    return DuckEngine(snapshot, memory=settings.memory or MEMORY, threads=settings.threads)
