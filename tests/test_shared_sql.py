"""The SQL functions that every control leans on, against Python's decimals and dates."""

from __future__ import annotations

import calendar
import itertools
import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workbench.money import FOUR_DECIMALS, NO_DECIMALS, THREE_DECIMALS, in_minor_unit, minor_units
from workbench.settings import QUERIES

FUNCTIONS = "\n".join(
    file.read_text(encoding="utf-8") for file in sorted((QUERIES / "2_canonical/functions/duckdb").glob("*.sql"))
)
CURRENCIES = ("SGD", "JPY", "KWD", "CLF", None)
SQL = duckdb.connect()
SQL.execute(FUNCTIONS)

LONGEST_QUANTITY = "999999999999.999999"
LONGEST_PRICE = "9999999999.99999999"
LONGEST_MONEY = "99999999999999.9999"


def value(expression: str, *bound: Any) -> Any:
    """One value of one expression; every ? is bound as text and cast in the expression."""
    found = SQL.execute(f"select {expression}", [None if entry is None else str(entry) for entry in bound]).fetchone()
    assert found is not None
    return found[0]


def decimals(whole: int, places: int) -> st.SearchStrategy[Decimal]:
    """Decimals of a schema type, halves of every minor unit among them."""
    limit = 10 ** (whole + places) - 1
    anywhere = st.integers(-limit, limit).map(lambda number: Decimal(number).scaleb(-places))
    halves = st.tuples(st.integers(-2000, 2000), st.sampled_from((1, 3, 4, 5))).map(
        lambda pair: (Decimal(pair[0]).scaleb(-pair[1]) + Decimal(5).scaleb(-pair[1] - 1)).quantize(
            Decimal(1).scaleb(-places), ROUND_DOWN
        )
    )
    return anywhere | halves


def rounded(amount: Fraction, currency: str | None, how: str) -> Decimal:
    """The oracle: an exact amount in its currency's minor unit."""
    scaled = abs(amount) * 10 ** minor_units(currency)
    floor = scaled.numerator // scaled.denominator
    rest = scaled - floor
    up = {
        ROUND_DOWN: False,
        ROUND_HALF_UP: rest >= Fraction(1, 2),
        ROUND_HALF_EVEN: rest > Fraction(1, 2) or (rest == Fraction(1, 2) and floor % 2 == 1),
    }[how]
    with localcontext() as context:
        context.prec = 60
        return Decimal(floor + up).scaleb(-minor_units(currency)) * (-1 if amount < 0 else 1)


# Money


def test_minor_units_are_those_of_iso_4217() -> None:
    for currency in [*NO_DECIMALS, *THREE_DECIMALS, *FOUR_DECIMALS, "SGD", "USD", "CNY", "TWD", "", None]:
        assert value("minor_units(?)", currency) == minor_units(currency), currency
        assert value("minor_unit(?)", currency) == Decimal(1).scaleb(-minor_units(currency)), currency


@pytest.mark.parametrize(
    ("amount", "currency", "away", "even", "cut"),
    [
        ("0.005", "SGD", "0.01", "0", "0"),
        ("-0.005", "SGD", "-0.01", "0", "0"),
        ("0.015", "SGD", "0.02", "0.02", "0.01"),
        ("-0.025", "SGD", "-0.03", "-0.02", "-0.02"),
        ("0.00499999", "SGD", "0", "0", "0"),
        ("0.02500001", "SGD", "0.03", "0.03", "0.02"),
        ("-1.994", "SGD", "-1.99", "-1.99", "-1.99"),
        ("0.5", "JPY", "1", "0", "0"),
        ("2.5", "JPY", "3", "2", "2"),
        ("-3.5", "JPY", "-4", "-4", "-3"),
        ("-2.49999999", "JPY", "-2", "-2", "-2"),
        ("1.0005", "KWD", "1.001", "1", "1"),
        ("-1.0015", "KWD", "-1.002", "-1.002", "-1.001"),
        ("0.00005", "CLF", "0.0001", "0", "0"),
        ("-0.00015", "CLF", "-0.0002", "-0.0002", "-0.0001"),
        ("0.125", None, "0.13", "0.12", "0.12"),
        ("-0.125", "EUR", "-0.13", "-0.12", "-0.12"),
    ],
)
def test_money_is_rounded_in_three_ways(amount: str, currency: str | None, away: str, even: str, cut: str) -> None:
    assert value("round_money(?::decimal(18, 8), ?)", amount, currency) == Decimal(away)
    assert value("round_money_even(?::decimal(18, 8), ?)", amount, currency) == Decimal(even)
    assert value("truncate_money(?::decimal(18, 8), ?)", amount, currency) == Decimal(cut)


