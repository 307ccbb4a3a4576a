"""Every case of every system: small exports in the true format, and what has to become of each of their rows."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from tests.test_tie_outs import every_input_is_told
from workbench.errors import WorkbenchError
from workbench.load import Loaded, load
from workbench.schema import table
from workbench.sources.systems import systems

FOLDER = Path(__file__).parent / "sources"
CASES = sorted(FOLDER.glob("*/*/expected.yml"))


def shown(value: Any) -> str | None:
    """A value as a case writes it: decimals without needless zeros, nothing as null."""
    if value is None:
        return None
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def number(text: Any) -> str | None:
    """What a case writes for a number, in one form."""
    return None if text is None else f"{Decimal(str(text)).normalize():f}"


def expected_value(name: str, column: str, value: Any) -> str | None:
    kind = table(name).columns[column].type if not column.startswith("_") else "text"
    return number(value) if kind in {"money", "price", "quantity", "rate"} else shown(value)


def rejects(loaded: Loaded, name: str) -> list[str]:
    """The rejects of a table, one text each; a record as it came may have several lines."""
    with (loaded.snapshot / "rejects" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return [",".join(row) for row in list(csv.reader(stream))[1:]]


@pytest.mark.parametrize("file", CASES, ids=lambda file: f"{file.parent.parent.name}/{file.parent.name}")
def test_a_case_of_a_system(file: Path, tmp_path: Path) -> None:
    case = yaml.safe_load(file.read_text(encoding="utf-8"))
    system, out = file.parent.parent.name, tmp_path / "snapshot"
    if "error" in case:
        with pytest.raises(WorkbenchError) as raised:
            load([file.parent / "in"], system, out, **case.get("options", {}))
        assert case["error"] in str(raised.value)
        assert not out.exists()
        return
    loaded = load([file.parent / "in"], system, out, **case.get("options", {}))
    every_input_is_told(out)
    for name, rows in case.get("tables", {}).items():
        found = pq.read_table(out / f"{name}.parquet").to_pylist()
        keys = table(name).key
        wanted = [{column: expected_value(name, column, value) for column, value in row.items()} for row in rows]
        named = [{column: shown(row[column]) for column in rows[0]} for row in found] if rows else found
        order = [key for key in keys if not rows or key in rows[0]]
        assert sorted(named, key=lambda row: [str(row[key]) for key in order]) == sorted(
            wanted, key=lambda row: [str(row[key]) for key in order]
        ), name
    assert {entry.table for entry in loaded.tables} >= set(case.get("tables", {}))
    for name in case.get("absent", []):
        assert not (out / f"{name}.parquet").exists()
    for name, reasons in case.get("rejects", {}).items():
        lines = rejects(loaded, name)
        assert len(lines) == len(reasons), lines
        assert [reason for reason, line in zip(reasons, lines, strict=True) if reason not in line] == []
    rejected = {entry.table for entry in (*loaded.exports, *loaded.tables) if entry.rejected}
    assert rejected == {name for name, reasons in case.get("rejects", {}).items() if reasons}
    failing = [
        f"{tie.title}, {tie.subject}: {tie.what} {tie.stated} {tie.found}" for tie in loaded.ties if not tie.holds
    ]
    assert failing == case.get("ties_that_fail", [])
    assert sum(tie.holds for tie in loaded.ties) == case.get("ties_that_hold", 0)
    assert sorted(note.title for note in loaded.notes) == sorted(case.get("notes", []))
    assert loaded.unrecognised == tuple(case.get("unrecognised", []))


def test_every_system_has_cases() -> None:
    named = {file.parent.parent.name for file in CASES}
    own_tests = {"canonical", "online_retail", "sql", "excel"}
    assert {system.name for system in systems()} - own_tests - named == set()
