"""What services cost: the SQL of billing periods and proration against the conventions."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_shared_sql import CURRENCIES, SQL, decimals, rounded, value

CONVENTIONS = ("actual", "thirty", "thirty_360", "period", "none")
FREQUENCIES = {"month": 1, "quarter": 3, "year": 12}
CHARGES = """
with asked as materialized (
    select
        *,
        period_start(from_day, months, billing_day) as first_start,
        period_end(from_day, months, billing_day) as first_end,
        period_start(to_day, months, billing_day) as last_start,
        period_end(to_day, months, billing_day) as last_end
    from asked_for
),

exact as materialized (
    select
        *,
        charge_for(
            price, from_day, to_day, proration, months, first_start, first_end, last_start, last_end
        ) as amount
    from asked
)

select round_money(amount, currency)
from exact
order by number
"""
SQL.execute(
    "create table asked_for (number integer, price decimal(38, 14), from_day date, to_day date, proration varchar,"
    " months integer, billing_day integer, currency varchar)"
)


def charges(asked: Iterable[tuple[object, ...]]) -> list[Decimal]:
    """The charge by the shared functions for each price, first day, day after, convention, months, day, currency."""
    SQL.execute("truncate asked_for")
    rows = [[number, *map(str, row[:-1]), row[-1]] for number, row in enumerate(asked)]
    SQL.executemany("insert into asked_for values (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    return [row[0] for row in SQL.execute(CHARGES).fetchall()]


# Billing periods


@pytest.mark.parametrize(
    ("day", "months", "billing_day", "start", "end"),
    [
        ("2025-03-01", 1, 1, "2025-03-01", "2025-04-01"),
        ("2025-03-31", 1, 1, "2025-03-01", "2025-04-01"),
        ("2025-02-01", 1, 13, "2025-01-13", "2025-02-13"),
        ("2025-02-13", 1, 13, "2025-02-13", "2025-03-13"),
        ("2025-02-27", 1, 31, "2025-01-31", "2025-02-28"),
        ("2025-02-28", 1, 31, "2025-02-28", "2025-03-31"),
        ("2025-03-30", 1, 31, "2025-02-28", "2025-03-31"),
        ("2025-03-31", 1, 31, "2025-03-31", "2025-04-30"),
        ("2024-02-28", 1, 29, "2024-01-29", "2024-02-29"),
        ("2024-02-29", 1, 29, "2024-02-29", "2024-03-29"),
        ("2025-02-28", 1, 29, "2025-02-28", "2025-03-29"),
        ("2025-01-01", 3, 1, "2025-01-01", "2025-04-01"),
        ("2025-03-31", 3, 1, "2025-01-01", "2025-04-01"),
        ("2025-04-14", 3, 15, "2025-01-15", "2025-04-15"),
        ("2025-01-14", 3, 15, "2024-10-15", "2025-01-15"),
        ("2025-12-31", 12, 1, "2025-01-01", "2026-01-01"),
        ("2025-01-14", 12, 15, "2024-01-15", "2025-01-15"),
        ("2024-12-31", 1, 31, "2024-12-31", "2025-01-31"),
    ],
)
def test_billing_period_that_holds_a_day(day: str, months: int, billing_day: int, start: str, end: str) -> None:
    for function, expected in (("period_start", start), ("period_end", end)):
        found = value(f"{function}(?::date, {months}, {billing_day})", day)
        assert found == date.fromisoformat(expected), function


@pytest.mark.parametrize(
    ("first_end", "last_start", "months", "periods"),
    [
        ("2025-02-01", "2025-02-01", 1, 0),
        ("2025-02-01", "2025-05-01", 1, 3),
        ("2025-04-15", "2026-01-15", 3, 3),
        ("2025-02-28", "2025-03-31", 1, 1),
        ("2025-01-01", "2027-01-01", 12, 2),
    ],
)
def test_whole_periods_between(first_end: str, last_start: str, months: int, periods: int) -> None:
    assert value(f"periods_between(?::date, ?::date, {months})", first_end, last_start) == periods


# Proration


@pytest.mark.parametrize(
    ("price", "start", "end", "convention", "frequency", "billing_day", "currency", "expected"),
    [
        # A whole period costs its price, by every convention and whatever its length.
        ("100", "2025-02-01", "2025-03-01", "actual", "month", 1, "SGD", "100"),
        ("100", "2025-02-01", "2025-03-01", "thirty", "month", 1, "SGD", "100"),
        ("100", "2025-02-01", "2025-03-01", "thirty_360", "month", 1, "SGD", "100"),
        ("100", "2025-02-01", "2025-03-01", "period", "month", 1, "SGD", "100"),
        ("100", "2025-02-01", "2025-03-01", "none", "month", 1, "SGD", "100"),
        ("100", "2025-01-31", "2025-02-28", "actual", "month", 31, "SGD", "100"),
        ("100", "2025-02-28", "2025-03-31", "thirty", "month", 31, "SGD", "100"),
        ("100", "2024-02-29", "2024-03-31", "thirty_360", "month", 30, "SGD", "100"),
        ("300", "2025-01-15", "2025-04-15", "actual", "quarter", 15, "SGD", "300"),
        ("1200", "2024-01-01", "2025-01-01", "period", "year", 1, "SGD", "1200"),
        ("100", "2025-01-01", "2025-04-01", "actual", "month", 1, "SGD", "300"),
        # actual: days of each calendar month over the days it has.
        ("310", "2025-01-11", "2025-02-01", "actual", "month", 1, "SGD", "210"),
        ("280", "2025-02-15", "2025-03-01", "actual", "month", 1, "SGD", "140"),
        ("290", "2024-02-15", "2024-03-01", "actual", "month", 1, "SGD", "150"),
        ("100", "2025-01-31", "2025-02-01", "actual", "month", 1, "SGD", "3.23"),
        ("300", "2025-01-15", "2025-04-01", "actual", "quarter", 1, "SGD", "254.84"),
        ("1200", "2025-03-10", "2026-01-01", "actual", "year", 1, "SGD", "970.97"),
        ("100", "2025-01-20", "2025-02-15", "actual", "month", 15, "SGD", "88.71"),
        ("100", "2025-01-20", "2025-04-11", "actual", "month", 1, "SGD", "272.04"),
        # thirty: whole months, and odd days over 30.
        ("100", "2025-02-11", "2025-03-01", "thirty", "month", 1, "SGD", "60"),
        ("100", "2025-01-02", "2025-02-01", "thirty", "month", 1, "SGD", "100"),
        ("300", "2025-01-15", "2025-04-01", "thirty", "quarter", 1, "SGD", "256.67"),
        ("300", "2025-01-31", "2025-03-01", "thirty", "quarter", 1, "SGD", "103.33"),
        ("1200", "2025-03-10", "2026-01-01", "thirty", "year", 1, "SGD", "973.33"),
        # thirty_360: every month has 30 days, and the 31st counts as the 30th.
        ("100", "2025-01-11", "2025-02-01", "thirty_360", "month", 1, "SGD", "66.67"),
        ("100", "2025-02-11", "2025-03-01", "thirty_360", "month", 1, "SGD", "66.67"),
        ("100", "2025-01-31", "2025-02-01", "thirty_360", "month", 1, "SGD", "3.33"),
        ("100", "2025-01-30", "2025-01-31", "thirty_360", "month", 1, "SGD", "0"),
        ("100", "2025-01-11", "2025-01-31", "thirty_360", "month", 1, "SGD", "63.33"),
        ("300", "2025-01-16", "2025-04-01", "thirty_360", "quarter", 1, "SGD", "250"),
        # period: days over the days of the billing period that holds them.
        ("310", "2025-02-01", "2025-02-13", "period", "month", 13, "SGD", "120"),
        ("290", "2024-02-15", "2024-03-01", "period", "month", 1, "SGD", "150"),
        ("90", "2025-01-15", "2025-04-01", "period", "quarter", 1, "SGD", "76"),
        ("366", "2024-03-01", "2024-03-31", "period", "year", 1, "SGD", "30"),
        ("365", "2025-03-01", "2025-03-31", "period", "year", 1, "SGD", "30"),
        ("31", "2025-01-20", "2025-03-20", "period", "month", 13, "SGD", "62"),
        ("868", "2025-01-20", "2025-02-20", "period", "month", 13, "SGD", "889"),
        # none: any part of a period is charged whole.
        ("100", "2025-01-31", "2025-02-01", "none", "month", 1, "SGD", "100"),
        ("100", "2025-01-31", "2025-02-02", "none", "month", 1, "SGD", "200"),
        ("100", "2025-01-31", "2025-04-02", "none", "month", 1, "SGD", "400"),
        # Currencies, signs, halves, nothing, and a word nobody knows.
        ("1000", "2025-01-11", "2025-02-01", "actual", "month", 1, "JPY", "677"),
        ("100", "2025-01-11", "2025-02-01", "actual", "month", 1, "KWD", "67.742"),
        ("-100", "2025-01-11", "2025-02-01", "actual", "month", 1, "SGD", "-67.74"),
        ("0.01", "2025-02-15", "2025-03-01", "actual", "month", 1, "SGD", "0.01"),
        ("-0.01", "2025-02-15", "2025-03-01", "period", "month", 1, "SGD", "-0.01"),
        ("1", "2025-02-15", "2025-03-01", "thirty_360", "month", 1, "JPY", "1"),
        ("0.001", "2025-02-15", "2025-03-01", "actual", "month", 1, "KWD", "0.001"),
        ("100", "2025-02-15", "2025-02-15", "none", "month", 1, "SGD", "0"),
        ("100", "2025-02-15", "2025-02-01", "actual", "month", 1, "SGD", "0"),
        ("310", "2025-01-11", "2025-02-01", "by the day", "month", 1, "SGD", "210"),
        ("10000000000000000000000", "2025-01-01", "2026-01-01", "actual", "month", 1, "JPY", "1.2e23"),
        ("0.31000000000031", "2025-01-11", "2025-02-01", "actual", "month", 1, "CLF", "0.21"),
    ],
)
def test_worked_charges(
    price: str, start: str, end: str, convention: str, frequency: str, billing_day: int, currency: str, expected: str
) -> None:
    found = charges([(price, start, end, convention, FREQUENCIES[frequency], billing_day, currency)])
    assert found == [Decimal(expected)]


def billing_start(day: date, months: int, billing_day: int) -> date:
    """The oracle: the newest first day of a billing period that is not after the day."""
    candidates = (
        date(year, month, min(billing_day, calendar.monthrange(year, month)[1]))
        for year in range(day.year - 1, day.year + 1)
        for month in range(1, 13, months)
    )
    return max(candidate for candidate in candidates if candidate <= day)


def billing_end(start: date, months: int, billing_day: int) -> date:
    """The oracle: the first day of the next billing period."""
    later = start + timedelta(days=1)
    while billing_start(later, months, billing_day) == start:
        later += timedelta(days=1)
    return later


def same_day(start: date, months: int) -> date:
    """The oracle: the same day so many months on, or that month's last."""
    year, month = divmod(12 * start.year + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def share(used: tuple[date, date], period: tuple[date, date], convention: str, months: int) -> Fraction:
    """The oracle: the part of one billing period's price that the days used in it cost."""
    start, end = used
    if used == period or convention == "none":
        return Fraction(1)
    if convention == "period":
        return Fraction((end - start).days, (period[1] - period[0]).days)
    if convention == "thirty_360":
        days = 360 * (end.year - start.year) + 30 * (end.month - start.month) + min(end.day, 30) - min(start.day, 30)
        return Fraction(days, 30 * months)
    if convention == "thirty":
        whole = max(number for number in range(months + 1) if same_day(start, number) <= end)
        return (whole + Fraction((end - same_day(start, whole)).days, 30)) / months
    days_used = (start + timedelta(days=number) for number in range((end - start).days))
    return sum((Fraction(1, calendar.monthrange(day.year, day.month)[1]) for day in days_used), Fraction(0)) / months


def charge_in_python(
    price: Fraction, start: date, end: date, convention: str, months: int, billing_day: int
) -> Fraction:
    """The oracle: the conventions read word by word, one billing period after the other."""
    total = Fraction(0)
    while start < end:
        opened = billing_start(start, months, billing_day)
        closed = billing_end(opened, months, billing_day)
        total += share((start, min(end, closed)), (opened, closed), convention, months)
        start = closed
    return price * total


DAYS = st.dates(date(2023, 11, 1), date(2025, 6, 30))


ASKED = st.tuples(
    decimals(10, 8) | decimals(7, 2),
    DAYS,
    st.integers(-3, 70) | st.integers(0, 800),
    st.sampled_from(CONVENTIONS),
    st.sampled_from((1, 3, 12)),
    st.integers(1, 31) | st.sampled_from((1, 15, 28, 29, 30, 31)),
    st.sampled_from(CURRENCIES),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(ASKED, min_size=20, max_size=40))
def test_charges_agree_with_python(
    drawn: list[tuple[Decimal, date, int, str, int, int, str | None]],
) -> None:
    found = charges((f"{row[0]:f}", row[1], row[1] + timedelta(days=row[2]), *row[3:]) for row in drawn)
    for row, amount in zip(drawn, found, strict=True):
        price, start, days, convention, months, billing_day, currency = row
        end = start + timedelta(days=days)
        exact = charge_in_python(Fraction(price), start, end, convention, months, billing_day)
        assert amount == rounded(exact, currency, ROUND_HALF_UP), row


@settings(max_examples=30, deadline=None)
@given(DAYS, st.sampled_from((1, 3, 12)), st.integers(1, 31))
def test_billing_periods_agree_with_python(day: date, months: int, billing_day: int) -> None:
    start = billing_start(day, months, billing_day)
    assert value(f"period_start(?::date, {months}, {billing_day})", day) == start
    assert value(f"period_end(?::date, {months}, {billing_day})", day) == billing_end(start, months, billing_day)


@pytest.mark.parametrize(
    ("price", "part", "whole", "expected"),
    [
        ("10", 1, 3, "3.333333331"),
        ("-10", 2, 3, "-6.666666661"),
        ("10", 0, 3, "0"),
        ("0.00000000000001", 1, 1, "0.000000001"),
        ("10", 1, 0, None),
        (None, 1, 2, None),
    ],
)
def test_share_of_a_price(price: str | None, part: int, whole: int, expected: str | None) -> None:
    found = value(f"price_share(?::decimal(38, 14), {part}, {whole})", price)
    assert found == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize(
    ("price", "percent", "expected"),
    [
        ("123.45", "10", "12.345"),
        ("-0.01", "50", "-0.005"),
        ("99", "8.3333", "8.249967"),
        ("100", "100", "100"),
        ("9999999999999999999999", "99.99", "9998999999999999999999.0001"),
    ],
)
def test_percentage_of_a_price(price: str, percent: str, expected: str) -> None:
    assert value("percent_of(?::decimal(38, 14), ?::decimal(18, 8))", price, percent) == Decimal(expected)
