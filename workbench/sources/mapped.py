"""Load a system's own exports: its SELECTs make canonical columns of them, typed the same way as any source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import duckdb

from workbench.engine.duck import quoted
from workbench.errors import WorkbenchError, nearest
from workbench.schema import LINEAGE, table, tables
from workbench.sources.accept import (
    Note,
    Parts,
    Rejects,
    SourceLoaded,
    TableLoaded,
    copy,
    count,
    foots,
    write_table,
)
from workbench.sources.files import columns_by_name, plain_name
from workbench.sources.staging import Stage, Staged
from workbench.sources.systems import Export, Mapping, System, export_files

NOTED = 100


def load_mapped(stage: Stage, system: System, inputs: Sequence[Path], folder: Path) -> Parts:
    """Read a system's exports, then fill every table that it maps, in the order of schema.yml.

    Raises WorkbenchError where an export or one of its columns is missing, or a mapping does not do what it says.
    """
    found, unrecognised = export_files(system, inputs)
    parts = Parts(staged=[], tables=[], unused={}, unrecognised=unrecognised)
    for export in system.exports:
        staged = [stage.add(file) for file in found[export.name]]
        parts.staged += [(export.name, each) for each in staged]
        parts.exports.append(_add_view(stage, export, staged, parts.unused, folder))
    by_source = {each.file.name: each for _, each in parts.staged}
    order = list(tables())
    mappings = sorted(system.mappings, key=lambda mapping: order.index(mapping.table))
    for done, mapping in enumerate(mappings):
        stage.progress(f"loading {mapping.table}", done, len(mappings))
        parts.tables.append(_load_table(stage, system, mapping, by_source, folder))
        _has_every_row(mapping, parts)
    for notice in system.notices:
        rows = stage.database.execute(f"select subject, note from ({notice.sql}) as noted").fetchall()
        if rows:
            parts.notes.append(Note(notice.title, len(rows), {str(row[0]): str(row[1]) for row in rows[:NOTED]}))
    stage.progress("loading", len(mappings), len(mappings))
    return parts


def _add_view(
    stage: Stage, export: Export, staged: list[Staged], unused: dict[str, tuple[str, ...]], folder: Path
) -> TableLoaded:
    """Make the view of an export's whole records (names in lower case); the rest goes to its rejects."""
    selects = []
    for each in staged:
        place = _places(export, each)
        left = tuple(name for position, name in enumerate(each.header) if position not in place.values())
        if left:
            unused[each.file.name] = left
        texts = ", ".join(f'c{position} as "{name.lower()}"' for name, position in place.items())
        source = quoted(each.file.name)
        selects.append(f"select {texts}, {source} as _source, _row, _problem from {each.relation} as staged")
    rows = f"({' union all '.join(selects)})"
    names = ", ".join(f'"{name.lower()}"' for name in export.columns)
    stage.database.execute(
        f'create view "{export.name}" as select {names}, _source, _row from {rows} as export where _problem is null'
    )
    broken = stage.path(".parquet")
    copy(
        stage.database,
        f"select _source, _row, _problem as reason, [_problem] as kinds from {rows} as export "
        "where _problem is not null order by _source, _row",
        broken,
    )
    with (folder / "rejects" / f"{export.name}.csv").open("w", encoding="utf-8", newline="") as stream:
        rejects = Rejects(stream)
        rejects.add(broken, {each.file.name: each for each in staged})
    read = sum(each.records for each in staged)
    accepted = count(stage.database, f'select count(*) from "{export.name}"')
    foots(export.name, read, accepted, rejects.rows.total())
    return TableLoaded(
        table=export.name,
        read=read,
        accepted=accepted,
        rejected=rejects.rows.total(),
        reasons=dict(sum(rejects.kinds.values(), Counter[str]()).most_common()),
        sources={
            each.file.name: SourceLoaded(
                each.records - rejects.rows[each.file.name],
                rejects.rows[each.file.name],
                dict(rejects.kinds.get(each.file.name, Counter()).most_common()),
            )
            for each in staged
        },
    )


def _places(export: Export, staged: Staged) -> dict[str, int]:
    given = columns_by_name(staged.file.name, staged.header, [plain_name(name) for name in export.columns])
    place = {name: given[plain_name(name)] for name in export.columns if plain_name(name) in given}
    absent = [name for name in export.columns if name not in place]
    if absent:
        has = ", ".join(name[:40] for name in staged.header[:30])
        raise WorkbenchError(
            f"{staged.file.name} has no column {', '.join(absent)}; it has {has}.",
            f"export it with that column; {nearest(absent[0], staged.header[:1000])}",
        )
    return place


def _load_table(stage: Stage, system: System, mapping: Mapping, staged: dict[str, Staged], folder: Path) -> TableLoaded:
    wanted = table(mapping.table)
    rows = stage.path(".parquet")
    try:
        copy(stage.database, mapping.sql, rows)
        described = stage.database.execute(f"describe from {quoted(str(rows))}").fetchall()
    except (duckdb.ProgrammingError, duckdb.DataError) as error:
        raise WorkbenchError(
            f"The mapping of {system.name} to {wanted.name} cannot run: {str(error).splitlines()[0]}", "correct its SQL"
        ) from error
    given = [row[0] for row in described]
    wrong = [name for name in given if name not in wanted.columns and name not in LINEAGE]
    absent = [name for name, column in wanted.columns.items() if column.required and name not in given]
    absent += [name for name in LINEAGE if name not in given]
    if wrong or absent:
        raise WorkbenchError(
            f"The mapping of {system.name} to {wanted.name} gives {', '.join(wrong) or 'nothing'} beside the table's "
            f"columns and lacks {', '.join(absent) or 'none'}.",
            "name its columns as schema.yml does, with _source and _row",
        )
    columns = [name for name in wanted.columns if name in given]
    texts = ", ".join(f'cast("{name}" as varchar) as "{name}"' for name in columns)
    relation = f"(select {texts}, _source, _row, null::varchar as _problem from {quoted(str(rows))})"
    return write_table(stage, wanted, columns, relation, staged, folder)


def _has_every_row(mapping: Mapping, parts: Parts) -> None:
    """Raise WorkbenchError where a mapping that makes a row of each record has lost or doubled one."""
    for export in parts.exports:
        if export.table == mapping.one_row_per:
            loaded = parts.tables[-1]
            foots(f"{mapping.table} from {export.table}", export.accepted, loaded.accepted, loaded.rejected)
