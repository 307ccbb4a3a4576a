"""A mapping of workbooks: made by a command, refused in a sentence where it is wrong, used again next month."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from tests.test_source_excel import HEAD, ROWS, book, proposed, rows
from workbench.cli import workbench
from workbench.errors import WorkbenchError
from workbench.load import load
from workbench.sources.mapping import read_mapping


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda entry: entry.pop("table"), "does not say which table"),
        (lambda entry: entry.update(table="invoice"), "no canonical table 'invoice'"),
        (lambda entry: entry.update(tabel="x"), "no word in mapping.yml 'tabel'"),
        (lambda entry: entry.update(header="three"), "header of sheet 'Invoices' of ar.xlsx is row three"),
        (lambda entry: entry.update(sheet="Invoice"), "names sheet 'Invoice' of ar.xlsx"),
        (lambda entry: entry.update(file="br.xlsx"), "names br.xlsx, and there is ar.xlsx"),
        (lambda entry: entry["columns"].update(due_date="Due"), "has no column 'Due' in row 1"),
        (lambda entry: entry["columns"].update(nett="Due Date"), "no column of invoices in mapping.yml 'nett'"),
        (lambda entry: entry["columns"].pop("customer_id"), "does not say what customer_id of"),
        (lambda entry: entry.update(columns=["x"]), "columns of sheet 'Invoices' of ar.xlsx in mapping.yml is no list"),
        (lambda entry: entry.update(credit_notes="maybe"), "credit notes of sheet 'Invoices' of ar.xlsx are 'maybe'"),
        (lambda entry: entry.update(computed={"gross_amount": "1 + 1"}), "computes gross_amount"),
        (lambda entry: entry.update(words={"kind": {"CN": None}}), "does not say what 'CN' means as kind"),
    ],
)
def test_a_mapping_that_is_wrong_is_refused_in_a_sentence(
    change: Callable[[dict[str, Any]], Any], said: str, tmp_path: Path
) -> None:
    book(tmp_path / "in", {"Invoices": [HEAD, *ROWS]})
    made = proposed(tmp_path / "in", tmp_path, entity_id="SG01")
    entries = yaml.safe_load(made.file.read_text(encoding="utf-8"))
    change(entries[0])
    made.file.write_text(yaml.safe_dump(entries), encoding="utf-8")
    with pytest.raises(WorkbenchError) as raised:
        load([tmp_path / "in"], "excel", tmp_path / "out")
    assert said in str(raised.value)
    assert raised.value.fix


@pytest.mark.parametrize("text", ["", "- x", "a: [", "\0", "- file: &a [*a]", "x" * 50, "[[[[[]]]]]"])
def test_a_mapping_that_is_no_mapping_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "mapping.yml").write_text(text)
    with pytest.raises(WorkbenchError):
        read_mapping(tmp_path / "mapping.yml")


def test_without_a_mapping_the_way_to_one_is_said(tmp_path: Path) -> None:
    book(tmp_path / "in", {"Invoices": [HEAD, *ROWS]})
    with pytest.raises(WorkbenchError, match=r"workbench map .*ar.xlsx proposes one"):
        load([tmp_path / "in"], "excel", tmp_path / "out")


def test_the_command_prints_what_is_left_to_do_and_never_writes_over_a_mapping(tmp_path: Path) -> None:
    file = book(tmp_path / "in", {"Invoices": [HEAD, *ROWS]})
    result = CliRunner().invoke(workbench, ["map", str(file)], catch_exceptions=False)
    assert result.exit_code == 0
    assert "to be said: entity_id" in result.output
    before = (tmp_path / "in/mapping.yml").read_text()
    with pytest.raises(WorkbenchError, match="is there already"):
        CliRunner().invoke(workbench, ["map", str(file)], catch_exceptions=False)
    assert (tmp_path / "in/mapping.yml").read_text() == before


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    odd = ["Inv: No # 1", "- yes", "[Customer]", "'Net'", '"Tax"', "{Gross}", "No", "2025-01-01", "\x07bell", "a\nb"]
    book(tmp_path / "in", {"Invoices": [odd, *([*row, "x", "y", "z"] for row in ROWS)]})
    made = proposed(tmp_path / "in", tmp_path)
    assert yaml.safe_load(made.file.read_text(encoding="utf-8"))[0]["file"] == "ar.xlsx"


def test_a_pattern_serves_the_next_month_too(tmp_path: Path) -> None:
    book(tmp_path / "in", {"Invoices": [HEAD, *ROWS[:1]]}, name="ar 2025-03.xlsx")
    made = proposed(tmp_path / "in", tmp_path, entity_id="SG01")
    text = made.file.read_text(encoding="utf-8").replace("ar 2025-03.xlsx", "ar *.xlsx")
    made.file.write_text(text, encoding="utf-8")
    book(tmp_path / "in", {"Invoices": [HEAD, *ROWS[1:]]}, name="ar 2025-04.xlsx")
    found = load([tmp_path / "in"], "excel", tmp_path / "out")
    assert [(row["invoice_id"], row["_source"]) for row in rows(found)] == [
        ("A1", "ar 2025-03.xlsx: Invoices"),
        ("A2", "ar 2025-04.xlsx: Invoices"),
        ("A3", "ar 2025-04.xlsx: Invoices"),
    ]


def test_a_sheet_that_is_left_aside_is_not_read(tmp_path: Path) -> None:
    book(tmp_path / "in", {"Invoices": [HEAD, *ROWS], "Copy": [HEAD, *ROWS]})
    made = proposed(tmp_path / "in", tmp_path, entity_id="SG01")
    entries = yaml.safe_load(made.file.read_text(encoding="utf-8"))
    entries[1]["table"] = "none"
    made.file.write_text(yaml.safe_dump(entries), encoding="utf-8")
    found = load([tmp_path / "in"], "excel", tmp_path / "out")
    assert len(rows(found)) == 3
    assert found.unrecognised == ("ar.xlsx: Copy, left aside",)
