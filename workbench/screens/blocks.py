"""What a reader sees of each screen, before any markup: sentences, small tables and pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from workbench.markup import Amount
from workbench.plaintext import printable
from workbench.screens.chart import digit_chart
from workbench.screens.forms import signed
from workbench.screens.results import PARTS, Result, Screening

SHOWN = 5
HEADINGS = {"median_amount": "Median", "mad_amount": "MAD", "created_at_utc": "Created at (UTC)", "entered_at": "When"}
DRAWN = ("first digit", "first two digits")
WARNING = (
    "These are screens: they rank where to look. None of them is a finding, none is counted as one, and what stands "
    "out may well be right."
)


@dataclass(frozen=True)
class Grid:
    """A table to show: its heading, its columns and its rows; numbers are int, float or Amount."""

    heading: str
    columns: list[str]
    rows: list[list[object]]


@dataclass(frozen=True)
class Block:
    """One screen for reading; a picture is SVG with the words that stand for it."""

    title: str
    asks: str
    read_as: str
    sentences: list[str] = field(default_factory=list)
    grids: list[Grid] = field(default_factory=list)
    pictures: list[tuple[str, str]] = field(default_factory=list)


def blocks(screening: Screening, most: int = SHOWN) -> Iterator[Block]:
    """A block per screen that was run, `most` rows of each result, then what each that could not run lacks."""
    stopped = {state.screen.id: state for state in screening.not_run}
    partly = {state.screen.id: state for state in screening.partly}
    for screen in screening.screens:
        block = Block(f"{screen.id} {screen.title}", screen.asks, " ".join(screen.read_as.split()))
        if screen.id in stopped:
            state = stopped[screen.id]
            lacks = "" if state.state == "failed" else "missing "
            block.sentences.append(f"{state.state.capitalize()}: {lacks}{', '.join(state.missing)}.")
        else:
            results = screening.of(screen.id)
            if not results:
                block.sentences.append("Nothing to look at in these days.")
            FILLERS[screen.form](block, results, most)
        if screen.id in partly:
            block.sentences.append(f"Ran in part: missing {', '.join(partly[screen.id].missing)}.")
        yield block


def whose(result: Result) -> str:
    """Entity and currency of a result, "SG01, SGD"."""
    return f"{result.entity_id or 'no entity'}, {result.currency or 'no currency'}"


def _ranked(block: Block, results: Sequence[Result], most: int) -> None:
    for result in results:
        columns = result.table.column_names
        rows = [_cells(result, columns, row) for row in result.table.slice(0, most).to_pylist()]
        shown = f" The first {most}:" if result.flagged > most else ""
        heading = f"{whose(result)}: {result.sentence}{shown}"
        if rows:
            block.grids.append(Grid(heading, [_words(name) for name in columns], rows))
        else:
            block.sentences.append(heading)


def _cells(result: Result, columns: Sequence[str], row: dict[str, object]) -> list[object]:
    return [
        Amount(row[name], result.currency) if name.endswith("_amount") else row[name]  # type: ignore[arg-type]
        for name in columns
    ]


def _words(name: str) -> str:
    return HEADINGS.get(name) or name.replace("_", " ").capitalize()


def _digits(block: Block, results: Sequence[Result], most: int) -> None:
    for _, group in groupby(results, key=lambda result: (result.entity_id, result.currency)):
        own = list(group)
        columns = ["What", "Values", "MAD", "By chance", "Excess", "Nigrini", "Most above their share"]
        rows = [_test_row(result, most) for result in own if not result.refusal]
        if rows:
            block.grids.append(Grid(whose(own[0]), columns, rows))
        for refusal, parts in groupby((result for result in own if result.refusal), key=lambda part: part.refusal):
            block.sentences.append(f"{whose(own[0])}: {refusal} ({'; '.join(part.part for part in parts)}).")
        for side, parts in groupby(own, key=lambda result: result.part.partition(",")[0]):
            tests = [part.digits for part in parts if part.digits and not part.refusal]
            drawn = [test for test in tests if test.law.title in DRAWN]
            if drawn:
                title = printable(f"{whose(own[0])}, {side}: leading digits found against expected")
                block.pictures.append((digit_chart(drawn, title), title))


def _test_row(result: Result, most: int) -> list[object]:
    test = result.digits
    if test is None or test.mad is None or test.expected_mad is None or test.excess_mad is None:
        return [result.part, result.examined, "", "", "", "", ""]
    above = ", ".join(f"{digit.digits} (z {digit.z:.1f})" for digit in test.above[: min(most, 3)])
    figures = [f"{test.mad:.4f}", f"{test.expected_mad:.4f}", f"{test.excess_mad:+.4f}"]
    return [result.part, result.examined, *figures, test.verdict or "has no limits", above]


def _bridges(block: Block, results: Sequence[Result], _most: int) -> None:
    for result in results:
        found = result.bridge
        if found is None:
            continue
        first: dict[str, dict[str, object]] = {}
        for row in result.table.to_pylist():
            first.setdefault(row["part"], row)
        unit = result.currency
        rows: list[list[object]] = [[f"{found.month_before:%Y-%m}", Amount(found.before, unit), "", "", ""]]
        for name in PARTS:
            mover = first.get(name)
            who = (
                f"customer {mover['customer_id'] or '(none)'}, product {mover['product_id'] or '(none)'}"
                if mover
                else ""
            )
            change = Amount(mover["change_amount"], unit) if mover else ""  # type: ignore[arg-type]
            rows.append([name, signed(found.parts[name], unit), found.counts[name], who, change])
        rows.append([f"{found.month:%Y-%m}", Amount(found.after, unit), "", "", ""])
        columns = ["Part", "Amount", "Customer-products", "Moved most by", "By"]
        block.grids.append(Grid(f"{whose(result)}: {result.sentence}", columns, rows))


FILLERS: dict[str, Callable[[Block, Sequence[Result], int], None]] = {
    "ranked": _ranked,
    "digits": _digits,
    "bridge": _bridges,
}
