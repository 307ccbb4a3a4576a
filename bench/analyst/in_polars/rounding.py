"""Money as decimals: exact products, and rounding to the minor unit of a currency."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from workbench.money import FOUR_DECIMALS, NO_DECIMALS, THREE_DECIMALS

MONEY = pl.Decimal(38, 4)
# Polars gives a product the larger of the two scales; at this one quantity x price (6 + 8 decimals) stays exact.
EXACT = pl.Decimal(38, 14)
HUNDREDTH = pl.lit("0.01").cast(pl.Decimal(3, 2))
CURRENCY = pl.col("currency")


def product(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    """Two decimals multiplied, exact as far as fourteen decimals can say it."""
    return one.cast(EXACT) * other


def minor_units(currency: pl.Expr = CURRENCY) -> pl.Expr:
    """Digits after the decimal point of each row's currency: JPY 0, KWD 3, most 2."""
    found = pl.when(currency.is_in(NO_DECIMALS)).then(0).when(currency.is_in(THREE_DECIMALS)).then(3)
    return found.when(currency.is_in(FOUR_DECIMALS)).then(4).otherwise(2)


def rounded(amount: pl.Expr, currency: pl.Expr = CURRENCY) -> pl.Expr:
    """Amounts in their minor unit, half away from zero."""
    return _in_minor_unit(lambda digits: amount.round(digits, mode="half_away_from_zero"), currency)


def rounded_even(amount: pl.Expr, currency: pl.Expr = CURRENCY) -> pl.Expr:
    """The same, halves to the even neighbour."""
    return _in_minor_unit(lambda digits: amount.round(digits, mode="half_to_even"), currency)


def truncated(amount: pl.Expr, currency: pl.Expr = CURRENCY) -> pl.Expr:
    """The same, cut off towards zero."""
    return _in_minor_unit(amount.truncate, currency)


def _in_minor_unit(cut: Callable[[int], pl.Expr], currency: pl.Expr) -> pl.Expr:
    found = pl.when(currency.is_in(NO_DECIMALS)).then(cut(0)).when(currency.is_in(THREE_DECIMALS)).then(cut(3))
    return found.when(currency.is_in(FOUR_DECIMALS)).then(cut(4)).otherwise(cut(2)).cast(MONEY)