@settings(max_examples=200, deadline=None)
@given(decimals(22, 14), st.sampled_from(CURRENCIES))
@example(Decimal("9999999999999999980000.00000000000001"), "JPY")
def test_rounding_agrees_with_python_for_any_product(amount: Decimal, currency: str | None) -> None:
    for function, how in (
        ("round_money", ROUND_HALF_UP),
        ("round_money_even", ROUND_HALF_EVEN),
        ("truncate_money", ROUND_DOWN),
    ):
        found = value(f"{function}(?::decimal(38, 14), ?)", f"{amount:f}", currency)
        assert found == rounded(Fraction(amount), currency, how), function


@settings(max_examples=100, deadline=None)
@given(decimals(12, 6), decimals(10, 8))
@example(Decimal(LONGEST_QUANTITY), Decimal(LONGEST_PRICE))
@example(-Decimal(LONGEST_QUANTITY), Decimal(LONGEST_PRICE))
def test_quantity_times_price_is_exact(quantity: Decimal, price: Decimal) -> None:
    found = value("times_price(?::decimal(18, 6), ?::decimal(18, 8))", f"{quantity:f}", f"{price:f}")
    assert Fraction(found) == Fraction(quantity) * Fraction(price)


@settings(max_examples=100, deadline=None)
@given(decimals(14, 4), decimals(10, 8))
@example(Decimal(LONGEST_MONEY), -Decimal(LONGEST_PRICE))
def test_amount_times_rate_is_exact(amount: Decimal, rate: Decimal) -> None:
    found = value("times_rate(?::decimal(18, 4), ?::decimal(18, 8))", f"{amount:f}", f"{rate:f}")
    assert Fraction(found) == Fraction(amount) * Fraction(rate)


# Portions


PORTION = "portion(?::decimal(18, 4), ?::decimal(18, 6), ?::decimal(18, 6))"


@pytest.mark.parametrize(
    ("amount", "part", "whole", "expected"),
    [
        ("100", "1", "2", "50"),
        ("0.01", "1", "2", "0.005"),
        ("0.03", "1", "2", "0.015"),
        ("-0.01", "1", "2", "-0.005"),
        ("0.01", "-1", "2", "-0.005"),
        ("-0.01", "-1", "2", "0.005"),
        ("0.01", "1", "-2", "-0.005"),
        ("10", "1", "3", "3.333333331"),
        ("20", "1", "3", "6.666666661"),
        ("-10", "1", "3", "-3.333333331"),
        ("100", "31", "31", "100"),
        ("0", "1", "3", "0"),
        ("100", "0", "3", "0"),
        ("100", "0.000001", "0.000003", "33.333333331"),
        ("0.0001", "1", "100000", "0.000000001"),
        ("0.0001", "1", "10000", "0.00000001"),
        (LONGEST_MONEY, LONGEST_QUANTITY, LONGEST_QUANTITY, LONGEST_MONEY),
        ("-" + LONGEST_MONEY, LONGEST_QUANTITY, "-" + LONGEST_QUANTITY, LONGEST_MONEY),
    ],
)
def test_portion_of_an_amount(amount: str, part: str, whole: str, expected: str) -> None:
    assert value(PORTION, amount, part, whole) == Decimal(expected)


def test_portion_of_nothing_is_unknown() -> None:
    assert value(PORTION, "100", "1", "0") is None
    assert value(PORTION, "0", "0", "0") is None
    assert value(PORTION, None, "1", "2") is None
    assert value(PORTION, "100", None, "2") is None
    assert value(PORTION, "100", "1", None) is None


