"""The Online Retail export: what its mappings make of it, on rows of our own and on the real export."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from workbench.errors import WorkbenchError
from workbench.load import Loaded, load

ROOT = Path(__file__).parent.parent
SMALL = ROOT / "tests/data/online_retail"
REAL = ROOT / "../shared/data/online_retail_h1"


def rows(loaded: Loaded, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query in which {table} stands for a table's file."""
    files = {entry.table: f"'{loaded.snapshot}/{entry.table}.parquet'" for entry in loaded.tables}
    return duckdb.connect().execute(sql.format(**files)).fetchall()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    return load([SMALL], "online_retail", tmp_path_factory.mktemp("small") / "snapshot")


def test_every_record_becomes_one_line(small: Loaded) -> None:
    figures = {entry.table: (entry.read, entry.accepted, entry.rejected) for entry in small.tables}
    assert figures["invoice_lines"] == (8, 8, 0)
    assert [(entry.read, entry.accepted, entry.rejected) for entry in small.exports] == [(8, 8, 0)]


def test_lines_are_numbered_within_their_document_and_net_is_exact(small: Loaded) -> None:
    found = rows(small, "select invoice_line_id, net_amount, _row from {invoice_lines} order by _row limit 2")
    assert found == [("700001-1", Decimal("15.3000"), 1), ("700001-2", Decimal("6.7900"), 2)]


def test_documents_are_made_from_their_lines(small: Loaded) -> None:
    found = rows(
        small,
        "select invoice_id, kind, customer_id, cast(invoice_date as varchar), cast(created_at as varchar), "
        "gross_amount from {invoices} order by _row",
    )
    assert found[0] == ("700001", "invoice", "20001", "2024-01-02", "2024-01-02 09:00:00", Decimal("22.0900"))
    assert found[1][2] == "none/700002"
    assert found[4][:2] == ("C700005", "credit_memo")
    assert found[4][5] == Decimal("-5.1000")


def test_a_document_without_customer_points_nowhere_and_is_counted(small: Loaded) -> None:
    assert [(orphan.table, orphan.column, orphan.count) for orphan in small.orphans] == [("invoices", "customer_id", 2)]


def test_where_a_mapping_had_to_choose_it_says_so(small: Loaded) -> None:
    notes = {note.title: note.subjects for note in small.notes}
    assert {"20002": "Spain 2, France 1"} in notes.values()
    assert rows(small, "select country from {customers} where customer_id = '20002'") == [("Spain",)]
    assert {"700001": "2024-01-02 09:00:00, 2024-01-02 09:01:00"} in notes.values()


def test_products_take_their_most_frequent_description(small: Loaded) -> None:
    found = rows(small, "select product_id, name from {products} order by product_id")
    assert found == [("T100", "BLUE TEA TIN"), ("T200", "PLATES, SET OF 4"), ("T300", "CANDLE"), ("T400", "damaged?")]


def test_a_line_that_cannot_be_read_is_rejected_with_its_document(tmp_path: Path) -> None:
    text = (SMALL / "small_retail_export.csv").read_text()
    (tmp_path / "my_retail.csv").write_text(text.replace('T200,"PLATES, SET OF 4",2', "T200,PLATES,two"))
    loaded = load([tmp_path], "online_retail", tmp_path / "out/snapshot")
    figures = {entry.table: entry for entry in loaded.tables}
    assert figures["invoice_lines"].rejected == 1
    assert figures["invoices"].reasons == {"net_amount is empty": 1, "gross_amount is empty": 1}
    rejects = (loaded.snapshot / "rejects/invoice_lines.csv").read_text()
    assert "quantity is 'two', which is no quantity" in rejects
    assert "700001,T200,PLATES,two" in rejects


