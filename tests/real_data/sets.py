"""The data sets beside the repository, read in place: their facts, and their exports as a snapshot."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from workbench.engine.duck import DuckEngine, quoted
from workbench.findings import Findings
from workbench.schema import table
from workbench.snapshot import Snapshot, open_snapshot

SETS = Path(__file__).parent.parent.parent / "../shared/data"


def data_set(name: str) -> Path:
    """The folder of a data set; skips the test, and says why, where it is not beside the repository."""
    folder = SETS / name
    if not folder.is_dir():
        pytest.skip(f"{name} is not beside the repository, in ../shared/data")
    return folder


def facts(name: str) -> dict[str, Any]:
    """What was measured of a data set before."""
    found: dict[str, Any] = json.loads((data_set(name) / "facts.json").read_text(encoding="utf-8"))
    return found


def mapped(name: str, prepared: Mapping[str, str], mapping: Mapping[str, str], out: Path) -> Snapshot:
    """A snapshot of the canonical tables that a mapping's SELECTs make from the CSV files of a data set.

    Each file is a table of text columns named after it, and `prepared` adds tables that several SELECTs read. A column
    gets the type that the schema gives it: from text to decimal, never a float between.
    """
    out.mkdir()
    with duckdb.connect(config={"threads": 1}) as connection:
        for file in (*data_set(name).glob("*.csv"), *data_set(name).glob("*.csv.gz")):
            stem = file.name.partition(".")[0]
            connection.execute(
                f'create table "{stem}" as from read_csv({quoted(str(file))}, header = true, all_varchar = true)'
            )
        for stem, sql in prepared.items():
            connection.execute(f'create table "{stem}" as {sql}')
        for target, sql in mapping.items():
            types = table(target).columns
            columns = [row[0].lower() for row in connection.execute(f"describe {sql}").fetchall()]
            typed = ", ".join(f"cast({column} as {types[column].sql_type}) as {column}" for column in columns)
            file = out / f"{target}.parquet"
            connection.execute(f"copy (select {typed} from ({sql})) to {quoted(str(file))} (format parquet)")
    return open_snapshot(out)


def rows(snapshot: Snapshot, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query on a snapshot's canonical tables and the shared views."""
    engine = DuckEngine(snapshot.folder)
    try:
        return [tuple(row.values()) for row in engine.query(sql).to_pylist()]
    finally:
        engine.close()


def found_by(findings: Findings, control: str, suppressed_by: str | None = None) -> list[dict[str, Any]]:
    """The candidates of one control that are findings, or those that one reason suppressed."""
    return [
        row
        for row in findings.table.to_pylist()
        if row["control_id"] == control and row["suppressed_by"] == suppressed_by
    ]


def finding(findings: Findings) -> set[str]:
    """The controls that found something."""
    return {line.control.id for line in findings.funnel if line.findings}
