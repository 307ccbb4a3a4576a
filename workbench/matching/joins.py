"""Joins that say how many rows may meet, and that no money is lost or doubled on the way."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import UnknownNameError, WorkbenchError
from workbench.money import grouped

CARDINALITIES = ("1:1", "1:n", "m:1")


def join(left: pa.Table, right: pa.Table, on: Sequence[str], cardinality: str, amount: str = "amount") -> pa.Table:
    """Every left row with the columns of the right row of the same key, null where there is none.

    `cardinality` is declared: "1:1" a key once on either side, "m:1" many left rows to one right row, "1:n" one left
    row to many right ones, where the amounts that must foot are the right side's. Raises WorkbenchError with the
    figures where a key comes more often than declared, and where the sums per currency differ before and after.
    """
    if cardinality not in CARDINALITIES:
        raise UnknownNameError("cardinality", cardinality, CARDINALITIES)
    keys = list(on)
    for side, table, single in (("left", left, cardinality[0] == "1"), ("right", right, cardinality[2] == "1")):
        if single:
            _check_single(table, keys, side, cardinality)
    joined = left.join(right, keys, join_type="left outer" if cardinality != "1:n" else "right outer")
    check_sums(right if cardinality == "1:n" else left, joined, f"a {cardinality} join on {', '.join(keys)}", amount)
    return joined


def _check_single(table: pa.Table, keys: list[str], side: str, cardinality: str) -> None:
    counted = table.group_by(keys).aggregate([([], "count_all")])
    twice = counted.filter(pc.greater(counted["count_all"], 1))
    if twice.num_rows:
        example = ", ".join(str(twice[key][0].as_py()) for key in keys)
        raise WorkbenchError(
            f"A join declared {cardinality} has {twice.num_rows} keys that come more than once on the {side} side, "
            f"'{example}' {twice['count_all'][0].as_py()} times.",
            "remove the rows that are double, or declare another cardinality",
        )


def check_sums(before: pa.Table, after: pa.Table, what: str, amount: str = "amount") -> None:
    """Raise WorkbenchError where the sums of an amount per currency differ between two tables."""
    sums = [sums_of(table, amount) for table in (before, after)]
    for currency in sorted({*sums[0], *sums[1]}):
        was, is_now = (found.get(currency, Decimal(0)) for found in sums)
        if was != is_now:
            raise WorkbenchError(
                f"{grouped(was, currency)} {currency} went into {what} and {grouped(is_now, currency)} came out.",
                "look for a key that comes twice or is missing",
            )


def sums_of(table: pa.Table, amount: str = "amount") -> dict[str, Decimal]:
    """The sum per currency; a currency without an amount has 0."""
    rows = table.select(["currency", amount]).group_by("currency").aggregate([(amount, "sum")]).to_pylist()
    return {row["currency"]: row[f"{amount}_sum"] or Decimal(0) for row in rows}
