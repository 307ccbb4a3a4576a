"""Workbooks as people make them: proposed, corrected, loaded; every row is accepted or rejected with its reason."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
import xlsxwriter
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.errors import WorkbenchError
from workbench.load import Loaded, load
from workbench.sources.layout import find_header, header_names
from workbench.sources.mapping_file import Made, make_mapping
from workbench.sources.sheets import open_book

HEAD = ["Invoice No", "Invoice Date", "Customer Code", "Net (SGD)", "GST (SGD)", "Total (SGD)", "Due Date"]
ROWS: list[list[Any]] = [
    ["A1", date(2025, 3, 1), "C1", 100, 9, 109, date(2025, 3, 31)],
    ["A2", date(2025, 3, 2), "C2", 200, 18, 218, date(2025, 4, 1)],
    ["A3", date(2025, 3, 3), "C1", -50, -4.5, -54.5, date(2025, 4, 2)],
]


def book(folder: Path, sheets: dict[str, Sequence[Sequence[Any]]], name: str = "ar.xlsx", **options: Any) -> Path:
    folder.mkdir(exist_ok=True, parents=True)
    made = xlsxwriter.Workbook(str(folder / name), {"default_date_format": "yyyy-mm-dd", **options})
    made.set_properties({"created": datetime(2025, 1, 1, tzinfo=UTC)})
    for title, rows in sheets.items():
        sheet = made.add_worksheet(title)
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, str) and value.startswith("#"):
                    sheet.write_formula(at, column, "=1/0", value=value)
                elif value is not None:
                    (sheet.write_string if isinstance(value, str) else sheet.write)(at, column, value)
    made.close()
    return folder / name


def proposed(folder: Path, tmp_path: Path, **values: str) -> Made:
    """A mapping as it is proposed, with what a person adds to it: constants by name."""
    scratch = tmp_path / f"scratch-{len(list(tmp_path.iterdir()))}"
    scratch.mkdir()
    made = make_mapping([folder], None, scratch)
    said = yaml.safe_load(made.file.read_text(encoding="utf-8"))
    for entry in said:
        for name, value in values.items():
            if name in entry.get("constants", {}):
                entry["constants"][name] = value
    made.file.write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")
    return made


def loaded(folder: Path, tmp_path: Path, **values: str) -> Loaded:
    proposed(folder, tmp_path, **({"entity_id": "SG01"} | values))
    return load([folder], "excel", tmp_path / "out")


def rows(found: Loaded, table: str = "invoices") -> list[dict[str, Any]]:
    return list(pq.read_table(found.snapshot / f"{table}.parquet").to_pylist())


def rejects(found: Loaded, table: str = "invoices") -> list[tuple[int, str]]:
    with (found.snapshot / f"rejects/{table}.csv").open(encoding="utf-8", newline="") as stream:
        return [(int(row["_row"]), row["_reason"]) for row in csv.DictReader(stream)]


def test_a_plain_ledger_needs_one_answer_of_a_person(tmp_path: Path) -> None:
    book(tmp_path / "in", {"Invoices": [HEAD, *ROWS]})
    made = proposed(tmp_path / "in", tmp_path)
    assert made.proposals[0].table == "invoices"
    assert made.proposals[0].missing == ["entity_id"]
    with pytest.raises(WorkbenchError, match=r"does not say what entity_id of sheet 'Invoices' of ar.xlsx is"):
        load([tmp_path / "in"], "excel", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_rows_keep_the_number_that_they_have_in_the_sheet(tmp_path: Path) -> None:
    book(tmp_path / "in", {"Invoices": [["Bayside Ltd"], ["Currency: SGD"], [], HEAD, [], ROWS[0], [], *ROWS[1:]]})
    found = loaded(tmp_path / "in", tmp_path)
    assert [(row["invoice_id"], row["_row"], row["_source"]) for row in rows(found)] == [
        ("A1", 6, "ar.xlsx: Invoices"),
        ("A2", 8, "ar.xlsx: Invoices"),
        ("A3", 9, "ar.xlsx: Invoices"),
    ]
    assert [row["kind"] for row in rows(found)] == ["invoice", "invoice", "credit_memo"]
    assert rows(found)[2]["gross_amount"] == Decimal("-54.5")
    assert {row["currency"] for row in rows(found)} == {"SGD"}
    titles = next(note for note in found.notes if "above the header" in note.title)
    assert titles.subjects == {"ar.xlsx: Invoices": "Bayside Ltd | Currency: SGD"}


def test_a_total_is_rejected_and_tied_out(tmp_path: Path) -> None:
    total = ["Grand Total", None, None, 250, 22.5, 272.5, None]
    book(tmp_path / "in", {"Invoices": [HEAD, *ROWS, total]})
    found = loaded(tmp_path / "in", tmp_path)
    assert rejects(found) == [(5, "a total")]
    assert [(tie.what, tie.stated, tie.found, tie.currency, tie.holds) for tie in found.ties] == [
        ("net_amount of rows 2 to 4", "250", "250", "SGD", True),
        ("tax_amount of rows 2 to 4", "22.5", "22.5", "SGD", True),
        ("gross_amount of rows 2 to 4", "272.5", "272.5", "SGD", True),
    ]


def test_a_total_that_is_not_the_sum_does_not_hold(tmp_path: Path) -> None:
    book(tmp_path / "in", {"Invoices": [HEAD, *ROWS, [None, None, "Total", 251, 22.5, 272.5]]})
    ties = loaded(tmp_path / "in", tmp_path).ties
    assert (ties[0].stated, ties[0].found, ties[0].holds) == ("251", "250", False)
    assert [tie.holds for tie in ties[1:]] == [True, True]


def test_a_row_that_could_not_be_read_breaks_the_total(tmp_path: Path) -> None:
    broken = ["A4", "no day", "C1", 10, 0.9, 10.9, None]
    book(tmp_path / "in", {"Invoices": [HEAD, *ROWS, broken, ["Total", None, None, 260, 23.4, 283.4]]})
    found = loaded(tmp_path / "in", tmp_path)
    assert [number for number, _ in rejects(found)] == [5, 6]
    assert [tie.holds for tie in found.ties] == [False, False, False]


def test_subtotals_are_of_the_rows_since_the_last(tmp_path: Path) -> None:
    sheet = [HEAD, *ROWS[:2], ["小计", None, None, 300, 27, 327], ROWS[2], ["小计", None, None, -50, -4.5, -54.5]]
    sheet.append(["合计", None, None, 250, 22.5, 272.5])
    book(tmp_path / "in", {"Invoices": sheet})
    found = loaded(tmp_path / "in", tmp_path)
    assert [reason for _, reason in rejects(found)] == ["a total"] * 3
    assert len(found.ties) == 9 and all(tie.holds for tie in found.ties)
    assert [tie.what for tie in found.ties][::3] == [
        "net_amount of rows 2 to 3",
        "net_amount of rows 5 to 5",
        "net_amount of rows 2 to 6",
    ]


def test_an_invoice_that_is_only_called_total_is_no_total(tmp_path: Path) -> None:
    book(tmp_path / "in", {"Invoices": [HEAD, *ROWS, ["A4", date(2025, 3, 4), "Total", 10, 0.9, 10.9, None]]})
    found = loaded(tmp_path / "in", tmp_path)
    assert rejects(found) == []
    assert [row["customer_id"] for row in rows(found)] == ["C1", "C2", "C1", "Total"]


def test_a_header_in_the_middle_is_rejected(tmp_path: Path) -> None:
    book(tmp_path / "in", {"Invoices": [HEAD, *ROWS[:2], HEAD, ROWS[2]]})
    found = loaded(tmp_path / "in", tmp_path)
    assert rejects(found) == [(4, "repeats the header")]
    assert len(rows(found)) == 3


def test_an_error_cell_rejects_its_row_with_the_error(tmp_path: Path) -> None:
    wrong = [["A4", date(2025, 3, 4), "C1", "#DIV/0!", 1, 2, None], ["A5", date(2025, 3, 4), "C1", 1, 1, "#N/A", None]]
    book(tmp_path / "in", {"Invoices": [HEAD, *ROWS, *wrong]})
    found = loaded(tmp_path / "in", tmp_path)
    assert rejects(found) == [
        (5, "Net (SGD) holds the error #DIV/0!"),
        (6, "Total (SGD) holds the error #N/A"),
    ]


def test_an_error_cell_in_a_column_that_is_not_read_harms_nothing(tmp_path: Path) -> None:
    book(tmp_path / "in", {"Invoices": [[*HEAD, "Margin note"], *([*row, "#N/A"] for row in ROWS)]})
    assert rejects(loaded(tmp_path / "in", tmp_path)) == []


def test_two_rows_of_merged_cells_are_one_header(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.append(["Invoice No", "Invoice Date", "Customer Code", "Amount", None, None, "Due Date"])
    sheet.append([None, None, None, "net", "tax", "gross", None])
    sheet.merge_cells("D1:F1")
    sheet.merge_cells("A1:A2")
    for row in ROWS:
        sheet.append(row)
    (tmp_path / "in").mkdir()
    made.save(tmp_path / "in" / "two.xlsx")
    found = loaded(tmp_path / "in", tmp_path, currency="SGD")
    assert [row["tax_amount"] for row in rows(found)] == [Decimal(9), Decimal(18), Decimal("-4.5")]
    assert [row["_row"] for row in rows(found)] == [3, 4, 5]


def test_a_hidden_sheet_is_read_and_told(tmp_path: Path) -> None:
    file = book(
        tmp_path / "in",
        {"Invoices": [HEAD, *ROWS], "Customers": [["Customer Code", "Customer Name", "Country"], ["C1", "Acme", "SG"]]},
    )
    changed = openpyxl.load_workbook(file)
    changed["Customers"].sheet_state = "veryHidden"
    changed.save(file)
    found = loaded(tmp_path / "in", tmp_path)
    assert [row["name"] for row in rows(found, "customers")] == ["Acme"]
    assert found.notes[0].subjects == {"ar.xlsx: Customers": "hidden in the workbook"}


@pytest.mark.parametrize("from_1904", [False, True])
def test_days_are_read_whatever_they_count_from(from_1904: bool, tmp_path: Path) -> None:
    serial = (date(2025, 3, 31) - (date(1904, 1, 1) if from_1904 else date(1899, 12, 30))).days
    sheet = [HEAD, *([*row[:6], serial] for row in ROWS)]
    book(tmp_path / "in", {"Invoices": sheet}, date_1904=from_1904)
    found = loaded(tmp_path / "in", tmp_path)
    assert [row["invoice_date"] for row in rows(found)] == [date(2025, 3, 1), date(2025, 3, 2), date(2025, 3, 3)]
    assert {row["due_date"] for row in rows(found)} == {date(2025, 3, 31)}


def test_numbers_as_text_and_triangles_are_read(tmp_path: Path) -> None:
    sheet = [
        HEAD,
        ["A1", "2025/03/01", "C1", "1,000.50", "90", "1,090.50", "2025/03/31"],
        ["A2", "2025/03/02", "C1", "△1,000", "△90", "▲1,090", "2025/03/31"],
    ]
    book(tmp_path / "in", {"Invoices": sheet})
    found = loaded(tmp_path / "in", tmp_path)
    assert [row["gross_amount"] for row in rows(found)] == [Decimal("1090.5"), Decimal(-1090)]
    assert [row["kind"] for row in rows(found)] == ["invoice", "credit_memo"]


def test_credit_notes_that_are_positive_in_the_source_turn(tmp_path: Path) -> None:
    sheet = [
        [*HEAD, "Type"],
        [*ROWS[0], "Invoice"],
        ["A2", date(2025, 3, 2), "C1", 50, 4.5, 54.5, None, "Credit Note"],
        ["Total", None, None, 150, 13.5, 163.5, None, None],
    ]
    book(tmp_path / "in", {"Invoices": sheet})
    made = proposed(tmp_path / "in", tmp_path, entity_id="SG01")
    assert "credit_notes: positive" in made.file.read_text()
    found = load([tmp_path / "in"], "excel", tmp_path / "out")
    assert [(row["kind"], row["gross_amount"]) for row in rows(found)] == [
        ("invoice", Decimal(109)),
        ("credit_memo", Decimal("-54.5")),
    ]
    assert [tie.holds for tie in found.ties] == [True, True, True]


def test_the_amount_that_is_lacking_is_computed_from_the_other_two(tmp_path: Path) -> None:
    book(tmp_path / "in", {"Invoices": [[*HEAD[:5], HEAD[6]], *([*row[:5], row[6]] for row in ROWS)]})
    found = loaded(tmp_path / "in", tmp_path)
    assert [row["gross_amount"] for row in rows(found)] == [Decimal(109), Decimal(218), Decimal("-54.5")]


def test_lines_get_keys_from_their_document_and_row(tmp_path: Path) -> None:
    head = ["Invoice No", "Item Code", "Description", "Qty", "Unit Price", "Line Total"]
    book(tmp_path / "in", {"Lines": [head, ["A1", "P1", "Hosting", 2, 50, 100], ["A1", "P2", "Support", 1, 10, 10]]})
    found = loaded(tmp_path / "in", tmp_path)
    assert [(row["invoice_line_id"], row["line_number"]) for row in rows(found, "invoice_lines")] == [
        ("A1-2", 2),
        ("A1-3", 3),
    ]


def test_amounts_in_thousands_are_left_to_a_person(tmp_path: Path) -> None:
    head = ["請求書番号", "請求日", "得意先コード", "税抜金額(千円)", "消費税額(千円)", "税込金額(千円)"]
    book(tmp_path / "in", {"請求": [head, ["A1", date(2025, 3, 1), "C1", 100, 10, 110]]})
    found = proposed(tmp_path / "in", tmp_path).proposals[0]
    assert {"net_amount", "tax_amount", "gross_amount"} <= set(found.missing)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ([9, 0, 8.5], ["0.09", "0", "0.085"]),
        ([0.09, 0, 1], ["0.09", "0", "1"]),
        (["9%", 0, 0.07], ["0.09", "0", "0.07"]),
    ],
)
def test_a_tax_rate_is_in_per_cent_where_no_rate_of_its_column_is_below_one(
    written: list[Any], read: list[str], tmp_path: Path
) -> None:
    head = ["Invoice No", "Item Code", "Qty", "Unit Price", "Line Total", "Tax Rate"]
    book(tmp_path / "in", {"Lines": [head, *(["A1", f"P{rate}", 1, 50, 50, rate] for rate in written)]})
    found = loaded(tmp_path / "in", tmp_path)
    assert [row["tax_rate"] for row in rows(found, "invoice_lines")] == [Decimal(rate) for rate in read]


def test_formulas_and_quotes_are_text(tmp_path: Path) -> None:
    name = 'it\'s "a" & <b>'
    hostile = '=HYPERLINK("http://x")'
    book(tmp_path / "in", {name: [[*HEAD, "PO'; drop table x --"], *([hostile, *row[1:], "x"] for row in ROWS[:1])]})
    found = loaded(tmp_path / "in", tmp_path)
    assert [row["invoice_id"] for row in rows(found)] == [hostile]
    assert rows(found)[0]["_source"] == f"ar.xlsx: {name}"


def test_csv_files_with_titles_are_mapped_too(tmp_path: Path) -> None:
    lines = ["売掛金台帳;;;;;", "請求書番号;請求日;得意先コード;税抜金額;消費税額;税込金額"]
    text = "\n".join([*lines, "A1;2025/03/01;C1;100;10;110", "合計;;;100;10;110"])
    (tmp_path / "in").mkdir()
    (tmp_path / "in/ar.csv").write_text(text, encoding="utf-8")
    found = loaded(tmp_path / "in", tmp_path, currency="JPY")
    assert [(row["invoice_id"], row["_row"]) for row in rows(found)] == [("A1", 3)]
    assert rejects(found) == [(4, "a total")]


def test_cells_far_out_are_refused_before_memory_is_taken(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    made.active["A1"], made.active["XFD1048576"] = "x", "y"
    made.save(tmp_path / "far.xlsx")
    with pytest.raises(WorkbenchError, match="column 16,384"):
        open_book(tmp_path / "far.xlsx")


def test_sixteen_thousand_columns_are_refused_in_a_sentence(tmp_path: Path) -> None:
    book(tmp_path / "in", {"Wide": [[f"Header {number}" for number in range(16_384)], ["x"]]})
    with pytest.raises(WorkbenchError, match="16,384 columns"):
        make_mapping([tmp_path / "in"], None, tmp_path)


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    file = book(tmp_path / "in", {"Invoices": [HEAD]})
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/big.xml", b" " * (80 << 20))
    with pytest.raises(WorkbenchError, match="far more than a workbook holds"):
        open_book(file)


def test_two_headers_of_one_name_are_told_apart() -> None:
    assert header_names([["Amount", "Amount", "", "Amount "]], "x") == ["Amount", "Amount (2)", "", "Amount (3)"]


def test_titles_are_no_header() -> None:
    sheet = [["Bayside Ltd"], ["As at", "2025-03-31"], [], HEAD, [str(value) for value in ROWS[0]]]
    assert find_header(sheet) == (4,)


def test_times_are_kept_to_the_second(tmp_path: Path) -> None:
    head = [*HEAD, "Created At"]
    book(
        tmp_path / "in",
        {"Invoices": [head, *([*row, datetime.fromisoformat("2025-03-01 09:30:15")] for row in ROWS)]},
        default_date_format="yyyy-mm-dd hh:mm:ss",
    )
    assert str(rows(loaded(tmp_path / "in", tmp_path))[0]["created_at"]) == "2025-03-01 09:30:15"


@pytest.mark.prove
@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_workbook_with_broken_bytes_is_read_or_refused_and_nothing_is_lost(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("broken")
    file = book(folder / "in", {"Invoices": [HEAD, *ROWS, ["Total", None, None, 250, 22.5, 272.5]]})
    made = proposed(folder / "in", folder, entity_id="SG01")
    with zipfile.ZipFile(file) as archive:
        parts = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    if data.draw(st.booleans()):
        name = data.draw(st.sampled_from(sorted(parts)))
        parts[name] = _flipped(data, parts[name])
        with zipfile.ZipFile(file, "w") as archive:
            for part, content in parts.items():
                archive.writestr(part, content)
    else:
        file.write_bytes(_flipped(data, file.read_bytes()))
    try:
        found = load([folder / "in"], "excel", folder / "out")
    except WorkbenchError:
        assert not (folder / "out").exists()
    else:
        assert all(entry.read == entry.accepted + entry.rejected for entry in found.tables)
    made.file.unlink()
    with suppress(WorkbenchError):
        proposed(folder / "in", folder)


def _flipped(data: st.DataObject, content: bytes) -> bytes:
    broken = bytearray(content)
    for _ in range(data.draw(st.integers(1, 6))):
        broken[data.draw(st.integers(0, 1 << 20)) % len(broken)] ^= 1 << data.draw(st.integers(0, 7))
    return bytes(broken)


@settings(deadline=None, max_examples=15, suppress_health_check=list(HealthCheck))
@given(junk=st.binary(max_size=4096))
def test_an_old_workbook_of_junk_is_refused(junk: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("old") / "old.xls"
    file.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + junk)
    with pytest.raises(WorkbenchError, match=r"old.xls is no workbook"):
        open_book(file)
