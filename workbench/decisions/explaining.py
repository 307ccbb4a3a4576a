"""Explanations at work: what fits one in force is suppressed as `explained`, and every one is listed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.decisions.entry import Standing
from workbench.decisions.scope import Explanation
from workbench.decisions.words import EXPLAINED, STATES
from workbench.engine import open_engine
from workbench.findings import COLUMNS, Findings, count, evidence_keys, impact
from workbench.schema import table
from workbench.snapshot import Snapshot

Products = Callable[[Sequence[Mapping[str, Any]]], Mapping[str, frozenset[str]]]


@dataclass(frozen=True)
class Applied:
    """One explanation as a pack lists it: its state on the as-of date, and what it suppressed there.

    `over` and `under` are the suppressed findings' money per currency.
    """

    explanation: Explanation
    state: str
    finding_ids: tuple[str, ...]
    over: dict[str, Decimal]
    under: dict[str, Decimal]

    def as_json(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        own = self.explanation
        return {
            "entry": own.number,
            "scope": own.scope.words,
            "expires_on": own.expires_on.isoformat(),
            "by": own.by,
            "at": own.at,
            "remark": own.remark,
            "state": self.state,
            "suppressed": len(self.finding_ids),
            "over": {currency: f"{amount:f}" for currency, amount in self.over.items()},
            "under": {currency: f"{amount:f}" for currency, amount in self.under.items()},
        }


def suppress_explained(
    findings: Findings,
    explanations: Sequence[Explanation],
    *,
    standings: Mapping[str, Standing] | None = None,
    products: Products | None = None,
) -> tuple[Findings, tuple[Applied, ...]]:
    """The findings with what is explained suppressed, and every explanation with what it did; the funnel foots again.

    The as-of date is that of the findings' parameters; otherwise as suppress_in().
    """
    day = findings.parameters.as_of
    table, applied = suppress_in(findings.table, explanations, day, standings=standings, products=products)
    if table is findings.table:
        return findings, applied
    funnel = tuple(count(line.control, line.examined, table) for line in findings.funnel)
    return replace(findings, table=table, funnel=funnel), applied


def suppress_in(
    table: pa.Table,
    explanations: Sequence[Explanation],
    as_of: date,
    *,
    standings: Mapping[str, Standing] | None = None,
    products: Products | None = None,
) -> tuple[pa.Table, tuple[Applied, ...]]:
    """A table of candidates with what is explained on a day suppressed, and every explanation with what it did.

    What a control suppressed keeps its code; where two explanations fit, the older counts. A finding that somebody
    decided otherwise (its standing is confirmed or accepted, or was opened again) stays one. Explanations of a product
    need `products`, which products_of() makes; without it they suppress nothing.
    """
    taken: set[str] = set()
    decided = {name for name, one in (standings or {}).items() if one.number and one.state != "explained"}
    rows = _rows_of(table, {entry.scope.control_id for entry in explanations}, decided)
    applied = []
    for entry in sorted(explanations, key=lambda one: one.number):
        state = entry.state(as_of)
        fits: list[dict[str, Any]] = []
        if state == "in force":
            fits = [row for row in rows if row["finding_id"] not in taken and entry.scope.fits(row)]
            if entry.scope.product_id is not None:
                known = products(fits) if products and fits else {}
                fits = [row for row in fits if known.get(row["finding_id"]) == frozenset({entry.scope.product_id})]
        ids = tuple(row["finding_id"] for row in fits)
        taken.update(ids)
        part = pa.Table.from_pylist(fits, COLUMNS)
        applied.append(Applied(entry, state, ids, impact(part, "over_billed"), impact(part, "under_billed")))
    return _suppressed(table, taken), tuple(applied)


def products_of(snapshot: Snapshot) -> Products:
    """A function that says which products the evidence of findings names, by finding_id."""

    def look(rows: Sequence[Mapping[str, Any]]) -> dict[str, frozenset[str]]:
        cited = {row["finding_id"]: evidence_keys(row["evidence"]) for row in rows}
        keys: dict[str, set[str]] = {}
        for evidence in cited.values():
            for name, found in evidence.items():
                if found and "product_id" in table(name).columns:
                    keys.setdefault(name, set()).update(found)
        named: dict[tuple[str, str], str] = {}
        with closing(open_engine("duckdb", snapshot.folder)) as engine:
            for name, wanted in keys.items():
                key = table(name).key[0]
                sql = f"""
select cast("{key}" as varchar) as key, product_id from "{name}"
where "{key}" in (select unnest(cast($keys as varchar[]))) and product_id is not null
"""
                for row in engine.query(sql, {"keys": sorted(wanted)}).to_pylist():
                    named[name, row["key"]] = row["product_id"]
        return {
            finding_id: frozenset(
                named[name, key] for name, found in evidence.items() for key in found if (name, key) in named
            )
            for finding_id, evidence in cited.items()
        }

    return look


def tally(findings: Findings, standings: Mapping[str, Standing]) -> dict[str, int]:
    """Findings per state, every state named; the counts add up to the findings."""
    found = dict.fromkeys(STATES, 0)
    for finding_id in findings.found["finding_id"].to_pylist():
        found[standings[finding_id].state if finding_id in standings else "open"] += 1
    return found


def _rows_of(table: pa.Table, control_ids: Iterable[str], decided: set[str]) -> list[dict[str, Any]]:
    """The findings of these controls that nobody decided otherwise."""
    own = pc.is_in(table["control_id"], pa.array(sorted(control_ids), pa.string()))
    part = table.filter(pc.and_(own, pc.is_null(table["suppressed_by"])))
    return [row for row in part.to_pylist() if row["finding_id"] not in decided]


def _suppressed(table: pa.Table, finding_ids: set[str]) -> pa.Table:
    if not finding_ids:
        return table
    hit = pc.is_in(table["finding_id"], pa.array(sorted(finding_ids), pa.string()))
    codes = pc.if_else(hit, pa.scalar(EXPLAINED), table["suppressed_by"]).cast(pa.string())
    return table.set_column(table.schema.get_field_index("suppressed_by"), COLUMNS.field("suppressed_by"), codes)
