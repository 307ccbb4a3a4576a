"""Billing periods and shares of them in pandas: what the days of a recurring service cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Days = npt.NDArray[np.datetime64]
Numbers = npt.NDArray[Any]


def period_start(service: pd.DataFrame, column: str) -> pd.Series[pd.Timestamp]:
    """First day of the billing period that holds a day; rows have billing_day and months, the period's length."""
    return pd.Series(_start(service, _days(service, column)), service.index).astype("datetime64[s]")


def period_end(service: pd.DataFrame, column: str) -> pd.Series[pd.Timestamp]:
    """The first day after it."""
    return pd.Series(_start(service, _days(service, column), 1), service.index).astype("datetime64[s]")


def charge_for(service: pd.DataFrame, from_column: str, to_column: str) -> pd.Series[float]:
    """What days [from, to) cost by the row's proration: part of the first period, whole periods, part of the last."""
    from_day, to_day = _days(service, from_column), _days(service, to_column)
    months = service["months"].to_numpy()
    first, first_end = _start(service, from_day), _start(service, from_day, 1)
    last, last_end = _start(service, to_day), _start(service, to_day, 1)
    head = _share(service, from_day, np.minimum(to_day, first_end), first, first_end)
    tail = _share(service, last, to_day, last, last_end)
    between = (_month(last) - _month(first_end)) // months
    share = head + np.where(to_day > first_end, between + tail, 0)
    return pd.Series(service["price"] * share)


def _days(service: pd.DataFrame, column: str) -> Days:
    return service[column].to_numpy().astype("datetime64[D]")


def _month(day: Days) -> Numbers:
    return day.astype("datetime64[M]").astype("int64")


def _first(month: Numbers) -> Days:
    return month.astype("datetime64[M]").astype("datetime64[D]")


def _length(month: Numbers) -> Numbers:
    return (_first(month + 1) - _first(month)).astype("int64")


def _day_of_month(day: Days) -> Numbers:
    return (day - _first(_month(day))).astype("int64") + 1


def _on_day(month: Numbers, day_of_month: Numbers) -> Days:
    day: Days = _first(month) + (np.minimum(day_of_month, _length(month)) - 1)
    return day


def _start(service: pd.DataFrame, day: Days, later: int = 0) -> Days:
    billing_day, months = service["billing_day"].to_numpy(), service["months"].to_numpy()
    month = _month(day)
    month = month - (day < _on_day(month, billing_day))
    return _on_day(month - month % months + later * months, billing_day)


def _share(service: pd.DataFrame, from_day: Days, to_day: Days, start: Days, end: Days) -> Numbers:
    """Days inside one billing period as a share of its price."""
    proration, months = service["proration"].to_numpy(dtype=object), service["months"].to_numpy()
    days = (to_day - from_day).astype("int64")
    passed = _month(to_day) - _month(from_day)
    passed = passed - (_on_day(_month(from_day) + passed, _day_of_month(from_day)) > to_day)
    odd = (to_day - _on_day(_month(from_day) + passed, _day_of_month(from_day))).astype("int64")
    shares = {
        "thirty": (passed + odd / 30) / months,
        "thirty_360": (_place_of_30(to_day) - _place_of_30(from_day)) / (30 * months),
        "period": days / (end - start).astype("int64"),
        "none": np.ones(len(days)),
    }
    actual = (_calendar_place(to_day) - _calendar_place(from_day)) / months
    share = np.select([proration == name for name in shares], list(shares.values()), actual)
    return np.where((from_day == start) & (to_day == end), 1.0, np.where(days > 0, share, 0.0))


def _calendar_place(day: Days) -> Numbers:
    return _month(day) + (_day_of_month(day) - 1) / _length(_month(day))


def _place_of_30(day: Days) -> Numbers:
    return 30 * _month(day) + np.minimum(_day_of_month(day), 30)
