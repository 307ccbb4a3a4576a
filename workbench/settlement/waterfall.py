"""A payout from its gross to what the bank moved, in steps that add up; what is left over has a name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from typing import Any

from workbench.language import mark, say
from workbench.markup import Amount, html_table
from workbench.money import grouped
from workbench.settlement.codes import in_words, sense

WIDTH, ROW, LEFT, RIGHT, TOP = 980, 26, 230, 150, 8
FILLS = {"total": "#5b6670", "up": "#1f6f8b", "down": "#b3541e"}
ZERO = Decimal(0)
LINES = (("sales", mark("Sales")), ("freight", mark("Freight")), ("surcharges", mark("Surcharges")))
# What is taken off or added: as the lines give it, and what of it no line gives.
TAKEN = (
    ("fees", mark("Fees"), mark("Fees that no line gives"), -1),
    ("refunds", mark("Refunds"), mark("Refunds that no line gives"), -1),
    ("reserve", mark("Reserve held back"), mark("Reserve held back that no line gives"), -1),
    ("tax", mark("Tax"), mark("Tax that no line gives"), 1),
)


@dataclass(frozen=True)
class Step:
    """One bar: its words, what it adds, where the sum stands after it; a total adds nothing."""

    words: str
    amount: Decimal
    after: Decimal
    is_total: bool = False


@dataclass(frozen=True)
class Waterfall:
    """What one settlement is made of, in its currency.

    `differences` are the steps that nothing in the statement explains: lines that do not give the head, a net that
    does not follow from it, a bank that moved another amount.
    """

    settlement_id: str
    title: str
    currency: str
    steps: tuple[Step, ...]
    differences: tuple[Step, ...]

    @property
    def adds_up(self) -> bool:
        """Whether nothing is left over."""
        return not self.differences

    def _repr_html_(self) -> str:
        rows = [
            (step.words, None if step.is_total else self._shown(step.amount), self._shown(step.after))
            for step in self.steps
        ]
        left = say("; ").join(
            say("{step}: {amount}", step=f"{step.words[0].lower()}{step.words[1:]}", amount=self._shown(step.amount))
            for step in self.differences
        )
        said = say("It adds up.")
        if left:
            said = say("Left over: {steps} {currency}.", steps=left, currency=self.currency)
        table = html_table(
            (mark("Step"), say("Amount ({currency})", currency=self.currency), sense(mark("Sum#running"))), rows
        )
        return f"<h4>{escape(self.title)}</h4>{self.svg()}<p>{escape(said)}</p>{table}"

    def _shown(self, amount: Decimal) -> Amount:
        return Amount(amount, self.currency)

    def svg(self) -> str:
        """The steps as bars that start where the last one ended; each with its amount, so colour says nothing alone."""
        ends = [ZERO, *(step.after for step in self.steps)]
        low, high = min(ends), max(ends)
        scale = Decimal(WIDTH - LEFT - RIGHT) / ((high - low) or Decimal(1))
        tall = TOP * 2 + ROW * len(self.steps)
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {tall}" role="img" '
            f'style="width:100%;max-width:{WIDTH}px" aria-label="{escape(self.title)}" '
            'font-family="system-ui, sans-serif" font-size="13">'
        )
        parts = [head]
        for at, step in enumerate(self.steps):
            start = ZERO if step.is_total else step.after - step.amount
            left, right = sorted((start, step.after))
            kind = "total" if step.is_total else "up" if step.amount >= 0 else "down"
            x, wide, y = LEFT + (left - low) * scale, (right - left) * scale, TOP + at * ROW
            label = grouped(step.after if step.is_total else step.amount, self.currency)
            sign = "+" if not step.is_total and step.amount > 0 else ""
            size = f'width="{max(wide, Decimal(1)):.1f}" height="{ROW - 8}"'
            parts += [
                _text(LEFT - 10, y + 17, "end", step.words),
                f'<rect x="{x:.1f}" y="{y + 4}" {size} fill="{FILLS[kind]}"/>',
                _text(float(x + max(wide, Decimal(1))) + 6, y + 17, "start", f"{sign}{label}"),
            ]
        return "".join([*parts, "</svg>"])


def _text(x: float, y: float, anchor: str, words: str) -> str:
    return f'<text x="{x:.1f}" y="{y:g}" text-anchor="{anchor}" fill="currentColor">{escape(words)}</text>'


def waterfall(payout: Mapping[str, Any]) -> Waterfall:
    """The steps of one row of payouts.sql; those of nothing are left out."""
    steps: list[Step] = []
    left_over: list[Step] = []
    sum_ = ZERO

    def add(words: str, amount: Decimal, *, unexplained: bool = False) -> None:
        nonlocal sum_
        if amount:
            sum_ += amount
            steps.append(Step(words, amount, sum_))
            if unexplained:
                left_over.append(steps[-1])

    for name, words in LINES:
        add(say(words), payout[name])
    add(say("Gross that no line gives"), payout["gross_amount"] - sum_, unexplained=True)
    steps.append(Step(say("Gross"), ZERO, sum_, is_total=True))
    for name, words, unsaid, sign in TAKEN:
        add(say(words), sign * payout[name])
        add(say(unsaid), sign * (payout[f"{name}_amount"] - payout[name]), unexplained=True)
    add(say("Net that does not follow"), payout["net_amount"] - sum_, unexplained=True)
    steps.append(Step(say("Net"), ZERO, sum_, is_total=True))
    if payout["bank_currency"] == payout["currency"]:
        add(say("Not as the bank moved it"), moved_by_bank(payout) - sum_, unexplained=True)
        steps.append(Step(say("Moved by the bank"), ZERO, sum_, is_total=True))
    elif payout["status"] == "paid":
        words = say("No bank line")
        if payout["bank_currency"]:
            words = say("Bank line in {currency}", currency=payout["bank_currency"])
        left_over.append(Step(words, -sum_, ZERO))
    days = say("{first} to {last}", first=payout["period_from"], last=payout["period_to"])
    partner, state = payout["partner_name"] or payout["partner_id"], in_words(payout["status"])
    title = f"{payout['settlement_id']}, {partner}, {days}, {state}"
    return Waterfall(payout["settlement_id"], title, payout["currency"], tuple(steps), tuple(left_over))


def moved_by_bank(payout: Mapping[str, Any]) -> Decimal:
    """What the bank moved for a settlement in its direction (> 0 as it should); 0 where it moved another currency."""
    if payout["bank_currency"] != payout["currency"]:
        return ZERO
    return Decimal(payout["bank_amount"]) * (-1 if payout["direction"] == "payable" else 1)


def total(amounts: Iterable[Decimal | None]) -> Decimal:
    """The sum of amounts of one currency; those that are not known count nothing."""
    return sum((amount for amount in amounts if amount is not None), ZERO)
