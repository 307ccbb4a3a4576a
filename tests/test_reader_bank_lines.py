"""What one line of a SWIFT statement or of a report says: sign, days, amount, account, details."""

from __future__ import annotations

import pytest

from tests.test_reader_bank import problems, whole
from workbench.sources.readers import bai2, mt940


@pytest.mark.parametrize(
    ("mark", "amount"),
    [
        ("C", "10.00"),
        ("D", "-10.00"),
        ("RC", "-10.00"),
        ("RD", "10.00"),
        ("CR", "10.00"),
        ("DR", "-10.00"),
        ("RCR", "-10.00"),
        ("CD", "10.00"),
        ("RDD", "10.00"),
        ("d", "-10.00"),
    ],
)
def test_marks_of_a_swift_line_give_its_sign(mark: str, amount: str) -> None:
    assert movement(f"2401150115{mark}10,00NTRFNONREF")["amount"] == amount


@pytest.mark.parametrize(
    ("dates", "booked", "valued"),
    [
        ("2401021229", "2023-12-29", "2024-01-02"),
        ("2312290102", "2024-01-02", "2023-12-29"),
        ("2402290229", "2024-02-29", "2024-02-29"),
        ("240115", "2024-01-15", "2024-01-15"),
        ("2401150631", "2024-06-31", "2024-01-15"),
        ("2302300301", "2023-03-01", "2023-02-28"),
        ("9912310103", "2000-01-03", "1999-12-31"),
        ("240115    ", "2024-01-15", "2024-01-15"),
    ],
)
def test_days_of_a_swift_line(dates: str, booked: str, valued: str) -> None:
    found = movement(f"{dates}C10,00NTRFNONREF")
    assert (found["booked_on"], found["value_on"]) == (booked, valued)


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("1000000,", "1000000"),
        (",5", None),
        ("0,", "0"),
        ("1.234.567,89", "1234567.89"),
        ("7.5", "7.5"),
        ("12,345", "12.345"),
        ("1,2,3", None),
        ("1,23456", None),
        ("12", "12"),
    ],
)
def test_amounts_of_a_swift_line(written: str, amount: str | None) -> None:
    content = swift(f"240115C{written}NTRFNONREF")
    found = whole(mt940, content, "movements")
    assert [each["amount"] for each in found] == ([amount] if amount else [])
    assert len(problems(mt940, content)) == (amount is None)


@pytest.mark.parametrize(
    ("account", "number", "currency"),
    [
        ("NL91ABNA0417164300EUR", "NL91ABNA0417164300", "EUR"),
        ("DE89 3704 0044 0532 0130 00", "DE89370400440532013000", ""),
        ("37040044/0532013000EUR", "37040044/0532013000", "EUR"),
        ("/PL61109010140000071219812874", "PL61109010140000071219812874", ""),
        ("0039187261", "0039187261", ""),
        ("COBADEFFXXX/123USD", "COBADEFFXXX/123", "USD"),
    ],
)
def test_accounts_of_a_swift_statement(account: str, number: str, currency: str) -> None:
    content = f":20:X\n:25:{account}\n:28C:1\n:60F:C240101{currency or 'SGD'}1,\n:62F:C240101EUR1,\n".encode()
    assert whole(mt940, content, "statements")[0]["account"] == number


def swift(line: str, details: str = "text") -> bytes:
    fields = f":20:X\n:25:1\n:28C:1\n:60F:C240101EUR0,\n:61:{line}\n:86:{details}\n:62F:C240131EUR0,\n-\n"
    return fields.encode()


def movement(line: str, details: str = "text") -> dict[str, str]:
    return whole(mt940, swift(line, details), "movements")[0]


@pytest.mark.parametrize(
    ("details", "reference", "counterparty"),
    [
        ("166?20SVWZ+Invoice 7?30BIC?31DE75512108001245126199?32Alpha", "Invoice 7", "Alpha"),
        ("020~00BX~20Faktura 7~32Alpha", "Faktura 7", "Alpha"),
        ("/REMI/USTD//INV 7/ORDP//NAME/Alpha", "INV 7", "Alpha"),
        ("ALPHA PTE LTD\nINV 7", "ALPHA PTE LTD INV 7", ""),
        ("166?20", "", ""),
        ("166?2", "166?2", ""),
    ],
)
def test_details_of_a_swift_line(details: str, reference: str, counterparty: str) -> None:
    found = movement("240115C1,NTRFNONREF", details)
    assert (found.get("reference", ""), found.get("counterparty", "")) == (reference, counterparty)


def report(transaction: str, currency: str = "USD") -> bytes:
    lines = ["01,A,B,240116,0600,1,80,,2/", f"02,B,A,1,240115,2359,{currency},2/", "03,111,,010,0,,,015,0,,/"]
    return "\n".join([*lines, transaction, "49,0,4/", "98,0,1,6/", "99,0,1,8/", ""]).encode()


@pytest.mark.parametrize(
    ("line", "amount", "bank", "said"),
    [
        ("16,165,1050,,B1,C1,TEXT, WITH / AND ,/", "10.50", "B1", "C1; TEXT, WITH / AND ,"),
        ("16,475,1050,Z,B1,,TEXT", "-10.50", "B1", "TEXT"),
        ("16,165,1050,S,1,2,3,B1,,TEXT/", "10.50", "B1", "TEXT"),
        ("16,165,1050,V,240115,0930,B1,,TEXT/", "10.50", "B1", "TEXT"),
        ("16,165,1050,D,2,0,500,1,550,B1,,TEXT/", "10.50", "B1", "TEXT"),
        ("16,165,10.5,,B1,,TEXT/", "10.5", "B1", "TEXT"),
        ("16,165,-1050,,B1,,TEXT/", "-10.50", "B1", "TEXT"),
        ("16,721,1050,,B1,,TEXT/", "10.50", "B1", "TEXT"),
        ("16,960,1050,,B1,,TEXT/", "-10.50", "B1", "TEXT"),
        ("16,165,1050,,B1\n88,,TEXT/", "10.50", "B1", "TEXT"),
    ],
)
def test_transactions_of_a_report(line: str, amount: str, bank: str, said: str) -> None:
    found = whole(bai2, report(line), "movements")[0]
    assert (found["amount"], found["bank_reference"], found["reference"]) == (amount, bank, said)


def test_minor_units_of_a_report_are_those_of_the_currency() -> None:
    for currency, amount in (("JPY", "1050"), ("KWD", "1.050"), ("EUR", "10.50")):
        assert whole(bai2, report("16,165,1050,,,,/", currency), "movements")[0]["amount"] == amount
