"""Several systems in one snapshot: the first wins, what it lacks is completed, and every difference is told."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from workbench.check import check
from workbench.cli import workbench
from workbench.errors import WorkbenchError
from workbench.load import Loaded, load
from workbench.snapshot import open_snapshot

RETAIL = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
LINES = """700001,A1,Cup,6,2010-12-01 08:26:00,2.55,17850,United Kingdom
700001,B2,Lamp,2,2010-12-01 08:26:00,3.39,17850,United Kingdom
700002,A1,Cup,1,2010-12-02 09:00:00,2.55,13047,United Kingdom
"""
TABLES = {
    "customers": "customer_id,name,status,segment,tier\n17850,17850,active,retail,gold\n99,Ninety nine,active,,\n",
    "invoices": "invoice_id,invoice_number,kind,entity_id,customer_id,invoice_date,currency,net_amount,tax_amount,"
    "gross_amount,status,purchase_order\n"
    "700001,700001,invoice,UK,17850,2010-12-01,GBP,22.10,0,22.10,issued,PO-1\n"
    "700002,700002,invoice,UK,13047,2010-12-02,GBP,2.00,0,2.00,issued,\n"
    "X-3,3,invoice,UK,99,2010-12-03,GBP,5.00,0,5.00,issued,\n",
    "invoice_lines": "invoice_line_id,invoice_id,line_number,quantity,unit_price,net_amount\n"
    "L1,700001,1,1,22.10,22.10\nL3,X-3,1,1,5.00,5.00\n",
    "cases": "case_id,customer_id,invoice_id,category,priority,opened_at,status\n"
    "C1,99,3,dispute,high,2010-12-05 10:00:00,open\nC2,99,700001,dispute,high,2010-12-05 10:00:00,open\n",
}


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    (tmp_path / "retail").mkdir()
    (tmp_path / "retail/retail.csv").write_text(RETAIL + LINES, encoding="utf-8")
    (tmp_path / "crm").mkdir()
    for name, text in TABLES.items():
        (tmp_path / "crm" / f"{name}.csv").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def loaded(sources: Path) -> Loaded:
    return load({"online_retail": [sources / "retail"], "canonical": [sources / "crm"]}, out=sources / "snapshot")


def rows(loaded: Loaded, name: str) -> list[dict[str, Any]]:
    return pq.read_table(loaded.snapshot / f"{name}.parquet").to_pylist()


def rejects(loaded: Loaded, name: str) -> list[dict[str, str]]:
    with (loaded.snapshot / "rejects" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_each_row_that_was_read_is_accepted_or_rejected(loaded: Loaded) -> None:
    figures = {entry.table: (entry.read, entry.accepted, entry.rejected) for entry in loaded.tables}
    assert figures["invoices"] == (2 + 3, 3, 2)
    assert figures["invoice_lines"] == (3 + 2, 4, 1)
    assert figures["customers"] == (2 + 2, 3, 1)
    assert all(len(rows(loaded, name)) == accepted for name, (_, accepted, _) in figures.items())
    assert check(open_snapshot(loaded.snapshot)).holds


def test_the_system_that_is_named_first_wins_and_the_difference_is_told(loaded: Loaded) -> None:
    amounts = {row["invoice_id"]: row["gross_amount"] for row in rows(loaded, "invoices")}
    assert amounts == {"700001": Decimal("22.08"), "700002": Decimal("2.55"), "X-3": Decimal("5.00")}
    reasons = {reject["_row"]: reject["_reason"] for reject in rejects(loaded, "invoices")}
    assert "differs in net_amount 22.0800 / 22.1000, gross_amount 22.0800 / 22.1000" in reasons["1"]
    assert "net_amount 2.5500 / 2.0000" in reasons["2"]
    note = next(note for note in loaded.notes if note.title.startswith("invoices"))
    assert note.title == "invoices that canonical states otherwise than online_retail"
    assert note.count == 2
    assert "gross_amount 22.0800 / 22.1000" in note.subjects["700001"]


def test_the_other_order_has_the_other_winner(sources: Path) -> None:
    other = load({"canonical": [sources / "crm"], "online_retail": [sources / "retail"]}, out=sources / "other")
    amounts = {row["invoice_id"]: row["gross_amount"] for row in rows(other, "invoices")}
    assert amounts == {"700001": Decimal("22.10"), "700002": Decimal("2.00"), "X-3": Decimal("5.00")}


def test_what_the_first_leaves_empty_is_completed(loaded: Loaded) -> None:
    customer = next(row for row in rows(loaded, "customers") if row["customer_id"] == "17850")
    assert (customer["country"], customer["segment"], customer["tier"]) == ("United Kingdom", "retail", "gold")
    invoice = next(row for row in rows(loaded, "invoices") if row["invoice_id"] == "700001")
    assert (invoice["purchase_order"], invoice["_source"]) == ("PO-1", "retail.csv")
    assert rejects(loaded, "customers")[0]["_reason"].endswith("nothing differs")


def test_lines_of_one_document_come_from_one_system(loaded: Loaded) -> None:
    assert {row["invoice_line_id"] for row in rows(loaded, "invoice_lines")} == {
        "700001-1",
        "700001-2",
        "700002-1",
        "L3",
    }
    assert "has rows of its own there" in rejects(loaded, "invoice_lines")[0]["_reason"]


def test_an_invoice_that_is_named_by_its_number_is_found(loaded: Loaded) -> None:
    assert {row["case_id"]: row["invoice_id"] for row in rows(loaded, "cases")} == {"C1": "X-3", "C2": "700001"}
    assert any(note.subjects == {"3": "X-3"} for note in loaded.notes)


def test_two_files_of_one_name_are_refused(sources: Path) -> None:
    for folder, sheet, texts in (("retail", "Sheet1", RETAIL + LINES), ("crm", "customers", TABLES["customers"])):
        book = openpyxl.Workbook()
        page = book.active
        assert page is not None
        page.title = sheet
        for line in texts.splitlines():
            page.append(line.split(","))
        book.save(sources / folder / "retail.xlsx")
    (sources / "crm/customers.csv").unlink()
    with pytest.raises(WorkbenchError, match=r"both read a file named retail\.xlsx"):
        load({"online_retail": [sources / "retail"], "canonical": [sources / "crm"]}, out=sources / "s")


def test_the_command_line_names_the_system_of_each_source(sources: Path) -> None:
    command = [
        "load",
        f"online_retail={sources / 'retail'}",
        f"canonical={sources / 'crm'}",
        "--out",
        str(sources / "s"),
    ]
    done = CliRunner().invoke(workbench, command)
    assert done.exit_code == 0, done.output
    assert "2 invoices that canonical states otherwise than online_retail" in done.output
