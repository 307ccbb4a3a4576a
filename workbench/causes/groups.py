"""Causes: what many findings of a control have in common, so that a systemic error is one thing to put right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from workbench.causes.pictures import Picture
from workbench.causes.view import Why, heat_of, trend_of
from workbench.causes.why import Ask
from workbench.controls import Control, choose
from workbench.engine.duck import DuckEngine
from workbench.errors import WorkbenchError
from workbench.findings import Findings, Funnel, impact
from workbench.language import mark, say
from workbench.markup import Amount, html_table
from workbench.money import grouped
from workbench.snapshot import Snapshot

LEAST = 5
SYSTEMIC_PERCENT = 50
WHOLE_PERCENT = 80
# Sets of conditions that say by themselves why: the same way of computing, or the same price ratio.
TELLING = (
    ("convention",),
    ("convention", "customer_id"),
    ("convention", "product_id"),
    ("ratio",),
    ("ratio", "customer_id"),
    ("ratio", "product_id"),
    ("ratio", "customer_id", "product_id"),
)
# Sets that say so only where nearly all that was examined under them since the first finding is off.
COVERING = (("customer_id",), ("product_id",), ("customer_id", "product_id"))
WORDS = {
    "customer_id": mark("customer"),
    "product_id": mark("product"),
    "convention": mark("convention"),
    "ratio": mark("billed / expected"),
}

FEATURES = """
create temp table feature as
select
    found.control_id,
    found.finding_id,
    found.customer_id,
    line.product_id,
    found.convention,
    case
        when found.expected_amount <> 0 and found.billed_amount <> 0 and found.convention is null
            then nullif(number_text(round(portion(1, found.billed_amount, found.expected_amount), 4)), '1')
    end as ratio,
    found.event_date,
    found.currency,
    found.impact_amount,
    found.direction,
    null::bigint as cause
from found
left join invoice_lines as line on found.subject_table = 'invoice_lines' and found.subject_id = line.invoice_line_id
where found.suppressed_by is null and found.control_id in (select unnest($controls))
"""


@dataclass(frozen=True)
class Cause:
    """Findings of one control that have one explanation.

    `conditions` are pairs of a word and a value, empty where the whole control is off; `examined` counts the rows
    looked at under them where that is known. `over` and `under` hold the impact per currency.
    """

    control: Control
    conditions: tuple[tuple[str, str], ...]
    findings: int
    examined: int | None
    over: dict[str, Decimal]
    under: dict[str, Decimal]
    first: date | None
    last: date | None
    finding_ids: tuple[str, ...]

    @property
    def short(self) -> str:
        """The cause in a few words, which name it in every language: "ACC-03: customer C1"."""
        what = ", ".join(f"{word} {value}" for word, value in self.conditions) or "nearly everything"
        return f"{self.control.id}: {what}"

    @property
    def label(self) -> str:
        """The same in the reader's language."""
        return say("{control}: {what}", control=self.control.id, what=self._what or say("nearly everything"))

    @property
    def in_common(self) -> str:
        """What its findings have in common."""
        return self._what or say("nearly everything examined")

    @property
    def _what(self) -> str:
        return say(", ").join(
            say("{attribute} {value}", attribute=say(word), value=value) for word, value in self.conditions
        )

    @property
    def words(self) -> str:
        """The cause in one line: how many findings, under which conditions, since when, and the money both ways."""
        found, what = f"{self.findings:,}", self._what or say("nearly everything that was examined")
        if self.first:
            what = say(", ").join([what, say("{first} to {last}", first=self.first, last=self.last)])
        if self.examined:
            examined = f"{self.examined:,}"
            line = say("{count} findings of {examined} examined: {what}", count=found, examined=examined, what=what)
        else:
            line = say("{count} findings: {what}", count=found, what=what)
        money = []
        if self.over:
            money.append(say("over {amounts}", amounts=_amounts(self.over)))
        if self.under:
            money.append(say("under {amounts}", amounts=_amounts(self.under)))
        return say("{control}: {what}", control=self.control.id, what=say("; ").join([line, *money]))


