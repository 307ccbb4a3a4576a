"""Load a system's own exports: its SELECTs make canonical columns of them, typed the same way as any source."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from workbench.engine.duck import add_table, parquet_files, quoted
from workbench.errors import WorkbenchError, nearest
from workbench.schema import LINEAGE, table, tables
from workbench.sources import salesforce
from workbench.sources.accept import (
    BySource,
    Kept,
    Note,
    Parts,
    Rejects,
    SourceLoaded,
    TableLoaded,
    Tie,
    copy,
    count,
    foots,
    write_table,
)
from workbench.sources.database import Database, opened, query_files
from workbench.sources.documents import documents
from workbench.sources.fields import with_own_fields
from workbench.sources.files import columns_by_name, plain_name
from workbench.sources.gather import DocumentRead, gather
from workbench.sources.staging import Stage, Staged
from workbench.sources.systems import Export, Mapping, System, TieOut, export_files

NOTED = 100
EMPTY = "select null::varchar as _source, null::bigint as _row, null::varchar as _problem where false"
NO_TIES = """select '' as title, '' as subject, '' as what, '' as currency, 0::decimal as stated, 0::decimal as found
    where false"""


def load_mapped(
    stage: Stage, system: System, inputs: Sequence[Path], folder: Path, addresses: Sequence[str] = ()
) -> Parts:
    """Read a system's exports, then fill every table that it maps, in the order of schema.yml.

    With the address of a database its tables are read as exports of their names; a file <export>.sql among the inputs
    is the query for one. A fields.yml among them says what the organisation calls fields of its own. Raises
    WorkbenchError where an export or one of its columns is missing, or a mapping does not do what it says.
    """
    system, used = with_own_fields(system, inputs)
    if addresses:
        parts, kept = _read_database(stage, system, inputs, folder, addresses)
    else:
        parts, kept = (_read_documents if system.readers else _read_tables)(stage, system, inputs, folder)
    parts.unrecognised = [name for name in parts.unrecognised if name != used]
    order = list(tables())
    mappings = sorted(
        (each for each in system.mappings if each.rows_of in kept and each.only_with in ("", *kept)),
        key=lambda mapping: order.index(mapping.table),
    )
    for done, mapping in enumerate(mappings):
        stage.progress(f"loading {mapping.table}", done, len(mappings))
        parts.tables.append(_load_table(stage, system, mapping, _Records(mapping.rows_of, kept), folder))
        _has_every_row(mapping, parts)
    _add_loaded(stage, folder)
    for number, tie_out in enumerate(system.tie_outs):
        parts.tie(_ties(stage, tie_out, f"tied_{number}"), *_about(tie_out, system))
    tied = " union all by name ".join(f"from tied_{number}" for number in range(len(system.tie_outs)))
    stage.database.execute(f"create view ties as {tied or NO_TIES}")
    for notice in system.notices:
        rows = stage.database.execute(f"select subject, note from ({notice.sql}) as noted").fetchall()
        if rows:
            parts.notes.append(Note(notice.title, len(rows), {str(row[0]): str(row[1]) for row in rows[:NOTED]}))
    stage.progress("loading", len(mappings), len(mappings))
    return parts


@dataclass(frozen=True)
class _Records:
    """The records behind a mapping's rows: those of the export it counts in, else of another that it takes rows of."""

    rows_of: str
    kept: dict[str, BySource]

    def __getitem__(self, source: str) -> Kept:
        """The records of one source; raises KeyError where no export has it."""
        for each in (self.kept[self.rows_of], *self.kept.values()):
            with suppress(KeyError):
                return each[source]
        raise KeyError(source)


def _read_tables(
    stage: Stage, system: System, inputs: Sequence[Path], folder: Path
) -> tuple[Parts, dict[str, BySource]]:
    found, unrecognised = export_files(system, inputs)
    parts = Parts(staged=[], tables=[], unused={}, unrecognised=unrecognised)
    kept: dict[str, BySource] = {}
    for export in system.exports:
        _keep(stage, export, [stage.add(file) for file in found[export.name]], folder, parts, kept)
    return parts, kept


