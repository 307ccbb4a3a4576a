"""Values of figures as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from workbench.language import mark, say
from workbench.money import grouped, in_minor_unit

DIGITS = {"days": 1, "percent": 2, "points of 10,000": 0}
UNITS = {
    "days": mark("{number} days"),
    "points of 10,000": mark("{number} points of 10,000"),
    "customers": mark("{number} customers"),
}


def value_text(row: Mapping[str, Any]) -> str:
    """A value with its unit: "81.82 %", "46.7 days", "1,234.50"; empty where there is none."""
    value, unit = row["value"], row["unit"]
    if value is None:
        return ""
    if unit == "money":
        return grouped(value, row["currency"])
    shown = value.quantize(Decimal(1).scaleb(-DIGITS.get(unit, 0)), ROUND_HALF_UP)
    if unit in UNITS:
        return say(UNITS[unit], number=f"{shown:,f}")
    return f"{shown:,f} {'%' if unit == 'percent' else unit}"


def amount_text(row: Mapping[str, Any], name: str) -> str:
    """Numerator or denominator: money in its currency's digits, cut to them for reading, counts whole."""
    amount = row[name]
    if amount is None:
        return ""
    if row["currency"] is None:
        return f"{amount.normalize():,f}"
    digits = Decimal(in_minor_unit(Decimal(0), row["currency"]) or 0).as_tuple().exponent
    return grouped(amount.quantize(Decimal(1).scaleb(int(digits)), ROUND_HALF_UP), row["currency"])
