"""The files of an input: which canonical table or export each one holds, and which are not recognised."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.schema import tables
from workbench.sources.workbook import sheet_names

SUFFIXES = (".csv.gz", ".csv", ".parquet", ".xlsx")


@dataclass(frozen=True)
class SourceFile:
    """One file, or one sheet of a workbook; `name` is what every row read from it carries as _source."""

    path: Path
    name: str
    sheet: str = ""

    @property
    def kind(self) -> str:
        """The suffix that says how it is read, one of SUFFIXES; empty for any other."""
        return suffix(self.path)


def suffix(path: Path) -> str:
    """The suffix of SUFFIXES that a file name ends in, case ignored; empty where none fits."""
    return next((end for end in SUFFIXES if path.name.lower().endswith(end)), "")


def plain_name(text: str) -> str:
    """A table or column name as schema.yml writes it: lower case, blanks and hyphens as underscores."""
    return "_".join(text.strip().lower().replace("-", " ").split())


def listed(inputs: Sequence[Path]) -> list[Path]:
    """Every entry of the input folders, and the inputs that are files, in the order of their names; hidden ones not.

    Raises WorkbenchError for an input that does not exist.
    """
    entries: list[Path] = []
    for given in inputs:
        if not given.exists():
            raise WorkbenchError(f"There is no source '{given}'.", "give a folder or file that exists")
        entries += given.iterdir() if given.is_dir() else [given]
    return sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name)


def canonical_files(inputs: Sequence[Path]) -> tuple[dict[str, list[SourceFile]], list[str]]:
    """The files of each canonical table, in the order of schema.yml, and the names of what is not recognised.

    Raises WorkbenchError where no table is found or one is found twice.
    """
    found: dict[str, list[SourceFile]] = {}
    unrecognised: list[str] = []
    for entry in listed(inputs):
        parts = list(_tables_in(entry))
        if not parts:
            unrecognised.append(entry.name)
        for table, files in parts:
            if table not in tables():
                unrecognised.append(f"{entry.name}: {files[0].sheet or table}")
            elif table in found:
                names = f"{found[table][0].name} and {files[0].name}"
                raise WorkbenchError(f"Table {table} is in two files, {names}.", "leave one of them out")
            else:
                found[table] = files
    if not found:
        where = ", ".join(str(given) for given in inputs)
        seen = ", ".join(unrecognised[:8]) or "nothing"
        raise WorkbenchError(
            f"'{where}' holds no canonical table; it holds {seen}.",
            "name the files after the tables, e.g. invoices.csv, or name their system: workbench sources",
        )
    return {name: found[name] for name in tables() if name in found}, unrecognised


def _tables_in(entry: Path) -> Iterator[tuple[str, list[SourceFile]]]:
    if entry.is_dir():
        parts = sorted(entry.glob("*.parquet"))
        if parts and plain_name(entry.name) in tables():
            yield plain_name(entry.name), [SourceFile(part, f"{entry.name}/{part.name}") for part in parts]
        return
    kind = suffix(entry)
    if kind == ".xlsx":
        for sheet in sheet_names(entry):
            yield plain_name(sheet), [SourceFile(entry, entry.name, sheet)]
    elif kind and plain_name(entry.name[: -len(kind)]) in tables():
        yield plain_name(entry.name[: -len(kind)]), [SourceFile(entry, entry.name)]


def columns_by_name(source: str, header: Sequence[str], wanted: Iterable[str]) -> dict[str, int]:
    """The position in a header of each wanted column, its name compared without case, blanks and hyphens.

    Raises WorkbenchError where two columns of the header have the same name.
    """
    positions: dict[str, int] = {}
    for position, name in enumerate(header):
        if plain_name(name) and positions.setdefault(plain_name(name), position) != position:
            raise WorkbenchError(f"{source} has two columns named '{name[:80]}'.", "rename or remove one of them")
    return {name: positions[plain_name(name)] for name in wanted if plain_name(name) in positions}
