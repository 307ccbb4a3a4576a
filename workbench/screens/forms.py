"""How the rows of a screen become results: ranked rows, digits against their law, a bridge of parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.language import mark
from workbench.markup import cell_text
from workbench.money import grouped
from workbench.screens.catalogue import Screen
from workbench.screens.digits import LAWS, DigitTest, set_against
from workbench.screens.results import PARTS, Bridge, Period, Result

Form = Callable[[Screen, pa.Table, Mapping[str, object], Period], list[Result]]
GROUP = ("entity_id", "currency")
DIGIT_COLUMNS = pa.schema(
    [
        ("digits", pa.string()),
        ("found", pa.int64()),
        ("expected", pa.float64()),
        ("share", pa.float64()),
        ("expected_share", pa.float64()),
        ("z", pa.float64()),
    ]
)
SIDES = {"billed": mark("billed documents, {test}"), "credited": mark("credited documents, {test}")}
BRIDGED = (
    mark(
        "Invoiced net went from {before} in {month_before} to {after} {unit} in {month}, {change}; the largest part is "
        "{part}, {amount}."
    ),
    mark("Invoiced net went from {before} in {month_before} to {after} {unit} in {month}, {change}."),
    mark(
        "Invoiced net went from {before} in {month_before} to {after} {unit} in {month} (up to, not including, {day}), "
        "{change}; the largest part is {part}, {amount}."
    ),
    mark(
        "Invoiced net went from {before} in {month_before} to {after} {unit} in {month} (up to, not including, {day}), "
        "{change}."
    ),
)
NO_CURRENCY = mark("of no currency")
TOTALS = ("before_total", "after_total", "part_total", "part_count", "place")


def _groups(rows: pa.Table) -> Iterator[tuple[str | None, str | None, pa.Table]]:
    """Entity, currency and rows of each group, in the order they come."""
    keys = [tuple(row[name] for name in GROUP) for row in rows.select(GROUP).to_pylist()]
    start = 0
    for (entity, currency), same in groupby(keys):
        length = len(list(same))
        yield entity, currency, rows.slice(start, length)
        start += length


def ranked(screen: Screen, rows: pa.Table, values: Mapping[str, object], _days: Period) -> list[Result]:
    """Rows in order of place; a group in which nothing stands out has one row without a place."""
    results = []
    for entity, currency, part in _groups(rows):
        examined, flagged = part["examined"][0].as_py(), part["flagged"][0].as_py()
        shown = part.filter(pc.is_valid(part["place"])).drop_columns([*GROUP, "examined", "flagged"])
        words = {name: cell_text(value) for name, value in {**values, "examined": examined, "flagged": flagged}.items()}
        sentence = screen.sentence.format_map(words)
        results.append(Result(screen, entity, currency, "", examined, flagged, sentence, "", shown))
    return results


def digits(screen: Screen, rows: pa.Table, values: Mapping[str, object], _days: Period) -> list[Result]:
    """A result per side (billed, credited) and test, in the order of the laws."""
    results = []
    for entity, currency, part in _groups(rows):
        entries = part.to_pylist()
        for side in sorted({row["side"] for row in entries}):
            for name, law in LAWS.items():
                own = [row for row in entries if row["side"] == side and row["test"] == name]
                if own:
                    lowest, highest = min(row["lowest"] for row in own), max(row["highest"] for row in own)
                    test = set_against(law, {row["digits"]: row["found"] for row in own}, lowest, highest)
                    what = SIDES[side].format(test=law.title)
                    results.append(_digit_result(screen, entity, currency, what, test, int(str(values["most"]))))
    return results


def _digit_result(
    screen: Screen, entity: str | None, currency: str | None, part: str, test: DigitTest, most: int
) -> Result:
    above = [] if test.refusal else test.above
    rows = [
        {
            "digits": digit.digits,
            "found": digit.found,
            "expected": digit.expected_share * test.values,
            "share": digit.share,
            "expected_share": digit.expected_share,
            "z": digit.z,
        }
        for digit in above[:most]
    ]
    table = pa.Table.from_pylist(rows, DIGIT_COLUMNS)
    sentence = "" if test.refusal else _digit_sentence(test)
    return Result(screen, entity, currency, part, test.values, len(above), sentence, test.refusal, table, digits=test)


def _digit_sentence(test: DigitTest) -> str:
    verdict = f": {test.verdict} by Nigrini's limits" if test.verdict else ""
    first = test.above[0] if test.above else None
    most = f"; most above its share is {first.digits}, found {first.found:,} times" if first else ""
    return (
        f"MAD {test.mad:.4f} of {test.values:,} values where chance alone gives {test.expected_mad:.4f}, "
        f"excess {test.excess_mad:+.4f}{verdict}{most}."
    )


def bridge(screen: Screen, rows: pa.Table, _values: Mapping[str, object], days: Period) -> list[Result]:
    """The change of a month in parts that add up, and under each part the customer-products that moved it most."""
    results = []
    for entity, currency, part in _groups(rows):
        entries = part.to_pylist()
        found = _bridge(entries, days)
        order = pa.array([PARTS.index(row["part"]) for row in entries])
        moved = part.append_column("turn", order).filter(pc.not_equal(part["change_amount"], Decimal(0)))
        moved = moved.sort_by([("turn", "ascending"), ("place", "ascending")])
        table = moved.drop_columns([*GROUP, *TOTALS, "turn"])
        sentence = _bridge_sentence(found, currency, days)
        counted = sum(found.counts.values())
        results.append(Result(screen, entity, currency, "", counted, counted, sentence, "", table, bridge=found))
    return results


def _bridge(entries: list[dict[str, Any]], days: Period) -> Bridge:
    sums = {row["part"]: row["part_total"] for row in entries}
    counts = {row["part"]: row["part_count"] for row in entries}
    return Bridge(
        month_before=days.before_from,
        month=days.month_from,
        before=entries[0]["before_total"],
        after=entries[0]["after_total"],
        parts={name: sums.get(name, Decimal(0)) for name in PARTS},
        counts={name: counts.get(name, 0) for name in PARTS},
    )


def _bridge_sentence(found: Bridge, currency: str | None, days: Period) -> str:
    change = found.after - found.before
    largest = max(PARTS, key=lambda name: abs(found.parts[name]))
    message = BRIDGED[2 * (days.month_to.day != 1) + (not found.parts[largest])]
    return message.format(
        before=grouped(found.before, currency),
        month_before=f"{found.month_before:%Y-%m}",
        after=grouped(found.after, currency),
        unit=currency or NO_CURRENCY,
        month=f"{found.month:%Y-%m}",
        day=days.month_to,
        change=signed(change, currency),
        part=largest,
        amount=signed(found.parts[largest], currency),
    )


def signed(amount: Decimal, currency: str | None) -> str:
    """An amount in its currency's digits with its sign, a plus too."""
    return f"{'+' if amount > 0 else ''}{grouped(amount, currency)}"


FORMS: dict[str, Form] = {"ranked": ranked, "digits": digits, "bridge": bridge}
