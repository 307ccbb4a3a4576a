"""What a figure says: one value, or the reason why there is none, and the exact arithmetic behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pyarrow as pa

from workbench.language import mark
from workbench.money import EXACT, minor_units

VALUE = pa.decimal128(38, 12)
AMOUNT = pa.decimal128(38, 8)
# What stands in the columns part and note is English in every language; a page says it again.
NO_FIGURE, NOT_SHOWN = mark("no figure: {why}"), mark("not shown: {why}")
NO_RATE, NO_LOSS_RATE = mark("no rate from {own} to {other}"), mark("no loss rate for {part}")
NO_AMOUNT, NO_CURRENCY = mark("a row has no amount"), mark("no currency")
BELOW_ZERO = mark("the denominator is below zero")
ROW, ROWS, OF = mark("1 row"), mark("{count} rows"), mark("of {count}")
CUSTOMERS = mark("{count} customers")
LEFT_OUT = mark("{count} customers, {left_out} without net sales left out")
NOTHING_OWED = mark("nothing is owed")
MONTHS_USED = (
    mark("a part of {month}"),
    mark("1 whole month and a part of {month}"),
    mark("{count} whole months and a part of {month}"),
)
TOO_MUCH_OWED = mark("what is owed exceeds the sales of {count} months")
FORESEEN, TESTED = mark("{month}, {count} accounts, {method}"), mark("{count} accounts, {method}")
TOO_FEW, NO_SALES = mark("too few months have come to test it on"), mark("no net sales in the months tested")
NOTES = (
    NO_FIGURE, NOT_SHOWN, NO_RATE, NO_LOSS_RATE, NO_AMOUNT, NO_CURRENCY, BELOW_ZERO, ROW, ROWS, OF, CUSTOMERS, LEFT_OUT,
    NOTHING_OWED, *MONTHS_USED, TOO_MUCH_OWED, FORESEEN, TESTED, TOO_FEW, NO_SALES,
)  # fmt: skip
TOTAL, MEDIAN, PERCENTILE = mark("total"), mark("median"), mark("percentile {percent}")
TOP, HERFINDAHL, WAPE, BIAS = mark("top {count}"), mark("Herfindahl"), mark("WAPE"), mark("bias")
NEXT_MONTH, MONTHS_AHEAD = mark("{count} month ahead"), mark("{count} months ahead")
LATE = mark("over {days} days")
PARTS = (TOTAL, MEDIAN, PERCENTILE, TOP, HERFINDAHL, WAPE, BIAS, NEXT_MONTH, MONTHS_AHEAD, LATE)
COLUMNS = pa.schema(
    [
        ("figure_id", pa.string()),
        ("title", pa.string()),
        ("part", pa.string()),
        ("as_of", pa.date32()),
        ("group", pa.string()),
        ("currency", pa.string()),
        ("numerator", AMOUNT),
        ("denominator", AMOUNT),
        ("value", VALUE),
        ("unit", pa.string()),
        ("note", pa.string()),
    ]
)


@dataclass(frozen=True)
class Value:
    """One value of a figure, or the reason why there is none; amounts and value are exact."""

    as_of: date
    group: str | None
    currency: str | None
    part: str = ""
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    value: Decimal | None = None
    unit: str = ""
    note: str = ""


Key = tuple[date, str | None, str | None]


def quotient(numerator: Decimal, times: int, denominator: Decimal) -> Decimal:
    """Numerator x times / denominator to twelve decimals, half away from zero, in one division."""
    exact = Fraction(numerator) * times / Fraction(denominator)
    return as_decimal(exact)


def as_decimal(exact: Fraction) -> Decimal:
    """A fraction to twelve decimals, half away from zero."""
    digits = (abs(exact.numerator) * 10**VALUE.scale * 2 + exact.denominator) // (2 * exact.denominator)
    return Decimal(digits if exact >= 0 else -digits).scaleb(-VALUE.scale, EXACT)


def scaled(value: Decimal | None, kind: pa.DataType) -> Decimal | None:
    """A value with the digits of a type, half away from zero."""
    return None if value is None else value.quantize(Decimal(1).scaleb(-kind.scale), ROUND_HALF_UP, EXACT)


def in_currency(amount: Decimal, currency: str | None) -> Decimal:
    """An amount in its currency's minor unit, half away from zero."""
    return amount.quantize(Decimal(1).scaleb(-minor_units(currency)), ROUND_HALF_UP, EXACT)
