"""Receivables for programs and spreadsheets: JSON, and CSV with text that stays text."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from workbench.errors import WorkbenchError
from workbench.language import ENGLISH, speaking
from workbench.money import in_minor_unit
from workbench.plaintext import as_text
from workbench.receivables.grids import Result
from workbench.receivables.identities import Identity
from workbench.receivables.items import OpenItems
from workbench.receivables.movement import RollForward
from workbench.receivables.reporting import Reported
from workbench.receivables.statements import Statement


def plain(value: object, currency: str | None) -> Any:
    """A value for JSON and CSV: money as text in its currency's minor unit, days in ISO 8601."""
    if isinstance(value, Decimal):
        return in_minor_unit(value, currency)
    return value.isoformat() if isinstance(value, date | datetime) else value


def plain_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row whose amounts are in its own currency."""
    return {name: plain(value, row.get("currency")) for name, value in row.items()}


def rows_of(result: Result) -> pa.Table:
    """The rows that --out writes: open items, lines of a statement, accounts of a roll-forward, what changed."""
    if isinstance(result, OpenItems):
        return result.items
    if isinstance(result, Statement):
        return result.lines
    return result.accounts if isinstance(result, RollForward) else result.rows


def as_json(result: Result) -> str:
    """Totals, identities, notes and rows; money is text. It is the same in every language."""
    with speaking(ENGLISH):
        return json.dumps(_told(result), indent=2, ensure_ascii=False)


def _told(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = {"identities": [_identity(identity) for identity in result.identities]}
    if isinstance(result, OpenItems):
        found |= {"days": [day.isoformat() for day in result.ask.days], "clock": result.ask.clock, "by": result.ask.by}
        found["ageing"] = [plain_row(row) for row in result.ageing()]
        found["notes"] = [{"code": note.code, "rows": note.rows, "sentence": note.sentence} for note in result.notes]
        if result.reported:
            found["reported"] = _reported(result.reported, result.ask.days)
    elif isinstance(result, Statement):
        found |= {"customer_id": result.customer_id, "as_of": result.as_of.isoformat(), "clock": result.clock}
        found["open_items"] = [plain_row(row) for row in result.open.items.to_pylist()]
    else:
        found |= {"from_date": result.from_date.isoformat(), "to_date": result.to_date.isoformat()}
        totals = result.totals() if isinstance(result, RollForward) else result.totals
        found |= {"clock": result.clock, "totals": [plain_row(row) for row in totals]}
    found["rows"] = [plain_row(row) for row in rows_of(result).to_pylist()]
    return found


def _identity(identity: Identity) -> dict[str, Any]:
    return plain_row({**vars(identity), "difference": identity.difference})


def _reported(found: Reported, days: Sequence[date]) -> dict[str, Any]:
    unit = found.currency
    lines = [
        {
            "as_of": line.as_of.isoformat(),
            "entity_id": line.entity_id,
            "from": line.currency,
            "rate": line.rate.words if line.rate else None,
            "amounts": {name: plain(value, unit) for name, value in (line.amounts or {}).items()},
        }
        for line in found.lines
    ]
    totals = {day: found.total(day) for day in days}
    return {
        "currency": unit,
        "lines": lines,
        "totals": {
            day.isoformat(): None if total is None else {name: plain(value, unit) for name, value in total.items()}
            for day, total in totals.items()
        },
        "lacking": list(found.lacking),
    }


def check_ending(file: Path) -> None:
    """Raise WorkbenchError where a file's name does not end in .csv."""
    if file.suffix != ".csv":
        raise WorkbenchError(f"'{file.name}' does not end in .csv.", "name it receivables.csv")


def write_csv(result: Result, file: Path) -> int:
    """Write a line per row, text safe for spreadsheets; returns how many lines."""
    check_ending(file)
    table = rows_of(result)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, table.column_names, lineterminator="\n")
            writer.writeheader()
            for batch in table.to_batches(10_000):
                writer.writerows(_safe(row) for row in batch.to_pylist())
    except OSError as error:
        raise WorkbenchError(f"'{file}' cannot be written: {error.strerror}.", "choose another --out") from error
    return int(table.num_rows)


def _safe(row: Mapping[str, Any]) -> dict[str, Any]:
    cells = plain_row(row)
    return {name: as_text(value) if isinstance(row[name], str) else value for name, value in cells.items()}