@dataclass(frozen=True)
class Causes:
    """The causes of a run, the one with most findings first, and the findings that stand alone, by control."""

    causes: tuple[Cause, ...]
    alone: dict[str, int]
    findings: Findings | None = field(default=None, repr=False, compare=False)
    snapshot: Snapshot | None = field(default=None, repr=False, compare=False)

    def why(self, *controls: str, entity: str = "") -> Why:
        """The fewest conditions that explain most of the money, per currency and direction.

        Of all findings, or of some controls (ids) and one entity. Raises UnknownNameError for a control that is none.

        Example:
            >>> why = wb.causes(findings, snapshot).why("ACC-03")
            >>> wb.explore(findings, snapshot, view=why.view(1))
        """
        return Why(*self._asked(), self._ask(controls, entity))

    def heat(
        self, rows: str = "customer", columns: str = "control", *, controls: Sequence[str] = (), entity: str = "",
        currency: str = "", direction: str = "",
    ) -> Picture:  # fmt: skip
        """A heat table of money by two of: control, customer, entity, product, month, cause, or an attribute.

        One currency and direction: those named, else those with most findings.
        """
        of_finding = {key: cause.label for cause in self.causes for key in cause.finding_ids}
        return heat_of(*self._asked(), self._ask(controls, entity), rows, columns, currency, direction, of_finding)

    def trend(self, *controls: str, entity: str = "", currency: str = "") -> Picture:
        """Money both ways by month in one currency, with the prices, taxes and people that changed in each."""
        return trend_of(*self._asked(), self._ask(controls, entity), currency)

    def _asked(self) -> tuple[Findings, Snapshot]:
        if self.findings is None or self.snapshot is None:
            raise WorkbenchError(
                say("These causes do not know their findings."), say("take wb.causes(findings, snapshot)")
            )
        return self.findings, self.snapshot

    def _ask(self, controls: Sequence[str], entity: str) -> Ask:
        return Ask(tuple(each.id for each in choose(tuple(controls))) if controls else (), entity)

    def __str__(self) -> str:
        alone = say(", ").join(f"{control} {count:,}" for control, count in self.alone.items() if count)
        last = say("on their own: {controls}", controls=alone or say("none"))
        return "\n".join([*(cause.words for cause in self.causes), last])

    def _repr_html_(self) -> str:
        rows = [
            [
                cause.control.id,
                cause.in_common,
                cause.findings,
                cause.examined,
                say("{first} to {last}", first=cause.first, last=cause.last) if cause.first else "",
                [Amount(amount, currency, named=True) for currency, amount in cause.over.items()],
                [Amount(amount, currency, named=True) for currency, amount in cause.under.items()],
            ]
            for cause in self.causes
        ]
        head = [
            mark("control"), mark("what they have in common"), mark("findings"), mark("examined"), mark("days"),
            mark("over-billed"), mark("under-billed"),
        ]  # fmt: skip
        alone = sum(self.alone.values())
        caption = say("{count} causes; {alone} findings stand alone", count=f"{len(rows):,}", alone=f"{alone:,}")
        return html_table(head, rows, caption=caption)

    def of(self, finding_id: str) -> Cause | None:
        """The cause that a finding belongs to; None for one that stands alone."""
        return next((cause for cause in self.causes if finding_id in cause.finding_ids), None)


def causes(findings: Findings, snapshot: Snapshot) -> Causes:
    """Group the findings of a run by what they have in common.

    A control of which half of all that it examined is off has one cause. Else the largest group of at least five
    findings with the same convention or price ratio (and customer, and product) is a cause, or of a customer or product
    of which four of five lines are off since the first; then the largest among what is left.

    Example:
        >>> print(wb.causes(wb.run(snapshot), snapshot))
    """
    engine = DuckEngine(snapshot.folder)
    try:
        connection = engine.connection
        connection.register("found", findings.table)
        grouped = [line.control.id for line in findings.funnel if line.findings >= LEAST and not _is_systemic(line)]
        connection.execute(FEATURES, {"controls": grouped})
        found = [
            cause
            for line in findings.funnel
            if line.findings >= LEAST
            for cause in _of_control(connection, line, findings)
        ]
        caused = Counter(cause.control.id for cause in found for _ in cause.finding_ids)
        left = {
            line.control.id: line.findings - caused[line.control.id]
            for line in sorted(findings.funnel, key=lambda line: line.control.id)
            if line.findings > caused[line.control.id]
        }
    finally:
        engine.close()
    ordered = tuple(sorted(found, key=lambda cause: (-cause.findings, cause.control.id)))
    return Causes(ordered, left, findings, snapshot)


