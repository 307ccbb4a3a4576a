"""Findings and what was examined as whole numbers: for every attribute the same number for the same value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workbench.causes.asked import Part, Sample, parts_of, samples_of
from workbench.causes.attributes import plan_of
from workbench.engine.duck import DuckEngine, parquet_files
from workbench.findings import Findings
from workbench.schema import tables

Codes = np.ndarray[Any, np.dtype[np.int32]]
# So many rows of what was examined are looked at; where there are more, their shares stand for all.
SAMPLE = 40_000
NONE = -1
# A key leads to something shared where its table has at most a fifth of the rows.
SHARED = 5


@dataclass(frozen=True)
class Population:
    """What some controls examined: rows in all, and of those looked at a number per attribute and row."""

    controls: tuple[str, ...]
    rows: int
    looked_at: int
    codes: dict[str, Codes]


@dataclass(frozen=True)
class Features:
    """`codes` has a number per finding for each attribute, -1 for none; `values` says what the numbers mean.

    `group` is for each finding the place of its control's population, -1 where that is not known.
    """

    codes: dict[str, Codes]
    values: dict[str, list[str]]
    populations: tuple[Population, ...]
    group: Codes


def read_features(
    findings: Findings,
    found: pa.Table,
    engine: DuckEngine,
    *,
    wanted: frozenset[str] | None = None,
    sample: int = SAMPLE,
) -> Features:
    """The features of some findings (rows of `findings.table`), and of what their controls examined.

    With `wanted` only these attributes are read, and no population.
    """
    controls = {line.control.id: line.control for line in findings.funnel}
    parts = list(parts_of(found, controls, engine, wanted))
    ids = sorted({part.control for part in parts} & set(controls))
    samples = [] if wanted is not None else list(samples_of(engine, findings, [controls[each] for each in ids], sample))
    numbered = _Numbering()
    own = {
        "customer_id": found["customer_id"],
        "entity_id": found["entity_id"],
        "currency": found["currency"],
        "convention": found["convention"],
        "month": pc.strftime(found["event_date"], "%Y-%m"),
    }
    places = np.arange(found.num_rows)
    # What a finding says of itself comes last: it goes before what its rows say.
    units: list[Part | Sample] = [*parts, *samples]
    for root in sorted({unit.root for unit in units}):
        _read_root(engine, root, [unit for unit in units if unit.root == root], numbered, wanted)
    for part in parts:
        for name, keys in part.beside.items():
            if wanted is None or name in wanted:
                numbered.add(name, "found", part.rows, keys)
    for name, column in own.items():
        if wanted is None or name in wanted:
            numbered.add(name, "found", places, column.combine_chunks())
    sizes = {"found": found.num_rows} | {_name(unit): len(unit.keys) for unit in samples}
    codes, values = numbered.codes(sizes)
    group = np.full(found.num_rows, NONE, np.int32)
    of_control = {name: place for place, unit in enumerate(samples) for name in unit.controls}
    for part in parts:
        group[part.rows] = of_control.get(part.control, NONE)
    populations = tuple(
        Population(unit.controls, unit.rows, len(unit.keys), codes.get(_name(unit), {})) for unit in samples
    )
    return Features(codes["found"], values, populations, group)


def _name(unit: Sample) -> str:
    return "examined by " + " ".join(unit.controls)


def _read_root(
    engine: DuckEngine, root: str, units: Sequence[Part | Sample], numbered: _Numbering, wanted: frozenset[str] | None
) -> None:
    """Read the attributes of every row of one root table that a unit asks about, each row once."""
    asked = pa.chunked_array([unit.keys for unit in units], pa.string()).combine_chunks().dictionary_encode()
    table = attributes_of(engine, root, asked.dictionary, wanted)
    spots = np.asarray(pc.fill_null(asked.indices, NONE))
    ends = np.cumsum([len(unit.keys) for unit in units])
    for unit, end in zip(units, ends, strict=True):
        own = spots[end - len(unit.keys) : end]
        is_sample = isinstance(unit, Sample)
        target = _name(unit) if isinstance(unit, Sample) else "found"
        rows = np.arange(len(own)) if isinstance(unit, Sample) else unit.rows
        kept = own >= 0
        for name in table.column_names:
            if name != "month" or is_sample:
                numbered.add(name, target, rows[kept], table[name], own[kept])


def attributes_of(engine: DuckEngine, root: str, keys: pa.Array, wanted: frozenset[str] | None) -> pa.Table:
    """What can be said of rows of a table, a row per key in the order given: attributes as text, and `month`.

    A key of a table with nearly as many rows as the root itself says nothing that rows could share.
    """
    plan = plan_of(root)
    least = _rows(engine, root) // SHARED
    chosen = [
        each
        for each in plan.attributes
        if (each.name in wanted if wanted is not None else not each.target or _rows(engine, each.target) <= least)
    ]
    columns = [f'cast({each.alias}."{each.column}" as varchar) as "{each.name}"' for each in chosen]
    if plan.day and (wanted is None or "month" in wanted):
        columns.append(f"""strftime({plan.day[0]}."{plan.day[1]}", '%Y-%m') as month""")
    if not columns or not len(keys):
        return pa.table({})
    twin = engine.cursor()
    with closing(twin.connection):
        twin.connection.register("asked", pa.table({"place": np.arange(len(keys)), "key": keys}))
        joins = plan.joins(frozenset(each.name for each in chosen))
        table = twin.query(f"select asked.place, {', '.join(columns)} from asked\n{joins} order by asked.place")
    return table.drop_columns(["place"])


def _rows(engine: DuckEngine, table: str) -> int:
    return sum(pq.read_metadata(file).num_rows for file in parquet_files(engine.folder, table))


class _Numbering:
    """Values of attributes as they are met, each with the rows that have them, until all are numbered at once."""

    def __init__(self) -> None:
        self._met: dict[str, list[tuple[str, Any, pa.Array, Any]]] = {}

    def add(self, name: str, target: str, rows: Any, values: pa.Array | pa.ChunkedArray, spots: Any = None) -> None:
        """Rows `rows` of a target have the values at `spots` (none: one each, in order)."""
        plain = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
        self._met.setdefault(name, []).append((target, rows, plain, spots))

    def codes(self, sizes: Mapping[str, int]) -> tuple[dict[str, dict[str, Codes]], dict[str, list[str]]]:
        """For each target and attribute a number per row, and what the numbers mean, by attribute."""
        found: dict[str, dict[str, Codes]] = {target: {} for target in sizes}
        values: dict[str, list[str]] = {}
        for name, met in self._met.items():
            numbers, values[name] = _numbers([plain for _, _, plain, _ in met])
            for (target, rows, _, spots), own in zip(met, numbers, strict=True):
                codes = found[target].setdefault(name, np.full(sizes[target], NONE, np.int32))
                new = own if spots is None else own[spots]
                codes[rows] = np.where(new >= 0, new, codes[rows])
        return found, values


def _numbers(arrays: Sequence[pa.Array]) -> tuple[list[Codes], list[str]]:
    """One numbering of the values of several arrays, in the order of the values; arrays that are one are read once."""
    distinct = {id(each): each for each in arrays}
    encoded = {key: each.dictionary_encode() for key, each in distinct.items()}
    known = pc.unique(pa.chunked_array([each.dictionary for each in encoded.values()], pa.string()))
    known = known.take(pc.sort_indices(known))
    codes: dict[int, Codes] = {}
    for key, each in encoded.items():
        places = np.asarray(pc.index_in(each.dictionary, value_set=known), np.int32)
        indices = np.asarray(pc.fill_null(each.indices, NONE), np.int32)
        codes[key] = np.where(indices >= 0, places[indices], NONE).astype(np.int32) if len(places) else indices
    return [codes[id(each)] for each in arrays], known.to_pylist()


def is_word(name: str) -> bool:
    """Whether an attribute holds one of a few words that the schema lists, or yes and no."""
    table, _, column = name.rpartition(".")
    if table not in tables():
        return False
    entry = tables()[table].columns[column]
    return bool(entry.words) or entry.type == "bool"
