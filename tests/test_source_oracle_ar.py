"""Oracle receivables straight from a database, and what their accounting is good for."""

from __future__ import annotations

import csv
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import sqlalchemy
from sqlalchemy.engine import make_url

from workbench.detect import run
from workbench.load import load
from workbench.snapshot import open_snapshot
from workbench.sources.systems import find_system

CASES = Path(__file__).parent / "sources" / "oracle_ar"
EXPORTS = find_system("oracle_ar").exports


def tables(snapshot: Path) -> dict[str, list[dict[str, Any]]]:
    """Every canonical table of a snapshot without the lineage of its rows, in the order of all its values."""
    found = {}
    for file in sorted(snapshot.glob("*.parquet")):
        rows = [{name: row[name] for name in row if name[0] != "_"} for row in pq.read_table(file).to_pylist()]
        found[file.stem] = sorted(rows, key=repr)
    return found


@pytest.mark.parametrize("case", ["ordinary", "receipts", "ledger"])
def test_a_database_gives_what_its_exports_give(case: str, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "ebs.db") as database:
        for file in (CASES / case / "in").glob("*.csv"):
            with file.open(encoding="utf-8", newline="") as stream:
                header, *rows = list(csv.reader(stream))
            database.execute(f"create table {file.stem} ({', '.join(header)})")
            values = [[value or None for value in row] for row in rows]
            database.executemany(f"insert into {file.stem} values ({', '.join('?' * len(header))})", values)
    database.close()
    load([CASES / case / "in"], "oracle_ar", tmp_path / "files")
    loaded = load([f"sqlite:///{tmp_path / 'ebs.db'}"], "oracle_ar", tmp_path / "database")
    assert tables(tmp_path / "database") == tables(tmp_path / "files")
    assert all(tie.holds for tie in loaded.ties)
    assert loaded.unused == {}


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.name)
def test_an_oracle_server_finds_every_name_whatever_its_case(export: Any) -> None:
    """A quoted name would be searched in small letters, which Oracle does not have."""
    columns: list[Any] = [sqlalchemy.column(name.lower()) for name in (*export.columns, *export.optional)]
    select = sqlalchemy.select(*columns).select_from(sqlalchemy.table(export.name))
    dialect: Any = make_url("oracle+oracledb://").get_dialect()
    assert '"' not in str(select.compile(dialect=dialect()))


def test_the_accounting_agrees_with_the_open_items_until_a_distribution_is_lost(tmp_path: Path) -> None:
    exports = shutil.copytree(CASES / "ledger" / "in", tmp_path / "in")
    load([exports], "oracle_ar", tmp_path / "whole")
    assert findings(tmp_path / "whole") == []
    file = exports / "AR_DISTRIBUTIONS_ALL.csv"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(line for line in lines if not line.startswith("406003,")), encoding="utf-8")
    load([exports], "oracle_ar", tmp_path / "without")
    found = findings(tmp_path / "without")
    assert [(row["subject_id"], row["billed_amount"] - row["expected_amount"]) for row in found] == [("204/USD", -20)]
    assert '"applications":["606002"]' in found[0]["evidence"]


def findings(snapshot: Path) -> list[dict[str, Any]]:
    """What COM-07 finds."""
    found: list[dict[str, Any]] = run(open_snapshot(snapshot), ids=("COM-07",)).table.to_pylist()
    return found
