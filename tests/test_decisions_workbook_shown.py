"""What a person meets in a workbook of decisions: lists, links, totals that are exact, digits that stay."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest

from tests.test_decisions import START, new_store
from tests.test_decisions_workbook import FULL, exported, filled, heads
from workbench.decisions import Decision, Store
from workbench.decisions import sheet as layout
from workbench.decisions.exporting import Outgoing, write_decisions
from workbench.decisions.importing import import_decisions
from workbench.errors import WorkbenchError
from workbench.findings import Findings


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = new_store(tmp_path)
    yield opened
    opened.close()


def test_a_workbook_is_never_written_over(store: Store, findings: Findings, tmp_path: Path) -> None:
    file = exported(store, findings, tmp_path)
    with pytest.raises(WorkbenchError, match="exists already, and may hold somebody's decisions"):
        exported(store, findings, tmp_path)
    with pytest.raises(WorkbenchError, match="does not end in"):
        exported(store, findings, tmp_path, "out.xls")
    assert [path.name for path in tmp_path.glob("*.xlsx")] == [file.name]
    assert not list(tmp_path.glob(".out*"))


def test_drop_downs_lists_links_and_frozen_heads_are_where_people_look(
    store: Store, findings: Findings, tmp_path: Path
) -> None:
    book = openpyxl.load_workbook(exported(store, findings, tmp_path))
    sheet = book[layout.DECISIONS]
    places = heads(sheet)
    assert sheet.freeze_panes == "B2" and list(sheet.tables) == [layout.DECISIONS]
    assert sheet.tables[layout.DECISIONS].autoFilter is not None
    chosen = {}
    for one in sheet.data_validations.dataValidation:
        letters = "".join(filter(str.isalpha, str(one.sqref).partition(":")[0]))
        chosen[openpyxl.utils.column_index_from_string(letters)] = one
    for head in ("State", "Remedy", "Root cause", "Owner", "Approval"):
        assert chosen[places[head]].type == "list", head
    source = book[layout.LISTS]
    assert [cell.value for cell in source["A"] if cell.value][1:] == ["open", "confirmed", "explained", "accepted"]
    assert (book[layout.LISTS].sheet_state, book[layout.RECORD].sheet_state) == ("hidden", "veryHidden")
    assert sheet.cell(2, places["Evidence"]).hyperlink.location.startswith("'Evidence'!A")
    assert sheet.cell(2, places["Remark"]).number_format == "@"
    formats = {
        sheet.cell(row, places["Currency"]).value: sheet.cell(row, places["Impact"]).number_format
        for row in range(2, findings.found.num_rows + 2)
        if sheet.cell(row, places["Impact"]).value is not None
    }
    assert formats == {"JPY": "#,##0;[Red]-#,##0", "SGD": "#,##0.00;[Red]-#,##0.00"}


def test_nothing_in_the_workbook_reckons_but_the_totals(store: Store, findings: Findings, tmp_path: Path) -> None:
    store.decide(Decision(findings.found["finding_id"][0].as_py(), "accepted", "=cmd|' /C calc'!A0", remark="@SUM(1)"))
    book = openpyxl.load_workbook(exported(store, findings, tmp_path))
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    assert sheet.title == layout.TOTALS and str(cell.value).startswith(("=SUMIFS(", "=COUNTIFS("))


def soffice(file: Path, kind: str, folder: Path) -> Path:
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if not program:
        pytest.skip("there is no LibreOffice here")
    words = [program, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", kind, "--outdir"]
    subprocess.run([*words, str(folder / "made"), str(file)], check=True, capture_output=True, timeout=300)
    return folder / "made" / f"{file.stem}.{kind.partition(':')[0]}"


def test_libreoffice_opens_it_reckons_the_same_totals_and_brings_it_back(
    store: Store, findings: Findings, tmp_path: Path
) -> None:
    store.decide(Decision(findings.found["finding_id"][0].as_py(), "accepted", "Ann", remark="=1+1\nsecond line"))
    file = exported(store, findings, tmp_path)
    back = soffice(filled(file, {3: FULL}), "xlsx", tmp_path)
    stated = openpyxl.load_workbook(file, data_only=True)[layout.TOTALS]
    book = openpyxl.load_workbook(back, data_only=True)
    reckoned = book[layout.TOTALS]
    moved = {(row, column) for row in range(5, stated.max_row + 1) for column in range(5, stated.max_column + 1)
             if stated.cell(row, column).value != reckoned.cell(row, column).value}  # fmt: skip
    # One finding went from open to confirmed: its line and the total of its currency and direction, money and count.
    assert len(moved) == 8, moved
    assert {column for _, column in moved} == {5, 6, 7, 8}
    done = import_decisions(store, back, "Bo")
    assert done.holds and done.counts["applied"] == 1 and done.counts["unchanged"] == findings.found.num_rows - 1


def test_totals_are_exact_and_each_way_apart(store: Store, findings: Findings, tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(exported(store, findings, tmp_path), data_only=True)[layout.TOTALS]
    lines = {
        tuple(sheet.cell(row, column).value for column in (1, 2, 3)): Decimal(str(sheet.cell(row, 13).value))
        for row in range(5, sheet.max_row + 1)
        if sheet.cell(row, 1).value
    }
    rows = findings.found.to_pylist()
    for (currency, direction, control_id), amount in lines.items():
        own = [
            row["impact_amount"] or Decimal(0)
            for row in rows
            if (row["currency"] or "(none)", row["direction"].replace("_", "-")) == (currency, direction)
            and control_id in {None, row["control_id"]}
        ]
        assert amount == sum(own)
    assert ("SGD", "over-billed", None) in lines and ("SGD", "under-billed", None) in lines


def test_an_amount_that_excel_would_round_keeps_its_digits_both_ways(
    store: Store, findings: Findings, tmp_path: Path
) -> None:
    row = {**findings.found.to_pylist()[0], "impact_amount": Decimal("99999999999999.9999"), "currency": "CLF"}
    table = pa.Table.from_pylist([row], findings.table.schema)
    write_decisions(table, {}, Outgoing("x", START, "Ann", store.head()), tmp_path / "long.xlsx")
    done = import_decisions(store, filled(tmp_path / "long.xlsx", {2: FULL}), "Bo")
    assert done.counts["applied"] == 1
    assert store.standing(row["finding_id"]).amount == Decimal("99999999999999.9999")
    stated = openpyxl.load_workbook(tmp_path / "long.xlsx", data_only=True)[layout.TOTALS]
    assert stated.cell(5, 5).value == "99999999999999.9999"