def _of_control(connection: duckdb.DuckDBPyConnection, line: Funnel, findings: Findings) -> Iterator[Cause]:
    own = {"control": line.control.id, "least": LEAST}
    if _is_systemic(line):
        yield _whole(line, findings.found.filter(pc.equal(findings.found["control_id"], line.control.id)))
        return
    population = _population(connection, line.control, findings)
    while True:
        best: tuple[int, int, dict[str, str], int | None] | None = None
        for names in (*TELLING, *(COVERING if population else ())):
            columns = ", ".join(names)
            filled = " and ".join(f"{name} is not null" for name in names)
            group = connection.execute(
                f"""select {columns}, count(*) as many, min(event_date) as first from feature
                where control_id = $control and cause is null and {filled}
                group by {columns} having count(*) >= $least order by many desc, {columns} limit 25""",
                own,
            ).fetchall()
            for *values, many, first in group:
                conditions = dict(zip(names, values, strict=True))
                examined = _examined(connection, conditions, first) if names in COVERING else None
                if examined is not None and many * 100 < examined * WHOLE_PERCENT:
                    continue
                if best is None or (many, len(names)) > best[:2]:
                    best = many, len(names), conditions, examined
                break
        if best is None:
            return
        yield _take(connection, line, best[2], best[3])


def _is_systemic(line: Funnel) -> bool:
    """Whether half of all that a control examined is off."""
    return line.findings * 100 >= line.examined * SYSTEMIC_PERCENT


def _whole(line: Funnel, own: pa.Table) -> Cause:
    """All findings of a control as one cause."""
    days = pc.min_max(own["event_date"]).as_py()
    return Cause(
        control=line.control,
        conditions=(),
        findings=own.num_rows,
        examined=line.examined,
        over=impact(own, "over_billed"),
        under=impact(own, "under_billed"),
        first=days["min"],
        last=days["max"],
        finding_ids=tuple(own["finding_id"].sort().to_pylist()),
    )


def _population(connection: duckdb.DuckDBPyConnection, control: Control, findings: Findings) -> bool:
    """Make `population`, the examined rows by customer, product and day; False where the control's rows lack them."""
    columns = {row[0] for row in connection.execute(f'describe "{control.examines}"').fetchall()}
    if not {"customer_id", "product_id", "invoice_date"} <= columns:
        return False
    asked = findings.parameters
    connection.execute(
        f"""create or replace temp table population as
        select customer_id, product_id, invoice_date as day, count(*) as many from "{control.examines}"
        where invoice_date <= $as_of and ($first::date is null or invoice_date >= $first)
            and ($until::date is null or invoice_date < $until)
        group by customer_id, product_id, invoice_date""",
        {"as_of": asked.as_of, "first": asked.from_date, "until": asked.to_date},
    )
    return True


def _examined(connection: duckdb.DuckDBPyConnection, conditions: dict[str, str], first: date | None) -> int:
    where = " and ".join(f"{name} = ${name}" for name in conditions)
    row = connection.execute(
        f"select coalesce(sum(many), 0) from population where {where} and day >= $first", {**conditions, "first": first}
    ).fetchone()
    return int(row[0]) if row else 0


def _take(
    connection: duckdb.DuckDBPyConnection, line: Funnel, conditions: dict[str, str], examined: int | None
) -> Cause:
    """Mark the findings of a cause and sum it up."""
    where = " and ".join(["control_id = $control", "cause is null", *(f"{name} = ${name}" for name in conditions)])
    own: dict[str, Any] = {"control": line.control.id, **conditions}
    names = ("finding_id", "currency", "impact_amount", "direction", "event_date")
    rows = connection.execute(
        f"select {', '.join(names)} from feature where {where} order by finding_id", own
    ).fetchall()
    connection.execute(f"update feature set cause = 1 where {where}", own)
    entries = [dict(zip(names, row, strict=True)) for row in rows]
    days = [entry["event_date"] for entry in entries if entry["event_date"]]
    return Cause(
        control=line.control,
        conditions=tuple((WORDS[name], str(value)) for name, value in conditions.items()),
        findings=len(entries),
        examined=examined,
        over=_sums(entries, "over_billed"),
        under=_sums(entries, "under_billed"),
        first=min(days, default=None),
        last=max(days, default=None),
        finding_ids=tuple(entry["finding_id"] for entry in entries),
    )


def _amounts(by_currency: dict[str, Decimal]) -> str:
    return say(", ").join(f"{grouped(amount, currency)} {currency}" for currency, amount in by_currency.items())


def _sums(entries: list[dict[str, Any]], direction: str) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for entry in entries:
        if entry["direction"] == direction:
            currency = entry["currency"] or ""
            sums[currency] = sums.get(currency, Decimal(0)) + entry["impact_amount"]
    return dict(sorted(sums.items()))
