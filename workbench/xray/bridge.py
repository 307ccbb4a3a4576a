"""From what a document should come to, to what it comes to: the findings' impacts as steps that add up.

The convention, since findings overlap: a finding counts on the one line it is about. One that says the line (or the
document) is not owed at all takes it whole, and all others on it lie within. Else, on one line, the largest
over-billing and the largest under-billing count, and smaller ones of the same direction lie within them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from workbench.language import mark, say
from workbench.money import EXACT
from workbench.settlement.waterfall import Step, Waterfall
from workbench.xray.books import Row
from workbench.xray.facts import Facts
from workbench.xray.fired import Fired

ZERO = Decimal(0)
# Families whose findings say that an amount is wrong. The others ask who approved it, when it was posted, whether
# it will be paid, or what was never billed: nothing of the document's net.
OF_AMOUNT = frozenset({"occurrence", "accuracy", "process"})
# Said where a finding of another family is not in the bridge.
BESIDE = {
    "completeness": mark("completeness: not about the net"),
    "cut_off": mark("cut off: not about the net"),
    "authority": mark("authority: not about the net"),
    "valuation": mark("valuation: not about the net"),
    "settlement": mark("settlement: not about the net"),
}
MOST = 14
COUNTED = "counted"


@dataclass(frozen=True)
class Weighed:
    """One finding and what it counts in the bridge: 0 and the reason in words where it counts nothing."""

    fired: Fired
    amount: Decimal
    line: str | None
    why: str


@dataclass(frozen=True)
class Bridge:
    """Expected net, steps, billed net, in the document's currency.

    `expected` + the amounts of `counted` + `remainder` = `billed`. `remainder` is the net that no line gives.
    """

    expected: Decimal
    billed: Decimal
    counted: tuple[Weighed, ...]
    beside: tuple[Weighed, ...]
    remainder: Decimal
    waterfall: Waterfall

    @property
    def by_finding(self) -> dict[str, Weighed]:
        """What each finding counts, by finding_id."""
        return {each.fired.row["finding_id"]: each for each in (*self.counted, *self.beside)}


def bridge(facts: Facts, fired: Sequence[Fired] | None) -> Bridge:
    """The bridge of a document; without findings the differences from the agreed prices are its steps."""
    lines = {row["invoice_line_id"]: row for row in facts.parts["lines"]}
    billed = facts.document["net_amount"]
    remainder = billed - facts.net_of_lines() if lines else ZERO
    weighed = [_weigh(facts.document, lines, each) for each in fired or () if each.is_finding]
    counted, beside = _without_overlap(weighed, billed, lines)
    if any(each.line is None for each in counted):
        # The whole document is not owed: what its lines do not give is part of that.
        remainder = ZERO
    numbers = {key: row["line_number"] for key, row in lines.items()}
    told = [(_words(each, numbers), each.amount) for each in counted]
    if fired is None:
        told = list(_off_price(facts))
    expected = billed - remainder - sum((amount for _, amount in told), ZERO)
    steps = tuple(_steps(expected, _grouped(told), remainder, billed))
    picture = Waterfall(facts.invoice_id, say("Net expected against net billed"), facts.currency, steps, ())
    return Bridge(expected, billed, counted, beside, remainder, picture)


def _weigh(document: Row, lines: Mapping[str, Row], fired: Fired) -> Weighed:
    """What a finding would count alone."""
    row = fired.row
    of_document = row["subject_table"] == "invoices"
    why = _why_not(document, fired) or (_why_not_whole(document, row) if of_document else _why_not_line(lines, fired))
    if why:
        return Weighed(fired, ZERO, None, why)
    if of_document:
        return Weighed(fired, document["net_amount"], None, COUNTED)
    return Weighed(fired, row["impact_amount"], fired.lines[0], COUNTED)


def _why_not(document: Row, fired: Fired) -> str:
    family = fired.control.family if fired.control else ""
    if not fired.row["impact_amount"]:
        return say("no amount")
    if fired.row["currency"] != document["currency"]:
        code = fired.row["currency"]
        return say("in {currency}", currency=code) if code else say("in no currency")
    if not family or family in OF_AMOUNT:
        return ""
    return say(BESIDE.get(family, f"{family.replace('_', ' ')}: not about the net"))


def _why_not_whole(document: Row, row: Mapping[str, Any]) -> str:
    """A document's finding counts where it says that nothing is owed; of another gross, its net is unsaid."""
    if row["subject_id"] != document["invoice_id"]:
        return say("of another document")
    if row["billed_amount"] != document["gross_amount"]:
        return say("not about the net")
    return say("of the gross: see the lines") if row["expected_amount"] != 0 else ""


