"""Days sales outstanding by counting back: which days' sales make up what is owed."""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa

from workbench.engine import Engine
from workbench.figures.catalogue import Figure
from workbench.figures.values import MONTHS_USED, NO_FIGURE, NOTHING_OWED, TOO_MUCH_OWED, Key, Value, as_decimal
from workbench.figures.windows import Window, add_months

SALES = "credit sales"
OWED_AND_SOLD = """
select as_of, "group", currency, role = 'credit sales' as is_sales,
    case when role = 'credit sales' then month_of(event_date) end as month,
    sum(numerator) as owed, sum(denominator) as sold
from behind group by all order by as_of, "group", currency, month
"""


@dataclass(frozen=True)
class CountedBack:
    """Days, exact (None where there are none), the sales of the months used, newest first, and a note."""

    days: Fraction | None
    sales: tuple[Decimal, ...]
    note: str


def count_back(owed: Decimal, sold: Mapping[date, Decimal], as_of: date, most: int) -> CountedBack:
    """Take whole calendar months of sales (by first day) off what is owed, newest first.

    Of the month that is not used up count its days x what is left / its sales. The month of the as-of date has the days
    up to it. A month without sales counts whole; one in which credits prevail adds to what is left.
    """
    if owed <= 0:
        return CountedBack(None, (), NOTHING_OWED)
    month, days, left, used = as_of.replace(day=1), 0, owed, []
    for turn in range(most):
        sales = sold.get(month, Decimal(0))
        length = as_of.day if turn == 0 else monthrange(month.year, month.month)[1]
        used.append(sales)
        if sales >= left:
            note = MONTHS_USED[min(turn, 2)].format(count=turn, month=f"{month:%Y-%m}")
            return CountedBack(days + length * Fraction(left) / Fraction(sales), tuple(used), note)
        left -= sales
        days += length
        month = add_months(month, -1)
    return CountedBack(None, tuple(used), TOO_MUCH_OWED.format(count=most))


def counted_back(
    database: Engine, entry: Figure, own: Mapping[str, object], _days: Mapping[date, Window]
) -> Iterator[Value]:
    """Values of the form count_back: numerator what is owed, denominator the sales it was set against."""
    owed: dict[Key, Decimal] = defaultdict(Decimal)
    sold: dict[Key, dict[date, Decimal]] = defaultdict(dict)
    for row in database.query(OWED_AND_SOLD).to_pylist():
        key = (row["as_of"], row["group"], row["currency"])
        owed[key] += row["owed"] or 0
        if row["is_sales"]:
            sold[key][row["month"]] = row["sold"] or Decimal(0)
    for key, amount in owed.items():
        counted = count_back(amount, sold[key], key[0], int(str(own["months"])))
        used = sum(counted.sales, Decimal(0))
        value = None if counted.days is None else as_decimal(counted.days)
        why = entry.empty if amount <= 0 else counted.note
        note = NO_FIGURE.format(why=why) if value is None else counted.note
        yield Value(*key, "", amount, used, value, note=note)


def of_months_used(rows: pa.Table, own: Mapping[str, object]) -> pa.Table:
    """The rows behind a count without the sales of months that it did not reach, per currency."""
    months: dict[str | None, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    owed: dict[str | None, Decimal] = defaultdict(Decimal)
    lines = rows.to_pylist()
    for row in lines:
        owed[row["currency"]] += row["numerator"] or 0
        if row["role"] == SALES:
            months[row["currency"]][row["event_date"].replace(day=1)] += row["denominator"] or 0
    most = int(str(own["months"]))
    first: dict[str | None, date] = {}
    for currency, amount in owed.items():
        as_of = lines[0]["as_of"]
        used = len(count_back(amount, months[currency], as_of, most).sales)
        first[currency] = add_months(as_of.replace(day=1), 1 - used)
    return rows.filter(
        pa.array([row["role"] != SALES or row["event_date"] >= first[row["currency"]] for row in lines], pa.bool_())
    )
