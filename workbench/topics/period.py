"""A period as a notebook's parameter gives it: a year, a month, or two days."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from workbench.errors import WorkbenchError
from workbench.language import say

FIX = "write 2025, 2025-03, or 2025-03-01/2025-04-01; empty for all"


@dataclass(frozen=True)
class Period:
    """Days from `first` to, half-open, `until`; None where an end is open."""

    text: str
    first: date | None
    until: date | None

    @property
    def words(self) -> str:
        """For reading: "2025-03", or "all days"."""
        return self.text or say("all days")


def read_period(text: str) -> Period:
    """A period from its text; WorkbenchError where it is none."""
    plain = text.strip()
    try:
        if not plain:
            return Period("", None, None)
        if found := re.fullmatch(r"(\d{4})", plain, re.ASCII):
            return Period(plain, date(int(found[1]), 1, 1), date(int(found[1]) + 1, 1, 1))
        if found := re.fullmatch(r"(\d{4})-(\d{2})", plain, re.ASCII):
            year, month = int(found[1]), int(found[2])
            return Period(plain, date(year, month, 1), date(year + month // 12, month % 12 + 1, 1))
        first, _, until = plain.partition("/")
        period = Period(plain, date.fromisoformat(first), date.fromisoformat(until))
    except ValueError as error:
        raise WorkbenchError(f"'{text}' is no period.", FIX) from error
    if period.first and period.until and period.first >= period.until:
        raise WorkbenchError(f"The period '{text}' has no day.", FIX)
    return period
