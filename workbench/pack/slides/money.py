"""The slides about money: totals of every currency, and each currency by control, both ways."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from workbench.language import counted, mark, say
from workbench.language.retelling import joined, listed, together
from workbench.money import EXACT, grouped
from workbench.pack import wording
from workbench.pack.html import capital
from workbench.pack.pdf.bars import SIGNS, Bar, Side, money_bars
from workbench.pack.slides.deck import OVER, UNDER, Chart, Series, Table, cut
from workbench.pack.wording import Total
from workbench.pack.work import Audit

MOST_CURRENCIES, MOST_ROWS, MOST_BARS = 6, 12, 14
WAYS = {"over_billed": mark("Over-billed"), "under_billed": mark("Under-billed"), "at_risk": mark("At risk")}
BILLED = {"over_billed": mark("{amount} over-billed"), "under_billed": mark("{amount} under-billed")}


@dataclass(frozen=True)
class Part:
    """What stands on one slide: the sentence that is its title, what is drawn, and what the speaker may say."""

    title: str
    said: str
    chart: Chart | None = None
    table: Table | None = None


def totals_part(audit: Audit) -> Part:
    """Every currency with findings and amount each way; never netted, never added over currencies."""
    totals = wording.totals(audit)
    rows = [_total_row(currency, both) for currency, both in totals.items()]
    shown, left = rows[:MOST_ROWS], len(rows) - MOST_ROWS
    more = counted(left, "{count} more currency in summary.html.", "{count} more currencies in summary.html.")
    head = [say("Currency"), *(word for way in WAYS.values() for word in (say(way), say("Findings")))]
    words = say("Findings and amounts per currency, over-billed, under-billed and at risk.")
    table = Table(words, head, shown, [1.6, 2.6, 1.1, 2.6, 1.1, 2.1, 1.13], frozenset(range(1, 7)), size=13)
    sums = {way: sum(both[way].findings for both in totals.values() if way in both) for way in WAYS}
    return Part(
        _all_of_them(sums) if rows else wording.headline(audit),
        together([*wording.sentences(audit), *([more] if left > 0 else [])]),
        table=table if rows else None,
    )


def _all_of_them(sums: dict[str, int]) -> str:
    told = {way: f"{findings:,}" for way, findings in sums.items()}
    told["findings"] = capital(counted(sum(sums.values()), "{count} finding", "{count} findings"))
    if not sums["at_risk"]:
        return say("{findings}: {over_billed} over-billed, {under_billed} under-billed", **told)
    return say(
        "{findings}: {over_billed} over-billed, {under_billed} under-billed, {at_risk} where no amount can be expected",
        **told,
    )


def _total_row(currency: str | None, both: dict[str, Total]) -> list[str]:
    row = [currency or say("(none)")]
    for way in WAYS:
        total = both.get(way)
        row += [_amount(total, way, currency), f"{total.findings:,}"] if total else [say("none"), ""]
    return row


def _amount(total: Total, way: str, currency: str | None) -> str:
    return f"{SIGNS.get(way, '')}{grouped(abs(total.amount), currency)}" if total.amount else say("no amount")


def currency_parts(audit: Audit) -> Iterator[Part]:
    """A slide for each of the currencies with most findings: a bar per control, what is left over in a last one."""
    totals = wording.totals(audit)
    drawn = dict(money_bars(audit))
    ranked = sorted(drawn, key=lambda currency: -sum(total.findings for total in totals[currency].values()))
    for currency in [currency for currency in drawn if currency in ranked[:MOST_CURRENCIES]]:
        yield _currency_part(currency, drawn[currency], totals[currency])


def _currency_part(currency: str | None, bars: list[Bar], both: dict[str, Total]) -> Part:
    unit = currency or say("no currency")
    said = [
        say(BILLED[way], amount=f"{grouped(abs(both[way].amount), currency)} {unit}") for way in SIGNS if way in both
    ]
    largest = max((side for bar in bars for side in (bar.over, bar.under) if side), key=lambda side: abs(side.amount))
    most = next(bar for bar in bars if largest in (bar.over, bar.under))
    control = f"{most.control.id} {say(most.control.title)}"
    title = say("{amounts}; the largest part is {control}", amounts=_both(said), control=control)
    rows = [
        _total_row(currency, {way: both[way]})[1 + 2 * place :][:2] for place, way in enumerate(WAYS) if way in both
    ]
    table = Table(
        say("Totals in {currency}: {amounts}.", currency=unit, amounts=joined(said)),
        [unit, say("Amount"), say("Findings")],
        [[say(WAYS[way]), *row] for way, row in zip((way for way in WAYS if way in both), rows, strict=True)],
        [1.2, 1.75, 0.98],
        frozenset({1, 2}),
    )
    told = say("Money both ways by control in {currency}: {amounts}.", currency=unit, amounts=joined(said))
    return Part(title, told, _chart(currency, bars), table)


def _both(words: Sequence[str]) -> str:
    return say("{one} and {other}", one=words[0], other=words[1]) if len(words) == 2 else "".join(words)


def _chart(currency: str | None, bars: list[Bar]) -> Chart:
    shown = _largest(bars)
    rows: list[tuple[str, Side | None, Side | None]] = [
        (f"{bar.control.id} {say(bar.control.title)}", bar.over, bar.under) for bar in bars if bar in shown
    ]
    rest = [bar for bar in bars if bar not in shown]
    if rest:
        over = _sum([bar.over for bar in rest], "over_billed", currency)
        others = counted(len(rest), "{count} other control", "{count} other controls")
        rows.append((others, over, _sum([bar.under for bar in rest], "under_billed", currency)))
    sides = {
        say("Over-billed"): (OVER, [over for _, over, _ in rows]),
        say("Under-billed"): (UNDER, [under for *_, under in rows]),
    }
    told = listed(f"{label} {_both([side.text for side in (under, over) if side])}" for label, over, under in rows)
    return Chart(
        say("Bars of money by control, {currency}: {bars}.", currency=currency or say("no currency"), bars=told),
        [cut(label, 2.9, 10) for label, *_ in rows],
        [
            Series(
                name,
                colour,
                [side.amount if side else None for side in own],
                [side.text if side else "" for side in own],
            )
            for name, (colour, own) in sides.items()
        ],
    )


def _largest(bars: list[Bar]) -> list[Bar]:
    """As many bars as fit, the largest of them, in the order they came in."""
    if len(bars) <= MOST_BARS:
        return bars
    ranked = sorted(bars, key=lambda bar: -max(abs(side.amount) for side in (bar.over, bar.under) if side))
    return ranked[: MOST_BARS - 1]


def _sum(sides: list[Side | None], way: str, currency: str | None) -> Side | None:
    amount = Decimal(0)
    for side in sides:
        amount = EXACT.add(amount, side.amount) if side else amount
    return Side(amount, f"{SIGNS[way]}{grouped(abs(amount), currency)}", 0.0) if amount else None
