"""The example company, and copies of it with one more cause planted or a table taken away."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random
from typing import Any

import duckdb

from workbench.snapshot import Snapshot, open_snapshot
from workbench.workspace import example_snapshot


def company() -> Path:
    """The folder of its snapshot."""
    return example_snapshot()


def rows(sql: str) -> list[tuple[Any, ...]]:
    """The rows of a SELECT over the company's tables."""
    with _connection() as connection:
        return connection.execute(sql).fetchall()


def changed(folder: Path, **tables: str) -> Snapshot:
    """A copy in which some tables are what a SELECT over the company's tables says."""
    shutil.copytree(company(), folder)
    with _connection() as connection:
        for name, sql in tables.items():
            connection.execute(f"copy ({sql}) to '{folder / name}.parquet' (format parquet)")
    return open_snapshot(folder)


def without(folder: Path, *tables: str) -> Snapshot:
    """A copy without some tables."""
    shutil.copytree(company(), folder)
    for name in tables:
        (folder / f"{name}.parquet").unlink()
    return open_snapshot(folder)


def picked(seed: int, sql: str) -> Any:
    """One of the rows of a SELECT with one column, by a seed."""
    return Random(seed).choice([row[0] for row in rows(sql)])


def _connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for file in company().glob("*.parquet"):
        connection.execute(f"create view \"{file.stem}\" as from read_parquet('{file}')")
    return connection
