"""Loss rates of the ageing's buckets: those a company gives, or those chained from how its buckets roll."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from itertools import pairwise

import pyarrow as pa

from workbench.errors import UnknownNameError, WorkbenchError
from workbench.figures.windows import Window

BUCKETS = ("not due", "1-30", "31-60", "61-90", "91-120", "over 120")
HISTORY = 12
DIGITS = Decimal(1).scaleb(-12)


def given_rates(text: str) -> dict[str, Decimal]:
    """Rates by bucket from "1-30=4; 61-90=2/23": a number is percent, a fraction is lost of held, unrounded.

    Empty for an empty text. Raises WorkbenchError for a bucket that does not exist and a rate that is none.
    """
    rates = {}
    for entry in filter(None, map(str.strip, text.split(";"))):
        bucket, _, rate = (word.strip() for word in entry.partition("="))
        if bucket not in BUCKETS:
            raise UnknownNameError("bucket", bucket, BUCKETS)
        rates[bucket] = exact(_fraction(bucket, rate))
    return rates


def _fraction(bucket: str, text: str) -> Fraction:
    lost, slash, held = text.partition("/")
    try:
        rate = Fraction(Decimal(lost)) / Fraction(Decimal(held)) if slash else Fraction(Decimal(lost)) / 100
    except (InvalidOperation, ValueError, OverflowError, ZeroDivisionError):
        rate = Fraction(-1)
    if not 0 <= rate <= 1:
        raise WorkbenchError(
            f"The loss rate of {bucket} is '{text}', which is no share of it.", "give percent, 4, or a fraction, 2/23"
        )
    return rate


def exact(rate: Fraction) -> Decimal:
    """A fraction to twelve decimals, half away from zero."""
    return (Decimal(rate.numerator) / Decimal(rate.denominator)).quantize(DIGITS, ROUND_HALF_UP)


def chained_rates(sums: pa.Table, windows: Sequence[Window]) -> list[tuple[date, str, str, Decimal]]:
    """As-of date, currency, bucket and rate: the chance that an amount rolls on to over 120 days, which is lost.

    `sums` are numerators and denominators of the roll rates by as_of, currency and part. Each roll rate is pooled over
    the twelve months up to the window's day and is 1 at most; a bucket that was always empty has no rate, nor have
    those before it.
    """
    known: dict[tuple[date, str, str], tuple[Decimal, Decimal]] = {
        (row["as_of"], row["currency"], row["part"]): (row["numerator"], row["denominator"]) for row in sums.to_pylist()
    }
    currencies = sorted({currency for _, currency, _ in known if currency})
    lines = []
    for window in windows:
        days = [window.before(back).as_of for back in range(HISTORY)]
        for currency in currencies:
            rate = Fraction(1)
            lines.append((window.as_of, currency, BUCKETS[-1], exact(rate)))
            for younger, older in reversed(list(pairwise(BUCKETS))):
                pooled: dict[str, Decimal] = defaultdict(Decimal)
                for day in days:
                    rolled, held = known.get((day, currency, f"{younger} to {older}"), (Decimal(0), Decimal(0)))
                    pooled["rolled"] += rolled
                    pooled["held"] += held
                if pooled["held"] <= 0:
                    break
                rate *= min(Fraction(1), Fraction(pooled["rolled"]) / Fraction(pooled["held"]))
                lines.append((window.as_of, currency, younger, exact(rate)))
    return lines