def _read_database(
    stage: Stage, system: System, inputs: Sequence[Path], folder: Path, addresses: Sequence[str]
) -> tuple[Parts, dict[str, BySource]]:
    if len(addresses) != 1 or system.readers:
        raise WorkbenchError(
            f"{system.name} was given {len(addresses)} databases.", "give one address, to a system of tables"
        )
    queries, unrecognised = query_files(inputs)
    parts = Parts(staged=[], tables=[], unused={}, unrecognised=unrecognised)
    kept: dict[str, BySource] = {}
    with _opened(addresses[0]) as database:
        for export in system.exports:
            query = queries.get(export.name.lower(), "")
            wanted = {export.name: query} if query else _selects(database, export)
            if not wanted and export.needed:
                raise WorkbenchError(
                    f"{database.name} has no table {' or '.join(export.tables or (export.name,))}, which {system.name} "
                    "needs.",
                    f"give a query {export.name}.sql that has its columns",
                )
            staged = []
            for name, select in wanted.items():
                some, ties = database.add(stage, name, select)
                staged.append(some)
                parts.tie(ties, *(mapping.table for mapping in system.mappings if mapping.rows_of == export.name))
            _keep(stage, export, staged, folder, parts, kept)
    return parts, kept


def _opened(address: str) -> AbstractContextManager[Database | salesforce.Organisation]:
    return salesforce.opened(address) if salesforce.is_address(address) else opened(address)


def _selects(database: Database | salesforce.Organisation, export: Export) -> dict[str, str]:
    """The query of each table of an export that the database has."""
    plain = {plain_name(name) for names in export.names.values() for name in names}
    columns = {name: database.columns(name) for name in export.tables or (export.name,)}
    return {
        name: database.select(name, [column for column in has if plain_name(column) in plain])
        for name, has in columns.items()
        if has
    }


def _keep(
    stage: Stage, export: Export, staged: list[Staged], folder: Path, parts: Parts, kept: dict[str, BySource]
) -> None:
    """Make the view of an export of staged files; one without a file has no row and is not kept."""
    parts.staged += [(export.name, each) for each in staged]
    selects = [_select(export, each, parts.unused) for each in staged]
    _has_chosen(export, staged)
    read = {each.file.name: each.records for each in staged}
    by_source = {each.file.name: each for each in staged}
    entry = _add_view(stage, export, " union all ".join(selects), read, by_source, folder)
    if staged:
        parts.exports.append(entry)
        kept[export.name] = by_source


def _read_documents(
    stage: Stage, system: System, inputs: Sequence[Path], folder: Path
) -> tuple[Parts, dict[str, BySource]]:
    columns = {export.name: export.columns for export in system.exports}
    target = stage.path("")
    target.mkdir()
    read, gathered = gather(documents(inputs), system.readers, columns, target, stage.progress)
    if not any(each.reader for each in read):
        seen = ", ".join(each.name for each in read[:8]) or "nothing"
        raise WorkbenchError(
            f"'{', '.join(map(str, inputs))}' holds nothing that {system.name} reads; it holds {seen}.",
            "give the folder of the documents: workbench sources",
        )
    known = [each for each in read if each.reader]
    parts = Parts([], [], {}, [each.name for each in read if not each.reader], documents=known)
    for export in system.exports:
        some = gathered[export.name]
        counts = {each.name: each.read[export.name] for each in known if export.name in each.read}
        parts.exports.append(_add_view(stage, export, f"select * from {some.relation}", counts, some, folder))
    return parts, {name: some for name, some in gathered.items() if _was_read(name, known)}


def _was_read(export: str, read: list[DocumentRead]) -> bool:
    return any(export in each.read for each in read)


def _add_view(
    stage: Stage, export: Export, sql: str, read: dict[str, int], kept: BySource, folder: Path
) -> TableLoaded:
    """Make the view of an export's whole records (names in lower case); the rest goes to its rejects.

    `read` is how many records each source holds.
    """
    rows = f"({sql or EMPTY})"
    names = ", ".join(f'"{name.lower()}"' if sql else f'null::varchar as "{name.lower()}"' for name in export.names)
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
        rejects.add(broken, kept)
    accepted = count(stage.database, f'select count(*) from "{export.name}"')
    foots(export.name, sum(read.values()), accepted, rejects.rows.total())
    return TableLoaded(
        table=export.name,
        read=sum(read.values()),
        accepted=accepted,
        rejected=rejects.rows.total(),
        reasons=dict(sum(rejects.kinds.values(), Counter[str]()).most_common()),
        sources={
            source: SourceLoaded(
                records - rejects.rows[source],
                rejects.rows[source],
                dict(rejects.kinds.get(source, Counter()).most_common()),
            )
            for source, records in read.items()
        },
    )