def _why_not_line(lines: Mapping[str, Row], fired: Fired) -> str:
    if fired.is_shared:
        return say("shared with other documents")
    if len(fired.lines) != 1:
        return say("of no single line")
    line = lines[fired.lines[0]]
    return say("of the tax") if fired.row["billed_amount"] == line["tax_amount"] != line["net_amount"] else ""


def _without_overlap(
    weighed: Sequence[Weighed], billed: Decimal, lines: Mapping[str, Row]
) -> tuple[tuple[Weighed, ...], tuple[Weighed, ...]]:
    candidates = [each for each in weighed if each.why == COUNTED]
    counted: list[Weighed] = []
    within: dict[int, Weighed] = {}
    whole = [each for each in candidates if each.line is None]
    if whole and billed:
        counted = [whole[0]]
    elif not whole:
        for key in dict.fromkeys(each.line for each in candidates):
            counted += _of_line([each for each in candidates if each.line == key], lines[str(key)]["net_amount"])
    for each in candidates:
        if not any(each is one for one in counted):
            within[id(each)] = replace(each, amount=ZERO, why=_within(each, counted))
    beside = [within.get(id(each), each) for each in weighed if not any(each is one for one in counted)]
    return tuple(counted), tuple(beside)


def _of_line(candidates: Sequence[Weighed], net: Decimal) -> list[Weighed]:
    """Those of one line that count: the one that takes all of it, else the largest of each direction."""
    whole = next((each for each in candidates if each.amount == net and each.fired.row["expected_amount"] == 0), None)
    if whole is not None:
        return [whole]
    over = [each for each in candidates if each.amount > 0]
    under = [each for each in candidates if each.amount < 0]
    chosen = [max(some, key=lambda each: abs(each.amount)) for some in (over, under) if some]
    return sorted(chosen, key=candidates.index)


def _within(each: Weighed, counted: Iterable[Weighed]) -> str:
    some = [one for one in counted if one.line is None or one.line == each.line]
    same = [one for one in some if (one.amount > 0) == (each.amount > 0)] or some
    if not same:
        return say("within the document, which has no net")
    return say("within {control}", control=same[0].fired.row["control_id"])


def _words(each: Weighed, numbers: Mapping[str, int]) -> str:
    control = each.fired.row["control_id"]
    if each.line is None:
        return say("{control}, whole document", control=control)
    return say("{control}, line {number}", control=control, number=numbers[each.line])


def _off_price(facts: Facts) -> Iterator[tuple[str, Decimal]]:
    """Lines that differ from their agreed price, where nobody has looked with a control."""
    if facts.is_credit:
        return
    for row in facts.parts["lines"]:
        agreed = facts.agreed.get(row["invoice_line_id"])
        if agreed and agreed["agreed_net"] is not None and agreed["agreed_net"] != row["net_amount"]:
            words = say("Agreed price, line {number}", number=row["line_number"])
            yield words, row["net_amount"] - agreed["agreed_net"]


def _grouped(told: Sequence[tuple[str, Decimal]]) -> list[tuple[str, Decimal]]:
    """The largest steps, and the others as one step per direction."""
    if len(told) <= MOST:
        return list(told)
    largest = sorted(told, key=lambda step: -abs(step[1]))[: MOST - 2]
    rest = [step for step in told if not any(step is one for one in largest)]
    over = [amount for _, amount in rest if amount > 0]
    under = [amount for _, amount in rest if amount < 0]
    parts = (
        (say("{count} more, too much", count=f"{len(over):,}"), over),
        (say("{count} more, too little", count=f"{len(under):,}"), under),
    )
    return [*largest, *((words, sum(some, ZERO)) for words, some in parts if some)]


def _steps(
    expected: Decimal, told: Sequence[tuple[str, Decimal]], remainder: Decimal, billed: Decimal
) -> Iterator[Step]:
    yield Step(say("Net expected"), ZERO, expected, is_total=True)
    stands = expected
    for words, amount in [*told, (say("Net that no line gives"), remainder)]:
        if amount:
            stands = EXACT.add(stands, amount)
            yield Step(words, amount, stands)
    yield Step(say("Net billed"), ZERO, billed, is_total=True)
