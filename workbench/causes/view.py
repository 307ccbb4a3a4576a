"""The causes of a run for reading: explanations, a Pareto, a heat table, months; each with its view of the explorer."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from html import escape
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.causes.attributes import words_of
from workbench.causes.features import NONE, read_features
from workbench.causes.marks import marks_of
from workbench.causes.pictures import Bar, Picture, bars, heat, trend
from workbench.causes.search import LEAST
from workbench.causes.why import DIRECTIONS, FACETS, Ask, Explanation, Scope, chosen, scopes_of, search_in_words
from workbench.engine import open_engine
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.findings import Findings
from workbench.language import mark, say
from workbench.markup import Amount, html_table
from workbench.snapshot import Snapshot

SIDES = {
    "over_billed": mark("over-billed"),
    "under_billed": mark("under-billed"),
    "at_risk": mark("without an amount"),
}
# Names of rows and columns of a heat table that are no attribute of their own.
OWN = {
    "control": "control_id",
    "customer": "customer_id",
    "entity": "entity_id",
    "month": "month",
    "product": "product_id",
}
PARETO = 12


@dataclass(frozen=True)
class Why:
    """Why findings are there: for each currency and direction the fewest conditions that explain most of the money.

    `scopes` is the whole as data. In code `why.view(1)` is what the explorer shows for the first line of the table.
    `named` are the variables of findings, snapshot and this that the code for copying speaks of.
    """

    findings: Findings
    snapshot: Snapshot
    ask: Ask
    named: tuple[str, str, str] = ("findings", "books", "why")

    @cached_property
    def scopes(self) -> tuple[Scope, ...]:
        """Currency by currency: over-billed, under-billed, and at the end what has no amount."""
        return scopes_of(self.findings, self.snapshot, self.ask)

    @property
    def explanations(self) -> list[tuple[Scope, Explanation]]:
        """Every explanation with its scope, in the order of the table."""
        return [(scope, each) for scope in self.scopes for each in scope.explanations]

    @property
    def labels(self) -> list[str]:
        """Every explanation in a line with its number and scope: "1. SGD over-billed: customer C1"."""
        return [
            f"{place}. " + say("{scope}: {what}", scope=_named(scope), what=each.words)
            for place, (scope, each) in enumerate(self.explanations, 1)
        ]

    def view(self, number: int) -> dict[str, Any]:
        """The explorer's view of an explanation, by its number in the table: facets where they say it, else ids.

        Raises UnknownNameError for a number that is not there.
        """
        known = {str(place): pair for place, pair in enumerate(self.explanations, 1)}
        if str(number) not in known:
            raise UnknownNameError("explanation", str(number), known or ["none"])
        scope, each = known[str(number)]
        facets: dict[str, list[str]] = {"direction": [scope.direction]}
        if scope.currency:
            facets["currency"] = [scope.currency]
        if all(one.attribute in FACETS for one in each.conditions):
            facets |= {FACETS[one.attribute]: [one.value] for one in each.conditions}
            if self.ask.controls:
                facets["control"] = list(self.ask.controls)
            return {"facets": facets, "sort": [["impact", "desc"]]}
        return {"findings": list(each.finding_ids), "sort": [["impact", "desc"]]}

    def code(self, number: int) -> str:
        """The line that opens the explorer on an explanation."""
        findings, books, why = self.named
        view = self.view(number)
        shown = f"{why}.view({number})" if "findings" in view else repr(view)
        return f"wb.explore({findings}, {books}, view={shown})"

    def pareto(self, currency: str = "", direction: str = "") -> Picture:
        """The explanations of one scope as bars, with what remains; default the largest scope.

        Where nothing explains it, the controls that make it up.
        """
        scope = self.scope(currency, direction)
        if not scope.explanations:
            return self._by_control(scope)
        rows = [Bar(each.words, _size(scope, each), _beside(each)) for each in scope.explanations]
        whole = scope.money or Decimal(scope.findings)
        left = whole - sum((row.amount for row in rows), Decimal(0))
        rows.append(Bar(say("nothing in common that is found"), left))
        title = say("What explains {scope}", scope=_named(scope))
        return bars(title, rows, scope.currency if scope.money else "", scope.direction, whole=whole)

    def _by_control(self, scope: Scope) -> Picture:
        found = of_side(chosen(self.findings, self.ask), scope.currency, scope.direction)
        parts: dict[str, list[Decimal]] = {}
        for control, impact in zip(found["control_id"].to_pylist(), found["impact_amount"].to_pylist(), strict=True):
            parts.setdefault(control, []).append(impact if scope.money else Decimal(1))
        rows = [Bar(control, sum(some, Decimal(0)), _findings(len(some))) for control, some in parts.items()]
        rows.sort(key=lambda row: (-abs(row.amount), row.words))
        title = say("Nothing in common explains {scope}: its controls", scope=_named(scope))
        whole = scope.money or Decimal(scope.findings)
        return bars(title, rows[:PARETO], scope.currency if scope.money else "", scope.direction, whole=whole)

    def scope(self, currency: str = "", direction: str = "") -> Scope:
        """One scope; without names the one with most findings and money. UnknownNameError where there is none."""
        fit = [
            scope
            for scope in self.scopes
            if (not currency or scope.currency == currency) and (not direction or scope.direction == direction)
        ]
        if not fit:
            named = [f"{scope.currency} {scope.direction}".strip() for scope in self.scopes]
            raise UnknownNameError("scope", f"{currency} {direction}".strip(), named or ["none: there is no finding"])
        return max(fit, key=lambda scope: (bool(scope.explanations), bool(scope.money), scope.findings, scope.currency))

    def to(self, investigation: Any) -> Any:
        """The table with a button per line that shows its findings in an explorer (what wb.explore gave)."""
        if os.environ.get("WORKBENCH_MODE") == "batch":
            return self
        from workbench.causes.clicks import Clicks

        return Clicks(self, investigation)

    def _repr_html_(self) -> str:
        if not self.scopes:
            return f'<div style="margin:4px 0 10px">{escape(say("No finding, so nothing to explain."))}</div>'
        return html_table(HEAD, list(self.rows()), caption=say("Why, per currency and direction")) + self.notes

    def rows(self) -> Iterator[list[object]]:
        """The lines of the table: a line per explanation, and one per scope for what remains."""
        number = 0
        for scope in self.scopes:
            for each in scope.explanations:
                number += 1
                yield _line(number, scope, each)
            if scope.explanations or scope.findings >= LEAST:
                yield _rest(scope)
        few = [scope for scope in self.scopes if scope.findings < LEAST]
        if few:
            words = say("fewer than {least} findings each, so nothing is looked for", least=LEAST)
            yield [None, say(", ").join(map(_named, few)), words, [], sum(scope.findings for scope in few), *[None] * 5]

    @property
    def notes(self) -> str:
        """How the conditions were found, and the line that opens the first in the explorer."""
        code = f"<pre>{escape(self.code(1))}</pre>" if self.explanations else ""
        return f'<div style="opacity:.8;max-width:60em;margin:4px 0 10px">{escape(search_in_words())}</div>{code}'

    def __repr__(self) -> str:
        lines = [
            say("{scope}: {what}", scope=_named(scope), what=_in_short(scope) or say("nothing in common"))
            for scope in self.scopes
        ]
        return "\n".join(lines) or say("no finding")


HEAD = [
    "",
    mark("scope"),
    mark("what they have in common"),
    mark("the same findings"),
    mark("findings"),
    mark("money"),
    mark("of the money"),
    mark("of what was examined"),
    mark("lift"),
    mark("left after it"),
]


def _line(number: int, scope: Scope, each: Explanation) -> list[object]:
    return [
        number,
        _named(scope),
        [one.words for one in each.conditions],
        [one.words for one in each.same[:3]],
        each.findings,
        Amount(each.money, scope.currency, named=True) if scope.money else None,
        _part(scope, each),
        f"{each.examined_share:.1%}" if each.examined_share is not None else say("not known"),
        f"{each.lift:,.0f} x"
        if each.lift is not None and each.lift >= 10
        else f"{each.lift:.1f} x"
        if each.lift
        else "",
        Amount(each.left, scope.currency, named=True) if scope.money else f"{each.left_findings:,}",
    ]


def _rest(scope: Scope) -> list[object]:
    left = 1 - scope.explained
    words = say("what remains has nothing in common") if scope.explanations else say("nothing in common")
    if scope.largest_share >= 0.25:
        largest = say("the largest finding alone is {share} of the money", share=f"{scope.largest_share:.0%}")
        words = say("; ").join([words, largest])
    findings = scope.explanations[-1].left_findings if scope.explanations else scope.findings
    money = scope.explanations[-1].left if scope.explanations else scope.money
    shown = Amount(money, scope.currency, named=True) if scope.money else None
    return [None, _named(scope), words, [], findings, shown, f"{max(left, 0):.0%}", "", "", None]


def _named(scope: Scope) -> str:
    return f"{scope.currency} {say(SIDES[scope.direction])}".strip()


def _in_short(scope: Scope) -> str:
    parts = [
        say("{condition} ({share})", condition=each.words, share=_part(scope, each)) for each in scope.explanations
    ]
    return say("; ").join(parts)


def _findings(number: int) -> str:
    return say("{count} findings", count=f"{number:,}")


def _part(scope: Scope, each: Explanation) -> str:
    return f"{each.money_share if scope.money else each.findings_share:.0%}"


def _size(scope: Scope, each: Explanation) -> Decimal:
    return each.money if scope.money else Decimal(each.findings)


def _beside(each: Explanation) -> str:
    if not each.lift:
        return _findings(each.findings)
    return say("{count} findings, {lift} times its share", count=f"{each.findings:,}", lift=f"{each.lift:,.0f}")


def of_side(found: pa.Table, currency: str, direction: str) -> pa.Table:
    """The findings of one currency (empty: none) and direction."""
    of_currency = pc.equal(pc.fill_null(found["currency"], ""), currency)
    return found.filter(pc.and_(of_currency, pc.equal(found["direction"], direction)))


def largest_side(findings: Findings, ask: Ask, currency: str = "", direction: str = "") -> tuple[str, str]:
    """The currency and direction to draw where none is named: the one with most findings that have an amount."""
    found = chosen(findings, ask).select(["currency", "direction", "impact_amount"])
    if not found.num_rows:
        raise WorkbenchError(
            say("There is no finding here, so nothing to draw."), say("choose other controls, or another period")
        )
    counts: dict[tuple[str, str], int] = {}
    for row in found.group_by(["currency", "direction"]).aggregate([([], "count_all")]).to_pylist():
        side = (row["currency"] or "", row["direction"])
        if (not currency or side[0] == currency) and (not direction or side[1] == direction):
            counts[side] = row["count_all"]
    if not counts:
        raise WorkbenchError(
            say(
                "There is no finding {direction} in {currency}.",
                direction=direction and say(direction.replace("_", "-")),
                currency=currency or say("any currency"),
            ),
            say("choose another"),
        )
    return max(counts, key=lambda side: (side[1] != DIRECTIONS[2], counts[side], side))


def heat_of(
    findings: Findings, snapshot: Snapshot, ask: Ask, rows: str, columns: str, currency: str, direction: str,
    of_finding: Mapping[str, str],
) -> Picture:  # fmt: skip
    """A heat table of one side's money by two attributes; `of_finding` says the cause of each finding."""
    try:
        side = largest_side(findings, ask, currency, direction)
    except WorkbenchError as nothing:
        return Picture(nothing.problem, f'<div style="margin:4px 0 10px">{escape(nothing.problem)}</div>')
    found = of_side(chosen(findings, ask), *side)
    down = _values(findings, found, snapshot, rows, of_finding)
    across = _values(findings, found, snapshot, columns, of_finding)
    impact = found["impact_amount"].to_pylist()
    is_money = side[1] != DIRECTIONS[2]
    cells: dict[tuple[str, str], Decimal] = {}
    for key, amount in zip(zip(down, across, strict=True), impact, strict=True):
        cells[key] = cells.get(key, Decimal(0)) + ((amount or Decimal(0)) if is_money else Decimal(1))
    by = say(" and ").join(words_of(OWN.get(name, name)) for name in (rows, columns))
    named = f"{side[0]} {say(SIDES[side[1]])}".strip()
    title = say("{scope} by {names}", scope=named, names=by)
    return heat(title, cells, side[0] if is_money else "", rows, columns)


