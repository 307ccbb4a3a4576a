"""Candidates in the engine's memory: facets, totals and pages for a grid that holds only the rows it shows."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from workbench.errors import UnknownNameError
from workbench.findings import Findings
from workbench.money import grouped

FACETS = {
    "control_id": "Control",
    "severity": "Severity",
    "direction": "Direction",
    "currency": "Currency",
    "customer_id": "Customer",
    "entity_id": "Entity",
    "month": "Month",
    "suppressed_by": "Suppressed as",
}
SORTS = {
    "severity": "severity",
    "control": "control_id",
    "subject": "subject_id",
    "customer": "customer_name",
    "date": "event_date",
    "expected": "currency, expected_amount",
    "billed": "currency, billed_amount",
    "impact": "currency, impact_amount",
    "reason": "reason",
}
SEVERITIES = ("critical", "high", "medium", "low")
VALUES_SHOWN = 6
COMMONEST = "sum(rows) desc, value"
ORDERS = {"severity": "value", "month": "value desc nulls last"}
# Sums of narrow decimals are several times as fast, and nearly every run fits them.
NARROW, WIDE, NARROW_LIMIT = "decimal(18, 4)", "decimal(38, 4)", 10**13
SEARCHED = ("reason", "subject_id", "finding_id", "customer_name", "customer_id::varchar", "control_id::varchar")
SEARCH = " or ".join(f"contains(lower({column}), $word)" for column in SEARCHED)

TABLE = """
create table candidate as
select
    found.id,
    found.control_id::control_word as control_id,
    found.severity::severity_word as severity,
    found.direction::direction_word as direction,
    found.currency::currency_word as currency,
    found.customer_id::customer_word as customer_id,
    found.entity_id::entity_word as entity_id,
    found.suppressed_by::suppressed_word as suppressed_by,
    strftime(found.event_date, '%Y-%m')::month_word as month,
    coalesce(customer.name, found.customer_id) as customer_name,
    found.event_date,
    found.subject_id,
    found.finding_id,
    found.reason,
    found.expected_amount,
    found.billed_amount,
    found.impact_amount,
    found.suppressed_by is null as is_finding,
    case when is_finding and direction = 'over_billed' then found.impact_amount::{amount} end as over_amount,
    case when is_finding and direction = 'under_billed' then found.impact_amount::{amount} end as under_amount
from found
left join customer on found.customer_id = customer.id
order by found.id
"""

MEASURES = """
    count(*) as rows,
    count(*) filter (is_finding) as findings,
    sum(over_amount) as over,
    sum(under_amount) as under,
    count(*) filter (is_finding and direction = 'at_risk') as at_risk
"""
TOTALS = "select currency, {measures} from {table} where {where} group by currency order by currency nulls last"
FACET = """
with grouped as (
    select {name} as value, currency, {measures} from {table} where {where} group by {name}, currency
),

ranked as (
    select
        value,
        row_number() over (order by {order}) as place,
        count(*) over () as all_values
    from grouped
    group by value
)

