"""Follow a finding to its source rows: the keys in its evidence, looked up in the snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from workbench.engine import Engine, open_engine
from workbench.findings import evidence_keys
from workbench.language import counted, say
from workbench.markup import html_records, row_cells, without_empty
from workbench.schema import LINEAGE, Table, table
from workbench.snapshot import Snapshot

LIMIT = 200


@dataclass(frozen=True)
class SourceRows:
    """The rows of one canonical table behind a finding, exact decimals, with `_source` and `_row`.

    `rows` holds at most the limit that was asked for, in order of their keys; `found` counts them all, `keys` the
    keys that the evidence names, and `missing` names those that no row has.
    """

    table: Table
    rows: pa.Table
    keys: int
    found: int
    missing: tuple[str, ...]

    @property
    def caption(self) -> str:
        """What is shown of what: "invoices: 2 rows", and what is left out or missing."""
        rows = counted(self.found, "{count} row", "{count} rows") if self.found else say("0 rows")
        shown = say("the first {count} shown", count=f"{self.rows.num_rows:,}")
        text = f"{self.table.name}: {rows}" + (f", {shown}" if self.rows.num_rows < self.found else "")
        if self.missing:
            named = ", ".join(self.missing[:5]) + (" ..." if len(self.missing) > 5 else "")
            missing, keys = f"{len(self.missing):,}", f"{self.keys:,}"
            text += "; " + say(
                "{missing} of {keys} keys point nowhere: {named}", missing=missing, keys=keys, named=named
            )
        return text

    def cells(self, currency: str | None) -> list[dict[str, object]]:
        """The rows for reading, file and row number first; money in the row's own currency, else the one given."""
        return [row_cells(self.table, row, currency) for row in self.rows.to_pylist()]


@dataclass(frozen=True)
class Evidence:
    """A finding (one row of the findings table) and the source rows it rests on, its subject's table first."""

    finding: Mapping[str, Any]
    sources: tuple[SourceRows, ...]

    def rows(self, name: str) -> pa.Table:
        """The rows of one canonical table; UnknownNameError for a name that is none, no rows where it is not cited."""
        wanted = table(name)
        return next((part.rows for part in self.sources if part.table == wanted), pa.table({}))

    def _repr_html_(self) -> str:
        currency = self.finding.get("currency")
        return "".join(html_records(without_empty(part.cells(currency)), caption=part.caption) for part in self.sources)


def trace(
    snapshot: Snapshot, finding: Mapping[str, Any], *, limit: int = LIMIT, engine: Engine | None = None
) -> Evidence:
    """The source rows behind a finding, at most `limit` of each table.

    Looks through the key column of the tables that the evidence names: half a second at ten million lines. An engine
    that is open already on the snapshot may be given. Raises UnknownNameError for a table that is none.
    """
    keys = {name: found for name, found in evidence_keys(finding["evidence"]).items() if found}
    subject = finding.get("subject_table")
    names = sorted(keys, key=lambda name: name != subject)
    if engine is not None:
        return Evidence(finding, tuple(_lookup(engine, snapshot, names, keys, limit)))
    with closing(open_engine("duckdb", snapshot.folder)) as opened:
        return Evidence(finding, tuple(_lookup(opened, snapshot, names, keys, limit)))


def _lookup(
    engine: Engine, snapshot: Snapshot, names: list[str], keys: Mapping[str, list[str]], limit: int
) -> Iterator[SourceRows]:
    for name in names:
        wanted = table(name)
        rows = engine.query(select_by_key(wanted, snapshot.tables.get(name, list(wanted.key))), {"keys": keys[name]})
        found = set(rows["_key"].to_pylist())
        yield SourceRows(
            table=wanted,
            rows=rows.slice(0, limit).drop_columns("_key"),
            keys=len(set(keys[name])),
            found=rows.num_rows,
            missing=tuple(key for key in dict.fromkeys(keys[name]) if key not in found),
        )


def select_by_key(wanted: Table, present: list[str]) -> str:
    """The SELECT of a table's rows whose key, its columns joined by "/", is one of $keys; names come from the schema.

    `present` are the columns to return. A key of one column is compared as it is, so that Parquet statistics help.
    """
    parts = [f'cast("{column}" as varchar)' for column in wanted.key]
    key = f'"{wanted.key[0]}"' if len(parts) == 1 else " || '/' || ".join(parts)
    columns = ", ".join(f'"{column}"' for column in [*present, *LINEAGE])
    return f"""
select {columns}, cast({key} as varchar) as _key
from "{wanted.name}"
where {key} in (select unnest(cast($keys as varchar[])))
order by _key
"""
