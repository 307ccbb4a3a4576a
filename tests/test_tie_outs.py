"""What was loaded stands beside what its sources and the ledger state, and every input is told to the last total."""

from __future__ import annotations

import json
import sqlite3
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
import yaml
from click.testing import CliRunner

from workbench.check import check
from workbench.cli import workbench
from workbench.load import load
from workbench.snapshot import open_snapshot
from workbench.tie_outs import DIFFERS, FAILS, HOLDS, NOT_SHOWN, UNSTATED, LedgerTie, TableTie

INVOICES = """\
invoice_id,invoice_number,kind,entity_id,customer_id,invoice_date,currency,net_amount,tax_amount,gross_amount,status
I1,1,invoice,E1,C1,2025-03-01,SGD,100.00,9.00,109.00,issued
I2,2,invoice,E1,C1,2025-03-02,USD,50.00,0,50.00,issued
I3,3,invoice,E1,C1,2025-03-03,JPY,7000,0,7000,issued
"""
LINES = """invoice_line_id,invoice_id,line_number,quantity,unit_price,net_amount
L1,I1,1,1,100,100.00
L2,I2,1,1,50,50.00
L3,I9,1,1,3,3.00
"""
RECEIPTS = """receipt_id,entity_id,customer_id,received_on,currency,amount,status
R1,E1,C1,2025-03-05,SGD,9.00,unapplied
"""
LEDGER = """gl_line_id,entity_id,account,account_kind,posted_on,currency,amount,source_id
G1,E1,1200,receivable,2025-03-01,SGD,109.00,I1
G2,E1,1200,receivable,2025-03-05,SGD,-9.00,R1
G3,E1,1200,receivable,2025-03-02,USD,55.00,I2
G4,E1,1200,receivable,2025-03-03,JPY,7000,I3
G5,E1,4000,revenue,2025-03-03,JPY,-7000,I3
"""
TABLES = {"invoices": INVOICES, "invoice_lines": LINES, "receipts": RECEIPTS, "gl_lines": LEDGER}
TOLD = {"name", "system", "sha256", "filters", "read", "totals"}


def source(folder: Path, totals: str = "", without: str = "") -> Path:
    made = folder / "in"
    made.mkdir()
    for name, text in TABLES.items():
        if name != without:
            (made / f"{name}.csv").write_text(text, encoding="utf-8")
    if totals:
        (made / "control_totals.csv").write_text(f"table,column,currency,total\n{totals}", encoding="utf-8")
    return made


def every_input_is_told(snapshot: Path) -> None:
    """Each input of sources.json says what it is, and what all brought to a table is all that the table holds."""
    account = json.loads((snapshot / "sources.json").read_text(encoding="utf-8"))
    assert account["user"] and account["loaded_at"] and account["system"]
    inputs = [*account["files"], *account["documents"]]
    assert [entry["name"] for entry in inputs if TOLD - entry.keys() or len(entry["sha256"]) not in {0, 64}] == []
    for name, whole in account["tables"].items():
        brought = [entry["totals"][name] for entry in inputs if name in entry["totals"]]
        assert sum(part["rows"] for part in brought) == whole["rows"] == whole["distinct_keys"], name
        for column, sums in whole["sums"].items():
            for currency, amount in sums.items():
                parts = [Decimal(part["sums"].get(column, {}).get(currency, "0")) for part in brought]
                assert sum(parts) == Decimal(amount), (name, column, currency)
        for column, (first, last) in whole["dates"].items():
            ends = [part["dates"][column] for part in brought if column in part["dates"]]
            assert (min(end[0] for end in ends), max(end[1] for end in ends)) == (first, last)


def by_name(ties: tuple[TableTie, ...]) -> dict[tuple[str, str], TableTie]:
    return {(tie.table, tie.currency): tie for tie in ties}


def test_each_table_and_currency_stands_beside_the_total_that_is_stated(tmp_path: Path) -> None:
    totals = "invoices,gross_amount,SGD,109\ninvoices,gross_amount,USD,62.50\ninvoices,rows,,3\ninvoice_lines,rows,,3\n"
    load([source(tmp_path, totals)], "canonical", tmp_path / "out")
    found = check(open_snapshot(tmp_path / "out"))
    ties = by_name(found.tables)
    assert {key: ties[key].state for key in ties if key[0] in {"invoices", "invoice_lines"}} == {
        ("invoices", ""): HOLDS,
        ("invoices", "SGD"): HOLDS,
        ("invoices", "USD"): FAILS,
        ("invoices", "JPY"): UNSTATED,
        ("invoice_lines", ""): HOLDS,
        ("invoice_lines", "SGD"): UNSTATED,
        ("invoice_lines", "USD"): UNSTATED,
    }
    assert ties["invoices", "USD"].differences == {"gross_amount": Decimal("-12.50")}
    assert ties["invoices", "USD"].sentence == (
        "invoices USD: gross_amount 50.00, net_amount 50.00, tax_amount 0.00 loaded; "
        "gross_amount 62.50 stated (totals of control_totals.csv); gross_amount -12.50 apart"
    )
    assert ties["invoices", "JPY"].sentence == (
        "invoices JPY: gross_amount 7,000, net_amount 7,000, tax_amount 0 loaded; no total is stated"
    )
    assert not found.holds


