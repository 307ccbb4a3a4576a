"""Lists as strangers have them: each is understood, loaded and ends in the errors that were put into it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from xlsxwriter import Workbook

from workbench.detect import run
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.findings import Findings
from workbench.intake import first_finding, intake, unlocks
from workbench.intake.books import Books
from workbench.intake.texts import written
from workbench.snapshot import open_snapshot

ENGLISH = ["Invoice No", "Customer", "Item", "Qty", "Price", "Amount", "Date"]
GERMAN = [
    "Datum",
    "Rechnungs-Nr.",
    "Kd.-Nr.",
    "Kundenname",
    "Art.-Nr.",
    "Bezeichnung",
    "Menge",
    "Einzelpreis",
    "Betrag",
]
CHINESE = ["发票号码", "开票日期", "客户编号", "商品编号", "数量", "单价", "金额"]
FREIGHT, RENT = Decimal("1234.56"), Decimal("20.50")


@dataclass(frozen=True)
class Line:
    """A line of the made-up company; its amount is quantity x price unless it was typed over."""

    invoice: str
    day: str
    customer: str
    product: str
    quantity: int
    price: Decimal
    amount: Decimal


def company() -> list[Line]:
    """Sixteen documents of two lines; R-9016 is R-9005 sent again under another number."""
    lines = []
    for number in range(1, 16):
        for product, price in (("A-1", FREIGHT), ("B-2", RENT)):
            quantity = number if product == "A-1" else 2 * number
            lines.append(
                Line(f"R-90{number:02}", f"{number + 10}.12.2024", f"K{number % 4}", product, quantity, price,
                     quantity * price)
            )  # fmt: skip
    again = [line for line in lines if line.invoice == "R-9005"]
    lines += [
        Line("R-9116", "18.12.2024", line.customer, line.product, line.quantity, line.price, line.amount)
        for line in again
    ]
    return lines


def iso(day: str) -> str:
    return "-".join(reversed(day.split(".")))


def german(value: Decimal | int) -> str:
    return f"{value:,}".translate(str.maketrans(",.", ".,"))


def text(file: Path, delimiter: str, encoding: str, rows: Iterable[list[str]]) -> Path:
    quoted = ([f'"{value}"' if delimiter in value else value for value in row] for row in rows)
    file.write_bytes("".join(f"{delimiter.join(row)}\r\n" for row in quoted).encode(encoding))
    return file


def german_rows(headings: list[str] = GERMAN) -> list[list[str]]:
    return [
        headings,
        *(
            [line.day, line.invoice, line.customer, "Müller & Söhne", line.product, "Überführung", str(line.quantity),
             german(line.price), german(line.amount)]
            for line in company()
        ),
    ]  # fmt: skip


def english_rows(sign: str = ",") -> list[list[str]]:
    return [
        ENGLISH,
        *(
            [line.invoice, line.customer, line.product, str(line.quantity), f"{line.price}", f"{line.amount:{sign}}",
             iso(line.day)]
            for line in company()
        ),
    ]  # fmt: skip


def found(books: Books, *ids: str) -> Findings:
    return run(books, ids=ids)


def twice(books: Books) -> dict[str, Any]:
    """The one duplicate that every list holds."""
    rows = found(books, "OCC-01").found.to_pylist()
    assert [(row["subject_id"], row["billed_amount"]) for row in rows] == [("R-9116", 5 * FREIGHT + 10 * RENT)]
    finding: dict[str, Any] = rows[0]
    return finding


@pytest.fixture(autouse=True)
def _own_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path / "workspace"))


def test_german_headings_semicolons_commas_and_the_old_windows_encoding(tmp_path: Path) -> None:
    rows = german_rows()
    rows[4][6] = "drei"
    taken = intake(text(tmp_path / "Ausgangsrechnungen.csv", ";", "cp1252", rows))
    assert {name: entry.heading for name, entry in taken.first.taken.items()} == {
        "invoice": "Rechnungs-Nr.", "customer": "Kd.-Nr.", "customer_name": "Kundenname", "invoice_date": "Datum",
        "product": "Art.-Nr.", "description": "Bezeichnung", "quantity": "Menge", "unit_price": "Einzelpreis",
        "net": "Betrag",
    }  # fmt: skip
    assert (taken.first.written and taken.first.written.called, taken.decimal_sign) == ("cp1252", ",")
    books = taken.load()
    assert [(line, why.split(",")[0]) for _, line, why, _ in books.refused()][-1] == (5, "quantity is 'drei'")
    assert "Müller" in str(books.refused())
    finding = twice(books)
    shown = first_finding(found(books, "OCC-01"), books)
    assert "Ausgangsrechnungen.csv, line 32: 18.12.2024 | R-9116" in shown.text
    assert "6,377.80 XXX" in shown.text
    assert finding["finding_id"] in shown.html


@pytest.mark.prove
def test_a_tabbed_text_of_sixteen_bits_as_a_spreadsheet_saves_it(tmp_path: Path) -> None:
    taken = intake(text(tmp_path / "export.txt", "\t", "utf-16", english_rows()), currency="GBP")
    assert taken.constants["currency"] == ("GBP", "as you said")
    books = taken.load()
    twice(books)
    assert "export.txt, line 32: R-9116" in first_finding(found(books), books).text


def test_chinese_headings_and_encoding(tmp_path: Path) -> None:
    rows = [CHINESE] + [
        [line.invoice, iso(line.day).replace("-", "/"), line.customer, line.product, str(line.quantity),
         f"¥{line.price}", f"¥{line.amount}"]
        for line in company()
    ]  # fmt: skip
    taken = intake(text(tmp_path / "开票明细.csv", ",", "gb18030", rows))
    assert taken.first.written and taken.first.written.called == "gb18030"
    assert taken.constants["currency"] == ("CNY", "from the amounts")
    twice(taken.load())


def test_a_price_list_beside_the_lines_shows_what_was_billed_too_high(tmp_path: Path) -> None:
    rows = english_rows()
    rows[1][4:6] = ["1300.00", "1300.00"]
    text(tmp_path / "sales.csv", ",", "utf-8", rows)
    prices = [["Artikel", "Preis", "Gültig ab"], ["A-1", "1.234,56", "01.01.2024"], ["B-2", "20,50", "01.01.2024"]]
    text(tmp_path / "Konditionen.csv", ";", "cp1252", prices)
    books = intake(tmp_path, currency="EUR").load()
    differing = found(books, "ACC-03").found.to_pylist()
    assert [(row["subject_id"], row["impact_amount"]) for row in differing] == [("R-9001-1", Decimal("65.44"))]
    shown = first_finding(found(books, "ACC-03"), books)
    assert "sales.csv, line 2: R-9001" in shown.text
    assert "Konditionen.csv, line 2: A-1 | 1.234,56" in shown.text


def test_a_workbook_with_titles_above_totals_below_and_columns_that_are_not_needed(tmp_path: Path) -> None:
    file = tmp_path / "Umsatz 2024.xlsx"
    with Workbook(str(file)) as book:
        page = book.add_worksheet("Rechnungen")
        page.write(0, 0, "Rechnungsausgangsbuch 2024, alle Beträge in EUR")
        for column, heading in enumerate([*GERMAN, "Notiz"]):
            page.write(2, column, heading)
        day = book.add_format({"num_format": "dd.mm.yyyy"})
        for number, line in enumerate(company(), 3):
            page.write(number, 0, (int(line.day[:2]) + 45626), day)
            for column, value in enumerate([line.invoice, line.customer, "Müller", line.product, "Fracht"], 1):
                page.write_string(number, column, value)
            for column, digits in enumerate((Decimal(line.quantity), line.price, line.amount), 6):
                page.write_number(number, column, float(digits))
        page.write(number + 1, 0, "Summe")
        page.write_number(number + 1, 8, 99999.99)
    taken = intake(file)
    assert taken.first.not_understood == ["Notiz"]
    assert taken.constants["currency"] == ("EUR", "from a title")
    books = taken.load()
    twice(books)
    assert "Umsatz 2024.xlsx, line 34: 2024-12-18" in first_finding(found(books, "OCC-01"), books).text
    assert [line for _, line, _, _ in books.refused()] == [36]


def test_a_guess_is_put_right_in_one_line(tmp_path: Path) -> None:
    rows = german_rows(["Tag", "Vorgang", "Wer", "Name", "Was", "Text", "Stk", "je", "macht"])
    file = text(tmp_path / "liste.csv", ";", "utf-8", rows)
    with pytest.raises(WorkbenchError, match="holds no list of invoice lines"):
        intake(file)
    file = text(tmp_path / "liste.csv", ";", "utf-8", german_rows([*GERMAN[:1], "Vorgang", *GERMAN[2:]]))
    with pytest.raises(WorkbenchError, match="does not say invoice numbers; its headings are Datum, Vorgang") as raised:
        intake(file).load()
    assert str(raised.value).count("\n") == 1
    assert "invoice number: wb.intake(file, invoice=" in repr(intake(file)).replace("numbers", "number")
    taken = intake(file, invoice="vorgang", customer_name="", currency="EUR")
    assert taken.first.taken["invoice"].how == "as you said"
    assert taken.first.not_understood == ["Kundenname"]
    twice(taken.load())
    with pytest.raises(UnknownNameError, match="no heading for invoice 'Vorgänge'"):
        intake(file, invoice="Vorgänge")
    with pytest.raises(UnknownNameError, match="no field or option 'invoce'"):
        intake(file, invoce="Vorgang")


@pytest.mark.prove
def test_what_can_be_read_two_ways_is_asked_and_not_guessed(tmp_path: Path) -> None:
    rows = [
        ENGLISH,
        ["1", "C", "A", "1", "2,500", "2,500", "03/04/2024"],
        ["2", "C", "A", "1", "1,500", "1,500", "05/06/2024"],
    ]
    file = text(tmp_path / "invoices.csv", ";", "utf-8", rows)
    assert intake(file).decimal_sign == "?"
    with pytest.raises(WorkbenchError, match="whether 1,234 is a thousand"):
        intake(file).load()
    with pytest.raises(WorkbenchError, match="whether the day or the month comes first"):
        intake(file, decimal=",").load()
    books = intake(file, decimal=".", dates="MM/DD/YYYY").load()
    shown = run(books, ids=("ACC-02",))
    assert shown.funnel[0].examined == 2
    first = first_finding(shown, books)
    assert "none found anything" in first.text
    assert "What to add next" in first.html


def test_lists_of_several_months_are_one_and_those_written_differently_are_told_apart(tmp_path: Path) -> None:
    rows = german_rows()
    text(tmp_path / "november.csv", ";", "cp1252", rows[:20])
    text(tmp_path / "dezember.csv", ",", "utf-8", [["Tag", *rows[0][1:]], *rows[20:]])
    taken = intake(tmp_path, currency="EUR", invoice_date="Datum")
    assert [sheet.name for sheet in taken.sheets] == ["dezember.csv", "november.csv"]
    with pytest.raises(WorkbenchError, match="does not say invoice dates"):
        taken.load()
    text(tmp_path / "dezember.csv", ",", "utf-8", [rows[0], *rows[20:]])
    books = intake(tmp_path, currency="EUR").load()
    assert "november.csv, line 10" in first_finding(found(books, "OCC-01"), books).text
    twice(books)
    text(tmp_path / "dezember.csv", ",", "utf-8", english_rows()[:9])
    with pytest.raises(WorkbenchError, match="take them in one at a time"):
        intake(tmp_path, currency="EUR").load()


@pytest.mark.prove
def test_an_amount_that_no_column_has_is_computed_and_credits_turn_their_sign(tmp_path: Path) -> None:
    rows = [
        ["Invoice", "Type", "Date", "Customer", "Item", "Qty", "Price", "VAT rate", "Currency"],
        ["1", "Invoice", "2024-01-05", "C", "A", "3", "9.99", "20%", "EUR"],
        ["2", "Credit note", "2024-01-06", "C", "A", "1", "9.99", "20%", "EUR"],
    ]
    taken = intake(text(tmp_path / "invoices.csv", ",", "utf-8", rows))
    assert taken.computed == ("net",)
    books = taken.load()
    assert books.rows("invoice_lines") == 2
    import pyarrow.parquet as pq

    documents = pq.read_table(books.folder / "invoices.parquet").to_pylist()
    assert [(row["kind"], row["net_amount"]) for row in documents] == [
        ("invoice", Decimal("29.97")), ("credit_memo", Decimal("-9.99")),
    ]  # fmt: skip
    lines = pq.read_table(books.folder / "invoice_lines.parquet").to_pylist()
    assert [(row["quantity"], row["net_amount"], row["tax_rate"]) for row in lines] == [
        (3, Decimal("29.97"), Decimal("0.2")), (-1, Decimal("-9.99"), Decimal("0.2")),
    ]  # fmt: skip


def test_no_control_rests_on_a_column_that_is_empty_throughout(tmp_path: Path) -> None:
    books = intake(text(tmp_path / "sales.csv", ",", "utf-8", english_rows()), currency="EUR").load()
    ready = {state.control.id for state in books.ready if state.state != "not run"}
    assert {"ACC-01", "ACC-02", "OCC-01"} <= ready
    assert not {"AUT-02", "ACC-06", "ACC-08"} & ready
    assert "AUT-02" in unlocks(books).html or "invoices" in unlocks(books).text
    assert open_snapshot(books.folder).rows("invoices") == 16
    counts = [int(line.rsplit(": ", 1)[1].split()[0]) for line in unlocks(books).text.splitlines()[1:]]
    assert counts[0] == max(counts)


@pytest.mark.prove
def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    rows = [
        f"{line.invoice},{line.customer},{line.product},{line.quantity},{line.price},{line.amount},{iso(line.day)}"
        for line in company()
    ]
    rows[2] = rows[2].replace("A-1", '"A\n1"')
    rows[5:5] = ["", ",,,,,,", '"open']
    file = tmp_path / "sales.csv"
    file.write_text("\n".join([",".join(ENGLISH), *rows, ""]), encoding="utf-8")
    books = intake(file).load()
    counted = file.read_text(encoding="utf-8").splitlines()
    again = next(number for number, line in enumerate(counted, 1) if line.startswith("R-9116"))
    assert f"sales.csv, line {again}: R-9116" in first_finding(found(books, "OCC-01"), books).text
    assert [line for _, line, _, _ in books.refused()] == [9, 10]


def test_hostile_headings_and_names_are_text(tmp_path: Path) -> None:
    rows = english_rows()
    rows[0].append("<script>window.stolen=1</script>")
    rows[1:] = [[*row, "<img src=x onerror=alert(1)>"] for row in rows[1:]]
    taken = intake(text(tmp_path / "sales.csv", ",", "utf-8", rows))
    books = taken.load()
    pages = taken._repr_html_() + books._repr_html_() + first_finding(found(books, "OCC-01"), books).html
    assert "<script" not in pages
    assert "<img" not in pages


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "is empty"), (b"\x00\x01\x02\x00" * 99, "no text"), (b"a,b\n1,2\n", "holds no list of invoice lines")],
)
def test_what_is_no_list_is_said_in_two_lines(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(content)
    with pytest.raises(WorkbenchError, match=said) as raised:
        intake(file)
    assert str(raised.value).count("\n") == 1
    with pytest.raises(WorkbenchError, match="There is no file"):
        intake(tmp_path / "nothing.csv")


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("cp1252", "Rechnung;Währung\n1;Müller & Söhne\n2;für Größe\n"),
        ("cp1252", "Facture;Client\n1;Société Générale à Orléans, œuvre\n"),
        ("gb18030", "发票号码,客户\n1,深圳市中兴贸易有限公司\n2,¥12\n"),
        ("shift_jis", "請求書番号,得意先\n1,株式会社サンプル\n"),
        ("big5", "發票號碼,客戶\n1,台灣積體電路\n"),
        ("utf-16-le", "Invoice,Customer\n1,Öl\n"),
    ],
)
def test_the_encoding_is_seen(tmp_path: Path, encoding: str, words: str) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(words.encode(encoding))
    assert written(file).called == encoding
