"""Money as float64: rounding to the minor unit and comparing without tripping over the last bits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.money import minor_units

# Half of the last digit that the tables hold (four decimals), and what a product of floats may be off by.
HALF_A_DIGIT = 0.00005
NOISE = 1e-6


def scales(currency: pd.Series[str]) -> npt.NDArray[np.float64]:
    """Minor units in one unit of each row's currency: 100, JPY 1, KWD 1000."""
    # There are few currencies; the last entry is for the code -1 of a missing one.
    codes, names = pd.factorize(currency)
    return np.array([*(10.0 ** minor_units(name) for name in names), 100.0])[codes]


def rounded(amount: pd.Series[float], currency: pd.Series[str]) -> pd.Series[float]:
    """Amounts in their minor unit, half away from zero."""
    return _whole(amount, scales(currency), 0.5 + NOISE)


def rounded_even(amount: pd.Series[float], currency: pd.Series[str]) -> pd.Series[float]:
    """The same, halves to the even neighbour."""
    scale = scales(currency)
    return ((amount * scale).round(6)).round() / scale


def truncated(amount: pd.Series[float], currency: pd.Series[str]) -> pd.Series[float]:
    """The same, cut off towards zero."""
    return _whole(amount, scales(currency), NOISE)


def differs(one: pd.Series[float], other: pd.Series[float]) -> pd.Series[bool]:
    """Whether two amounts differ in a digit that the tables can hold; a missing one differs from nothing."""
    return (one - other).abs() > HALF_A_DIGIT


def _whole(amount: pd.Series[float], scale: npt.NDArray[np.float64], added: float) -> pd.Series[float]:
    number = amount.to_numpy()
    return pd.Series(np.copysign(np.floor(np.abs(number) * scale + added) / scale, number), index=amount.index)
