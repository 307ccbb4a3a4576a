"""How a list writes its numbers and days, and what currency it speaks of: by all that was looked at, never by row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from workbench.language import mark
from workbench.sources.headers import currency_of, units

BARE = re.compile(r"[\s¥$€£￥\xa0\u202f()+-]|[A-Z]{3}")
POINT = re.compile(r"(\d+|\d{1,3}(,\d{3})+|\d{1,3}('\d{3})+)?(\.\d*)?")
COMMA = re.compile(r"(\d+|\d{1,3}(\.\d{3})+|\d{1,3}('\d{3})+)?(,\d*)?")
DAY = re.compile(r"(\d{1,2})([/-])(\d{1,2})[/-](\d{4}|\d{2})\b.*")
SIGN = re.compile(r"[€£¥$￥]|[A-Z]{3}\b")
HEADING, AMOUNTS, TITLE = mark("from a heading"), mark("from the amounts"), mark("from a title")
DAY_FIRST, MONTH_FIRST = "DD{0}MM{0}YYYY", "MM{0}DD{0}YYYY"


def decimal_sign(values: Iterable[str]) -> str:
    """The sign that most numbers have between whole and fraction; "?" where each could be read both ways."""
    seen: Counter[str] = Counter()
    for value in values:
        bare = BARE.sub("", value)
        point, comma = bool(POINT.fullmatch(bare)), bool(COMMA.fullmatch(bare))
        if point and comma:
            seen["?"] += "," in bare or "." in bare
        elif point != comma:
            seen["." if point else ","] += 1
    if seen["."] or seen[","]:
        return "," if seen[","] > seen["."] else "."
    return "?" if seen["?"] else "."


def unclear_days(values: Iterable[str]) -> tuple[str, str] | tuple[()]:
    """The two forms that days may have, where every one of them could be read both ways."""
    found = [match for value in values if (match := DAY.fullmatch(value.strip()))]
    if not found or any(int(match[1]) > 12 or int(match[3]) > 12 for match in found):
        return ()
    if all(match[1] == match[3] for match in found):
        return ()
    separator, year = found[0][2], "YYYY" if len(found[0][4]) == 4 else "YY"
    first, second = (form.format(separator).replace("YYYY", year) for form in (DAY_FIRST, MONTH_FIRST))
    return first, second


def currency(headings: Sequence[str], amounts: Iterable[str], titles: str) -> tuple[str, str]:
    """The one currency that headings, amounts or titles name, and where it was seen; empty where none or several."""
    seen = {code: HEADING for text in headings for unit in units(text) if (code := currency_of(unit))}
    for word in " ".join(headings).replace("_", " ").split():
        if len(word) == 3 and word.isupper() and (code := currency_of(word)):
            seen.setdefault(code, HEADING)
    for value in amounts:
        for sign in SIGN.findall(value):
            if code := currency_of({"¥": "元", "￥": "元", "$": ""}.get(sign, sign)):
                seen.setdefault(code, AMOUNTS)
    for word in re.findall(r"[A-Z]{3}\b|€|£", titles):
        if code := currency_of(word):
            seen.setdefault(code, TITLE)
    return next(iter(seen.items())) if len(seen) == 1 else ("", "")
