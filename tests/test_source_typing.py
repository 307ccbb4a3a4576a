"""A text becomes exactly the value it says, or null; nothing is rounded and nothing guessed."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.settings import QUERIES

ENGINE = duckdb.connect()
ENGINE.execute("set TimeZone = 'UTC'")
ENGINE.execute((QUERIES / "1_sources/typing.sql").read_text(encoding="utf-8"))
SCALES = {"money": (14, 4), "price": (10, 8), "quantity": (12, 6), "rate": (10, 8)}


def read(kind: str, text: str) -> object:
    row = ENGINE.execute(f"select read_{kind}(plain_value($text))", {"text": text}).fetchone()
    assert row is not None
    return row[0]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(SCALES)),
    st.one_of(
        st.decimals(allow_nan=False, allow_infinity=False, places=6).map(str),
        st.from_regex(r"[+-]?0{0,3}[0-9]{0,16}\.?[0-9]{0,10}0{0,20}", fullmatch=True),
        st.from_regex(r"[+-]?[0-9]{1,12}(\.[0-9]{0,12})?[eE][+-]?[0-9]{1,2}", fullmatch=True),
    ),
)
def test_a_number_is_exact_or_nothing(kind: str, text: str) -> None:
    value = read(kind, text)
    if value is not None:
        assert Decimal(str(value)) == Decimal(text)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(SCALES)), st.data())
def test_every_number_that_fits_is_read(kind: str, data: st.DataObject) -> None:
    whole, scale = SCALES[kind]
    digits = data.draw(st.integers(-(10 ** (whole + scale)) + 1, 10 ** (whole + scale) - 1))
    number = Decimal(digits).scaleb(-scale)
    assert read(kind, f"{number:f}") == number
    assert read(kind, f" {number:f}{'0' * 30 if number != number.to_integral() else ''} ") == number


@settings(max_examples=200, deadline=None)
@given(st.integers(-(10**9), 10**9), st.integers(-4, 4))
def test_scientific_notation_is_read_exactly(digits: int, exponent: int) -> None:
    assert read("money", f"{digits}e{exponent}") == Decimal(f"{digits}e{exponent}")


@settings(max_examples=200, deadline=None)
@given(st.text("0123456789.,-+eE_xX nafi%$€", max_size=12))
def test_what_is_no_number_is_never_read(text: str) -> None:
    try:
        number = Decimal(text.strip(" ")) if "_" not in text else None
    except InvalidOperation:
        number = None
    value = read("money", text)
    assert value is None or value == number


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("money", "1.23456"),
        ("money", "nan"),
        ("money", "inf"),
        ("money", "1,234.50"),
        ("money", "1.234,50"),
        ("money", "1_000"),
        ("money", "123456789012345"),
        ("money", "1e-5"),
        ("money", "5e-20"),
        ("money", "0x10"),
        ("money", "(12.50)"),
        ("money", "--1"),
        ("money", "."),
        ("money", "+"),
        ("price", "0.123456789"),
        ("int", "12.5"),
        ("int", "1e-1"),
        ("int", "9223372036854775808"),
        ("date", "2025-02-31"),
        ("date", "31.02.2025"),
        ("date", "2025-1-1"),
        ("date", "20250101"),
        ("date", "2025-01-01 10:00:00"),
        ("date", "0000-01-01"),
        ("date", "infinity"),
        ("date", "2025-01-01T00:00:00+08:00"),
        ("time", "2025-01-01 24:00:00"),
        ("time", "2025-01-01 10:60"),
        ("time", "10:00"),
        ("time", "now"),
        ("time", "9999-12-31 23:59:59-12"),
        ("time", "2025-01-01 10:00:00+99:00"),
        ("bool", "2"),
        ("bool", "ja"),
    ],
)
def test_is_rejected(kind: str, text: str) -> None:
    assert read(kind, text) is None


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("money", "1.50000000000000000000000", Decimal("1.5")),
        ("money", "1e2", Decimal(100)),
        ("money", "+12.5", Decimal("12.5")),
        ("money", ".5", Decimal("0.5")),
        ("money", "5.", Decimal(5)),
        ("money", "-0", Decimal(0)),
        ("money", "0E-10", Decimal(0)),
        ("money", "0" * 400 + "1.5", Decimal("1.5")),
        ("money", "99999999999999.9999", Decimal("99999999999999.9999")),
        ("int", "12.0", 12),
        ("int", "1e3", 1000),
        ("int", "-9223372036854775808", -9223372036854775808),
        ("date", "2025-02-28", date(2025, 2, 28)),
        ("date", " 2025-02-28T00:00:00.000Z ", date(2025, 2, 28)),
        ("date", "0001-01-01", date(1, 1, 1)),
        ("date", "9999-12-31 00:00:00", date(9999, 12, 31)),
        ("time", "2025-01-01", datetime.fromisoformat("2025-01-01 00:00:00")),
        ("time", "2025-01-01T10:00:00Z", datetime.fromisoformat("2025-01-01 10:00:00")),
        ("time", "2025-01-01 10:00:00+08:00", datetime.fromisoformat("2025-01-01 02:00:00")),
        ("time", "2025-01-01 10:00:00+0530", datetime.fromisoformat("2025-01-01 04:30:00")),
        ("time", "2025-01-01T10:00:00.123456789", datetime.fromisoformat("2025-01-01 10:00:00.123456")),
        ("time", "2025-01-01 10:00 UTC", datetime.fromisoformat("2025-01-01 10:00:00")),
        ("bool", "TRUE", True),
        ("bool", "no", False),
        ("bool", "1", True),
        ("bool", "f", False),
    ],
)
def test_is_read_as(kind: str, text: str, value: object) -> None:
    assert read(kind, text) == value
