"""Load what already has canonical names: files, and queries of a database."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from workbench.engine.duck import quoted
from workbench.errors import WorkbenchError, nearest
from workbench.schema import LINEAGE, Table, table, tables
from workbench.sources.accept import Parts, TableLoaded, accept_direct, foots, write_table
from workbench.sources.database import opened, query_files
from workbench.sources.direct import read_directly
from workbench.sources.files import SourceFile, canonical_files, columns_by_name
from workbench.sources.staging import Stage, Staged


def load_canonical(stage: Stage, inputs: Sequence[Path], folder: Path) -> Parts:
    """Read every canonical table of the inputs into a snapshot's folder.

    Raises WorkbenchError where a table lacks a column that every row needs.
    """
    found, unrecognised = canonical_files(inputs)
    parts = Parts(staged=[], tables=[], unused={}, unrecognised=unrecognised)
    for done, (name, files) in enumerate(found.items()):
        stage.progress(f"loading {name}", done, len(found))
        parts.tables.append(_load_files(stage, table(name), files, folder, parts))
    stage.progress("loading", len(found), len(found))
    return parts


def load_queries(stage: Stage, addresses: Sequence[str], inputs: Sequence[Path], folder: Path) -> Parts:
    """Read a database by a folder of <table>.sql, each a SELECT of canonical columns, into a snapshot's folder.

    Raises WorkbenchError where there is not one address, no query, or a query lacks a column that every row needs.
    """
    queries, unrecognised = query_files(inputs)
    known = {name: queries[name] for name in tables() if name in queries}
    if len(addresses) != 1 or not known:
        raise WorkbenchError(
            f"{len(addresses)} addresses of a database and {len(known)} queries of canonical tables were given.",
            "give one address and a folder with <table>.sql, e.g. invoices.sql",
        )
    others = [f"{name}.sql" for name in queries if name not in known]
    parts = Parts(staged=[], tables=[], unused={}, unrecognised=[*unrecognised, *others])
    with opened(addresses[0]) as database:
        for done, (name, query) in enumerate(known.items()):
            stage.progress(f"loading {name}", done, len(known))
            staged, ties = database.add(stage, name, query)
            parts.tie(ties, name)
            parts.tables.append(_load_table(stage, table(name), [staged], folder, parts))
    stage.progress("loading", len(known), len(known))
    return parts


def _load_files(stage: Stage, wanted: Table, files: list[SourceFile], folder: Path, parts: Parts) -> TableLoaded:
    direct = read_directly(stage, files[0], wanted) if len(files) == 1 else None
    if direct is None:
        return _load_table(stage, wanted, [stage.add(file) for file in files], folder, parts)
    staged = direct.staged
    _account_for(staged, wanted, columns_by_name(staged.file.name, staged.header, wanted.columns), parts)
    loaded = accept_direct(stage, wanted, direct, folder)
    foots(wanted.name, staged.records, loaded.accepted, loaded.rejected)
    return loaded


def _load_table(stage: Stage, wanted: Table, staged: list[Staged], folder: Path, parts: Parts) -> TableLoaded:
    places = [columns_by_name(each.file.name, each.header, wanted.columns) for each in staged]
    for each, place in zip(staged, places, strict=True):
        _needs_columns(each, wanted, place)
        _account_for(each, wanted, place, parts)
    columns = [name for name in wanted.columns if any(name in place for place in places)]
    rows = " union all ".join(map(_select, staged, places, [columns] * len(staged)))
    loaded = write_table(stage, wanted, columns, f"({rows})", {each.file.name: each for each in staged}, folder)
    foots(wanted.name, sum(each.records for each in staged), loaded.accepted, loaded.rejected)
    return loaded


def _account_for(staged: Staged, wanted: Table, place: dict[str, int], parts: Parts) -> None:
    parts.staged.append((wanted.name, staged))
    unused = [
        name or f"(column {position + 1}, without a name)"
        for position, name in enumerate(staged.header)
        if position not in place.values() and name not in LINEAGE
    ]
    if unused:
        parts.unused[f"{staged.file.name} {staged.file.sheet}".strip()] = tuple(unused)


def _needs_columns(staged: Staged, wanted: Table, place: dict[str, int]) -> None:
    absent = [name for name, column in wanted.columns.items() if column.required and name not in place]
    if absent:
        source = f"Sheet '{staged.file.sheet}' of {staged.file.name}" if staged.file.sheet else staged.file.name
        has = ", ".join(name[:40] for name in staged.header[:30])
        raise WorkbenchError(
            f"{source} has no column {', '.join(absent)}, which {wanted.name} needs; it has {has}.",
            f"name it as the canonical table does: for {absent[0]}, {nearest(absent[0], staged.header[:1000])}",
        )


def _select(staged: Staged, place: dict[str, int], columns: list[str]) -> str:
    texts = (f'c{place[name]} as "{name}"' if name in place else f'null::varchar as "{name}"' for name in columns)
    source = quoted(staged.file.name)
    return f"select {', '.join(texts)}, {source} as _source, _row, _problem from {staged.relation} as staged"