def test_lines_are_summed_in_the_currency_of_their_document_and_none_without_one(tmp_path: Path) -> None:
    load([source(tmp_path)], "canonical", tmp_path / "out")
    every_input_is_told(tmp_path / "out")
    account = open_snapshot(tmp_path / "out").sources
    assert account["tables"]["invoice_lines"]["sums"]["net_amount"] == {"SGD": "100.0000", "USD": "50.0000"}
    assert account["tables"]["invoice_lines"]["rows"] == 3


def test_open_items_stand_beside_the_ledger_and_what_differs_is_what_com_07_says(tmp_path: Path) -> None:
    load([source(tmp_path)], "canonical", tmp_path / "out")
    found = check(open_snapshot(tmp_path / "out"))
    ties: dict[str, LedgerTie] = {tie.currency: tie for tie in found.ledger}
    assert {name: (tie.state, tie.difference) for name, tie in ties.items()} == {
        "SGD": (HOLDS, Decimal("0.0000")),
        "USD": (DIFFERS, Decimal("-5.0000")),
        "JPY": (HOLDS, Decimal("0.0000")),
    }
    assert "open items of 50.00 USD, receivable in the ledger 55.00" in ties["USD"].said
    assert "5.00 apart. COM-07: " in ties["USD"].sentence
    # The ledger is another system's word: its difference is a finding, and the snapshot is whole.
    assert found.holds
    assert [entry["difference"] for entry in json.loads(found.as_json())["ledger"] if entry["currency"] == "USD"] == [
        "-5.0000"
    ]


def test_without_a_ledger_it_is_said_that_nothing_can_be_shown(tmp_path: Path) -> None:
    load([source(tmp_path, without="gl_lines")], "canonical", tmp_path / "out")
    (tie,) = check(open_snapshot(tmp_path / "out")).ledger
    assert (tie.state, tie.sentence) == (NOT_SHOWN, "open items and the ledger: the snapshot lacks gl_lines")


def test_the_command_shows_every_tie(tmp_path: Path) -> None:
    load([source(tmp_path)], "canonical", tmp_path / "out")
    said = CliRunner().invoke(workbench, ["check", str(tmp_path / "out")], catch_exceptions=False).output
    assert "\nholds   E1 SGD: 100.00 in open items; 100.00 receivable in the ledger\n" in said
    assert "\ndiffers E1 USD: 50.00 in open items; 55.00 receivable in the ledger, -5.00 apart. COM-07: " in said
    assert "\n-       receipts SGD: amount 9.00 loaded; no total is stated\n" in said


def as_parquet(folder: Path) -> list[str]:
    rows = [line.split(",") for line in INVOICES.splitlines()]
    columns = {name: [row[place] for row in rows[1:]] for place, name in enumerate(rows[0])}
    pq.write_table(pa.table(columns), folder / "invoices.parquet")
    return ["canonical", str(folder)]


def as_workbook(folder: Path) -> list[str]:
    with xlsxwriter.Workbook(folder / "books.xlsx") as book:
        for name in ("invoices", "invoice_lines"):
            sheet = book.add_worksheet(name)
            for number, line in enumerate(TABLES[name].splitlines()):
                sheet.write_row(number, 0, line.split(","))
    return ["canonical", str(folder)]


def as_mapped_workbook(folder: Path) -> list[str]:
    as_workbook(folder)
    entries = [
        {"file": "books.xlsx", "sheet": name, "table": name, "header": 1, "columns": {each: each for each in columns}}
        for name in ("invoices", "invoice_lines")
        for columns in [TABLES[name].split("\n", maxsplit=1)[0].split(",")]
    ]
    (folder / "mapping.yml").write_text(yaml.safe_dump(entries), encoding="utf-8")
    return ["excel", str(folder)]


def as_database(folder: Path) -> list[str]:
    with sqlite3.connect(folder / "books.db") as books:
        for name, text in TABLES.items():
            head, *rows = [line.split(",") for line in text.splitlines()]
            books.execute(f"create table {name} ({', '.join(head)})")
            books.executemany(f"insert into {name} values ({', '.join('?' * len(head))})", rows)
            (folder / f"{name}.sql").write_text(f"select * from {name}", encoding="utf-8")
    books.close()
    return ["sql", f"sqlite:///{folder / 'books.db'}", *map(str, sorted(folder.glob("*.sql")))]


@pytest.mark.parametrize("write", [as_parquet, as_workbook, as_mapped_workbook, as_database])
def test_every_kind_of_input_is_told(write: object, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    system, *inputs = write(folder)  # type: ignore[operator]
    load([each if "://" in each else Path(each) for each in inputs], system, tmp_path / "out")
    every_input_is_told(tmp_path / "out")
    account = open_snapshot(tmp_path / "out").sources
    assert {entry["system"] for entry in account["files"]} == {system}
    assert all(entry["filters"] == ("those of the query" if system == "sql" else "none: every row is read")
               for entry in account["files"])  # fmt: skip
