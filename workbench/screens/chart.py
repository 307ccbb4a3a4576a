"""Expected shares against found ones as a picture: plain SVG that needs no script and reads without colour."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

from workbench.language import say
from workbench.screens.digits import DigitTest

WIDTH, HEIGHT, LEFT, TOP, FOOT, GAP = 1040, 234, 44, 64, 24, 60
SPACE = "http://www.w3.org/2000/svg"
FONT = 'font-family="system-ui, sans-serif" font-size="12"'
FILLS = {"ink": "#1d252c", "quiet": "#5b6670"}


def digit_chart(tests: Sequence[DigitTest], title: str) -> str:
    """An SVG with a field per test side by side: a bar per digit found, a line at the share expected.

    Its colours are attributes, so a page can give it others by class.
    """
    parts = [
        f'<svg xmlns="{SPACE}" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" {FONT} aria-label="{escape(title)}">',
        f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        _words(0, 14, "start", title, "ink"),
    ]
    weights = [max(len(test.digits), 30) for test in tests]
    room = WIDTH - (LEFT + GAP // 2) * len(tests)
    x = float(LEFT)
    for test, weight in zip(tests, weights, strict=True):
        width = room * weight / sum(weights)
        parts += _field(test, x, width)
        x += width + LEFT + GAP / 2
    return "\n".join([*parts, "</svg>"]) + "\n"


def image(svg: str, words: str) -> str:
    """The same as an image that survives where JupyterLab removes inline SVG."""
    data = base64.b64encode(svg.encode()).decode()
    return (
        f'<img alt="{escape(words)}" style="width:100%;max-width:{WIDTH}px" src="data:image/svg+xml;base64,{data}">\n'
    )


def _field(test: DigitTest, x: float, width: float) -> list[str]:
    """One test: heading, axis with 0 and the highest share, bars and expected lines, digits below."""
    highest = max(max(digit.share, digit.expected_share) for digit in test.digits)
    floor, reach = HEIGHT - FOOT, HEIGHT - FOOT - TOP
    slot = width / len(test.digits)
    every = 1 if len(test.digits) <= 10 else 10
    heading = say("{test}, {count} values", test=say(test.law.title), count=f"{test.values:,}")
    parts = [
        _words(x, 38, "start", heading, "ink"),
        _words(x, 54, "start", say("bars: found; lines: expected"), "quiet"),
        _words(x - 6, TOP + 8, "end", f"{highest:.1%}", "quiet"),
        _words(x - 6, floor, "end", "0", "quiet"),
    ]
    for place, digit in enumerate(test.digits):
        left = x + place * slot
        tall = digit.share / highest * reach
        level = floor - digit.expected_share / highest * reach
        parts.append(_bar(left + slot * 0.15, floor - tall, slot * 0.7, tall))
        parts.append(_line(left, left + slot, level, 2))
        if place % every == 0:
            parts.append(_words(left + slot / 2, floor + 16, "middle", digit.digits, "quiet"))
    parts.append(_line(x, x + width, floor, 1))
    return parts


def _bar(x: float, y: float, width: float, height: float) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'<rect class="under" {place} fill="#1f6f8b"/>'


def _line(start: float, end: float, y: float, thick: int) -> str:
    place = f'x1="{start:.1f}" x2="{end:.1f}" y1="{y:.1f}" y2="{y:.1f}"'
    return f'<line class="axis" {place} stroke="#5b6670" stroke-width="{thick}"/>'


def _words(x: float, y: float, anchor: str, words: str, name: str) -> str:
    return (
        f'<text class="{name}" x="{x:.1f}" y="{y:g}" text-anchor="{anchor}" fill="{FILLS[name]}">{escape(words)}</text>'
    )