@settings(max_examples=25, deadline=None)
@given(
    decimals(14, 4),
    st.integers(-(10**18) + 1, 10**18 - 1) | st.integers(-400, 400).map(lambda number: number * 10**6),
    st.integers(1, 10**18 - 1) | st.integers(1, 400).map(lambda number: number * 10**6),
    st.sampled_from(CURRENCIES),
)
def test_a_rounded_portion_is_the_rounded_quotient(
    amount: Decimal, part: int, whole: int, currency: str | None
) -> None:
    part, whole = min(part, whole), max(part, whole)
    exact = Fraction(amount) * part / whole if whole else None
    texts = (f"{amount:f}", *(f"{Decimal(number).scaleb(-6):f}" for number in (part, whole)))
    if exact is None or abs(exact) >= 10**28:
        return
    for function, how in (("round_money", ROUND_HALF_UP), ("round_money_even", ROUND_HALF_EVEN)):
        assert value(f"{function}({PORTION}, ?)", *texts, currency) == rounded(exact, currency, how), function


# Numbers of documents


@pytest.mark.parametrize(
    ("number", "plain"),
    [
        ("INV-0012/3", "inv12-3"),
        ("inv 12-03", "inv12-3"),
        ("Inv.00012 / 3", "inv12-3"),
        ("INV12-3", "inv12-3"),
        ("1-12", "1-12"),
        ("11-2", "11-2"),
        ("112", "112"),
        ("2025/000/7", "2025-0-7"),
        ("000", "0"),
        ("0", "0"),
        ("-- 7 --", "7"),
        ("A-B-C-1", "abc1"),
        ("1-A-2", "1a2"),
        ("A0B00C", "a0b0c"),
        ("A-0-B", "a0b"),
        ("№ 0042", "42"),
        ("沪-0012-号", "沪12号"),
        ("ÄÖ_007", "äö7"),
        ("=1+1", "1-1"),
        ("'; drop table invoices; --", "droptableinvoices"),
        ("1\t\n2", "1-2"),
        ("---", ""),
        ("", ""),
        (None, None),
    ],
)
def test_plain_number_is_what_people_mean(number: str | None, plain: str | None) -> None:
    assert value("plain_number(?::varchar)", number) == plain


def plain_in_python(number: str) -> str:
    """The oracle: runs of ASCII digits and of other letters, a dash only between two runs of digits."""
    runs = [(found.group(), found.start(), found.end()) for found in re.finditer(r"[0-9]+|[^\W_0-9]+", number.lower())]
    parts = [text.lstrip("0") or "0" if text[0] in "0123456789" else text for text, _, _ in runs]
    text = parts[0] if parts else ""
    for before, after in itertools.pairwise(range(len(runs))):
        apart = runs[before][0][-1] in "0123456789" and runs[after][0][0] in "0123456789"
        text += ("-" if apart else "") + parts[after]
    return text


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0019aZé票 -/._#=", max_size=16))
def test_plain_number_agrees_with_python(number: str) -> None:
    plain = value("plain_number(?::varchar)", number)
    assert plain == plain_in_python(number)
    assert value("plain_number(?::varchar)", plain) == plain


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("4521", "4251", True),
        ("4521", "4527", True),
        ("4521", "45821", True),
        ("4521", "452", True),
        ("4521", "521", True),
        ("", "1", True),
        ("4521", "4521", False),
        ("4521", "2541", False),
        ("4521", "5412", False),
        ("4521", "4687", False),
        ("4521", "45", False),
        ("票1", "第1", True),
        ("票第", "第票", True),
        ("a", "a票", True),
        ("票1", "第2", False),
        ("ab票", "b票a", False),
    ],
)
def test_one_edit_counts_characters(one: str, other: str, apart: bool) -> None:
    assert value("one_edit(?::varchar, ?::varchar)", one, other) is apart
    assert value("one_edit(?::varchar, ?::varchar)", other, one) is apart


