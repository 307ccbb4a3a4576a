"""Findings: every candidate that the controls returned, found or suppressed, and what was counted on the way."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from rapidfuzz.process import extract

from workbench.controls import Control, Readiness
from workbench.errors import WorkbenchError
from workbench.money import in_minor_unit
from workbench.plaintext import as_text

MONEY = pa.decimal128(38, 4)
COLUMNS = pa.schema(
    [
        ("control_id", pa.string()),
        ("finding_id", pa.string()),
        ("severity", pa.string()),
        ("subject_table", pa.string()),
        ("subject_id", pa.string()),
        ("entity_id", pa.string()),
        ("customer_id", pa.string()),
        ("event_date", pa.date32()),
        ("currency", pa.string()),
        ("expected_amount", MONEY),
        ("billed_amount", MONEY),
        ("impact_amount", MONEY),
        ("direction", pa.string()),
        ("reason", pa.string()),
        ("suppressed_by", pa.string()),
        ("evidence", pa.string()),
        ("convention", pa.string()),
    ]
)
COUNTED = ["suppressed_by", "direction", "currency", "impact_amount"]
AMOUNTS = ("expected_amount", "billed_amount", "impact_amount")


@dataclass(frozen=True)
class Parameters:
    """What a run was asked: the period on event_date, half-open, the as-of date, and each control's own values."""

    from_date: date | None
    to_date: date | None
    as_of: date
    own: dict[str, dict[str, object]]

    def as_json(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        return {
            "from_date": self.from_date and self.from_date.isoformat(),
            "to_date": self.to_date and self.to_date.isoformat(),
            "as_of": self.as_of.isoformat(),
            "controls": self.own,
        }


@dataclass(frozen=True)
class Funnel:
    """One control's way from rows examined to findings; amounts are never added across currencies.

    `over` and `under` hold the findings' impact per currency, over-billed (> 0) and under-billed (< 0).
    """

    control: Control
    examined: int
    candidates: int
    suppressed: dict[str, int]
    findings: int
    over: dict[str, Decimal]
    under: dict[str, Decimal]


@dataclass(frozen=True)
class Findings:
    """The result of a run: `table` has COLUMNS, one row per candidate, ordered by control and subject."""

    table: pa.Table
    parameters: Parameters
    funnel: tuple[Funnel, ...]
    not_run: tuple[Readiness, ...]
    partly: tuple[Readiness, ...] = ()

    @property
    def found(self) -> pa.Table:
        """The findings alone: candidates that nothing suppressed."""
        return self.table.filter(pc.is_null(self.table["suppressed_by"]))

    def for_entity(self, entity: str | None) -> Findings:
        """The part that belongs to one entity; None: what belongs to none."""
        column = self.table["entity_id"]
        mask = pc.is_null(column) if entity is None else pc.fill_null(pc.equal(column, entity), False)
        part = self.table.filter(mask)
        funnel = tuple(count(line.control, line.examined, part) for line in self.funnel)
        return Findings(part, self.parameters, funnel, self.not_run, self.partly)

    def row(self, finding_id: str) -> dict[str, Any]:
        """One candidate as a dict; WorkbenchError with the three nearest for an id that is not here."""
        rows: list[dict[str, Any]] = self.table.filter(pc.equal(self.table["finding_id"], finding_id)).to_pylist()
        if not rows:
            near = [found for found, _, _ in extract(finding_id, self.table["finding_id"].to_pylist(), limit=3)]
            fix = f"did you mean {', '.join(near)}?" if near else "run more controls, or a longer period"
            raise WorkbenchError(f"There is no finding '{finding_id}' here.", fix)
        return rows[0]


def count(control: Control, examined: int, table: pa.Table) -> Funnel:
    """The funnel of one control over a table of candidates."""
    # What is not counted is wide, and need not be copied.
    own = table.select(COUNTED).filter(pc.equal(table["control_id"], control.id))
    codes = pc.value_counts(own["suppressed_by"]).to_pylist()
    found = own.filter(pc.is_null(own["suppressed_by"]))
    return Funnel(
        control=control,
        examined=examined,
        candidates=own.num_rows,
        suppressed={entry["values"]: entry["counts"] for entry in codes if entry["values"] is not None},
        findings=found.num_rows,
        over=impact(found, "over_billed"),
        under=impact(found, "under_billed"),
    )


def impact(table: pa.Table, direction: str) -> dict[str, Decimal]:
    """Impact per currency of one direction's rows, currencies in order of their codes."""
    part = table.filter(pc.equal(table["direction"], direction))
    sums = part.group_by("currency").aggregate([("impact_amount", "sum")]).to_pylist()
    return dict(sorted((entry["currency"] or "", entry["impact_amount_sum"]) for entry in sums))


def evidence_keys(evidence: str) -> dict[str, list[str]]:
    """The keys of every source row a finding rests on, by table."""
    keys: dict[str, list[str]] = json.loads(evidence)
    return keys


def check_ending(file: Path) -> None:
    """Raise WorkbenchError where a file's name ends in neither .parquet nor .csv."""
    if file.suffix not in {".parquet", ".csv"}:
        raise WorkbenchError(f"'{file.name}' ends in neither .parquet nor .csv.", "name it findings.csv or .parquet")


def write(table: pa.Table, file: Path) -> None:
    """Write candidates to .parquet or .csv (amounts in their currency's minor unit, text safe for spreadsheets).

    Raises WorkbenchError for another ending or a place that cannot be written.
    """
    check_ending(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".parquet":
            pq.write_table(table, file, compression="zstd")
            return
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(table.column_names)
            writer.writerows(_csv_rows(table))
    except OSError as error:
        raise WorkbenchError(f"'{file}' cannot be written: {error.strerror}.", "choose another --out") from error


def _csv_rows(table: pa.Table) -> Iterator[list[object]]:
    for batch in table.to_batches(max_chunksize=10_000):
        for row in batch.to_pylist():
            yield [
                in_minor_unit(value, row["currency"])
                if name in AMOUNTS
                else as_text(value)
                if isinstance(value, str)
                else value
                for name, value in row.items()
            ]
