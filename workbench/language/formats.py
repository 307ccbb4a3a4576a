"""Days and months as people of a language write them; amounts keep their currency's code in every language.

A sign would not do: ¥ is the yuan to one reader and the yen to the other.
"""

from __future__ import annotations

from datetime import date

from workbench.language import language

MONTHS = "January February March April May June July August September October November December".split()


def day_in_words(day: date) -> str:
    """A day as people write it: "1 April 2025", "2025年4月1日"."""
    if language() == "en":
        return f"{day.day} {month_in_words(day)}"
    from babel.dates import format_date

    return format_date(day, "long", locale=language())


def month_in_words(day: date) -> str:
    """The month of a day: "April 2025", "2025年4月"."""
    if language() == "en":
        return f"{MONTHS[day.month - 1]} {day.year}"
    from babel.dates import format_skeleton

    return format_skeleton("yMMMM", day, locale=language())
