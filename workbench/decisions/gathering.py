"""The findings that are to be decided on: of a snapshot, of a pack, or of a file that `workbench run` wrote."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workbench.detect import run
from workbench.errors import WorkbenchError
from workbench.findings import AMOUNTS, COLUMNS
from workbench.progress import Report, quiet
from workbench.snapshot import Snapshot, open_snapshot

FIX = "give a snapshot, a pack, or the findings.parquet or .csv of workbench run"


@dataclass(frozen=True)
class Gathered:
    """Candidates with the columns of findings, the snapshot that knows their users, and the day they were seen from."""

    table: pa.Table
    snapshot: Snapshot | None
    as_of: date | None


def gather(
    source: Path,
    *,
    ids: tuple[str, ...] = (),
    as_of: date | None = None,
    snapshot: str = "",
    progress: Report = quiet,
) -> Gathered:
    """The candidates of a source.

    A snapshot is run; a pack's or a file's findings are taken as they are. Raises WorkbenchError where the source is
    none of these, and for a file whose columns are not those of findings.
    """
    known = open_snapshot(snapshot) if snapshot else None
    file = source / "findings.parquet" if source.is_dir() else source
    if source.is_dir() and not file.is_file():
        own = open_snapshot(source)
        found = run(own, ids=ids, as_of=as_of, progress=progress)
        return Gathered(found.table, known or own, found.parameters.as_of)
    if not file.is_file():
        raise WorkbenchError(f"There is no '{source}'.", FIX)
    table = _read(file)
    if ids:
        table = table.filter(pc.is_in(table["control_id"], pa.array([name.upper() for name in ids], pa.string())))
    return Gathered(table, known, as_of)


def found_of(table: pa.Table) -> pa.Table:
    """The findings alone: candidates that nothing suppressed."""
    return table.filter(pc.is_null(table["suppressed_by"]))


def _read(file: Path) -> pa.Table:
    try:
        if file.suffix == ".parquet":
            return pq.read_table(file).select(COLUMNS.names).cast(COLUMNS)
        with file.open(encoding="utf-8-sig", newline="") as stream:
            return pa.Table.from_pylist(list(_csv_rows(csv.DictReader(stream))), COLUMNS)
    except (OSError, ValueError, TypeError, KeyError, InvalidOperation, pa.ArrowException, csv.Error) as error:
        raise WorkbenchError(f"'{file.name}' holds no findings: {str(error).splitlines()[0]}.", FIX) from error


def _csv_rows(reader: csv.DictReader[str]) -> Iterator[dict[str, Any]]:
    for row in reader:
        yield {name: _csv_cell(name, row[name]) for name in COLUMNS.names}


def _csv_cell(name: str, text: str) -> object:
    if text == "":
        return None
    if name in AMOUNTS:
        return Decimal(text)
    if name == "event_date":
        return date.fromisoformat(text)
    # The apostrophe that kept a spreadsheet from reckoning.
    return text[1:] if text[0] == "'" and text[1:2] in tuple("=+-@\t\r") else text
