"""findings.xlsx: every candidate, its evidence, digits of its currency, and sums that can be traced."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest

from tests import synthetic
from tests.pack_company import PERIOD, make_snapshot
from tests.test_pack_pages import of
from workbench.findings import COLUMNS
from workbench.pack.scope import read_period
from workbench.pack.summary import summary_page
from workbench.pack.work import Audit
from workbench.pack.workbook import write_workbook
from workbench.snapshot import Snapshot

MONEY_COLUMNS = (4, 6, 8)


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    return make_snapshot(tmp_path / "snapshot")


@pytest.fixture
def audit(snapshot: Snapshot) -> Audit:
    """An audit of a made-up run: 200 candidates in three currencies, with reasons that try to do harm."""
    made = Audit(snapshot, read_period(PERIOD))
    made.findings = synthetic.findings()
    return made


def sheets(file: Path) -> Any:
    return openpyxl.load_workbook(file)


def test_the_workbook_holds_every_candidate_and_its_evidence(audit: Audit, tmp_path: Path) -> None:
    write_workbook(audit, tmp_path / "findings.xlsx")
    book = sheets(tmp_path / "findings.xlsx")
    found = audit.findings.found
    assert book.sheetnames == ["Summary", "Findings", "Suppressed", "Evidence", "Parameters"]
    assert book["Findings"].max_row - 1 == found.num_rows
    assert book["Suppressed"].max_row - 1 == audit.findings.table.num_rows - found.num_rows
    keys = sum(len(held) for row in found["evidence"].to_pylist() for held in json.loads(row).values())
    assert book["Evidence"].max_row - 1 == keys
    for place in (2, found.num_rows + 1):
        target = book["Findings"].cell(place, 15).hyperlink.location
        row = int(re.fullmatch(r"'Evidence'!A(\d+)", target).group(1))
        assert book["Evidence"].cell(row, 1).value == book["Findings"].cell(place, 3).value
    assert list(book["Findings"].tables) == ["Findings"]
    assert book["Findings"].freeze_panes == "A2"


def test_amounts_have_the_digits_of_their_currency(audit: Audit, tmp_path: Path) -> None:
    write_workbook(audit, tmp_path / "findings.xlsx")
    sheet = sheets(tmp_path / "findings.xlsx")["Findings"]
    formats = {sheet.cell(row, 9).value: sheet.cell(row, 10).number_format for row in range(2, sheet.max_row + 1)}
    assert {currency: form.partition(";")[0] for currency, form in formats.items()} == {
        "SGD": "#,##0.00",
        "JPY": "#,##0",
        "KWD": "#,##0.000",
    }


def test_hostile_cells_are_text(audit: Audit, tmp_path: Path) -> None:
    rows = audit.findings.table.slice(0, 6).to_pylist()
    hostile = ["=1+1", "+1", "-1", "@x", "\tx", "=cmd|'/C calc'!A0"]
    for row, value in zip(rows, hostile, strict=True):
        row |= {"subject_id": value, "customer_id": value, "reason": value, "suppressed_by": None}
        row["evidence"] = json.dumps({"invoices": [value], "customers": None})
    audit.findings = of(audit.findings, pa.Table.from_pylist(rows, COLUMNS))
    write_workbook(audit, tmp_path / "findings.xlsx")
    book = sheets(tmp_path / "findings.xlsx")
    for name in ("Findings", "Evidence", "Parameters"):
        assert not [cell.coordinate for line in book[name].iter_rows() for cell in line if cell.data_type == "f"]
    assert [book["Findings"].cell(row, 5).value for row in range(2, 8)] == hostile
    assert all(book["Findings"].cell(row, 5).quotePrefix for row in range(2, 8))


def test_an_amount_that_excel_would_round_is_text(audit: Audit, tmp_path: Path) -> None:
    rows = audit.findings.table.slice(0, 2).to_pylist()
    large = Decimal("12345678901234567.89")
    rows[0] |= {"billed_amount": large, "expected_amount": Decimal(0), "impact_amount": large, "currency": "SGD"}
    rows[0] |= {"direction": "over_billed", "suppressed_by": None}
    audit.findings = of(audit.findings, pa.Table.from_pylist(rows, COLUMNS))
    write_workbook(audit, tmp_path / "findings.xlsx")
    book = sheets(tmp_path / "findings.xlsx")
    shown = {cell.value for line in book["Findings"].iter_rows() for cell in line}
    assert "12345678901234567.89" in shown
    assert "12345678901234567.89" in {cell.value for line in book["Summary"].iter_rows() for cell in line}


def test_the_sums_and_counts_of_the_summary_can_be_traced(audit: Audit, tmp_path: Path) -> None:
    write_workbook(audit, tmp_path / "findings.xlsx")
    formulas = sheets(tmp_path / "findings.xlsx")["Summary"]
    values = openpyxl.load_workbook(tmp_path / "findings.xlsx", data_only=True)["Summary"]
    found = audit.findings.found.to_pylist()
    seen = 0
    for row in range(1, formulas.max_row + 1):
        currency, control = values.cell(row, 1).value, values.cell(row, 2).value
        for column, way in zip(MONEY_COLUMNS, ("over_billed", "under_billed", "at_risk"), strict=True):
            formula = str(formulas.cell(row, column).value)
            if not formula.startswith("=SUMIFS("):
                continue
            own = [
                entry
                for entry in found
                if entry["currency"] == currency
                and entry["direction"] == way
                and control in {None, entry["control_id"]}
            ]
            field = "billed_amount" if way == "at_risk" else "impact_amount"
            total = sum((entry[field] or Decimal(0) for entry in own), Decimal(0))
            assert Decimal(str(values.cell(row, column).value)) == total
            assert values.cell(row, column + 1).value == len(own)
            assert f"Findings[Currency],$A{row}" in formula
            seen += 1
    assert seen > 12
    assert {values.cell(row, 8).value for row in range(1, values.max_row + 1)} >= {"yes"}
    assert "NO" not in {values.cell(row, 8).value for row in range(1, values.max_row + 1)}


def test_rows_beyond_a_sheet_are_said_to_be_in_the_parquet_file_only(audit: Audit, tmp_path: Path) -> None:
    write_workbook(audit, tmp_path / "findings.xlsx", limit=50)
    book = sheets(tmp_path / "findings.xlsx")
    said = [str(cell.value) for line in book["Summary"].iter_rows() for cell in line if cell.value is not None]
    assert any("findings.parquet holds every one" in words for words in said)
    assert not [words for words in said if words.startswith(("=SUMIFS", "=COUNTIFS"))]
    assert book["Findings"].max_row == 51
    assert book["Evidence"].max_row <= 51


def test_an_empty_workbook_opens(audit: Audit, tmp_path: Path) -> None:
    audit.findings = of(audit.findings, COLUMNS.empty_table())
    write_workbook(audit, tmp_path / "findings.xlsx")
    assert sheets(tmp_path / "findings.xlsx")["Findings"].max_row <= 2


def test_the_same_candidates_give_the_same_bytes(audit: Audit, tmp_path: Path) -> None:
    for name in ("one.xlsx", "two.xlsx"):
        write_workbook(audit, tmp_path / name)
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    assert summary_page(audit) == summary_page(audit)