def _values(
    findings: Findings, found: pa.Table, snapshot: Snapshot, name: str, of_finding: Mapping[str, str]
) -> list[str]:
    if name == "cause":
        alone = say("on their own")
        return [of_finding.get(each, alone) for each in found["finding_id"].to_pylist()]
    if name == "control":
        return [str(each) for each in found["control_id"].to_pylist()]
    wanted = OWN.get(name, name)
    with closing(open_engine("duckdb", snapshot.folder)) as engine:
        read = read_features(findings, found, engine, wanted=frozenset({wanted}))
    codes = read.codes.get(wanted)
    if codes is None:
        raise UnknownNameError("attribute of these findings", name, [*OWN, "cause"])
    values = np.array([*read.values[wanted], say("no {attribute}", attribute=words_of(wanted))], dtype=object)
    return [str(each) for each in values[np.where(codes == NONE, len(values) - 1, codes)]]


def trend_of(findings: Findings, snapshot: Snapshot, ask: Ask, currency: str) -> Picture:
    """Money both ways by month in one currency, with what changed in each month."""
    try:
        side = largest_side(findings, ask, currency)
    except WorkbenchError as nothing:
        return Picture(nothing.problem, f'<div style="margin:4px 0 10px">{escape(nothing.problem)}</div>')
    found = chosen(findings, ask)
    found = found.filter(
        pc.and_(pc.equal(pc.fill_null(found["currency"], ""), side[0]), pc.is_valid(found["event_date"]))
    )
    found = found.append_column("month", pc.strftime(found["event_date"], "%Y-%m"))
    sums = found.group_by(["month", "direction"]).aggregate([("impact_amount", "sum")]).to_pylist()
    by_side: dict[str, dict[str, Decimal]] = {name: {} for name in DIRECTIONS}
    for row in sums:
        by_side[row["direction"]][row["month"]] = row["impact_amount_sum"] or Decimal(0)
    months = months_between(found["event_date"])
    with closing(open_engine("duckdb", snapshot.folder)) as engine:
        marks = marks_of(engine, months, side[0])
    return trend(
        say("Money both ways by month, and what changed"),
        months,
        by_side["over_billed"],
        by_side["under_billed"],
        side[0],
        marks,
    )


def months_between(days: pa.ChunkedArray) -> list[str]:
    """Every month from the first day to the last, "2025-03"; empty where there is no day."""
    ends = pc.min_max(days).as_py()
    first, last = ends["min"], ends["max"]
    if first is None:
        return []
    months, month = [], first.replace(day=1)
    while month <= last:
        months.append(f"{month:%Y-%m}")
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return months