select grouped.value::varchar as value, grouped.* exclude (value), ranked.all_values
from grouped
inner join ranked on grouped.value is not distinct from ranked.value
where ranked.place <= $limit or grouped.value::varchar in (select unnest($chosen_values::varchar[]))
order by ranked.place, grouped.currency nulls last
"""


@dataclass(frozen=True)
class View:
    """What a specialist asked to see: chosen values per facet, words to look for, an order, and suppressed ones or not.

    Values of one facet are alternatives, facets narrow one another; None among the values means none. Sorting by an
    amount sorts within each currency.
    """

    chosen: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)
    search: str = ""
    sort: str = "severity"
    descending: bool = False
    suppressed: bool = False
    more: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in (*self.chosen, *self.more):
            if name not in FACETS:
                raise UnknownNameError("facet", name, FACETS)
        if self.sort not in SORTS:
            raise UnknownNameError("column to sort by", self.sort, SORTS)

    @classmethod
    def read(cls, message: Mapping[str, Any]) -> View:
        """A view as the browser sends it; UnknownNameError for a facet or column that is none."""
        return cls(
            chosen={name: tuple(values) for name, values in message.get("chosen", {}).items() if values},
            search=str(message.get("search", "")).strip(),
            sort=str(message.get("sort", "severity")),
            descending=bool(message.get("descending", False)),
            suppressed=bool(message.get("suppressed", False)),
            more={name: int(number) for name, number in message.get("more", {}).items()},
        )

    def as_message(self) -> dict[str, Any]:
        """The same as plain values for the browser."""
        return {
            "chosen": {name: list(values) for name, values in self.chosen.items()},
            "search": self.search,
            "sort": self.sort,
            "descending": self.descending,
            "suppressed": self.suppressed,
            "more": dict(self.more),
        }

    def without(self, facet: str) -> View:
        """The view with nothing chosen in one facet: what that facet's counts are taken over."""
        return replace(self, chosen={name: values for name, values in self.chosen.items() if name != facet})

    def where(self) -> tuple[str, dict[str, object]]:
        """The condition in SQL, and the values to bind; names come from FACETS alone."""
        parts, bound = ["true"], dict[str, object]()
        if not self.suppressed:
            parts.append("is_finding")
        for name, values in self.chosen.items():
            words = [value for value in values if value is not None]
            for position, word in enumerate(words):
                bound[f"{name}_{position}"] = word
            options = [f"{name} = ${name}_{position}" for position in range(len(words))]
            parts.append(f"({' or '.join([*options, *([f'{name} is null'] if None in values else [])])})")
        return " and ".join(parts), bound