def _select(export: Export, staged: Staged, unused: dict[str, tuple[str, ...]]) -> str:
    """The columns of an export from one file, as text; what the file has besides goes to `unused`."""
    place = _places(export, staged)
    left = tuple(name for position, name in enumerate(staged.header) if position not in place.values())
    if left:
        unused[staged.file.name] = left
    values = {name: f"c{place[name]}" if name in place else "null::varchar" for name in export.names}
    values |= {name: f"coalesce({values[name]}, {quoted(value)})" for name, value in export.values.items()}
    texts = ", ".join(f'{value} as "{name.lower()}"' for name, value in values.items())
    source = quoted(staged.file.name)
    return f"select {texts}, {source} as _source, _row, _problem from {staged.relation} as staged"


def _places(export: Export, staged: Staged) -> dict[str, int]:
    plain = {name: [plain_name(each) for each in names] for name, names in export.names.items()}
    given = columns_by_name(staged.file.name, staged.header, [each for names in plain.values() for each in names])
    fitting = {name: [given[each] for each in names if each in given] for name, names in plain.items()}
    place = {name: places[0] for name, places in fitting.items() if places}
    absent = [name for name in export.columns if name not in place]
    if absent:
        has = ", ".join(name[:40] for name in staged.header[:30])
        raise WorkbenchError(
            f"{staged.file.name} has no column {', '.join(absent)}; it has {has}.",
            f"export it with that column; {nearest(absent[0], staged.header[:1000])}",
        )
    return place


def _has_chosen(export: Export, staged: Sequence[Staged]) -> None:
    for name in export.chosen if staged else ():
        column = export.names[name][0]
        if not any(plain_name(column) == plain_name(title) for each in staged for title in each.header):
            files = ", ".join(each.file.name for each in staged)
            raise WorkbenchError(
                f"fields.yml names {column}, and {files} has no such column.", "export it with that column"
            )


def _load_table(stage: Stage, system: System, mapping: Mapping, kept: BySource, folder: Path) -> TableLoaded:
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
    return write_table(stage, wanted, columns, relation, kept, folder)


def _has_every_row(mapping: Mapping, parts: Parts) -> None:
    """Raise WorkbenchError where a mapping that makes a row of each record has lost or doubled one."""
    for export in parts.exports if mapping.each else []:
        if export.table == mapping.rows_of:
            loaded = parts.tables[-1]
            foots(f"{mapping.table} from {export.table}", export.accepted, loaded.accepted, loaded.rejected)


def _add_loaded(stage: Stage, folder: Path) -> None:
    """Make views loaded_<table> of what was accepted, for tie-outs; a table that was not loaded has no row."""
    for name, entry in tables().items():
        add_table(stage.database, entry, parquet_files(folder, name), f"loaded_{name}")


def _ties(stage: Stage, tie_out: TieOut, name: str) -> list[Tie]:
    """Set what a source states beside what was found, in a table of this name that notices read as `ties`."""
    stage.database.execute(
        f"""create table {name} as
        select {quoted(tie_out.title)} as title, subject, what, coalesce(currency, '') as currency, stated, found
        from ({tie_out.sql}) as tied"""
    )
    rows = stage.database.execute(
        f"""select subject, what, currency, cast(stated as varchar), cast(found as varchar),
            coalesce(stated = found, false)
        from {name} order by all"""
    ).fetchall()
    return [
        Tie(tie_out.title, str(subject), str(what), currency, _shown(stated), _shown(found), holds)
        for subject, what, currency, stated, found, holds in rows
    ]


def _about(tie_out: TieOut, system: System) -> set[str]:
    """The tables that a tie-out reads, or that are made of the rows of the exports that it reads."""
    words = set(re.findall(r"\w+", tie_out.sql))
    made = {mapping.table for mapping in system.mappings if mapping.rows_of.lower() in words}
    return {name for name in tables() if f"loaded_{name}" in words} or made


def _shown(value: str | None) -> str:
    return "none" if value is None else value
