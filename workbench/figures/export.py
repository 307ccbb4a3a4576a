"""Figures for programs and spreadsheets: JSON, and one CSV with a line per value."""

from __future__ import annotations

import csv
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from workbench.errors import WorkbenchError
from workbench.figures.results import Figures
from workbench.money import in_minor_unit
from workbench.plaintext import as_text

AMOUNTS = ("numerator", "denominator")


def as_json(found: Figures, values: pa.Table | None = None) -> str:
    """Every value, or those given, with numerator, denominator, unit and note; numbers are text and lose no digit."""
    return json.dumps(
        {
            "as_of": found.window.as_of.isoformat(),
            "from_date": found.window.from_date.isoformat(),
            "to_date": found.window.to_date.isoformat(),
            "clock": found.ask.clock,
            "by": found.ask.by,
            "currency": found.ask.currency or None,
            "parameters": {name: values for name, values in found.own.items() if values},
            "values": [
                {name: _plain(value, row, name) for name, value in row.items()}
                for row in _rows(found.values if values is None else values)
            ],
            "not_run": {state.figure.id: list(state.missing) for state in found.not_run},
            "partly": {state.figure.id: list(state.missing) for state in found.partly},
        },
        indent=2,
        ensure_ascii=False,
    )


def check_ending(file: Path) -> None:
    """Raise WorkbenchError where a file's name does not end in .csv."""
    if file.suffix != ".csv":
        raise WorkbenchError(f"'{file.name}' does not end in .csv.", "name it figures.csv")


def write_csv(table: pa.Table, file: Path) -> int:
    """Write values, a trend or rows behind a figure, text safe for spreadsheets; returns how many lines."""
    check_ending(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, table.column_names, lineterminator="\n")
            writer.writeheader()
            for row in _rows(table):
                cells = {name: _plain(value, row, name) for name, value in row.items()}
                writer.writerow(
                    {name: as_text(cell) if isinstance(row[name], str) else cell for name, cell in cells.items()}
                )
    except OSError as error:
        raise WorkbenchError(f"'{file}' cannot be written: {error.strerror}.", "choose another --out") from error
    return int(table.num_rows)


def _rows(table: pa.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def _plain(value: object, row: dict[str, Any], name: str) -> Any:
    if isinstance(value, Decimal):
        if row.get("unit") == "money" or (name in AMOUNTS and row.get("currency")):
            return in_minor_unit(value, row["currency"])
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, date) else value
