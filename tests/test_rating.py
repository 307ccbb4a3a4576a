"""What services cost: the SQL of billing periods, proration, tiers and packages against the conventions."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cases import Case, engine_of
from tests.mutants import mutants
from tests.test_shared_sql import CURRENCIES, SQL, decimals, rounded, value
from workbench.engine.duck import DuckEngine
from workbench.errors import WorkbenchError
from workbench.frontmatter import read_sql
from workbench.settings import QUERIES

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


# Packages and tiers


@pytest.mark.parametrize(
    ("quantity", "size", "packages"),
    [
        ("0", "1000", "0"),
        ("0.000001", "1000", "1"),
        ("999.999999", "1000", "1"),
        ("1000", "1000", "1"),
        ("1000.000001", "1000", "2"),
        ("2500", "1000", "3"),
        ("-500", "1000", "0"),
        ("-1500", "1000", "-1"),
        ("-2000", "1000", "-2"),
        ("1", "0.3", "4"),
        ("0.9", "0.3", "3"),
        (None, "1000", "1"),
        (None, "0.5", "2"),
        ("10", "0", None),
        ("-10", "0", None),
        ("10", None, None),
        ("999999999999.999999", "1", "1000000000000"),
    ],
)
def test_started_packages(quantity: str | None, size: str | None, packages: str | None) -> None:
    found = value("packages(?::decimal(18, 6), ?::decimal(18, 6))", quantity, size)
    assert found == (None if packages is None else Decimal(packages))


@pytest.mark.parametrize(
    ("quantity", "base_quantity", "base_amount", "unit_price", "size", "expected"),
    [
        ("12", "0", "0", "2.5", None, "30"),
        ("12", "10", "100", "2.5", None, "105"),
        ("2500", "0", "0", "7", "1000", "21"),
        ("12", "10", None, "2.5", None, None),
        ("12", "0", "0", "2.5", "0", None),
    ],
)
def test_price_by_step(
    quantity: str, base_quantity: str, base_amount: str | None, unit_price: str, size: str | None, expected: str | None
) -> None:
    types = ("decimal(18, 6)", "decimal(18, 6)", "decimal(38, 14)", "decimal(18, 8)", "decimal(18, 6)")
    arguments = ", ".join(f"?::{name}" for name in types)
    found = value(f"price_by_step({arguments})", quantity, base_quantity, base_amount, unit_price, size)
    assert found == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize(
    ("tiers", "unit_price", "words"),
    [
        ("0", None, "no price tier holds it"),
        ("2", None, "more than one price tier holds it"),
        ("1", "5", "the price tiers below it have a gap or an overlap"),
        ("1", None, "no price is agreed"),
        (None, None, "no price is agreed"),
    ],
)
def test_why_there_is_no_price(tiers: str | None, unit_price: str | None, words: str) -> None:
    assert value("price_missing(?::integer, ?::decimal(18, 8))", tiers, unit_price) == words


TIER = st.fixed_dictionaries(
    {
        "from_quantity": st.sampled_from((0, 0, 10, 25, 40)),
        "to_quantity": st.sampled_from((None, None, 10, 25, 40)),
        "unit_price": st.sampled_from(("0", "0.5", "2.00000001", "7")),
        "flat_fee": st.sampled_from((None, "0", "3.25")),
    }
)


def tier_price(tiers: list[dict[str, Any]], model: str, quantity: Fraction) -> Fraction | None:
    """The oracle: conventions.md on usage prices; None where a quantity that counts has no tier, or two."""
    starts = sorted({tier["from_quantity"] for tier in tiers})

    def holds(tier: dict[str, Any], place: Fraction) -> bool:
        later = [start for start in starts if start > tier["from_quantity"]]
        end = tier["to_quantity"] if tier["to_quantity"] is not None else (later or [None])[0]
        return tier["from_quantity"] <= place and (end is None or place < end)

    places = [Fraction(place) for place in (0, 10, 25, 40) if place <= quantity]
    held = {place: [tier for tier in tiers if holds(tier, place)] for place in [*places, quantity]}
    if len(held[quantity]) != 1:
        return None
    fee = Fraction(held[quantity][0]["flat_fee"] or 0)
    if model == "volume":
        return quantity * Fraction(held[quantity][0]["unit_price"]) + fee
    above = [place for place in places if place >= starts[0]]
    if any(len(held[place]) != 1 for place in above):
        return None
    total = Fraction(0)
    for place, end in zip(above, [*above[1:], quantity], strict=True):
        tier = held[place][0]
        total += (end - place) * Fraction(tier["unit_price"])
        total += Fraction(tier["flat_fee"] or 0) if tier["from_quantity"] == place else 0
    return total


@pytest.fixture(scope="module")
def rating_engine() -> Iterator[DuckEngine]:
    given: dict[str, list[dict[str, Any]]] = {
        "contract_lines": [
            {"contract_line_id": model, "pricing_model": model, "unit_price": None} for model in ("graduated", "volume")
        ],
        "price_tiers": [],
    }
    engine = engine_of(Case("price_steps", "any tiers", given, {}, [], []))
    yield engine
    engine.close()


@settings(max_examples=30, deadline=None)
@given(tiers=st.lists(TIER, min_size=1, max_size=4), data=st.data())
def test_steps_price_every_quantity_as_the_tiers_say(
    rating_engine: DuckEngine, tiers: list[dict[str, Any]], data: st.DataObject
) -> None:
    rating_engine.connection.execute("truncate price_tiers")
    for model in ("graduated", "volume"):
        for tier in tiers:
            rating_engine.connection.execute(
                f"insert into price_tiers (contract_line_id, {', '.join(tier)}) values (?, ?, ?, ?, ?)",
                [model, *tier.values()],
            )
    quantity = data.draw(st.sampled_from(("0", "0.000001", "9.999999", "10", "24.5", "25", "39", "40", "1000")))
    for model in ("graduated", "volume"):
        other = "volume" if model == "graduated" else "graduated"
        found = rating_engine.connection.execute(
            """
            select
                price_by_step(cast(? as decimal(18, 6)), base_quantity, base_amount, unit_price, package_size),
                price_by_step(
                    cast(? as decimal(18, 6)), other_base_quantity, other_base_amount, unit_price, package_size
                )
            from price_steps
            where contract_line_id = ? and ? >= from_quantity and (to_quantity is null or ? < to_quantity)
            """,
            [quantity, quantity, model, quantity, quantity],
        ).fetchall()
        assert len(found) == 1, "every quantity has one step"
        for amount, name in zip(found[0], (model, other), strict=True):
            expected = tier_price(tiers, name, Fraction(quantity))
            assert (None if amount is None else Fraction(amount)) == expected, (model, name, quantity)


# Months


def months_of(engine: DuckEngine, sql: str) -> list[tuple[date, date]]:
    """The rows of the text of the view months, in order."""
    return sorted((row["month_from"], row["month_to"]) for row in engine.query(sql).to_pylist())


def test_months_follow_one_another_from_1970_to_2099(rating_engine: DuckEngine) -> None:
    rows = months_of(rating_engine, "select * from months")
    assert (rows[0][0], rows[-1][1]) == (date(1970, 1, 1), date(2100, 1, 1))
    assert [end for _, end in rows[:-1]] == [start for start, _ in rows[1:]]
    assert len(rows) == 130 * 12


def test_a_changed_number_of_the_months_changes_the_months(rating_engine: DuckEngine) -> None:
    _, sql = read_sql(QUERIES / "2_canonical/views/months.sql")
    rows = months_of(rating_engine, sql)
    for mutant in mutants(sql):
        try:
            assert months_of(rating_engine, mutant.sql) != rows, mutant.what
        except WorkbenchError:
            continue
