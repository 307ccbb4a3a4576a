"""Steps that add up as a picture in which small steps are seen: the axis may begin near them, and then says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from html import escape

from workbench.language import say
from workbench.money import grouped, minor_units
from workbench.settlement.waterfall import FILLS, Step

WIDTH, ROW, LEFT, RIGHT, TOP = 1080, 26, 230, 190, 8
# Below this share of the longest bar the steps would be hairlines on an axis that begins at 0.
SMALL = Decimal("0.2")
ZERO = Decimal(0)


def staircase(steps: Sequence[Step], currency: str, title: str) -> str:
    """The steps as bars that start where the last one ended, each with its amount, so colour says nothing alone.

    Where all steps together are small beside the totals, the axis begins near them: the totals' bars are dashed, and a
    line of words says where the axis begins.
    """
    ends = [step.after for step in steps]
    low, high = _reach(ends)
    is_cut = low > 0 or high < 0
    tall = TOP * 2 + ROW * (len(steps) + is_cut)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {tall}" role="img" '
        f'style="width:100%;max-width:{WIDTH}px" aria-label="{escape(title)}" '
        'font-family="system-ui, sans-serif" font-size="13">'
    )
    parts = [head]
    scale = Decimal(WIDTH - LEFT - RIGHT) / ((high - low) or Decimal(1))
    for at, step in enumerate(steps):
        parts += _bar(step, TOP + at * ROW, low, high, scale, currency, is_cut)
    if is_cut:
        begins = low if low > 0 else high
        amount = f"{grouped(round(begins, minor_units(currency)), currency)} {currency}"
        words = say("The axis begins at {amount}, not at 0.", amount=amount)
        parts.append(_text(LEFT, TOP + len(steps) * ROW + 17, "start", words, quiet=True))
    return "".join([*parts, "</svg>"])


def _reach(ends: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    """The two ends of the axis: from 0, or from near the steps where they are few and small."""
    low, high = min(ends), max(ends)
    span, longest = high - low, max(abs(low), abs(high))
    if span and span < longest * SMALL and (low > 0 or high < 0):
        return (low - span / 2, high) if low > 0 else (low, high + span / 2)
    return min(low, ZERO), max(high, ZERO)


def _bar(
    step: Step, y: float, low: Decimal, high: Decimal, scale: Decimal, currency: str, is_cut: bool
) -> Iterator[str]:
    # What begins at 0 begins at the edge of an axis that does not show 0.
    from_zero = step.is_total or step.after == step.amount
    start = min(max(ZERO, low), high) if from_zero else step.after - step.amount
    left, right = sorted((start, step.after))
    x, wide = LEFT + (left - low) * scale, max((right - left) * scale, Decimal(1))
    kind = "total" if step.is_total else "up" if step.amount >= 0 else "down"
    label = grouped(step.after if step.is_total else step.amount, currency)
    sign = "+" if not step.is_total and step.amount > 0 else ""
    dashes = ' stroke="currentColor" stroke-dasharray="3 3"' if is_cut and from_zero else ""
    yield _text(LEFT - 10, y + 17, "end", step.words, bold=step.is_total)
    yield f'<rect x="{x:.1f}" y="{y + 4:g}" width="{wide:.1f}" height="{ROW - 8}" fill="{FILLS[kind]}"{dashes}/>'
    yield _text(float(x + wide) + 6, y + 17, "start", f"{sign}{label}", bold=step.is_total)


def _text(x: float, y: float, anchor: str, words: str, *, bold: bool = False, quiet: bool = False) -> str:
    look = ' font-weight="650"' if bold else ' fill-opacity="0.75"' if quiet else ""
    return f'<text x="{x:.1f}" y="{y:g}" text-anchor="{anchor}" fill="currentColor"{look}>{escape(words)}</text>'
