"""A file of totals beside an export: rows as read and sums as accepted stand beside what the source says."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.check import check
from workbench.errors import WorkbenchError
from workbench.load import Loaded, load
from workbench.snapshot import open_snapshot

INVOICES = (
    "invoice_id,invoice_number,kind,entity_id,customer_id,invoice_date,currency,net_amount,tax_amount,gross_amount,"
    "status\n"
    "I1,1,invoice,E1,C1,2025-03-01,SGD,100.00,9.00,109.00,issued\n"
    "I2,2,invoice,E1,C1,2025-03-02,USD,50.00,0,50.00,issued\n"
    "I3,3,invoice,E1,C1,2025-03-03,SGD,x,0,70.00,issued\n"
)
LINES = (
    "invoice_line_id,invoice_id,line_number,quantity,unit_price,net_amount\nL1,I1,1,2,50,100.00\nL2,I2,1,1,50,50.00\n"
)


def loaded(folder: Path, totals: str | bytes) -> Loaded:
    source = folder / "in"
    source.mkdir()
    (source / "invoices.csv").write_text(INVOICES, encoding="utf-8")
    (source / "invoice_lines.csv").write_text(LINES, encoding="utf-8")
    (source / "control_totals.csv").write_bytes(totals if isinstance(totals, bytes) else totals.encode())
    return load([source], "canonical", folder / "out")


def test_rows_are_as_read_and_sums_as_accepted_per_currency(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        "\ufefftable,column,currency,total\r\n"
        "invoices,rows,,3\r\ninvoices.csv,,,3\r\ninvoices,gross_amount,SGD,109\r\ninvoices,gross_amount,USD,50.00\r\n"
        "invoice_lines,net_amount,SGD,100\r\ninvoice_lines,quantity,,3\r\ninvoice_lines,net_amount,EUR,0\r\n",
    )
    assert [(tie.subject, tie.what, tie.currency, tie.found, tie.holds) for tie in found.ties] == [
        ("invoices", "rows", "", "3", True),
        ("invoices.csv", "rows", "", "3", True),
        ("invoices", "gross_amount", "SGD", "109", True),
        ("invoices", "gross_amount", "USD", "50", True),
        ("invoice_lines", "net_amount", "SGD", "100", True),
        ("invoice_lines", "quantity", "", "3", True),
        ("invoice_lines", "net_amount", "EUR", "0", True),
    ]
    assert found.unrecognised == ()


def test_a_row_that_was_rejected_is_missing_from_the_sum(tmp_path: Path) -> None:
    found = loaded(tmp_path, "table,column,currency,total\ninvoices,gross_amount,SGD,179.00\n")
    assert [(tie.stated, tie.found, tie.holds) for tie in found.ties] == [("179.00", "109", False)]
    assert "invoices: gross_amount SGD 179.00 stated, 109 found" in found.as_text()
    made = check(open_snapshot(tmp_path / "out"))
    assert not made.holds
    assert "control_totals.csv" in made.as_text()


@pytest.mark.parametrize(
    ("totals", "said"),
    [
        ("table,total\ninvoices,3\n", "no column column"),
        ("table,column,total\ninvoices,rows,three\n", "Row 2 of control_totals.csv has the total 'three'"),
        ("table,column,total\ninvoices,rows,nan\n", "no number"),
        ("table,column,total\ninvoicse,gross_amount,3\n", "invoicse"),
        ("table,column,total\ninvoices,invoice_number,3\n", "invoice_number"),
        (b"table,column,total\ninvoices,rows,\xff\n", "no UTF-8"),
    ],
)
def test_totals_that_are_not_understood_stop_the_load_in_a_sentence(
    totals: str | bytes, said: str, tmp_path: Path
) -> None:
    with pytest.raises(WorkbenchError, match=said):
        loaded(tmp_path, totals)
    assert not (tmp_path / "out").exists()


def test_totals_of_a_system_are_of_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for file in (Path(__file__).parent / "sources/oracle_ar/ordinary/in").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    name = next(file.name for file in folder.iterdir() if "CUSTOMER_TRX_ALL" in file.name.upper())
    rows = len((folder / name).read_text(encoding="utf-8").splitlines()) - 1
    (folder / "control_totals.csv").write_text(f"table,column,total\n{name},rows,{rows}\n", encoding="utf-8")
    found = load([folder], "oracle_ar", tmp_path / "out")
    (tie,) = [tie for tie in found.ties if tie.title == "totals of control_totals.csv"]
    assert tie.holds
    assert "control_totals.csv" not in found.unrecognised
