"""Twelve months of a figure as small columns: plain SVG that needs no script and reads without colour."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT, TOP, FOOT, GAP, MOST = 1040, 150, 46, 22, 30, 3
SPACE = "http://www.w3.org/2000/svg"
FONT = 'font-family="system-ui, sans-serif" font-size="12"'
FILLS = {"ink": "#1d252c", "quiet": "#5b6670", "under": "#1f6f8b", "over": "#b4531a"}
SIDES = ("under", "over")


@dataclass(frozen=True)
class Panel:
    """One field: its heading, its months and one or two series of as many values (None: no figure), last as text."""

    heading: str
    months: Sequence[str]
    series: Sequence[tuple[str, Sequence[float | None]]]
    last: str


def trend_chart(panels: Sequence[Panel], title: str) -> str:
    """An SVG with up to three panels side by side, a column per month and series.

    Its colours are attributes, so a page can give it others by class.
    """
    room = (WIDTH - GAP * (MOST - 1)) / MOST
    parts = [
        f'<svg xmlns="{SPACE}" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" {FONT} aria-label="{escape(title)}">',
        f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
    ]
    for place, panel in enumerate(panels[:MOST]):
        parts += _panel(panel, place * (room + GAP), room)
    return "\n".join([*parts, "</svg>"]) + "\n"


def image(svg: str, words: str) -> str:
    """The same as an image that survives where JupyterLab removes inline SVG."""
    data = base64.b64encode(svg.encode()).decode()
    return (
        f'<img alt="{escape(words)}" style="width:100%;max-width:{WIDTH}px" src="data:image/svg+xml;base64,{data}">\n'
    )


def _panel(panel: Panel, x: float, width: float) -> list[str]:
    values = [value for _, series in panel.series for value in series if value is not None]
    highest, lowest = max([*values, 0.0]), min([*values, 0.0])
    reach = HEIGHT - TOP - FOOT
    unit = reach / (highest - lowest) if highest > lowest else 0.0
    zero = TOP + highest * unit
    slot = width / max(len(panel.months), 1)
    names = f" ({', '.join(name for name, _ in panel.series)})" if len(panel.series) > 1 else ""
    parts = [_words(x, 14, "start", panel.heading + names, "ink"), _words(x, 32, "start", panel.last, "quiet")]
    thick = slot * 0.76 / max(len(panel.series), 1)
    for side, (_, series) in enumerate(panel.series):
        for month, value in enumerate(series):
            left = x + month * slot + slot * 0.12 + side * thick
            if value is None:
                parts.append(_words(left + thick / 2, HEIGHT - FOOT - 2, "middle", "–", "quiet"))
            else:
                parts.append(_column(left, zero, value * unit, thick, SIDES[side % 2]))
    parts.append(
        f'<line class="axis" x1="{x:.1f}" x2="{x + width:.1f}" y1="{zero:.1f}" y2="{zero:.1f}" stroke="#5b6670"/>'
    )
    if panel.months:
        parts.append(_words(x, HEIGHT - 6, "start", panel.months[0], "quiet"))
        parts.append(_words(x + width, HEIGHT - 6, "end", panel.months[-1], "quiet"))
    return parts


def _column(x: float, zero: float, tall: float, thick: float, name: str) -> str:
    top = zero - tall if tall > 0 else zero
    place = f'x="{x:.1f}" y="{top:.1f}" width="{thick:.1f}" height="{abs(tall):.1f}"'
    return f'<rect class="{name}" {place} fill="{FILLS[name]}"/>'


def _words(x: float, y: float, anchor: str, words: str, name: str) -> str:
    return (
        f'<text class="{name}" x="{x:.1f}" y="{y:g}" text-anchor="{anchor}" fill="{FILLS[name]}">{escape(words)}</text>'
    )
