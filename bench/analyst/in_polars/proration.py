"""Billing periods and shares of them in polars: what the days of a recurring service cost.

Rows have proration, months (the length of a billing period) and billing_day. Shares are float64, wide enough for any
price of the tables; the amount is decimal again before it is rounded.
"""

from __future__ import annotations

import polars as pl

BILLING_DAY, MONTHS, PRORATION = pl.col("billing_day"), pl.col("months"), pl.col("proration")


def period_start(day: pl.Expr, later: int = 0) -> pl.Expr:
    """First day of the billing period that holds a day, or of one so many periods later."""
    month = _month(day) - (day.dt.day() < pl.min_horizontal(BILLING_DAY, day.dt.days_in_month())).cast(pl.Int32)
    return _on_day(month - month % MONTHS + later * MONTHS, BILLING_DAY)


def period_end(day: pl.Expr) -> pl.Expr:
    """The first day after it."""
    return period_start(day, 1)


def charged(span: pl.LazyFrame) -> pl.LazyFrame:
    """The rows with the amount that days [from_day, to_day) cost at a price for one billing period, not yet rounded.

    That is part of the first period, whole periods and part of the last, by the row's proration. What several
    expressions need is a column: written out each time, they would take longer to plan than to run.
    """
    from_day, to_day, first_end, last = (pl.col(name) for name in ("from_day", "to_day", "first_end", "last"))
    span = span.with_columns(
        first=period_start(from_day),
        first_end=period_end(from_day),
        last=period_start(to_day),
        last_end=period_end(to_day),
    ).with_columns(head_to=pl.min_horizontal("to_day", "first_end"))
    head, tail = _share("from_day", "head_to", "first", "first_end"), _share("last", "to_day", "last", "last_end")
    between = (_month(last) - _month(first_end)) // MONTHS
    share = head + pl.when(first_end < to_day).then(between + tail).otherwise(0)
    return span.with_columns(amount=(pl.col("price").cast(pl.Float64) * share).cast(pl.Decimal(38, 8)))


def _month(day: pl.Expr) -> pl.Expr:
    return day.dt.year() * 12 + day.dt.month() - 1


def _on_day(month: pl.Expr, day_of_month: pl.Expr) -> pl.Expr:
    first = pl.date(month // 12, month % 12 + 1, 1)
    return first + pl.duration(days=pl.min_horizontal(day_of_month, first.dt.days_in_month()) - 1)


def _share(from_column: str, to_column: str, start: str, end: str) -> pl.Expr:
    """Days inside one billing period as a share of its price."""
    from_day, to_day = pl.col(from_column), pl.col(to_column)
    months = _month(to_day) - _month(from_day)
    is_short = (to_day.dt.day() < pl.min_horizontal(from_day.dt.day(), to_day.dt.days_in_month())).cast(pl.Int32)
    odd = (to_day - from_day.dt.offset_by(pl.format("{}mo", months - is_short))).dt.total_days()
    days = (to_day - from_day).dt.total_days()
    return (
        pl.when((from_day == pl.col(start)) & (to_day == pl.col(end)))
        .then(1.0)
        .when(days <= 0)
        .then(0.0)
        .when(PRORATION == "thirty")
        .then((months - is_short + odd / 30) / MONTHS)
        .when(PRORATION == "thirty_360")
        .then((_place_of_30(to_day) - _place_of_30(from_day)) / (30 * MONTHS))
        .when(PRORATION == "period")
        .then(days / (pl.col(end) - pl.col(start)).dt.total_days())
        .when(PRORATION == "none")
        .then(1.0)
        .otherwise((_calendar_place(to_day) - _calendar_place(from_day)) / MONTHS)
    )


def _calendar_place(day: pl.Expr) -> pl.Expr:
    return _month(day) + (day.dt.day() - 1) / day.dt.days_in_month()


def _place_of_30(day: pl.Expr) -> pl.Expr:
    return 30 * _month(day) + pl.min_horizontal(day.dt.day(), 30)
