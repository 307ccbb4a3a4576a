"""The arithmetic of figures: days, loss rates, counting back and forecasts, without a snapshot."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import WorkbenchError
from workbench.figures.count_back import count_back
from workbench.figures.forecast import METHODS, best_method, look_ahead, quarters_before, year_before
from workbench.figures.loss import exact, given_rates
from workbench.figures.values import as_decimal, quotient
from workbench.figures.windows import Window, add_months, ending, window_of

DAYS = st.dates(date(1990, 1, 1), date(2090, 1, 1))


def test_a_month_ends_on_its_last_day_and_a_lacking_day_is_the_last() -> None:
    assert add_months(date(2025, 3, 31), -1) == date(2025, 2, 28)
    assert add_months(date(2025, 2, 28), 1) == date(2025, 3, 31)
    assert add_months(date(2024, 2, 28), 1) == date(2024, 3, 28)
    assert add_months(date(2025, 1, 30), 1) == date(2025, 2, 28)
    assert add_months(date(2025, 1, 15), -13) == date(2023, 12, 15)


@pytest.mark.parametrize(
    ("period", "first", "last", "months"),
    [
        ("2025-03", date(2025, 3, 1), date(2025, 3, 31), 1),
        ("2025-Q1", date(2025, 1, 1), date(2025, 3, 31), 3),
        ("2024", date(2024, 1, 1), date(2024, 12, 31), 12),
    ],
)
def test_a_period_is_its_days_and_ends_on_the_as_of_date(period: str, first: date, last: date, months: int) -> None:
    window = window_of(None, period, None)
    assert window == Window(last, first, last + timedelta(days=1), months)
    assert window.opening_on == first - timedelta(days=1)
    assert window_of(first, period, None).days == 1


@pytest.mark.parametrize("period", ["2025-13", "2025-Q5", "March", "0000", "2025-3", "3000"])
def test_a_period_that_is_none_is_refused_with_a_way_out(period: str) -> None:
    with pytest.raises(WorkbenchError, match="none") as raised:
        window_of(None, period, None)
    assert "2025-Q1" in raised.value.fix


def test_an_as_of_date_outside_its_period_and_a_snapshot_without_a_day_are_refused() -> None:
    with pytest.raises(WorkbenchError, match="not in the period 2025-03"):
        window_of(date(2025, 4, 1), "2025-03", None)
    with pytest.raises(WorkbenchError, match="no dated document"):
        window_of(None, "", None)


@given(DAYS, st.integers(1, 30))
def test_windows_of_months_before_follow_each_other_without_gap_or_overlap(day: date, back: int) -> None:
    month_end = add_months(day.replace(day=1), 1) - timedelta(days=1)
    window = ending(month_end)
    assert window.before(back).to_date == window.before(back - 1).from_date
    assert window.before(back).from_date.day == 1
    assert window.before(1).as_of == window.earlier_on


def test_the_months_before_a_month_that_is_not_over_are_whole() -> None:
    window = window_of(date(2025, 3, 10), "2025-03", None)
    assert (window.days, window.before(1).days, window.before(1).as_of) == (10, 28, date(2025, 2, 28))


def test_a_division_is_rounded_once_half_away_from_zero() -> None:
    assert quotient(Decimal(90), 100, Decimal(110)) == Decimal("81.818181818182")
    assert quotient(Decimal(-1), 1, Decimal(2_000_000_000_000)) == Decimal("-0.000000000001")
    assert as_decimal(Fraction(10**30, 3)) == Decimal("333333333333333333333333333333.333333333333")


@given(st.fractions(), st.integers(1, 10**6))
def test_a_decimal_is_half_a_last_digit_from_its_fraction_at_most(value: Fraction, times: int) -> None:
    assert abs(Fraction(as_decimal(value * times)) - value * times) <= Fraction(1, 2 * 10**12)


def test_loss_rates_are_percent_or_fractions() -> None:
    assert given_rates("") == {}
    assert given_rates("1-30=4; 61-90=2/23;") == {"1-30": Decimal("0.04"), "61-90": exact(Fraction(2, 23))}


@pytest.mark.parametrize(
    "text", ["1-30", "1-30=101", "1-30=-1", "1-30=3/2", "1-30=1/0", "1-30=nan", "1-30=inf", "5-6=1"]
)
def test_a_loss_rate_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(WorkbenchError):
        given_rates(text)


def test_counting_back_takes_whole_months_first_and_credits_add_to_what_is_left() -> None:
    sold = {date(2025, 3, 1): Decimal(100), date(2025, 2, 1): Decimal(-50), date(2025, 1, 1): Decimal(310)}
    counted = count_back(Decimal(150), sold, date(2025, 3, 31), 24)
    assert counted.days == 31 + 28 + 10
    assert counted.sales == (Decimal(100), Decimal(-50), Decimal(310))


@given(st.integers(1, 10**9), st.lists(st.integers(0, 10**8), min_size=12, max_size=12))
def test_more_owed_is_never_fewer_days(owed: int, sales: list[int]) -> None:
    sold = {add_months(date(2025, 3, 1), -back): Decimal(amount) for back, amount in enumerate(sales)}
    less, more = (count_back(Decimal(amount), sold, date(2025, 3, 31), 12).days for amount in (owed, owed + 1))
    assert more is None or (less is not None and less < more)


def test_forecast_errors_are_those_of_the_months_that_came() -> None:
    past = np.array([[100] * 11 + [130], [0] * 11 + [10]], dtype=np.int64)
    found = look_ahead(past, 3, 4)
    assert found.tested is not None
    assert found.came is not None
    assert found.tested.tolist() == [[100] * 12, [0] * 12]
    assert int(np.abs(found.tested - found.came).sum()) == 30 + 10
    assert found.came.sum(axis=1).tolist() == [1230, 10]


def test_a_forecast_does_not_see_the_months_it_is_tested_on() -> None:
    past = np.array([[10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120]], dtype=np.int64)
    later = past.copy()
    later[:, -3:] = 10**6
    before, after = (look_ahead(rows, 3, 1).tested for rows in (past, later))
    assert before is not None
    assert after is not None
    assert before.tolist() == after.tolist()


def test_the_season_is_found_where_there_is_one() -> None:
    year = [100, 0, 0, 0, 900, 0, 0, 0, 0, 500, 0, 40]
    past = np.array([year * 3], dtype=np.int64)
    assert best_method(past, 3) == "same month of the year before"
    assert look_ahead(past, 3, 6).ahead.tolist() == [year[:3]]


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("months", [3, 5, 12, 30])
def test_every_method_foresees_from_any_past(name: str, months: int) -> None:
    past = np.arange(2 * months, dtype=np.int64).reshape(2, months)
    ahead = METHODS[name](past, 14)
    assert ahead.shape == (2, 14)
    assert ahead.dtype == np.int64


def test_the_same_month_is_that_of_the_calendar() -> None:
    past = np.arange(1, 25, dtype=np.int64)[None, :]
    assert year_before(past, 3).tolist() == [[13, 14, 15]]
    assert quarters_before(past, 1).tolist() == [[(19 + 16 + 1) // 2]]