def edits(text: str, alphabet: str) -> Iterator[str]:
    """The oracle: everything that one keystroke makes of a text."""
    for place in range(len(text) + 1):
        yield from (text[:place] + letter + text[place:] for letter in alphabet)
        yield text[:place] + text[place + 1 :]
        yield from (text[:place] + letter + text[place + 1 :] for letter in alphabet)
        yield text[:place] + text[place : place + 2][::-1] + text[place + 2 :]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="12票", max_size=5), st.text(alphabet="12票", max_size=5))
def test_one_edit_agrees_with_python(one: str, other: str) -> None:
    reached = one != other and other in set(edits(one, "12票"))
    assert bool(value("one_edit(?::varchar, ?::varchar)", one, other)) is reached


# Texts


@settings(max_examples=200, deadline=None)
@given(decimals(14, 4), st.sampled_from(CURRENCIES))
@example(Decimal("0.0000"), "JPY")
@example(Decimal("-0.0050"), "SGD")
@example(Decimal("100.0000"), "KWD")
def test_amount_text_is_the_packages_own(amount: Decimal, currency: str | None) -> None:
    assert value("amount_text(?::decimal(18, 4), ?)", f"{amount:f}", currency) == in_minor_unit(amount, currency)


def test_amount_text_keeps_every_digit_of_the_longest_product() -> None:
    longest = "-9999999999999999980000.00000000000001"
    assert value("amount_text(?::decimal(38, 14), ?)", longest, "JPY") == longest


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("10.000000", "10"),
        ("0.500000", "0.5"),
        ("-1.250000", "-1.25"),
        ("100.000000", "100"),
        ("0.000000", "0"),
        ("0.000001", "0.000001"),
        ("1000000.000000", "1000000"),
        (LONGEST_QUANTITY, LONGEST_QUANTITY),
        (None, None),
    ],
)
def test_number_text_drops_zeros_that_say_nothing(number: str | None, text: str | None) -> None:
    assert value("number_text(?::decimal(18, 6))", number) == text


def test_number_text_leaves_whole_numbers_alone() -> None:
    assert value("number_text(?::bigint)", "100") == "100"


# Days and months


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        ("2025-01-01", "2025-02-01", 1),
        ("2025-01-31", "2025-02-28", 1),
        ("2025-01-30", "2025-02-28", 1),
        ("2025-01-29", "2025-02-28", 1),
        ("2024-01-31", "2024-02-29", 1),
        ("2024-01-31", "2024-02-28", 0),
        ("2024-02-29", "2025-02-28", 12),
        ("2025-02-28", "2025-03-31", 1),
        ("2025-02-28", "2025-03-29", 1),
        ("2024-02-28", "2024-03-29", 0),
        ("2025-04-30", "2025-05-31", 1),
        ("2025-01-30", "2025-03-31", 0),
        ("2025-12-31", "2026-02-28", 2),
        ("2025-01-15", "2026-01-15", 12),
        ("2025-01-15", "2025-02-14", 0),
        ("2025-01-15", "2025-02-16", 0),
        ("2025-01-15", "2025-01-15", 0),
        ("2025-03-01", "2025-02-01", -1),
    ],
)
def test_whole_months(start: str, end: str, months: int) -> None:
    assert value("whole_months(?::date, ?::date)", start, end) == months


def months_in_python(start: date, end: date) -> int:
    """The oracle: months between two days that the same day of a month gives, its last one where a month is short."""

    def begins(day: int, month: date) -> date:
        return month.replace(day=min(day, calendar.monthrange(month.year, month.month)[1]))

    shared = any(begins(day, start) == start and begins(day, end) == end for day in range(1, 32))
    return 12 * (end.year - start.year) + end.month - start.month if shared else 0


@settings(max_examples=300, deadline=None)
@given(st.dates(date(2023, 12, 1), date(2025, 4, 1)), st.integers(-80, 500))
def test_whole_months_agree_with_python(start: date, days: int) -> None:
    end = start + timedelta(days=days)
    assert value("whole_months(?::date, ?::date)", start, end) == months_in_python(start, end)
    assert value("days_between(?::date, ?::date)", start, end) == days
