"""Screens for programs and spreadsheets: JSON, and one CSV with a line per ranked row."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from workbench.errors import WorkbenchError
from workbench.money import in_minor_unit
from workbench.plaintext import as_text
from workbench.screens.results import BEGINNING, Result, Screening

FIRST = ("screen_id", "screen", "entity_id", "currency", "part_of_screen", "place", "refusal")


def plain(value: object, currency: str | None, name: str) -> Any:
    """A value for JSON: money as text in its currency's minor unit, days and times in ISO 8601."""
    if isinstance(value, Decimal):
        return in_minor_unit(value, currency) if name.endswith("_amount") else f"{value:f}"
    return value.isoformat() if isinstance(value, date | datetime) else value


def as_json(screening: Screening) -> str:
    """Every result with all its rows; money is text."""
    days = screening.period
    start = None if days.from_date == BEGINNING else days.from_date.isoformat()
    return json.dumps(
        {
            "what": "screens rank where to look; none is a finding",
            "from_date": start,
            "to_date": days.to_date.isoformat(),
            "parameters": screening.parameters,
            "results": [_result(result) for result in screening.results],
            "not_run": {state.screen.id: list(state.missing) for state in screening.not_run},
            "partly": {state.screen.id: list(state.missing) for state in screening.partly},
        },
        indent=2,
        ensure_ascii=False,
    )


def _result(result: Result) -> dict[str, Any]:
    unit = result.currency
    found: dict[str, Any] = {
        "screen_id": result.screen.id,
        "screen": result.screen.title,
        "entity_id": result.entity_id,
        "currency": unit,
        "part_of_screen": result.part,
        "examined": result.examined,
        "flagged": result.flagged,
        "sentence": result.sentence,
        "refusal": result.refusal,
        "rows": [{name: plain(value, unit, name) for name, value in row.items()} for row in result.table.to_pylist()],
    }
    if result.bridge:
        found |= {
            "before": in_minor_unit(result.bridge.before, unit),
            "parts": {name: in_minor_unit(amount, unit) for name, amount in result.bridge.parts.items()},
            "after": in_minor_unit(result.bridge.after, unit),
        }
    if result.digits and not result.refusal:
        test = result.digits
        found |= {"mad": test.mad, "expected_mad": test.expected_mad, "excess_mad": test.excess_mad}
        found["verdict"] = test.verdict
    return found


def check_ending(file: Path) -> None:
    """Raise WorkbenchError where a file's name does not end in .csv."""
    if file.suffix != ".csv":
        raise WorkbenchError(f"'{file.name}' does not end in .csv.", "name it screens.csv")


def write_csv(screening: Screening, file: Path) -> int:
    """Write a line per ranked row and a line per refusal, text safe for spreadsheets; returns how many lines.

    Columns of all screens stand beside each other; a cell is empty where a screen has no such column.
    """
    check_ending(file)
    own = list(dict.fromkeys(name for result in screening.results for name in result.table.column_names))
    names = [*FIRST, *(name for name in own if name not in FIRST)]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, names, lineterminator="\n")
            writer.writeheader()
            lines = 0
            for line in _lines(screening):
                writer.writerow(line)
                lines += 1
            return lines
    except OSError as error:
        raise WorkbenchError(f"'{file}' cannot be written: {error.strerror}.", "choose another --out") from error


def _lines(screening: Screening) -> Iterator[dict[str, Any]]:
    for result in screening.results:
        head = {
            "screen_id": result.screen.id,
            "screen": result.screen.title,
            "entity_id": as_text(result.entity_id),
            "currency": as_text(result.currency),
            "part_of_screen": result.part,
            "refusal": result.refusal,
        }
        if result.refusal:
            yield head
        for place, row in enumerate(result.table.to_pylist(), 1):
            cells = {name: plain(value, result.currency, name) for name, value in row.items()}
            texts = {name: as_text(value) if isinstance(row[name], str) else value for name, value in cells.items()}
            yield head | texts | {"place": place}
