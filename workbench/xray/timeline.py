"""Events as a picture: one row each from top to bottom, placed on the axis of days from left to right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from html import escape
from itertools import groupby

from workbench.language import say
from workbench.money import grouped
from workbench.xray.events import KINDS, Event

WIDTH, ROW, TOP, LEFT, RIGHT = 1080, 26, 30, 208, 690
MOST = 22
WORDS = 28
# Mid-tones that stand out on white and on black; the shape and the word say the same.
COLOURS = {
    "Contract": "#7a6ba8", "Order": "#4c7fb8", "Delivery": "#2d8f86", "Invoice": "#c1671f", "Debit memo": "#c1671f",
    "Credit memo": "#b3541e", "Receipt": "#3f8f4a", "Applied": "#3f8f4a", "Adjustment": "#a85a8a", "Case": "#c0443c",
    "Promise": "#8a7a2c",
}  # fmt: skip


@dataclass(frozen=True)
class Mark:
    """One row of the picture: an event, or several of one kind as one."""

    kind: str
    first: date
    last: date | None
    words: str
    amounts: tuple[tuple[Decimal, str | None], ...]
    is_own: bool = False

    @property
    def label(self) -> str:
        """Its key, or how many of them there are."""
        return self.words if len(self.words) <= WORDS else f"{self.words[: WORDS - 1]}…"

    @property
    def money(self) -> str:
        """Its amounts, each with its currency."""
        return "; ".join(f"{grouped(value, code)} {code or ''}".strip() for value, code in self.amounts)


def timeline(events: Sequence[Event], title: str) -> str:
    """The picture as SVG without a script, its words in the page's own colour; empty where nothing has a date.

    Beyond 22 events those of one kind that follow each other become one row, and if that is not enough all of one kind;
    a caller that wants each of them shows them in a table.
    """
    marks = _marks(events)
    if not marks:
        return ""
    first = min(mark.first for mark in marks)
    last = max(day for mark in marks for day in (mark.first, mark.last) if day)
    tall = TOP + ROW * len(marks) + 8
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {tall}" role="img" '
        f'style="width:100%;max-width:{WIDTH}px" aria-label="{escape(title)}" '
        'font-family="system-ui, sans-serif" font-size="13">'
    )
    parts = [head, *_axis(first, last, tall)]
    for at, mark in enumerate(marks):
        parts += _row(mark, TOP + at * ROW, first, last)
    return "".join([*parts, "</svg>"])


def _marks(events: Sequence[Event]) -> list[Mark]:
    dated = [event for event in events if event.on]
    if len(dated) <= MOST:
        return [_mark([event]) for event in dated]
    marks = [_mark(list(some)) for _, some in groupby(dated, key=lambda event: (event.kind, event.is_own))]
    if len(marks) > MOST:
        by_kind = sorted(dated, key=lambda event: (KINDS.index(event.kind), event.is_own))
        marks = [_mark(list(some)) for _, some in groupby(by_kind, key=lambda event: (event.kind, event.is_own))]
    return marks


def _mark(some: list[Event]) -> Mark:
    amounts: dict[str | None, Decimal] = {}
    for event in some:
        if event.amount is not None:
            amounts[event.currency] = amounts.get(event.currency, Decimal(0)) + event.amount
    first = min(event.on for event in some if event.on)
    alone = some[0]
    mark = Mark(alone.kind, first, alone.until, alone.key, tuple((amounts[code], code) for code in amounts))
    if len(some) == 1:
        return replace(mark, is_own=alone.is_own)
    last = max(event.on for event in some if event.on)
    return replace(mark, last=last, words=say("{count} of them, {first} ...", count=f"{len(some):,}", first=alone.key))


def _axis(first: date, last: date, tall: int) -> Iterator[str]:
    for day in _ticks(first, last):
        x = _x(day, first, last)
        yield (
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{tall - 6}" stroke="currentColor" '
            'stroke-opacity="0.15"/>'
        )
        yield _text(x, TOP - 12, day.isoformat(), "middle", quiet=True)


def _ticks(first: date, last: date) -> list[date]:
    if first == last:
        return [first]
    span = (last - first).days
    return sorted({date.fromordinal(first.toordinal() + span * step // 4) for step in range(5)} | {first, last})


def _x(day: date, first: date, last: date) -> float:
    span = (last - first).days
    inner = RIGHT - LEFT - 60
    return LEFT + 30 + (inner * (day - first).days / span if span else inner / 2)


def _row(mark: Mark, y: float, first: date, last: date) -> Iterator[str]:
    middle, colour = y + ROW / 2, COLOURS.get(mark.kind, "#5b6670")
    x = _x(mark.first, first, last)
    if mark.is_own:
        yield (
            f'<rect x="0" y="{y + 1:g}" width="{WIDTH}" height="{ROW - 2}" rx="4" fill="currentColor" '
            'fill-opacity="0.08"/>'
        )
    yield _text(8, middle + 4, mark.first.isoformat(), "start", quiet=True)
    yield _text(92, middle + 4, say(mark.kind), "start", bold=mark.is_own)
    if mark.last and mark.last != mark.first:
        end = _x(mark.last, first, last)
        yield (
            f'<line x1="{x:.1f}" x2="{end:.1f}" y1="{middle:g}" y2="{middle:g}" stroke="{colour}" '
            'stroke-width="4" stroke-opacity="0.45"/>'
            f'<line x1="{end:.1f}" x2="{end:.1f}" y1="{middle - 5:g}" y2="{middle + 5:g}" stroke="{colour}" '
            'stroke-width="2"/>'
        )
    yield f'<circle cx="{x:.1f}" cy="{middle:g}" r="{7 if mark.is_own else 5}" fill="{colour}"/>'
    yield _text(RIGHT, middle + 4, mark.label, "start", bold=mark.is_own)
    yield _text(WIDTH - 8, middle + 4, mark.money, "end", bold=mark.is_own)


def _text(x: float, y: float, words: str, anchor: str, *, bold: bool = False, quiet: bool = False) -> str:
    weight = ' font-weight="650"' if bold else ""
    faint = ' fill-opacity="0.72"' if quiet else ""
    return (
        f'<text x="{x:.1f}" y="{y:g}" text-anchor="{anchor}" fill="currentColor"{weight}{faint}>{escape(words)}</text>'
    )
