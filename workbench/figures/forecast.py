"""What accounts will be billed in the months to come, and how wrong the same method was on months that have come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from workbench.engine import Engine
from workbench.figures.catalogue import Figure
from workbench.figures.values import (
    BIAS,
    FORESEEN,
    MONTHS_AHEAD,
    NEXT_MONTH,
    NO_FIGURE,
    NO_SALES,
    TESTED,
    TOO_FEW,
    WAPE,
    Key,
    Value,
    in_currency,
    quotient,
)
from workbench.figures.windows import Window, add_months
from workbench.language import mark

SOLD = """
select as_of, "group", currency, customer_id, month_of(event_date) as month, sum(numerator) as sold
from behind where event_date is not null group by all order by as_of, currency, "group", customer_id, month
"""
LEAST = 6
LOOK_BACK = 6
YEAR = 12
QUARTER = 3
# Amounts are whole ten-thousandths: exact, and quick in columns.
SCALE = 4
Amounts = NDArray[np.int64]


def _divided(total: Amounts, count: int) -> Amounts:
    return np.asarray((2 * total + count) // (2 * count), dtype=np.int64)


def _median(amounts: Amounts) -> Amounts:
    ordered = np.sort(amounts, axis=1)
    count = ordered.shape[1]
    return _divided(ordered[:, (count - 1) // 2] + ordered[:, count // 2], 2)


def mean_of_year(past: Amounts, ahead: int) -> Amounts:
    """The mean of the last twelve months, for every month ahead."""
    recent = past[:, -YEAR:]
    return np.repeat(_divided(recent.sum(axis=1), recent.shape[1])[:, None], ahead, axis=1)


def median_of_year(past: Amounts, ahead: int) -> Amounts:
    """The median of the last twelve months, for every month ahead."""
    return np.repeat(_median(past[:, -YEAR:])[:, None], ahead, axis=1)


def year_before(past: Amounts, ahead: int) -> Amounts:
    """The same month of the newest year that has it; the mean of the year where there is none."""
    mean, months = mean_of_year(past, ahead), past.shape[1]
    places = [_newest_alike(months, step, YEAR) for step in range(ahead)]
    columns = [past[:, place] if place >= 0 else mean[:, step] for step, place in enumerate(places)]
    return np.stack(columns, axis=1)


def quarters_before(past: Amounts, ahead: int) -> Amounts:
    """The median of the same month of the newest four quarters that have it."""
    months = past.shape[1]
    columns = []
    for step in range(ahead):
        newest = _newest_alike(months, step, QUARTER)
        columns.append(_median(past[:, list(range(newest, -1, -QUARTER))[:4]]))
    return np.stack(columns, axis=1)


def _newest_alike(months: int, step: int, season: int) -> int:
    """The place of the newest month that is whole seasons before the month `step` ahead; below 0 for none."""
    return months - season + step % season


METHODS: dict[str, Callable[[Amounts, int], Amounts]] = {
    mark("median of twelve months"): median_of_year,
    mark("mean of twelve months"): mean_of_year,
    mark("same month of four quarters"): quarters_before,
    mark("same month of the year before"): year_before,
}


@dataclass(frozen=True)
class Foreseen:
    """Amounts ahead per account, by which method; and the back-test: what was foreseen and what came, or None."""

    method: str
    ahead: Amounts
    tested: Amounts | None
    came: Amounts | None


def best_method(past: Amounts, ahead: int) -> str:
    """The method with the smallest sum of absolute errors on the last months of the past, which it has not seen."""
    months = past.shape[1]
    wrong = dict.fromkeys(METHODS, 0)
    for origin in range(max(QUARTER, months - LOOK_BACK), months):
        reach = min(ahead, months - origin)
        for name, method in METHODS.items():
            errors = np.abs(method(past[:, :origin], reach) - past[:, origin : origin + reach])
            wrong[name] += int(errors.sum(dtype=object))
    return min(wrong, key=lambda name: wrong[name])


def look_ahead(past: Amounts, ahead: int, origins: int) -> Foreseen:
    """Forecast the months after the past (accounts x months), and test the same on the last origins that have come.

    At each origin the method is chosen anew from what was known there, so the error is one that a user would have met.
    """
    months = past.shape[1]
    method = best_method(past, ahead)
    foreseen = METHODS[method](past, ahead)
    starts = range(max(LEAST, months - ahead - origins + 1), months - ahead + 1)
    if not starts:
        return Foreseen(method, foreseen, None, None)
    tests = [METHODS[best_method(past[:, :start], ahead)](past[:, :start], ahead) for start in starts]
    came = [past[:, start : start + ahead] for start in starts]
    return Foreseen(method, foreseen, np.concatenate(tests, axis=1), np.concatenate(came, axis=1))


def foresee(
    database: Engine, entry: Figure, own: Mapping[str, object], _days: Mapping[date, Window]
) -> Iterator[Value]:
    """Values of the form forecast: an amount per month ahead, and WAPE and bias of the back-test."""
    ahead, origins = int(str(own["months"])), int(str(own["origins"]))
    series: dict[tuple[date, str | None], dict[tuple[str | None, str | None], dict[date, int]]] = defaultdict(dict)
    for row in database.query(SOLD).to_pylist():
        account = (row["group"], row["customer_id"])
        amount = int((row["sold"] or Decimal(0)).scaleb(SCALE).to_integral_value())
        series[row["as_of"], row["currency"]].setdefault(account, {})[row["month"]] = amount
    for (as_of, currency), accounts in series.items():
        first = min(month for months in accounts.values() for month in months)
        following = (as_of + timedelta(days=1)).replace(day=1)
        months = [first]
        while (month := add_months(months[-1], 1)) < following:
            months.append(month)
        groups = sorted({group for group, _ in accounts}, key=lambda group: (group is None, group or ""))
        if len(months) < LEAST:
            note = NO_FIGURE.format(why=entry.empty)
            yield from (Value(as_of, group, currency, note=note) for group in groups)
            continue
        past = np.array([[sold.get(month, 0) for month in months] for sold in accounts.values()], dtype=np.int64)
        found = look_ahead(past, ahead, origins)
        for group in groups:
            mine = np.array([name == group for name, _ in accounts])
            yield from _of_group((as_of, group, currency), found, mine, following)


def _of_group(key: Key, found: Foreseen, mine: NDArray[np.bool_], following: date) -> Iterator[Value]:
    accounts = int(mine.sum())
    for step in range(found.ahead.shape[1]):
        amount = _amount(found.ahead[mine, step])
        month = f"{add_months(following, step):%Y-%m}"
        note = FORESEEN.format(month=month, count=f"{accounts:,}", method=found.method)
        part = (MONTHS_AHEAD if step else NEXT_MONTH).format(count=step + 1)
        yield Value(*key, part, amount, None, in_currency(amount, key[2]), note=note)
    if found.tested is None or found.came is None:
        yield Value(*key, WAPE, unit="percent", note=NO_FIGURE.format(why=TOO_FEW))
        return
    wrong, came = _amount(np.abs(found.tested[mine] - found.came[mine])), _amount(found.came[mine])
    over = _amount(found.tested[mine]) - came
    for part, amount in ((WAPE, wrong), (BIAS, over)):
        value = quotient(amount, 100, came) if came > 0 else None
        note = TESTED.format(count=f"{accounts:,}", method=found.method) if came > 0 else NO_FIGURE.format(why=NO_SALES)
        yield Value(*key, part, amount, came, value, "percent", note)


def _amount(amounts: Amounts) -> Decimal:
    return Decimal(int(amounts.sum(dtype=object))).scaleb(-SCALE)