def test_a_broken_record_is_in_the_rejects_of_its_export(tmp_path: Path) -> None:
    text = (SMALL / "small_retail_export.csv").read_text()
    (tmp_path / "my_retail.csv").write_text(text + "700007,too,short\n")
    loaded = load([tmp_path], "online_retail", tmp_path / "out/snapshot")
    export = loaded.exports[0]
    assert (export.read, export.accepted, export.rejected) == (9, 8, 1)
    assert "has 3 fields where the header has 8" in (loaded.snapshot / f"rejects/{export.table}.csv").read_text()


def test_an_export_in_several_files_is_one(tmp_path: Path) -> None:
    header, *lines = (SMALL / "small_retail_export.csv").read_text().splitlines(keepends=True)
    (tmp_path / "retail_1.csv").write_text(header + "".join(lines[:5]))
    (tmp_path / "retail_2.csv").write_text(header + "".join(lines[5:]))
    loaded = load([tmp_path], "online_retail", tmp_path / "out/snapshot")
    assert [entry.read for entry in loaded.exports] == [8]
    assert rows(loaded, "select _source, _row from {invoice_lines} where invoice_line_id = '700004-2'") == [
        ("retail_2.csv", 1)
    ]


def test_a_missing_column_of_an_export_is_named(tmp_path: Path) -> None:
    (tmp_path / "retail.csv").write_text("InvoiceNo,StockCode\n1,2\n")
    with pytest.raises(WorkbenchError, match=r"retail\.csv has no column Description, Quantity"):
        load([tmp_path], "online_retail", tmp_path / "out/snapshot")


def test_a_folder_without_the_export_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a\n1\n")
    with pytest.raises(WorkbenchError, match=r"holds no .*retail.*, which online_retail needs; it holds other\.csv"):
        load([tmp_path], "online_retail", tmp_path / "out/snapshot")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    if not REAL.is_dir():
        pytest.skip(f"{REAL.name} is not beside the repository")
    return load([REAL], "online_retail", tmp_path_factory.mktemp("real") / "snapshot")


FIGURES = {
    "lines": "select count(*) from {invoice_lines}",
    "documents": "select count(*) from {invoices}",
    "invoices": "select count(*) from {invoices} where kind = 'invoice'",
    "credit_documents": "select count(*) from {invoices} where kind = 'credit_memo'",
    "customers": "select count(*) from {customers}",
    "stock_codes": "select count(*) from {products}",
    "net_amount": "select cast(sum(net_amount) as varchar) from {invoice_lines}",
    "gross_invoice_amount": "select cast(sum(gross_amount) as varchar) from {invoices} where kind = 'invoice'",
    "credit_amount": "select cast(sum(gross_amount) as varchar) from {invoices} where kind = 'credit_memo'",
    "first": "select cast(min(created_at) as varchar) from {invoices}",
    "last": "select cast(max(created_at) as varchar) from {invoices}",
    "documents_with_more_than_one_timestamp": None,
}


@pytest.mark.parametrize("name", FIGURES)
def test_figure_equals_the_measured_one(real: Loaded, name: str) -> None:
    fact = json.loads((REAL / "facts.json").read_text())["facts"][name]
    sql = FIGURES[name]
    if sql is None:
        assert [note.count for note in real.notes if note.title.startswith("Documents")] == [fact]
    elif "amount" in name:
        assert Decimal(rows(real, sql)[0][0]) == Decimal(fact)
    else:
        assert rows(real, sql)[0][0] == fact


def test_every_real_record_is_a_line(real: Loaded) -> None:
    lines = next(entry for entry in real.tables if entry.table == "invoice_lines")
    assert sum(entry.read for entry in real.exports) == lines.accepted + lines.rejected


def test_the_four_customers_of_two_countries_are_reported(real: Loaded) -> None:
    assert [note.count for note in real.notes if note.title.startswith("Customers")] == [4]


def test_documents_equal_their_lines(real: Loaded) -> None:
    assert rows(
        real,
        "select count(*) from {invoices} as document where net_amount <> (select sum(net_amount) from {invoice_lines} "
        "as line where line.invoice_id = document.invoice_id)",
    ) == [(0,)]
