"""What a figure says: one value, or the reason why there is none, and the exact arithmetic behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pyarrow as pa

from workbench.money import EXACT, minor_units

VALUE = pa.decimal128(38, 12)
AMOUNT = pa.decimal128(38, 8)
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
