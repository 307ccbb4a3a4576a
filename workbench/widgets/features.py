"""What facets say beyond the findings themselves: names, products, owners, decisions and causes, from the snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.decisions import Standing
from workbench.engine import Engine
from workbench.engine.duck import DuckEngine
from workbench.findings import Findings
from workbench.language import say
from workbench.snapshot import Snapshot

NAMED = {
    "customer": ("customers", "customer_id"),
    "entity": ("entities", "entity_id"),
    "product": ("products", "product_id"),
    "owner": ("users", "user_id"),
}
# Tables whose rows are of one product, and the key that a finding names them by.
SOLD = {
    "invoice_lines": "invoice_line_id",
    "order_lines": "order_line_id",
    "delivery_lines": "delivery_line_id",
    "contract_lines": "contract_line_id",
    "revenue": "revenue_id",
}
SUBJECTS = """
select found.place, line.product_id
from found inner join "{table}" as line on found.subject_id = line."{key}"
where found.subject_table = '{table}' and line.product_id is not null
"""
CITED = """
select place, min(product_id) as product_id from (
    select cited.place, line.product_id
    from (
        select place, unnest(json_extract_string(evidence, '$.{table}[*]')) as id
        from found where subject_table not in ({subjects})
    ) as cited
    inner join "{table}" as line on cited.id = line."{key}"
    where line.product_id is not null
) as named
group by place having count(distinct product_id) = 1
"""


class CauseLike(Protocol):
    """What a cause is to the explorer: a few words, and whose cause it is."""

    @property
    def short(self) -> str:
        """In a few words: "ACC-03: customer C1"."""

    @property
    def finding_ids(self) -> tuple[str, ...]:
        """The findings that it explains."""


@dataclass(frozen=True)
class Features:
    """Columns as long as the findings table, null where nothing is known, and names by facet and id.

    `owners` are the customers' own; a decision's owner goes before them.
    """

    products: pa.Array | None = None
    owners: pa.Array | None = None
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


def features_of(findings: Findings, snapshot: Snapshot, engine: DuckEngine) -> Features:
    """Names, products and owners of a run's candidates, as far as the snapshot has the tables.

    `missing` says which facets cannot be filled, and for want of what.
    """
    has = snapshot.tables
    names = {facet: _names(engine, table, key) for facet, (table, key) in NAMED.items() if table in has}
    missing = []
    sold = [table for table in SOLD if "product_id" in has.get(table, ())]
    products = _products(findings, engine, sold) if sold else None
    if products is None:
        missing.append(say("product (none of {tables} names one)", tables=", ".join(SOLD)))
    owners = None
    if "owner" in has.get("customers", ()):
        rows = engine.query("select customer_id, owner from customers where owner is not null")
        owners = _looked_up(findings.table["customer_id"], rows["customer_id"], rows["owner"])
    else:
        missing.append(say("owner (no customers.owner; a decision's owner counts)"))
    if "customers" not in has:
        missing.append(say("names of customers (no customers)"))
    return Features(products, owners, names, tuple(missing))


def _names(engine: Engine, table: str, key: str) -> dict[str, str]:
    rows = engine.query(f'select "{key}" as id, name from "{table}" where name is not null order by 1, 2')
    return dict(zip(rows["id"].to_pylist(), rows["name"].to_pylist(), strict=True))


def _products(findings: Findings, engine: DuckEngine, sold: list[str]) -> pa.Array:
    """The product of each candidate: of the line it is about, else the only one among the lines it cites."""
    table = findings.table
    found = table.select(["subject_table", "subject_id", "evidence"])
    connection = engine.connection.cursor()
    connection.register("found", found.append_column("place", pa.array(np.arange(table.num_rows))))
    try:
        products = np.full(table.num_rows, None, dtype=object)
        subjects = ", ".join(f"'{name}'" for name in sold)
        about = set(pc.unique(table["subject_table"]).to_pylist())
        for name in sold:
            asks = [CITED.format(table=name, key=SOLD[name], subjects=subjects)] if about - set(sold) else []
            if name in about:
                asks.append(SUBJECTS.format(table=name, key=SOLD[name]))
            for sql in asks:
                rows = connection.sql(sql).to_arrow_table()
                places = rows["place"].to_numpy()
                products[places] = rows["product_id"].to_pylist()
    finally:
        connection.close()
    return pa.array(products, pa.string())


def _looked_up(column: pa.ChunkedArray, keys: pa.ChunkedArray, values: pa.ChunkedArray) -> pa.Array:
    places = pc.index_in(column.combine_chunks(), value_set=keys.combine_chunks())
    return values.combine_chunks().take(places)


def decision_columns(ids: pa.Array, standings: Mapping[str, Standing]) -> tuple[pa.Array, pa.Array]:
    """State and owner of each finding's decision: "open" and null where nobody decided."""
    if not standings:
        return pa.array(["open"], pa.string()).take(pa.array(np.zeros(len(ids), np.int32))), pa.nulls(
            len(ids), pa.string()
        )
    names = list(standings)
    states = [state_of(standings[name]) for name in names]
    owners = [standings[name].owner for name in names]
    places = pc.index_in(ids, value_set=pa.array(names, pa.string()))
    return (
        pc.fill_null(pa.array(states, pa.string()).take(places), "open"),
        pa.array(owners, pa.string()).take(places),
    )


def state_of(standing: Standing) -> str:
    """The word of the facet for what holds: a confirmed finding may wait for approval."""
    return "waiting" if standing.approval == "waiting" else standing.state


def cause_column(ids: pa.Array, causes: Iterable[CauseLike]) -> pa.Array:
    """The cause of each finding, null for one that stands alone; the first where several claim it."""
    words: dict[str, str] = {}
    for cause in causes:
        for finding in cause.finding_ids:
            words.setdefault(finding, cause.short)
    places = pc.index_in(ids, value_set=pa.array(list(words), pa.string()))
    return pa.array(list(words.values()), pa.string()).take(places)
