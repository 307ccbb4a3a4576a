"""One topic: its controls run on a snapshot, and every step from the funnel to what is to be done next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any, ClassVar

from workbench.causes import Causes, Why, causes
from workbench.causes.pictures import Picture, both_ways, stacked
from workbench.controls import control
from workbench.detect import run
from workbench.engine import open_engine
from workbench.errors import UnknownNameError
from workbench.evidence import trace
from workbench.findings import Findings, evidence_keys
from workbench.frontmatter import read_sql
from workbench.language import mark, say
from workbench.markup import Amount, Shown, html_table
from workbench.progress import Report, quiet
from workbench.settings import QUERIES
from workbench.snapshot import Snapshot
from workbench.topics.conclusion import Conclusion, Proposal, conclude, propose
from workbench.topics.period import Period, read_period
from workbench.widgets import funnel

FOLDER = QUERIES / "4_evidence"
Row = dict[str, Any]
SIDES = {
    "over_billed": mark("over-billed"),
    "under_billed": mark("under-billed"),
    "at_risk": mark("without an amount"),
}


class Topic:
    """Controls of one field of billing on one snapshot, period and entity.

    Everything shown is static HTML, and a plotly chart besides where somebody looks. `findings` are those of the
    topic's controls; `name`, `title`, `controls`, `remedies` (root cause by control, and with it a remedy by direction)
    and `next_steps` are the topic's own. Works with tables missing and with nothing found, and says so.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    controls: ClassVar[tuple[str, ...]]
    root_causes: ClassVar[dict[str, str]] = {}
    next_steps: ClassVar[tuple[str, ...]] = ()

    def __init__(self, snapshot: Snapshot, *, period: str = "", entity: str = "", progress: Report = quiet) -> None:
        self.snapshot = snapshot
        self.period: Period = read_period(period)
        self.entity = entity.strip()
        self._check_entity()
        found = run(
            snapshot, ids=self.controls, from_date=self.period.first, to_date=self.period.until, progress=progress
        )
        self.findings: Findings = found.for_entity(self.entity) if self.entity else found

    def _check_entity(self) -> None:
        if not self.entity:
            return
        known: set[str] = set()
        for table in ("entities", "invoices"):
            if "entity_id" in self.snapshot.tables.get(table, ()):
                rows = self.query_text(f'select distinct entity_id from "{table}" where entity_id is not null')
                known |= {row["entity_id"] for row in rows}
        if self.entity not in known:
            raise UnknownNameError("entity", self.entity, sorted(known) or ["none"])

    # What every topic shows

    @property
    def scope(self) -> Shown:
        """What is looked at: period, entity, day, and the tables that are not there."""
        told = say(
            "{title}: {period}, {entity}, as of {day}; {count} findings.",
            title=say(self.title),
            period=self.period.words,
            entity=say("entity {entity}", entity=self.entity) if self.entity else say("all entities"),
            day=self.as_of,
            count=f"{self.findings.found.num_rows:,}",
        )
        stopped = [
            say("{control} (missing {tables})", control=state.control.id, tables=", ".join(state.missing))
            for state in self.findings.not_run
        ]
        if stopped:
            told += " " + say("Not run: {controls}.", controls=say("; ").join(stopped))
        return Shown(f"<p>{escape(told)}</p>", told)

    @property
    def funnel(self) -> Shown:
        """Per control: rows examined, candidates, what was suppressed and why, findings and money both ways."""
        shown: Shown = funnel(self.findings)
        return shown

    @property
    def money(self) -> Picture:
        """Money both ways by control, a part per currency; currencies are never added, directions never netted."""
        over: dict[str, dict[str, Decimal]] = {}
        under: dict[str, dict[str, Decimal]] = {}
        for line in self.findings.funnel:
            for sides, amounts in ((over, line.over), (under, line.under)):
                for currency, amount in amounts.items():
                    sides.setdefault(currency, {})[f"{line.control.id} {say(line.control.title)}"] = amount
        currencies = sorted(over.keys() | under.keys())
        made = [
            both_ways(
                say("Money both ways by control"),
                [f"{each.control.id} {say(each.control.title)}" for each in self.findings.funnel if each.findings],
                over.get(currency, {}),
                under.get(currency, {}),
                currency,
                first=mark("control"),
            )
            for currency in currencies
        ]
        if not made:
            return self.nothing(say("No finding has an amount."))
        return stacked(say("Money both ways by control, a part per currency"), made)

    @cached_property
    def causes(self) -> Causes:
        """Findings of one control that have one explanation."""
        return causes(self.findings, self.snapshot)

    @cached_property
    def why(self) -> Why:
        """The fewest conditions that explain most of the money, per currency and direction."""
        found = self.causes.why(entity=self.entity)
        return replace(found, named=("topic.findings", "books", "topic.why"))

    @property
    def pareto(self) -> Picture:
        """The explanations of the largest scope as bars."""
        return self.why.pareto() if self.why.scopes else self.nothing(say("No finding, so nothing to explain."))

    @property
    def trend(self) -> Picture:
        """Money both ways by month, with the prices, taxes and people that changed."""
        return self.causes.trend(entity=self.entity)

    def heat(self, rows: str = "customer", columns: str = "control", **chosen: str) -> Picture:
        """Money by two attributes as a heat table; see `Causes.heat`."""
        return self.causes.heat(rows, columns, entity=self.entity, **chosen)

    def largest(self, most: int = 10, traced: int = 1) -> Shown:
        """The largest findings of each currency, and the source rows behind the first of all."""
        rows = self.ranked()
        shown = list(_of_each_currency(rows, most))
        if not shown:
            words = say("No finding.")
            return Shown(f"<p>{escape(words)}</p>", say("no finding"))
        table = html_table(
            [
                mark("finding"), mark("control"), mark("customer"), mark("subject"), mark("date"), mark("impact"),
                mark("direction"), mark("reason"),
            ],
            [
                [
                    row["finding_id"], row["control_id"], self.customer(row["customer_id"]), row["subject_id"],
                    row["event_date"], Amount(row["impact_amount"], row["currency"], named=True),
                    say(SIDES[row["direction"]]), row["reason"],
                ]
                for row in shown
            ],
            caption=say("The largest {count} of each currency", count=f"{most:,}"),
        )  # fmt: skip
        parts = [table]
        for row in shown[:traced]:
            step = say(control(row["control_id"]).next_step)
            parts.append(f"<p>{escape(row['finding_id'])}: {escape(step)}</p>")
            parts.append(trace(self.snapshot, row, limit=20)._repr_html_())
        told = say("{shown} of {all} findings", shown=f"{len(shown):,}", all=f"{len(rows):,}")
        return Shown("".join(parts), told)

    @property
    def what_next(self) -> Shown:
        """What to do next, in order."""
        steps = [say(step) for step in self.next_steps]
        items = "".join(f"<li>{escape(step)}</li>" for step in steps)
        return Shown(f"<ol>{items}</ol>", "; ".join(steps))

    # What it hands on

    @property
    def proposals(self) -> list[Proposal]:
        """A decision to propose for every finding with an amount that this topic knows a remedy for."""
        return [
            Proposal.of(row, self.root_causes[row["control_id"]])
            for row in self.ranked()
            if row["control_id"] in self.root_causes and row["direction"] != "at_risk"
        ]

    def propose(self, by: str = "", owner: str = "", due_on: str = "", *, most: int = 20, store: str = "") -> Shown:
        """The first proposals; with `by` they are written to the decision store, where somebody else approves them.

        A finding on which somebody has decided is left alone. Raises WorkbenchError where owner or due date lacks.
        """
        return propose(self.proposals[:most], by, owner, due_on, store)

    def conclude(self, out: str | Path = "") -> Conclusion:
        """Write what came out as JSON and Markdown into a folder (default: conclusions in the workspace)."""
        return conclude(self, Path(out) if out else None)

    # What the views of a topic are made with

    def ranked(self, *ids: str) -> list[Row]:
        """Findings (of some controls), the commonest currency first and in each those with most money.

        Those without an amount come last; amounts of different currencies are not compared.
        """
        rows = [row for row in self.findings.found.to_pylist() if not ids or row["control_id"] in ids]
        counts = Counter(row["currency"] or "" for row in rows)
        return sorted(
            rows,
            key=lambda row: (
                row["direction"] == "at_risk",
                -counts[row["currency"] or ""],
                row["currency"] or "",
                -abs(row["impact_amount"] or Decimal(0)),
                row["finding_id"],
            ),
        )

    def finding(self, finding_id: str, *ids: str) -> Row | None:
        """The finding of an id, else the one with most money of some controls; None where there is none."""
        if finding_id:
            return self.findings.row(finding_id)
        return next(iter(self.ranked(*ids)), None)

    def keys(self, row: Mapping[str, Any], table: str) -> list[str]:
        """The keys of one table that a finding rests on."""
        return evidence_keys(row["evidence"] or "{}").get(table, [])

    def query(self, name: str, **values: object) -> list[Row]:
        """The rows of one query of queries/4_evidence."""
        return self.query_text(read_sql(FOLDER / f"{name}.sql")[1], **values)

    def query_text(self, sql: str, **values: object) -> list[Row]:
        """The rows of a SELECT of this package."""
        with closing(open_engine("duckdb", self.snapshot.folder)) as engine:
            rows: list[Row] = engine.query(sql, values).to_pylist()
        return rows

    @cached_property
    def customer_names(self) -> dict[str, str]:
        """Names of the customers of the findings, with their ids."""
        ids = sorted({row for row in self.findings.found["customer_id"].to_pylist() if row})
        rows = self.query("customers_named", ids=ids) if ids and "customers" in self.snapshot.tables else []
        return {row["customer_id"]: f"{row['name']} ({row['customer_id']})" for row in rows}

    def customer(self, customer_id: str | None) -> str | None:
        """A customer for reading: name and id, the id alone where no record names it."""
        return self.customer_names.get(customer_id or "", customer_id)

    def lacks(self, *tables: str) -> Picture | None:
        """What to show instead of a view whose tables the snapshot has not; None where it has them."""
        missing = [name for name in tables if name not in self.snapshot.tables]
        words = say("Not shown: this snapshot has no {tables}.", tables=", ".join(missing))
        return self.nothing(words) if missing else None

    def nothing(self, words: str) -> Picture:
        """A sentence in the place of a picture."""
        return Picture(words, f'<p style="margin:4px 0 10px">{escape(words)}</p>')

    @property
    def as_of(self) -> date:
        """The day that it is looked at from."""
        return self.findings.parameters.as_of

    def __repr__(self) -> str:
        return self.scope.text


def _of_each_currency(rows: Sequence[Row], most: int) -> Iterator[Row]:
    counts: Counter[str | None] = Counter()
    for row in rows:
        counts[row["currency"]] += 1
        if counts[row["currency"]] <= most:
            yield row


def most_entries(rows: Iterable[Row]) -> str:
    """The currency of rows that count `entries` in which there are most of them; empty where there is none."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["currency"]] = counts.get(row["currency"], 0) + row["entries"]
    return max(sorted(counts), key=lambda code: counts[code], default="")


def most_money(rows: Iterable[Row]) -> str:
    """The currency in which most findings are; empty where none has one."""
    counts = Counter(row["currency"] for row in rows if row["currency"])
    return max(sorted(counts), key=lambda code: counts[code], default="")
