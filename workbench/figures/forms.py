"""From the rows behind a figure to its values: sums in the engine, then one exact division."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from workbench.engine import Engine
from workbench.figures.catalogue import DAYS, Figure
from workbench.figures.concentration import concentrated
from workbench.figures.count_back import counted_back
from workbench.figures.forecast import foresee
from workbench.figures.values import (
    AMOUNT,
    BELOW_ZERO,
    COLUMNS,
    MEDIAN,
    NO_AMOUNT,
    NO_CURRENCY,
    NO_FIGURE,
    NO_LOSS_RATE,
    NO_RATE,
    NOT_SHOWN,
    OF,
    PERCENTILE,
    ROW,
    ROWS,
    TOTAL,
    VALUE,
    Key,
    Value,
    in_currency,
    quotient,
    scaled,
)
from workbench.figures.windows import Window

SUMS = """
select
    as_of, part, "group", currency,
    sum(numerator) as numerator, sum(denominator) as denominator,
    count(*) as rows, count(*) - count(numerator) as unknown
from behind group by as_of, part, "group", currency order by as_of, part, "group", currency
"""
LACKING = """
select distinct as_of, "group", currency, part, own_currency, rate is null as is_rate
from behind where numerator is null or denominator is null
order by as_of, "group", currency, own_currency, part
"""


def values_of(
    database: Engine, entry: Figure, own: Mapping[str, object], windows: Sequence[Window], reported: str
) -> pa.Table:
    """The values of a figure from its rows behind, COLUMNS, ordered by day, group, currency and part."""
    by_day = {window.as_of: window for window in windows}
    found = list(_without_unknown(database, entry, list(FORMS[entry.form](database, entry, own, by_day)), reported))
    silent = sorted(set(by_day) - {value.as_of for value in found})
    currency = reported or None if entry.is_money else None
    found += [Value(day, None, currency, note=NO_FIGURE.format(why=entry.empty)) for day in silent]
    found.sort(
        key=lambda value: (
            value.as_of,
            value.group is None,
            value.group or "",
            value.currency or "",
            place(value, entry),
        )
    )
    lines = [
        {
            **vars(value),
            "unit": value.unit or entry.unit,
            "figure_id": entry.id,
            "title": entry.title,
            "numerator": scaled(value.numerator, AMOUNT),
            "denominator": scaled(value.denominator, AMOUNT),
            "value": scaled(value.value, VALUE),
        }
        for value in found
    ]
    return pa.Table.from_pylist(lines, COLUMNS)


def place(value: Value, entry: Figure) -> int:
    """Where a part stands among those of its figure: in the order of its metadata, what is not named after them."""
    return entry.parts.index(value.part) if value.part in entry.parts else len(entry.parts)


def _sums(database: Engine) -> Iterator[dict[str, Any]]:
    yield from database.query(SUMS).to_pylist()


def _without_unknown(database: Engine, entry: Figure, found: Sequence[Value], reported: str) -> Iterator[Value]:
    """The same values, but none where a row behind has no amount; the note says what is lacking."""
    lacking: dict[Key, dict[str, None]] = defaultdict(dict)
    for row in database.query(LACKING).to_pylist():
        if row["is_rate"]:
            why = NO_RATE.format(own=row["own_currency"] or NO_CURRENCY, other=reported)
        else:
            why = NO_LOSS_RATE.format(part=row["part"]) if entry.reads("loss_rates") else NO_AMOUNT
        lacking[row["as_of"], row["group"], row["currency"]][why] = None
    for value in found:
        reasons = lacking.get((value.as_of, value.group, value.currency))
        if reasons:
            note = NOT_SHOWN.format(why=", ".join(reasons))
            yield replace(value, numerator=None, denominator=None, value=None, note=note)
        else:
            yield value


def _ratio(database: Engine, entry: Figure, _own: Mapping[str, object], days: Mapping[date, Window]) -> Iterator[Value]:
    for row in _sums(database):
        value = Value(row["as_of"], row["group"], row["currency"], row["part"], row["numerator"], row["denominator"])
        times = days[row["as_of"]].days if entry.times == DAYS else int(entry.times)
        if value.denominator is None or value.numerator is None:
            yield value
        elif value.denominator > 0:
            yield replace(value, value=quotient(value.numerator, times, value.denominator))
        else:
            why = entry.empty if value.denominator == 0 else BELOW_ZERO
            yield replace(value, note=NO_FIGURE.format(why=why))


def _total(
    database: Engine, entry: Figure, _own: Mapping[str, object], _days: Mapping[date, Window]
) -> Iterator[Value]:
    together: dict[Key, list[Value]] = defaultdict(list)
    for row in _sums(database):
        key = (row["as_of"], row["group"], row["currency"])
        amount = row["numerator"]
        note = ROW if row["rows"] == 1 else ROWS.format(count=f"{row['rows']:,}")
        together[key].append(Value(*key, row["part"], amount, None, _rounded(amount, entry, key[2]), note=note))
    for key, parts in together.items():
        named = {value.part for value in parts}
        yield from (Value(*key, part, Decimal(0), None, Decimal(0)) for part in entry.parts if part not in named)
        yield from parts
        if entry.adds_up:
            amount = sum((value.numerator for value in parts if value.numerator is not None), Decimal(0))
            yield Value(*key, TOTAL, amount, None, _rounded(amount, entry, key[2]))


def _rounded(amount: Decimal | None, entry: Figure, currency: str | None) -> Decimal | None:
    if amount is None or not entry.is_money:
        return amount
    return in_currency(amount, currency)


def _quantile(
    database: Engine, _entry: Figure, own: Mapping[str, object], _days: Mapping[date, Window]
) -> Iterator[Value]:
    """Median and percentile (nearest rank) by counting: no interpolation, no float."""
    grouped: dict[Key, list[Decimal]] = defaultdict(list)
    sql = 'select as_of, "group", currency, numerator from behind order by as_of, "group", currency, numerator'
    for row in database.query(sql).to_pylist():
        grouped[row["as_of"], row["group"], row["currency"]].append(row["numerator"])
    percent = int(str(own["percentile"]))
    for key, ordered in grouped.items():
        count = len(ordered)
        note = OF.format(count=f"{count:,}")
        middle = (ordered[(count - 1) // 2] + ordered[count // 2]) / 2
        yield Value(*key, MEDIAN, None, Decimal(count), middle, note=note)
        rank = max(1, -(-count * percent // 100))
        yield Value(*key, PERCENTILE.format(percent=percent), None, Decimal(count), ordered[rank - 1], note=note)


FORMS: dict[str, Callable[[Engine, Figure, Mapping[str, object], Mapping[date, Window]], Iterator[Value]]] = {
    "ratio": _ratio,
    "total": _total,
    "quantile": _quantile,
    "count_back": counted_back,
    "concentration": concentrated,
    "forecast": foresee,
}
