"""The systems whose exports can be read: a folder of queries/1_sources each, and the canonical form."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from workbench.errors import UnknownNameError, WorkbenchError
from workbench.frontmatter import read_sql
from workbench.schema import table, tables
from workbench.settings import QUERIES
from workbench.sources.files import SourceFile, listed

FOLDER = QUERIES / "1_sources"
CANONICAL = "canonical"
SQL = "sql"
EXCEL = "excel"


@dataclass(frozen=True)
class Export:
    """One export of a system: patterns of its file names (case ignored) and the columns that its mappings read.

    Where the file lacks one of the `optional` columns it is read as empty. An export that is not `needed` may be
    absent; the tables made of its rows are then left out. `fields` are columns under names of ours, each with those it
    may have in a file, the first of them first; `chosen` are columns whose name the user said, `values` what stands
    where a column is absent or empty. In a database it is read from `tables` (default: one of its own name).
    """

    name: str
    files: tuple[str, ...]
    columns: tuple[str, ...]
    optional: tuple[str, ...] = ()
    needed: bool = True
    fields: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tables: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()
    values: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> dict[str, tuple[str, ...]]:
        """Every column, with the names it may have in a file."""
        return {name: (name,) for name in (*self.columns, *self.optional)} | self.fields


@dataclass(frozen=True)
class Mapping:
    """One SELECT from exports to the columns of a canonical table.

    `rows_of` names the export that _source and _row count in; where `each` of its rows has to become one row here, a
    row that is lost or doubled stops the load. Where it says that it is made `only_with` another export, the table is
    left out when that one was not read.
    """

    table: str
    rows_of: str
    each: bool
    sql: str
    only_with: str = ""


@dataclass(frozen=True)
class Notice:
    """One SELECT (subject, note) of what a reader of the snapshot should know: where a mapping had to choose."""

    title: str
    sql: str


@dataclass(frozen=True)
class TieOut:
    """One SELECT (subject, what, currency, stated, found): what a source says of itself, and what was loaded."""

    title: str
    sql: str


@dataclass(frozen=True)
class System:
    """A system by name, what is read and what it needs, as `workbench sources` lists it.

    Where it has `readers`, its exports are made of documents; else they are files that hold tables.
    """

    name: str
    reads: str
    needs: str
    exports: tuple[Export, ...] = ()
    mappings: tuple[Mapping, ...] = ()
    notices: tuple[Notice, ...] = ()
    tie_outs: tuple[TieOut, ...] = ()
    readers: tuple[str, ...] = ()


def systems(folder: Path = FOLDER) -> list[System]:
    """Every system that can be read: the canonical form and databases first, then the folders by name."""
    return [*_without_folder(), *map(read_system, _folders(folder).values())]


def _folders(folder: Path) -> dict[str, Path]:
    return {file.parent.name: file.parent for file in sorted(folder.glob("*/system.yml"))}


def _without_folder() -> list[System]:
    canonical = System(
        CANONICAL,
        "tables whose columns already have canonical names",
        "a folder of <table>.csv, <table>.csv.gz, <table>.parquet or <table>/*.parquet, or one .xlsx with a sheet "
        f"per table; at least one of {', '.join(list(tables())[:4])} ...",
    )
    database = System(
        SQL,
        "any database that SQLAlchemy reaches, by your own queries",
        "its address, e.g. postgresql+psycopg://user@host/database, and a folder of <table>.sql with canonical columns",
    )
    workbooks = System(
        EXCEL,
        "workbooks and CSV files with columns of their own, by a mapping.yml that a person has seen",
        "a folder of .xlsx, .xls or .csv and the mapping.yml that workbench map FILE proposes",
    )
    return [canonical, database, workbooks]


def find_system(name: str, folder: Path = FOLDER) -> System:
    """One system by name, the others unread; raises UnknownNameError with the nearest names."""
    known, folders = {entry.name: entry for entry in _without_folder()}, _folders(folder)
    if name in known:
        return known[name]
    if name in folders:
        return read_system(folders[name])
    raise UnknownNameError("system", name, [*known, *folders])


def read_system(folder: Path) -> System:
    """A system from its folder: system.yml, and the SQL files beside it.

    Raises WorkbenchError where the folder does not say what it must.
    """
    try:
        metadata = yaml.safe_load((folder / "system.yml").read_text(encoding="utf-8"))
        exports = tuple(
            Export(
                name,
                tuple(entry.get("files", ())),
                tuple(entry["columns"]),
                tuple(entry.get("optional", ())),
                entry.get("needed", True),
                {field: tuple(names) for field, names in entry.get("fields", {}).items()},
                tuple(entry.get("tables", ())),
            )
            for name, entry in metadata["exports"].items()
        )
        found = [read_sql(file) for file in sorted(folder.glob("*.sql"))]
        return System(
            name=folder.name,
            reads=metadata["reads"],
            needs=metadata.get("needs") or "; ".join(map(_needs, exports)),
            exports=exports,
            mappings=tuple(_mapping(entry, sql, exports) for entry, sql in found if "table" in entry),
            notices=tuple(Notice(entry["note"], sql) for entry, sql in found if "note" in entry),
            tie_outs=tuple(TieOut(entry["tie_out"], sql) for entry, sql in found if "tie_out" in entry),
            readers=tuple(metadata.get("readers", ())),
        )
    except (KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
        raise WorkbenchError(f"System {folder.name} does not say its {error}.", "complete its system.yml") from error


def _needs(export: Export) -> str:
    text = f"{' or '.join(export.files)} with {', '.join(export.columns)}"
    return text if export.needed else f"if there is one, {text}"


def _mapping(entry: dict[str, Any], sql: str, exports: tuple[Export, ...]) -> Mapping:
    rows_of = entry.get("one_row_per") or entry.get("rows_of") or exports[0].name
    if rows_of not in {export.name for export in exports}:
        raise KeyError(f"export {rows_of}, which {entry['table']} is made of")
    return Mapping(table(entry["table"]).name, rows_of, "one_row_per" in entry, sql, entry.get("only_with", ""))


def export_files(entry: System, inputs: Sequence[Path]) -> tuple[dict[str, list[SourceFile]], list[str]]:
    """The files of each export, in the order of their names, and the names of what is not recognised.

    Raises WorkbenchError where an export has no file or two files have one name.
    """
    found: dict[str, list[SourceFile]] = {each.name: [] for each in entry.exports}
    unrecognised = []
    for path in listed(inputs):
        file = SourceFile(path, path.name)
        fitting = [each.name for each in entry.exports if file.kind and _fits(path.name, each)]
        if not fitting or path.is_dir():
            unrecognised.append(path.name)
        elif any(other.name == file.name for other in found[fitting[0]]):
            raise WorkbenchError(f"Two of the files are named {file.name}.", "rename one, so that rows can be traced")
        else:
            found[fitting[0]].append(file)
    for each in entry.exports:
        if each.needed and not found[each.name]:
            raise WorkbenchError(
                f"'{', '.join(map(str, inputs))}' holds no {' or '.join(each.files)}, which {entry.name} needs; it "
                f"holds {', '.join(unrecognised[:8]) or 'nothing'}.",
                "give the folder of the export: workbench sources",
            )
    return found, unrecognised


def _fits(name: str, export: Export) -> bool:
    return any(fnmatch.fnmatch(name.lower(), pattern.lower()) for pattern in export.files)
