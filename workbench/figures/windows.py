"""The days a figure looks at: the as-of date, the period of its flows, and the same a month earlier, and earlier."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from workbench.errors import WorkbenchError
from workbench.language import say

DAY = timedelta(days=1)
FORM = re.compile(r"(?P<year>\d{4})(?:-(?:(?P<month>0[1-9]|1[0-2])|Q(?P<quarter>[1-4])))?")
EARLIEST, LATEST = date(1900, 1, 1), date(2999, 1, 1)


@dataclass(frozen=True, order=True)
class Window:
    """One as-of date (the whole day counts) and its period [from_date, to_date), of so many months."""

    as_of: date
    from_date: date
    to_date: date
    months: int

    @property
    def days(self) -> int:
        """Days of the period."""
        return (self.to_date - self.from_date).days

    @property
    def opening_on(self) -> date:
        """The day before the period."""
        return self.from_date - DAY

    @property
    def earlier_on(self) -> date:
        """A month before the as-of date."""
        return add_months(self.as_of, -1)

    @property
    def words(self) -> str:
        """The days as people say them."""
        return say(
            "as of {day}; period from {first} up to, not including, {last}",
            day=self.as_of,
            first=self.from_date,
            last=self.to_date,
        )

    def before(self, months: int) -> Window:
        """The window so many months earlier; of a period that is not over yet, whole ones."""
        if not months:
            return self
        if self.from_date.day == 1:
            return ending(add_months(self.from_date, self.months - months) - DAY, self.months)
        return ending(add_months(self.as_of, -months), self.months)


def add_months(day: date, months: int) -> date:
    """The same day of another month; the last day of a month stays the last, and a day that is lacking is the last."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    last = monthrange(year, month)[1]
    is_last = day.day == monthrange(day.year, day.month)[1]
    return date(year, month, last if is_last else min(day.day, last))


def ending(as_of: date, months: int = 1) -> Window:
    """The window whose period is the months that end on a day; on a month's last day these are calendar months."""
    return Window(as_of, add_months(as_of, -months) + DAY, as_of + DAY, months)


def window_of(as_of: date | None, period: str, newest: date | None) -> Window:
    """The window of a period "2025-03", "2025-Q1" or "2025", else of the month that ends on the as-of date.

    Where no as-of date is given it is the last day of the period, else the newest day of the snapshot.
    Raises WorkbenchError for a period that is none and for an as-of date outside of it.
    """
    if not period:
        day = as_of or newest
        if day is None:
            raise WorkbenchError("The snapshot holds no dated document, so there is no day.", "give --as-of")
        if not EARLIEST <= day < LATEST:
            raise WorkbenchError(f"The as-of date {day} is no day of business.", "give a day from 1900 to 2998")
        return ending(day)
    start, months = _period(period)
    end = add_months(start, months)
    day = as_of or end - DAY
    if not start <= day < end:
        raise WorkbenchError(f"The as-of date {day} is not in the period {period}.", "leave out one of the two")
    return Window(day, start, day + DAY, months)


def _period(text: str) -> tuple[date, int]:
    found = FORM.fullmatch(text)
    if not found or not EARLIEST.year <= int(found["year"]) < LATEST.year:
        raise WorkbenchError(f"The period '{text}' is none.", "give 2025-03, 2025-Q1 or 2025")
    if found["month"]:
        return date(int(found["year"]), int(found["month"]), 1), 1
    if found["quarter"]:
        return date(int(found["year"]), 3 * int(found["quarter"]) - 2, 1), 3
    return date(int(found["year"]), 1, 1), 12
