"""Money by control and currency, ready to draw: the exact text of every amount and how long its bar is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from workbench.controls import Control
from workbench.money import grouped
from workbench.pack.work import Audit, MoneyLine

SIGNS = {"over_billed": "+", "under_billed": "\N{MINUS SIGN}"}


@dataclass(frozen=True)
class Side:
    """One end of a bar: its amount (negative: under-billed), as text with its sign, and as a part of the longest."""

    amount: Decimal
    text: str
    share: float


@dataclass(frozen=True)
class Bar:
    """One control's money in one currency; a side without money is None."""

    control: Control
    over: Side | None
    under: Side | None


def money_bars(audit: Audit) -> Iterator[tuple[str | None, list[Bar]]]:
    """Currency and bars in the order of the control ids; only what has an impact, so nothing that is at risk."""
    for currency, lines in groupby(audit.money, lambda line: line.currency):
        own = [line for line in lines if line.direction in SIGNS and line.amount]
        longest = max((abs(line.amount) for line in own), default=Decimal(0))
        bars = []
        for control, both in groupby(own, lambda line: line.control):
            sides = {line.direction: _side(line, longest) for line in both}
            bars.append(Bar(control, sides.get("over_billed"), sides.get("under_billed")))
        if bars:
            yield currency, bars


def _side(line: MoneyLine, longest: Decimal) -> Side:
    # A plot is the one place where money may lose digits.
    share = round(float(abs(line.amount) / longest), 4)
    return Side(line.amount, f"{SIGNS[line.direction]}{grouped(abs(line.amount), line.currency)}", share)
