"""An export that keeps types, as Parquet or as a workbook, gives the rows that the same export gives as text."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.load import load

SOURCES = Path(__file__).parent / "sources"
WHOLE, NUMBER = r"-?(0|[1-9]\d{0,14})", r"-?\d{1,12}\.\d{1,6}"
DAYS = {r"\d\d-[A-Z]{3}-\d\d": "%d-%b-%y", r"\d{4}-\d\d-\d\d": "%Y-%m-%d", r"(19|20)\d\d[01]\d[0-3]\d": "%Y%m%d"}


def typed(values: list[str]) -> list[Any]:
    """A column as programs that guess types keep it: days as moments, numbers and keys as fractions."""
    said = [value for value in values if value]
    for pattern, form in DAYS.items():
        if said and all(re.fullmatch(pattern, value) for value in said):
            return [datetime.strptime(value, form) if value else None for value in values]  # noqa: DTZ007
    if said and all(re.fullmatch(f"{WHOLE}|{NUMBER}", value) for value in said):
        return [float(value) if value else None for value in values]
    return [value or None for value in values]


def as_parquet(columns: dict[str, list[Any]], file: Path) -> None:
    pq.write_table(pa.table(columns), file.with_suffix(".parquet"))


def as_workbook(columns: dict[str, list[Any]], file: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(list(columns))
    for row in zip(*columns.values(), strict=True):
        sheet.append(row)
    book.save(file.with_suffix(".xlsx"))


@pytest.mark.parametrize(
    ("write", "case"),
    [
        (as_parquet, "oracle_ar/receipts"),
        (as_parquet, "salesforce/orders"),
        (as_parquet, "sap_sd/clearing"),
        (as_workbook, "oracle_ar/receipts"),
    ],
)
def test_types_change_nothing(write: Callable[[dict[str, list[Any]], Path], None], case: str, tmp_path: Path) -> None:
    source, kept = SOURCES / case / "in", tmp_path / "in"
    kept.mkdir()
    for file in source.iterdir():
        if file.suffix.lower() != ".csv":
            shutil.copy(file, kept)
            continue
        with file.open(encoding="utf-8-sig", newline="") as stream:
            head, *rows = csv.reader(stream)
        columns = zip(*rows, strict=True) if rows else ((),) * len(head)
        write({name: typed(list(column)) for name, column in zip(head, columns, strict=True)}, kept / file.name)
    system = case.split("/", maxsplit=1)[0]
    texts = load([source], system, tmp_path / "texts")
    types = load([kept], system, tmp_path / "types")
    assert [(entry.table, entry.accepted, entry.rejected) for entry in types.tables] == [
        (entry.table, entry.accepted, entry.rejected) for entry in texts.tables
    ]
    for entry in texts.tables:
        found, expected = (
            pq.read_table(tmp_path / name / f"{entry.table}.parquet").drop_columns(["_source", "_row"]).to_pylist()
            for name in ("types", "texts")
        )
        assert found == expected, entry.table
