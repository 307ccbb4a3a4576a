"""Which rows are asked about: those behind findings, and samples of what the controls examined."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.causes.attributes import DAYS, plan_of
from workbench.controls import Control
from workbench.engine.duck import DuckEngine
from workbench.findings import Findings, Parameters, evidence_keys
from workbench.schema import tables

Places = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Part:
    """Findings of one control: their places in the table of findings, keys of the root table, the only keys beside.

    `beside` has the keys of evidence tables that no key of the root leads to, null where a finding names several.
    """

    control: str
    root: str
    rows: Places
    keys: pa.Array
    beside: dict[str, pa.Array] = field(default_factory=dict)


@dataclass(frozen=True)
class Sample:
    """Rows that some controls examined, as keys of the root table, and how many rows there are in all."""

    controls: tuple[str, ...]
    root: str
    rows: int
    keys: pa.Array


def parts_of(
    found: pa.Table, controls: Mapping[str, Control], engine: DuckEngine, wanted: frozenset[str] | None = None
) -> Iterator[Part]:
    """The findings of a table, by control and table of their subjects; those of no canonical table are left out.

    With `wanted` only the evidence tables among them are looked into.
    """
    if not found.num_rows:
        return
    names = pc.binary_join_element_wise(found["control_id"], found["subject_table"], "\n").combine_chunks()
    encoded = names.dictionary_encode()
    order = np.asarray(encoded.indices)
    for place, name in enumerate(encoded.dictionary.to_pylist()):
        control_id, root = name.split("\n")
        rows = np.flatnonzero(order == place)
        if root not in tables():
            continue
        part = found.select(["subject_id", "evidence"]).take(pa.array(rows))
        control = controls.get(control_id)
        first = evidence_keys(part["evidence"][0].as_py() or "{}")
        reached = {step.table.name for step in plan_of(root).steps}
        beside = [each for each in first if each in tables() and each not in reached and (not wanted or each in wanted)]
        is_composite = control is not None and "/" in control.grain
        named = _keys(engine, part, [*beside, root] if is_composite else beside, root)
        keys = named.pop(root) if is_composite else part["subject_id"].combine_chunks()
        yield Part(control_id, root, rows, keys, named)


def _keys(engine: DuckEngine, part: pa.Table, names: list[str], root: str) -> dict[str, pa.Array]:
    """The key that each row's evidence names in some tables: the first of the root, the only one of the others."""
    if not names:
        return {}
    columns = ", ".join(
        f"case when json_array_length(evidence, '$.{name}') = 1 or ('{name}' = $root) "
        f"then json_extract_string(evidence, '$.{name}[0]') end as \"{name}\""
        for name in names
    )
    twin = engine.cursor()
    with closing(twin.connection):
        placed = part.append_column("place", pa.array(np.arange(part.num_rows)))
        twin.connection.register("found_evidence", placed)
        table = twin.query(f"select {columns} from found_evidence order by place", {"root": root})
    return {name: table[name].combine_chunks() for name in names}


def samples_of(engine: DuckEngine, findings: Findings, controls: Collection[Control], most: int) -> Iterator[Sample]:
    """At most about `most` rows of what each group of controls examined, always the same ones."""
    groups: dict[tuple[str, str], list[str]] = {}
    for control in controls:
        groups.setdefault((control.examines, control.subject), []).append(control.id)
    for (view, root), names in groups.items():
        columns = engine.columns_of(f'select * from "{view}"')
        key = _key_column(root, columns)
        if not key:
            continue
        where, values = asked_days(columns, findings.parameters)
        rows = int(engine.query(f'select count(*) as rows from "{view}" where {where}', values)["rows"][0].as_py())
        every = max(1, -(-rows // most))
        keys = engine.query(
            f'select {key} as key from "{view}" where {where} and {key} is not null and hash({key}) % $every = 0',
            {**values, "every": every},
        )["key"]
        yield Sample(tuple(names), root, rows, keys.combine_chunks())


def _key_column(root: str, columns: Collection[str]) -> str:
    """The column of what was examined that leads to the root table; empty where none does."""
    key = tables()[root].key
    if len(key) == 1 and key[0] in columns:
        return f'"{key[0]}"'
    return ""


def asked_days(columns: Collection[str], asked: Parameters) -> tuple[str, dict[str, object]]:
    """The condition that a row's day is one that was asked about, and its values; a row without a day always is."""
    day = next((name for name in DAYS if name in columns), None)
    if day is None:
        return "true", {}
    where = (
        f'("{day}" is null or (cast("{day}" as date) <= $as_of '
        f'and ($first::date is null or cast("{day}" as date) >= $first) '
        f'and ($until::date is null or cast("{day}" as date) < $until)))'
    )
    return where, {"as_of": asked.as_of, "first": asked.from_date, "until": asked.to_date}
