"""Loading canonical files: every row is accepted or rejected with its reason."""

from __future__ import annotations

import codecs
import csv
import gzip
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from workbench.errors import WorkbenchError
from workbench.load import Loaded, TableLoaded, load, systems
from workbench.snapshot import open_snapshot

HEADER = (
    "invoice_id,invoice_number,kind,entity_id,customer_id,invoice_date,currency,"
    "net_amount,tax_amount,gross_amount,status"
)
GOOD = "{id},{id},invoice,E1,C1,2025-03-31,EUR,100.00,19,119.00,issued"


def invoice(key: str, **other: str) -> str:
    names = HEADER.split(",")
    values = GOOD.format(id=key).split(",")
    return ",".join(other.get(name, value) for name, value in zip(names, values, strict=True))


def invoices(*lines: str, end: str = "\n") -> str:
    return end.join([HEADER, *lines, ""])


def loaded_from(folder: Path, content: bytes | str, name: str = "invoices.csv", **options: Any) -> Loaded:
    source = folder / "in"
    source.mkdir(exist_ok=True)
    (source / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return load([source], "canonical", folder / "snapshot", **options)


def only(loaded: Loaded) -> TableLoaded:
    assert len(loaded.tables) == 1
    entry = loaded.tables[0]
    assert entry.read == entry.accepted + entry.rejected
    return entry


def rejects(loaded: Loaded, table: str = "invoices") -> list[dict[str, str]]:
    with (loaded.snapshot / "rejects" / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def rows(loaded: Loaded, columns: str, table: str = "invoices") -> list[tuple[Any, ...]]:
    file = loaded.snapshot / f"{table}.parquet"
    return duckdb.connect().execute(f"select {columns} from '{file}' order by _source, _row").fetchall()


def test_a_clean_file_becomes_a_snapshot(tmp_path: Path) -> None:
    loaded = loaded_from(tmp_path, invoices(invoice("A"), invoice("B")))
    assert only(loaded).accepted == 2
    assert rows(loaded, "invoice_id, net_amount, _source, _row") == [
        ("A", Decimal("100.0000"), "invoices.csv", 1),
        ("B", Decimal("100.0000"), "invoices.csv", 2),
    ]
    schema = pq.read_schema(loaded.snapshot / "invoices.parquet")
    assert schema.field("net_amount").type == pa.decimal128(18, 4)
    assert schema.field("invoice_date").type == pa.date32()
    snapshot = open_snapshot(loaded.snapshot)
    assert snapshot.rows("invoices") == 2
    assert sorted(json.loads((loaded.snapshot / "manifest.json").read_text())["files"]) == [
        "invoices.parquet",
        "rejects/invoices.csv",
        "sources.json",
    ]


def test_sources_json_accounts_for_the_file(tmp_path: Path) -> None:
    loaded = loaded_from(
        tmp_path, invoices(invoice("A"), invoice("B", currency="JPY", net_amount="7"), invoice("C", kind=""))
    )
    account = open_snapshot(loaded.snapshot).sources
    file = account["files"][0]
    assert (file["name"], file["read"], file["accepted"], file["rejected"]) == ("invoices.csv", 3, 2, 1)
    assert file["reasons"] == {"kind is empty": 1}
    assert len(file["sha256"]) == 64
    table = account["tables"]["invoices"]
    assert table["sums"]["net_amount"] == {"EUR": "100.0000", "JPY": "7.0000"}
    assert table["dates"]["invoice_date"] == ["2025-03-31", "2025-03-31"]
    assert (table["rows"], table["distinct_keys"]) == (2, 2)
    assert account["system"] == "canonical"
    assert account["user"]


BROKEN = {
    "net_amount is '1.23456', which is no amount (at most 14 digits and 4 decimals)": {"net_amount": "1.23456"},
    "net_amount is 'abc', which is no amount (at most 14 digits and 4 decimals)": {"net_amount": "abc"},
    "net_amount is 'nan', which is no amount (at most 14 digits and 4 decimals)": {"net_amount": "nan"},
    "net_amount is '12,34.50', which is no amount (at most 14 digits and 4 decimals)": {"net_amount": '"12,34.50"'},
    "invoice_date is '2025-02-31', which is no date (YYYY-MM-DD)": {"invoice_date": "2025-02-31"},
    "invoice_date is '31.03.2025', which is no date (YYYY-MM-DD)": {"invoice_date": "31.03.2025"},
    "invoice_id is empty": {"invoice_id": ""},
    "customer_id is empty": {"customer_id": '"  "'},
    "kind is empty; invoice_date is 'x', which is no date (YYYY-MM-DD)": {"kind": "", "invoice_date": "x"},
    "has 12 fields where the header has 11": {"status": "issued,extra"},
    "holds a NUL byte": {"customer_id": "C\0"},
    "opens a quote that is not closed, or has text after a closing one": {"customer_id": '"C1'},
}


@pytest.mark.parametrize(("reason", "change"), BROKEN.items())
def test_a_row_that_cannot_be_read_is_rejected_as_it_came(tmp_path: Path, reason: str, change: dict[str, str]) -> None:
    bad = invoice("B", **change)
    loaded = loaded_from(tmp_path, invoices(invoice("A"), bad, invoice("C")))
    assert only(loaded).rejected == 1
    raw = bad.replace("\0", "\\x00")
    assert rejects(loaded) == [{"_source": "invoices.csv", "_row": "2", "_reason": reason, "_raw": raw}]
    assert [row[0] for row in rows(loaded, "_row")] == [1, 3]


def test_a_rejected_row_is_no_formula(tmp_path: Path) -> None:
    loaded = loaded_from(tmp_path, invoices(invoice("=HYPERLINK(1)", net_amount="?")))
    assert rejects(loaded)[0]["_raw"].startswith("'=HYPERLINK")


def test_a_repeated_key_keeps_its_first_row(tmp_path: Path) -> None:
    lines = [invoice("A"), invoice("B"), invoice("A", net_amount="7"), invoice("C"), invoice("A"), invoice("B")]
    loaded = loaded_from(tmp_path, invoices(*lines))
    entry = only(loaded)
    assert (entry.read, entry.accepted, entry.rejected) == (6, 3, 3)
    assert entry.reasons == {"repeats invoice_id": 3}
    assert [row["_reason"] for row in rejects(loaded)] == [
        "repeats invoice_id 'A', first seen in row 1",
        "repeats invoice_id 'A', first seen in row 1",
        "repeats invoice_id 'B', first seen in row 2",
    ]
    assert rejects(loaded)[0]["_raw"] == lines[2]
    assert rows(loaded, "invoice_id, _row") == [("A", 1), ("B", 2), ("C", 4)]


def test_a_key_of_several_columns_repeats_as_a_whole(tmp_path: Path) -> None:
    text = (
        "currency,quote_currency,rate_date,rate\nUSD,EUR,2025-01-01,0.9\nUSD,EUR,2025-01-02,0.9\nUSD,EUR,2025-01-01,1\n"
    )
    loaded = loaded_from(tmp_path, text, "fx_rates.csv")
    reason = "repeats currency 'USD', quote_currency 'EUR', rate_date '2025-01-01', first seen in row 1"
    assert [row["_reason"] for row in rejects(loaded, "fx_rates")] == [reason]


def test_an_empty_value_is_null_quoted_or_not(tmp_path: Path) -> None:
    text = 'customer_id,name,status,country,tax_id\nC1,One,active,,""\n'
    assert rows(loaded_from(tmp_path, text, "customers.csv"), "country, tax_id", "customers") == [(None, None)]


def test_ten_thousand_broken_rows_are_counted(tmp_path: Path) -> None:
    lines = [invoice(str(number), **({"tax_amount": "x,y"} if number % 2 else {})) for number in range(20_000)]
    entry = only(loaded_from(tmp_path, invoices(*lines)))
    assert (entry.accepted, entry.rejected) == (10_000, 10_000)
    assert entry.reasons == {"has 12 fields where the header has 11": 10_000}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system_are_read(tmp_path: Path, end: str) -> None:
    assert only(loaded_from(tmp_path, invoices(invoice("A"), invoice("B"), end=end))).accepted == 2


def test_mixed_line_ends_blank_lines_and_breaks_in_quotes_are_read(tmp_path: Path) -> None:
    broken_over_lines = invoice("B", customer_id='"C\n1"')
    text = f"{HEADER}\r\n\n{invoice('A')}\n\r\n{broken_over_lines}\r\n{invoice('C')}"
    loaded = loaded_from(tmp_path, text)
    assert only(loaded).accepted == 3
    assert rows(loaded, "customer_id")[1] == ("C\n1",)


ENCODED: dict[str, Callable[[str], bytes]] = {
    "UTF-8 mark": lambda text: codecs.BOM_UTF8 + text.encode(),
    "UTF-16 mark": lambda text: text.encode("utf-16"),
    "UTF-16 big": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
}


@pytest.mark.parametrize("encode", ENCODED.values(), ids=ENCODED)
def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path: Path, encode: Callable[[str], bytes]) -> None:
    loaded = loaded_from(tmp_path, encode(invoices(invoice("A", customer_id="客户"))))
    assert rows(loaded, "invoice_id, customer_id") == [("A", "客户")]


def test_a_named_encoding_is_read(tmp_path: Path) -> None:
    data = invoices(*(invoice(str(number), customer_id="客户") for number in range(10))).encode("gb18030")
    assert rows(loaded_from(tmp_path, data, encoding="gb18030"), "customer_id")[0] == ("客户",)


def test_another_encoding_is_named_with_the_ones_that_fit(tmp_path: Path) -> None:
    data = invoices(*(invoice(str(number), customer_id="客户编号") for number in range(10))).encode("gb18030")
    with pytest.raises(
        WorkbenchError, match=r"invoices\.csv is not UTF-8: 10 of 11 lines, the first is line 2; gb18030"
    ) as error:
        loaded_from(tmp_path, data)
    assert error.value.fix == "--encoding gb18030"


def test_few_bytes_that_are_no_text_reject_their_rows(tmp_path: Path) -> None:
    lines = [invoice(str(number)) for number in range(300)]
    lines[7] = invoice("7", customer_id="C\udcff")
    loaded = loaded_from(tmp_path, invoices(*lines).encode("utf-8", "surrogateescape"))
    assert only(loaded).reasons == {"is not text in the file's encoding": 1}
    assert rejects(loaded)[0]["_row"] == "8"
    assert "C\\xff" in rejects(loaded)[0]["_raw"]


def test_few_bytes_that_are_not_in_the_named_encoding_reject_their_rows(tmp_path: Path) -> None:
    data = invoices(*(invoice(str(number), customer_id="客户") for number in range(300))).encode("gb18030")
    loaded = loaded_from(tmp_path, data.replace(b"\n7,7,", b"\n7,\xff,"), encoding="gb18030")
    assert only(loaded).rejected == 1
    assert "\\xff" in rejects(loaded)[0]["_raw"]


def test_gzip_is_read(tmp_path: Path) -> None:
    loaded = loaded_from(
        tmp_path, gzip.compress(invoices(invoice("A"), invoice("B", kind="")).encode()), "invoices.csv.gz"
    )
    assert only(loaded).rejected == 1
    assert rejects(loaded)[0]["_raw"] == invoice("B", kind="")


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
@pytest.mark.parametrize("told", [True, False])
def test_another_delimiter_is_read(delimiter: str, told: bool, tmp_path: Path) -> None:
    text = invoices(invoice("A"), invoice("B", tax_amount="x")).replace(",", delimiter)
    loaded = loaded_from(tmp_path, text, delimiter=delimiter if told else "")
    assert only(loaded).accepted == 1
    assert rejects(loaded)[0]["_raw"] == invoice("B", tax_amount="x").replace(",", delimiter)


def test_ids_that_a_spreadsheet_has_rewritten_are_told(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    (source / "customers.csv").write_text("customer_id,name,status\n00042,A,active\n7,B,active\n", encoding="utf-8")
    rows = "".join(f"P{number},{customer},{invoice},2025-01-01,2025-02-01,1\n" for number, (customer, invoice) in
                   enumerate([("42", "1.78E+04"), ("42", "I1"), ("7", "2E+10"), ("007", "E+1")]))  # fmt: skip
    head = "promise_id,customer_id,invoice_id,promised_on,promised_for,amount\n"
    (source / "promises.csv").write_text(head + rows, encoding="utf-8")
    notes = {note.title: (note.count, note.subjects) for note in load([source], "canonical", tmp_path / "out").notes}
    assert notes == {
        "rows of promises.invoice_id with an id that a spreadsheet has rounded": (
            2,
            {"1.78E+04": "read as it stands", "2E+10": "read as it stands"},
        ),
        "rows of promises.customer_id whose id has lost the zeros it began with": (2, {"42": "00042 of customers"}),
    }


def test_parquet_is_read_whatever_its_types(tmp_path: Path) -> None:
    names = HEADER.split(",")
    values = [GOOD.format(id=key).split(",") for key in "AB"]
    table = pa.table({name: [row[place] for row in values] for place, name in enumerate(names)})
    amounts = pa.array([Decimal("1.5"), Decimal("2.12345")], pa.decimal128(20, 5))
    table = table.set_column(names.index("net_amount"), "net_amount", amounts)
    table = table.set_column(names.index("tax_amount"), "tax_amount", pa.array([0.1, 19.0]))
    (tmp_path / "in").mkdir()
    pq.write_table(table, tmp_path / "in" / "invoices.parquet")
    loaded = load([tmp_path / "in"], "canonical", tmp_path / "snapshot")
    assert rows(loaded, "net_amount, tax_amount") == [(Decimal("1.5"), Decimal("0.1"))]
    assert json.loads(rejects(loaded)[0]["_raw"])["net_amount"] == "2.12345"


def test_a_folder_of_parquet_parts_is_one_table(tmp_path: Path) -> None:
    names = HEADER.split(",")
    folder = tmp_path / "in" / "invoices"
    folder.mkdir(parents=True)
    for number, key in enumerate("AA"):
        values = GOOD.format(id=key).split(",")
        pq.write_table(
            pa.table({name: [value] for name, value in zip(names, values, strict=True)}), folder / f"{number}.parquet"
        )
    loaded = load([tmp_path / "in"], "canonical", tmp_path / "snapshot")
    assert only(loaded).rejected == 1
    assert rejects(loaded)[0]["_reason"] == "repeats invoice_id 'A', first seen in row 1 of invoices/0.parquet"


def write_book(path: Path, sheets: dict[str, list[list[object]]]) -> None:
    path.parent.mkdir(exist_ok=True)
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd", "remove_timezone": True}) as book:
        for name, lines in sheets.items():
            sheet = book.add_worksheet(name)
            for place, line in enumerate(lines):
                sheet.write_row(place, 0, line)


def test_a_workbook_has_a_table_in_each_sheet(tmp_path: Path) -> None:
    line: list[object] = list(GOOD.format(id="A").split(","))
    line[7:10] = [100.1, 19, 119.1]
    bad: list[object] = ["B", *line[1:5], "soon", *line[6:]]
    write_book(tmp_path / "in/book.xlsx", {"Invoices": [list(HEADER.split(",")), line, bad], "remarks": [["x"], ["y"]]})
    loaded = load([tmp_path / "in/book.xlsx"], "canonical", tmp_path / "snapshot")
    assert rows(loaded, "net_amount, tax_amount") == [(Decimal("100.1"), Decimal(19))]
    assert json.loads(rejects(loaded)[0]["_raw"])["invoice_date"] == "soon"
    assert loaded.unrecognised == ("book.xlsx: remarks",)


def test_a_header_is_matched_without_case_and_blanks(tmp_path: Path) -> None:
    text = invoices(invoice("A")).replace("invoice_id,", " Invoice ID ,")
    assert rows(loaded_from(tmp_path, text), "invoice_id") == [("A",)]


def test_columns_and_files_that_are_not_used_are_reported(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "remarks.txt").write_text("x")
    hostile = '"x"") as y; drop table invoices; --"'
    text = "\n".join([f"{HEADER},{hostile}", f"{invoice('A')},1", ""])
    loaded = loaded_from(tmp_path, text)
    assert loaded.unused == {"invoices.csv": ('x") as y; drop table invoices; --',)}
    assert loaded.unrecognised == ("remarks.txt",)
    assert only(loaded).accepted == 1


def test_a_file_name_may_hold_anything(tmp_path: Path) -> None:
    source = tmp_path / "it's [all] * here?"
    source.mkdir()
    (source / "invoices.csv").write_text(invoices(invoice("A")))
    assert only(load([source], "canonical", tmp_path / "snapshot")).accepted == 1


def test_references_that_point_nowhere_and_words_not_listed_are_counted(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "customers.csv").write_text("customer_id,name,status\nC1,One,active\nC2,Two,sleeping\n")
    loaded = loaded_from(
        tmp_path, invoices(invoice("A"), *(invoice(key, customer_id=f"X{key}", kind="bill") for key in "BCDEF"))
    )
    orphan = loaded.orphans[0]
    assert (orphan.table, orphan.column, orphan.to_table, orphan.count) == ("invoices", "customer_id", "customers", 5)
    assert orphan.examples == ("XB", "XC", "XD")
    assert {(word.table, word.column): word.words for word in loaded.unlisted} == {
        ("customers", "status"): {"sleeping": 1},
        ("invoices", "kind"): {"bill": 5},
    }
    assert sum(entry.rejected for entry in loaded.tables) == 0
    assert "5 rows of invoices.customer_id point to no row of customers: XB, XC, XD" in loaded.as_text()
    assert json.loads(loaded.as_json())["orphans"][0]["count"] == 5


def test_every_system_says_what_it_reads_and_needs() -> None:
    known = systems()
    assert known[0].name == "canonical"
    assert {"online_retail"} <= {entry.name for entry in known}
    assert all(entry.reads and entry.needs for entry in known)


def test_a_system_is_found_by_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "till"
    folder.mkdir()
    (folder / "system.yml").write_text("reads: tills\nexports: {sales: {files: ['*.csv'], columns: [Number, Who]}}\n")
    (folder / "users.sql").write_text(
        "/*---\ntable: users\n---*/\nselect number as user_id, who as role, _source, _row from sales order by _row\n"
    )
    found = systems(tmp_path)[-1]
    assert (found.name, found.reads, found.needs) == ("till", "tills", "*.csv with Number, Who")
    assert [mapping.table for mapping in found.mappings] == ["users"]


def test_a_system_that_does_not_say_what_it_must_is_named(tmp_path: Path) -> None:
    (tmp_path / "till").mkdir()
    (tmp_path / "till" / "system.yml").write_text("reads: tills\n")
    with pytest.raises(WorkbenchError, match="System till does not say its 'exports'"):
        systems(tmp_path)


def test_the_inputs_may_be_single_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    (tmp_path / "a/invoices.csv").write_text(invoices(invoice("A")))
    (tmp_path / "b/users.csv").write_text("user_id,role\nU1,clerk\n")
    loaded = load([tmp_path / "a/invoices.csv", tmp_path / "b"], "canonical", tmp_path / "snapshot")
    assert [entry.table for entry in loaded.tables] == ["users", "invoices"]
