"""Exact arithmetic with money and rates: no binary fraction, no digit lost on the way."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction

from workbench.errors import WorkbenchError
from workbench.money import EXACT, minor_units


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum."""
    found = Decimal(0)
    for amount in amounts:
        found = EXACT.add(found, amount)
    return found


def times(left: Decimal, right: Decimal) -> Decimal:
    """A product with sixty digits."""
    return EXACT.multiply(left, right)


def over(left: Decimal, right: Decimal) -> Decimal:
    """A quotient with sixty digits."""
    return EXACT.divide(left, right)


def root(value: Decimal) -> Decimal:
    """A square root with sixty digits."""
    return EXACT.sqrt(value)


def in_money(amount: Decimal | Fraction, currency: str | None) -> Decimal:
    """An amount rounded half away from zero to its currency's minor unit."""
    exact = over(Decimal(amount.numerator), Decimal(amount.denominator)) if isinstance(amount, Fraction) else amount
    rounded = exact.quantize(Decimal(1).scaleb(-minor_units(currency)), rounding=ROUND_HALF_UP, context=EXACT)
    return rounded or abs(rounded)


def plain(value: Decimal) -> str:
    """A number as text without an exponent and without zeros behind its last digit."""
    shorter = value.normalize(EXACT)
    return f"{shorter or abs(shorter):f}"


def percent(rate: Decimal, digits: int = 2) -> str:
    """A rate for reading: "4.87 %"."""
    shown = (rate * 100).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP, context=EXACT)
    return f"{shown or abs(shown):f} %"


def read_number(text: object, what: str) -> Decimal:
    """A finite decimal from text; WorkbenchError names what it was to be."""
    try:
        value = Decimal(str(text).strip())
    except InvalidOperation:
        value = Decimal("nan")
    if not value.is_finite():
        raise WorkbenchError(f"The {what} is '{text}', which is no number.", "give it as 1234.50")
    return value


def ceiling(value: Fraction) -> int:
    """The next whole number, counted exactly: 0.035 x 400 is 14."""
    return math.ceil(value)
