"""What a reader sees of each screen, before any markup: sentences, small tables and pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from workbench.language import mark, say
from workbench.language.retelling import joined, listed, retold
from workbench.markup import Amount
from workbench.plaintext import printable
from workbench.screens.chart import digit_chart
from workbench.screens.digits import LAWS, REFUSALS
from workbench.screens.forms import BRIDGED, NO_CURRENCY, SIDES, signed
from workbench.screens.results import PARTS, Result, Screening

SHOWN = 5
HEADINGS = {
    "median_amount": mark("Median"), "mad_amount": mark("MAD"), "created_at_utc": mark("Created at (UTC)"),
    "entered_at": mark("When"), "created_by": mark("Created by"), "customer_entries": mark("Customer entries"),
    "customer_id": mark("Customer id"), "customers": mark("Customers"), "documents": mark("Documents"),
    "ending_zeros": mark("Ending zeros"), "entered_amount": mark("Entered amount"), "entered_in": mark("Entered in"),
    "entries": mark("Entries"), "entry_id": mark("Entry id"), "first_date": mark("First date"),
    "history_lines": mark("History lines"), "invoice_date": mark("Invoice date"), "invoice_id": mark("Invoice id"),
    "invoice_line_id": mark("Invoice line id"), "kind": mark("Kind"), "last_date": mark("Last date"),
    "net_amount": mark("Net amount"), "place": mark("Place"), "product_id": mark("Product id"),
}  # fmt: skip
# Cells of these columns are codes that people read.
CODED = {
    "kind": (
        mark("invoice"), mark("credit_memo"), mark("debit_memo"), mark("write_off"), mark("refund"), mark("discount"),
    ),
    "entered_at": (mark("weekend"), mark("night"), mark("weekend, night")),
}  # fmt: skip
PARTS_OF_TESTS = (*SIDES.values(), *(law.title for law in LAWS.values()))
LEADING = {
    "billed": mark("{whose}, billed documents: leading digits found against expected"),
    "credited": mark("{whose}, credited documents: leading digits found against expected"),
}
STATES = {"not run": mark("Not run: missing {names}."), "failed": mark("Failed: {names}.")}
DRAWN = ("first digit", "first two digits")
WARNING = mark(
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
        block = Block(f"{screen.id} {say(screen.title)}", say(screen.asks), say(screen.reading))
        if screen.id in stopped:
            state = stopped[screen.id]
            block.sentences.append(say(STATES[state.state], names=", ".join(state.missing)))
        else:
            results = screening.of(screen.id)
            if not results:
                block.sentences.append(say("Nothing to look at in these days."))
            FILLERS[screen.form](block, results, most)
        if screen.id in partly:
            block.sentences.append(say("Ran in part: missing {names}.", names=", ".join(partly[screen.id].missing)))
        yield block


def whose(result: Result) -> str:
    """Entity and currency of a result, "SG01, SGD"."""
    entity, unit = say("no entity"), say("no currency")
    return f"{result.entity_id or entity}, {result.currency or unit}"


def _ranked(block: Block, results: Sequence[Result], most: int) -> None:
    for result in results:
        columns = result.table.column_names
        rows = [_cells(result, columns, row) for row in result.table.slice(0, most).to_pylist()]
        told = {"whose": whose(result), "sentence": retold(result.sentence, (result.screen.sentence,))}
        if result.flagged > most:
            heading = say("{whose}: {sentence} The first {most}:", **told, most=most)
        else:
            heading = say("{whose}: {sentence}", **told)
        if rows:
            block.grids.append(Grid(heading, [_words(name) for name in columns], rows))
        else:
            block.sentences.append(heading)


def _cells(result: Result, columns: Sequence[str], row: dict[str, object]) -> list[object]:
    return [
        Amount(row[name], result.currency)  # type: ignore[arg-type]
        if name.endswith("_amount")
        else say(str(row[name]))
        if row[name] in CODED.get(name, ())
        else row[name]
        for name in columns
    ]


def _words(name: str) -> str:
    return say(HEADINGS[name]) if name in HEADINGS else name.replace("_", " ").capitalize()


def _digits(block: Block, results: Sequence[Result], most: int) -> None:
    for _, group in groupby(results, key=lambda result: (result.entity_id, result.currency)):
        own = list(group)
        columns = [
            say("What"), say("Values"), say("MAD"), say("By chance"), say("Excess"), say("Nigrini"),
            say("Most above their share"),
        ]  # fmt: skip
        rows = [_test_row(result, most) for result in own if not result.refusal]
        if rows:
            block.grids.append(Grid(whose(own[0]), columns, rows))
        for refusal, parts in groupby((result for result in own if result.refusal), key=lambda part: part.refusal):
            told = {"whose": whose(own[0]), "refusal": retold(refusal, REFUSALS)}
            block.sentences.append(say("{whose}: {refusal} ({parts}).", **told, parts=joined(map(_part, parts))))
        for side, parts in groupby(own, key=lambda result: result.part.partition(" ")[0]):
            tests = [part.digits for part in parts if part.digits and not part.refusal]
            drawn = [test for test in tests if test.law.title in DRAWN]
            if drawn:
                title = printable(say(LEADING[side], whose=whose(own[0])))
                block.pictures.append((digit_chart(drawn, title), title))


def _part(result: Result) -> str:
    """Which documents and which digits."""
    return retold(result.part, PARTS_OF_TESTS, inner=("test",))


def _test_row(result: Result, most: int) -> list[object]:
    test = result.digits
    if test is None or test.mad is None or test.expected_mad is None or test.excess_mad is None:
        return [_part(result), result.examined, "", "", "", "", ""]
    above = listed(f"{digit.digits} (z {digit.z:.1f})" for digit in test.above[: min(most, 3)])
    figures = [f"{test.mad:.4f}", f"{test.expected_mad:.4f}", f"{test.excess_mad:+.4f}"]
    return [_part(result), result.examined, *figures, say(test.verdict or mark("has no limits")), above]


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
            who = _mover(mover) if mover else ""
            change = Amount(mover["change_amount"], unit) if mover else ""  # type: ignore[arg-type]
            rows.append([say(name), signed(found.parts[name], unit), found.counts[name], who, change])
        rows.append([f"{found.month:%Y-%m}", Amount(found.after, unit), "", "", ""])
        columns = [say("Part"), say("Amount"), say("Customer-products"), say("Moved most by"), say("By")]
        sentence = retold(result.sentence, (*BRIDGED, *PARTS, NO_CURRENCY), inner=("part", "unit"))
        block.grids.append(Grid(say("{whose}: {sentence}", whose=whose(result), sentence=sentence), columns, rows))


def _mover(row: Mapping[str, object]) -> str:
    names = {name: row[f"{name}_id"] or say("(none)") for name in ("customer", "product")}
    return say("customer {customer}, product {product}", **names)


FILLERS: dict[str, Callable[[Block, Sequence[Result], int], None]] = {
    "ranked": _ranked,
    "digits": _digits,
    "bridge": _bridges,
}
