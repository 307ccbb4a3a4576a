"""The five ways to answer a control; each is made ready first, so that only the answering is timed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

WAYS = ("ours", "sql", "scan", "pandas", "polars")
Work = Callable[[], int | None]

# What reads a column whole, whatever statistics the file keeps of it.
READERS = {
    "bool": "count_if({})",
    "date": "sum({} - date '2000-01-01')",
    "time": "sum(epoch_us({}))",
    "id": "sum(strlen({}))",
    "text": "sum(strlen({}))",
}


def ready(way: str, control_id: str, folder: Path, as_of: date, own: dict[str, Any]) -> Work:
    """A function that does the work one way and returns the number of findings (scan: None).

    Raises KeyError for a way that is none of WAYS.
    """
    ways = {"ours": _ours, "sql": _sql, "scan": _scan, "pandas": _pandas, "polars": _polars}
    return ways[way](control_id, folder, as_of, own)


def _ours(control_id: str, folder: Path, as_of: date, own: dict[str, Any]) -> Work:
    from workbench.detect import run
    from workbench.errors import WorkbenchError
    from workbench.snapshot import open_snapshot

    snapshot = open_snapshot(folder)

    def work() -> int:
        found = run(snapshot, ids=(control_id,), as_of=as_of, own={control_id: own})
        if found.not_run:
            raise WorkbenchError(f"{control_id} was not run: {', '.join(found.not_run[0].missing)} missing.")
        return found.funnel[0].findings

    return work


def _sql(control_id: str, folder: Path, as_of: date, own: dict[str, Any]) -> Work:
    from workbench.controls import control
    from workbench.engine import open_engine

    sql, engine = control(control_id).sql, open_engine("duckdb", folder)
    return lambda: engine.query(sql, {"as_of": as_of, **own})["suppressed_by"].null_count


def _scan(control_id: str, folder: Path, _as_of: date, _own: dict[str, Any]) -> Work:
    import duckdb

    from workbench.controls import control
    from workbench.engine.duck import parquet_files, scan
    from workbench.schema import table
    from workbench.snapshot import open_snapshot

    entry, present = control(control_id), open_snapshot(folder).tables
    queries = []
    for name in {**entry.needs, **entry.uses}:
        wanted = dict.fromkeys((*entry.needs.get(name, ()), *entry.uses.get(name, ())))
        columns = [table(name).columns[column] for column in wanted if column in present.get(name, ())]
        read = ", ".join(READERS.get(column.type, "sum({})").format(f'"{column.name}"') for column in columns)
        if columns:
            queries.append(f"select count(*), {read} from {scan(parquet_files(folder, name))}")
    connection = duckdb.connect()

    def work() -> None:
        for query in queries:
            connection.execute(query).fetchall()

    return work


def _pandas(control_id: str, folder: Path, as_of: date, own: dict[str, Any]) -> Work:
    import pandas as pd

    from bench.analyst import analyst

    answer, day = analyst("pandas", control_id), pd.Timestamp(as_of)
    return lambda: int(answer(folder, day, **own)["suppressed_by"].isna().sum())


def _polars(control_id: str, folder: Path, as_of: date, own: dict[str, Any]) -> Work:
    from bench.analyst import analyst

    answer = analyst("polars", control_id)
    return lambda: int(answer(folder, as_of, **own)["suppressed_by"].null_count())