class Store:
    """Every candidate of a run, ready to be counted, ordered and paged: a facet of a million in a fifth of a second.

    `customers` and `entities` map an id to its name. One connection, guarded, so that callbacks may come from any
    thread.
    """

    def __init__(
        self, findings: Findings, customers: Mapping[str, str] | None = None, entities: Mapping[str, str] | None = None
    ) -> None:
        self.findings = findings
        self.names = {"customer_id": dict(customers or {}), "entity_id": dict(entities or {})}
        self.titles = {line.control.id: line.control.title for line in findings.funnel}
        self.rows = findings.table.combine_chunks()
        self._order: tuple[View, np.ndarray[Any, Any]] | None = None
        self._searched = ""
        self._facets: dict[str, tuple[View, dict[str, Any]]] = {}
        self._lock = threading.RLock()
        self._database = duckdb.connect()
        self._database.execute("set enable_progress_bar = false")
        self._fill()

    def _fill(self) -> None:
        numbered = self.rows.append_column("id", pa.array(np.arange(self.rows.num_rows, dtype=np.int32)))
        customers = self.names["customer_id"]
        self._database.register("found", numbered)
        named = {"id": pa.array(customers.keys(), pa.string()), "name": pa.array(customers.values(), pa.string())}
        self._database.register("customer", pa.table(named))
        words = {name: name.split("_")[0] + "_word" for name in FACETS if name not in {"month", "severity"}}
        for column, word in words.items():
            self._make_enum(word, f"select distinct {column} as word from found where {column} is not null order by 1")
        months = (
            "select distinct strftime(event_date, '%Y-%m') as word from found where event_date is not null order by 1"
        )
        self._make_enum("month_word", months)
        ranks = " ".join(f"when '{word}' then {place}" for place, word in enumerate(SEVERITIES))
        self._make_enum(
            "severity_word",
            "select severity as word from found where severity is not null group by severity "
            f"order by case severity {ranks} else {len(SEVERITIES)} end, 1",
        )
        largest = self._query("select max(abs(impact_amount)) as largest from found")[0]["largest"] or 0
        self._database.execute(TABLE.format(amount=NARROW if largest < NARROW_LIMIT else WIDE))
        self._database.unregister("found")
        self._database.unregister("customer")

    @cached_property
    def widths(self) -> dict[str, int]:
        """How many characters the longest amount of each kind has, as text with its sign."""
        kinds = ("impact", "expected", "billed")
        largest = ", ".join(f"max(abs({kind}_amount)) as {kind}" for kind in kinds)
        lines = self._query(f"select currency, {largest} from candidate group by currency")
        longest = {kind: [len(grouped(line[kind], line["currency"])) for line in lines] for kind in kinds}
        return {kind: max([8, *lengths]) + 1 for kind, lengths in longest.items()}

    def _make_enum(self, name: str, select: str) -> None:
        # An enum's values compare and group as small integers, which is what makes a facet of a million rows quick.
        self._database.execute(f"create type {name} as enum (select word from ({select}) as words)")

    def _query(self, sql: str, bound: Mapping[str, object] | None = None) -> list[dict[str, Any]]:
        with self._lock:
            cursor = self._database.execute(sql, dict(bound or {}))
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def _table(self, view: View) -> str:
        """The table a view looks at: all candidates, or those that the words are found in, looked for once."""
        if not view.search:
            return "candidate"
        with self._lock:
            if self._searched != view.search:
                hits = f"create or replace temp table hit as select * from candidate where {SEARCH}"
                self._query(hits, {"word": view.search.lower()})
                self._searched = view.search
        return "hit"

    def totals(self, view: View) -> list[dict[str, Any]]:
        """Per currency: rows shown, findings among them, and the findings' money both ways (Decimal or None)."""
        where, bound = view.where()
        return self._query(TOTALS.format(table=self._table(view), where=where, measures=MEASURES), bound)

    def facet(self, name: str, view: View) -> dict[str, Any]:
        """One facet's first values under everything else that is chosen, each with rows and money per currency.

        First are the commonest, the severest and the newest months. `all` counts them; chosen values are always among
        those returned.
        """
        chosen = [value for value in view.chosen.get(name, ()) if value is not None]
        kept = self._facets.get(name)
        asked = replace(
            view.without(name), sort="severity", descending=False, more={name: view.more.get(name, VALUES_SHOWN)}
        )
        # What is chosen in a facet does not change its own counts, so they are kept while nothing else changes.
        if kept and kept[0] == asked and set(chosen) <= {entry["value"] for entry in kept[1]["values"]}:
            return kept[1]
        found = self._count(name, asked, chosen)
        self._facets[name] = (asked, found)
        return found

    def _count(self, name: str, view: View, chosen: list[str]) -> dict[str, Any]:
        where, bound = view.where()
        lines = self._query(
            FACET.format(
                name=name, table=self._table(view), where=where, measures=MEASURES, order=ORDERS.get(name, COMMONEST)
            ),
            {**bound, "limit": view.more[name], "chosen_values": chosen},
        )
        values: dict[str | None, dict[str, Any]] = {}
        for line in lines:
            entry = values.setdefault(line["value"], {"value": line["value"], "rows": 0, "money": []})
            entry["rows"] += line["rows"]
            entry["money"].append(line)
        return {"name": name, "values": list(values.values()), "all": lines[0]["all_values"] if lines else 0}

    def page(self, view: View, start: int, count: int) -> list[dict[str, Any]]:
        """Rows [start, start + count) of a view in its order, as in the findings table."""
        with self._lock:
            if self._order is not None and self._order[0] == replace(view, more={}):
                ids = self._order[1][start : start + count]
            elif start == 0:
                # The first screen needs no full sort: the engine keeps the top rows alone.
                ids = self._ids(view, f"limit {int(count)}")
            else:
                self._order = (replace(view, more={}), self._ids(view))
                ids = self._order[1][start : start + count]
        rows: list[dict[str, Any]] = self.rows.take(pa.array(ids, pa.int32())).to_pylist()
        return rows

    def _ids(self, view: View, limit: str = "") -> np.ndarray[Any, Any]:
        where, bound = view.where()
        way = "desc nulls last" if view.descending else "asc nulls last"
        first = "currency, " if SORTS[view.sort].startswith("currency, ") else ""
        order = f"{first}{SORTS[view.sort].removeprefix('currency, ')} {way}"
        then = ", currency, abs(impact_amount) desc nulls last, id" if view.sort in {"severity", "control"} else ", id"
        sql = f"select id from {self._table(view)} where {where} order by {order}{then} {limit}"
        return np.asarray(self._database.execute(sql, bound).fetchnumpy()["id"])
