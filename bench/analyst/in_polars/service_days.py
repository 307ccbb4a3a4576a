"""What days of a recurring charge cost, in polars with decimals: shares of its billing periods.

Rows have price, proration, months and billing_day of their charge, and the days [from_day, to_day).
"""

from __future__ import annotations

import polars as pl

# The smallest number that 28, 29, 30 and 31 divide: the days of any month are whole parts of it.
MONTH = 377580
PRICE, MONTHS, BY = pl.col("price"), pl.col("months"), pl.col("proration")


def with_cost(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `cost`, not rounded: part of the first billing period, whole periods and part of the last."""
    from_day, to_day = pl.col("from_day"), pl.col("to_day")
    first_end, last_start = pl.col("first_end"), pl.col("last_start")
    # What stands in several places is a column: written out in each, it would take longer to plan than to compute.
    frame = frame.with_columns(**billing_period("first", from_day), **billing_period("last", to_day))
    frame = frame.with_columns(until=pl.min_horizontal("to_day", "first_end"))
    begun = price_of(from_day, pl.col("until"), pl.col("first_start"), first_end)
    ended = price_of(last_start, to_day, last_start, pl.col("last_end"))
    periods = (month_number(last_start) - month_number(first_end)) // MONTHS
    ended = pl.when(first_end < to_day).then(ended + PRICE * periods).otherwise(0)
    return frame.with_columns(cost=begun + ended)


def month_number(day: pl.Expr) -> pl.Expr:
    """Months since the year 0."""
    return 12 * day.dt.year().cast(pl.Int64) + day.dt.month() - 1


def day_of_month(month: pl.Expr, day: pl.Expr) -> pl.Expr:
    """A day of a month given by its number; the last where the month is too short."""
    year, number = month // 12, month % 12 + 1
    return pl.date(year, number, pl.min_horizontal(day, pl.date(year, number, 1).dt.days_in_month()))


def billing_period(name: str, day: pl.Expr) -> dict[str, pl.Expr]:
    """First day of the billing period that holds a day, and the first day after it, as <name>_start and <name>_end."""
    billing_day = pl.col("billing_day")
    is_before = day.dt.day() < pl.min_horizontal(billing_day, day.dt.days_in_month())
    month = month_number(day) - is_before.cast(pl.Int64)
    begun = month - month % MONTHS
    return {
        f"{name}_start": day_of_month(begun, billing_day),
        f"{name}_end": day_of_month(begun + MONTHS, billing_day),
    }


def price_of(from_day: pl.Expr, to_day: pl.Expr, start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """The price of days inside one billing period."""
    whole = pl.when(BY == "period").then(days(start, end)).when(BY == "none").then(1).otherwise(MONTH * MONTHS)
    part = (
        pl.when(BY == "period")
        .then(days(from_day, to_day))
        .when(BY == "none")
        .then(1)
        .when(BY == "thirty")
        .then(MONTH // 30 * days_in_months_of_30(from_day, to_day))
        .when(BY == "thirty_360")
        .then(MONTH // 30 * (place_of_30(to_day) - place_of_30(from_day)))
        .otherwise(place(to_day) - place(from_day))
    )
    is_whole = (from_day == start) & (to_day == end)
    return pl.when(is_whole).then(PRICE).when(from_day >= to_day).then(0).otherwise(PRICE * part / whole)


def days(from_day: pl.Expr, to_day: pl.Expr) -> pl.Expr:
    """Whole days from one to another."""
    return (to_day - from_day).dt.total_days()


def place(day: pl.Expr) -> pl.Expr:
    """Where a day stands in time, in parts of a month by the calendar."""
    return MONTH * month_number(day) + (day.dt.day().cast(pl.Int64) - 1) * (MONTH // day.dt.days_in_month())


def place_of_30(day: pl.Expr) -> pl.Expr:
    """The same in days of months of 30; the 31st counts as the 30th."""
    return 30 * month_number(day) + pl.min_horizontal(day.dt.day(), 30)


def days_in_months_of_30(from_day: pl.Expr, to_day: pl.Expr) -> pl.Expr:
    """Whole months from one day to another as 30 days each, and the days left over."""
    is_short = to_day.dt.day() < pl.min_horizontal(from_day.dt.day(), to_day.dt.days_in_month())
    months = month_number(to_day) - is_short.cast(pl.Int64)
    return 30 * (months - month_number(from_day)) + days(day_of_month(months, from_day.dt.day()), to_day)
