"""How much of the sales hangs on few customers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa

from workbench.engine import Engine
from workbench.figures.catalogue import Figure
from workbench.figures.values import CUSTOMERS, HERFINDAHL, LEFT_OUT, NO_FIGURE, TOP, Key, Value, as_decimal, quotient
from workbench.figures.windows import Window

SOLD = """
select as_of, "group", currency, customer_id, sum(numerator) as sold
from behind group by all order by as_of, "group", currency, sold desc, customer_id
"""


def concentrated(
    database: Engine, entry: Figure, own: Mapping[str, object], _days: Mapping[date, Window]
) -> Iterator[Value]:
    """Values of the form concentration: the share of the largest customers, and the Herfindahl-Hirschman index."""
    grouped: dict[Key, list[Decimal]] = defaultdict(list)
    for row in database.query(SOLD).to_pylist():
        grouped[row["as_of"], row["group"], row["currency"]].append(row["sold"] or Decimal(0))
    top = int(str(own["top"]))
    for key, sales in grouped.items():
        positive = sorted((amount for amount in sales if amount > 0), reverse=True)
        whole = sum(positive, Decimal(0))
        if not whole:
            note = NO_FIGURE.format(why=entry.empty)
            yield Value(*key, TOP.format(count=top), Decimal(0), Decimal(0), note=note)
            continue
        left_out = len(sales) - len(positive)
        note = (LEFT_OUT if left_out else CUSTOMERS).format(count=f"{len(positive):,}", left_out=f"{left_out:,}")
        most = sum(positive[:top], Decimal(0))
        yield Value(*key, TOP.format(count=top), most, whole, quotient(most, 100, whole), note=note)
        squares = sum((Fraction(amount) ** 2 for amount in positive), Fraction(0))
        index = as_decimal(squares * 10000 / Fraction(whole) ** 2)
        yield Value(*key, HERFINDAHL, None, None, index, unit="points of 10,000", note=note)


def of_the_top(rows: pa.Table, own: Mapping[str, object]) -> pa.Table:
    """The rows behind: those of the largest customers have a numerator, those without net sales no denominator."""
    lines = rows.to_pylist()
    sold: dict[str | None, dict[str | None, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in lines:
        sold[row["currency"]][row["customer_id"]] += row["numerator"] or 0
    top: dict[str | None, set[str | None]] = {}
    for currency, customers in sold.items():
        ordered = sorted(customers, key=lambda name: (-customers[name], name or ""))
        top[currency] = {name for name in ordered[: int(str(own["top"]))] if customers[name] > 0}
    for row in lines:
        if row["customer_id"] not in top[row["currency"]]:
            row["numerator"] = Decimal(0)
        if sold[row["currency"]][row["customer_id"]] <= 0:
            row["denominator"] = Decimal(0)
    return pa.Table.from_pylist(lines, rows.schema)
