"""Money both ways as bars: a picture in plain SVG that needs no script and reads without colour."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from decimal import Decimal
from html import escape
from unicodedata import east_asian_width

from workbench.language import say
from workbench.money import grouped

WIDTH, LABEL, ROW, TOP, EDGE, AMOUNT = 1040, 290, 26, 30, 10, 120
MIDDLE = LABEL + (WIDTH - LABEL) // 2
REACH = WIDTH - EDGE - AMOUNT - MIDDLE
SPACE = "http://www.w3.org/2000/svg"
FONT = 'font-family="system-ui, sans-serif" font-size="12"'

Bar = tuple[str, Decimal, Decimal]


def bars(rows: Sequence[Bar], currency: str | None) -> str:
    """An SVG with a row per control: under-billed (<= 0) to the left of the axis, over-billed (>= 0) to the right.

    Amounts are of one currency. Its colours are attributes, so a page can give it others by class.
    """
    largest = max((abs(amount) for _, under, over in rows for amount in (under, over)), default=Decimal(0))
    height = TOP + ROW * len(rows) + EDGE
    title = escape(say("Money both ways by control, {currency}", currency=currency or say("no currency")))
    under, over = say("under-billed"), say("over-billed")
    parts = [
        f'<svg xmlns="{SPACE}" viewBox="0 0 {WIDTH} {height}" role="img" {FONT} aria-label="{title}">',
        f'<rect class="paper" width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        _words(MIDDLE - 8, 16, "end", f"{under} \N{LEFTWARDS ARROW}", "quiet"),
        _words(MIDDLE + 8, 16, "start", f"\N{RIGHTWARDS ARROW} {over}", "quiet"),
    ]
    for place, (label, less, more) in enumerate(rows):
        y = TOP + ROW * place
        parts.append(_words(LABEL - 10, y + 17, "end", _short(label), "ink"))
        parts += _bar(less, largest, y, currency) + _bar(more, largest, y, currency)
    parts.append(
        f'<line class="axis" x1="{MIDDLE}" x2="{MIDDLE}" y1="{TOP - 4}" y2="{height - 4}" stroke="#5b6670"/></svg>'
    )
    return "\n".join(parts) + "\n"


def picture(svg: str, words: str) -> str:
    """The same as an image that survives where JupyterLab removes inline SVG."""
    data = base64.b64encode(svg.encode()).decode()
    return (
        f'<img alt="{escape(words)}" style="width:100%;max-width:{WIDTH}px" src="data:image/svg+xml;base64,{data}">\n'
    )


def _bar(amount: Decimal, largest: Decimal, y: int, currency: str | None) -> list[str]:
    if not amount:
        return []
    # The plot is the one place where money may lose digits.
    long = max(1.0, round(float(abs(amount) / largest) * REACH, 1))
    over = amount > 0
    x, end, anchor, name, fill = (
        (MIDDLE, MIDDLE + long + 6, "start", "over", "#b4531a")
        if over
        else (MIDDLE - long, MIDDLE - long - 6, "end", "under", "#1f6f8b")
    )
    sign = "+" if over else "\N{MINUS SIGN}"
    return [
        f'<rect class="{name}" x="{x:g}" y="{y + 4}" width="{long:g}" height="{ROW - 9}" rx="2" fill="{fill}"/>',
        _words(end, y + 17, anchor, f"{sign}{grouped(abs(amount), currency)}", "ink"),
    ]


def _words(x: float, y: int, anchor: str, words: str, name: str) -> str:
    fill = "#1d252c" if name == "ink" else "#5b6670"
    return f'<text class="{name}" x="{x:g}" y="{y}" text-anchor="{anchor}" fill="{fill}">{escape(words)}</text>'


def _short(words: str, most: int = 40) -> str:
    """Words in the room of so many letters; a Chinese or Japanese sign takes that of two."""
    if sum(map(_room, words)) <= most:
        return words
    kept, left = "", most - 1
    for sign in words:
        left -= _room(sign)
        if left < 0:
            break
        kept += sign
    return kept + "\N{HORIZONTAL ELLIPSIS}"


def _room(sign: str) -> int:
    return 2 if east_asian_width(sign) in "WF" else 1
