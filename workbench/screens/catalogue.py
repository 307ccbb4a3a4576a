"""Read screens: one SQL file each, with its metadata in the leading comment."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from workbench.controls import Parameter
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.frontmatter import parse_sql
from workbench.settings import QUERIES
from workbench.snapshot import Snapshot

FOLDER = QUERIES / "5_screens"
FORMS = ("ranked", "digits", "bridge")


@dataclass(frozen=True)
class Screen:
    """One question whose answer ranks where to look.

    `form` says how its rows are read: "ranked" (rows in order of place, per entity and currency), "digits" (how often
    digits occur, set against their expected shares) or "bridge" (a change and its parts). `needs` and `uses` are as
    in a control; `says` is the sentence of a ranked screen with {names} in it; `read_as` tells what it means.
    """

    id: str
    name: str
    title: str
    form: str
    asks: str
    needs: dict[str, tuple[str, ...]]
    uses: dict[str, tuple[str, ...]]
    parameters: dict[str, Parameter]
    says: str
    read_as: str
    sql: str
    text: str

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the whole file: question, words and defaults."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def sentence(self) -> str:
        """What a ranked screen says, with {names} in it, as a whole sentence."""
        return f"{self.says}."

    @property
    def reading(self) -> str:
        """What it means, in one line."""
        return " ".join(self.read_as.split())

    def values(self, given: Mapping[str, object]) -> dict[str, object]:
        """Its own parameters: the defaults, and over them what is given; UnknownNameError for another name."""
        for name in given:
            if name not in self.parameters:
                raise UnknownNameError(f"parameter of {self.id}", name, self.parameters or ["none"])
        return {
            name: entry.read(given[name]) if name in given else entry.default for name, entry in self.parameters.items()
        }


@dataclass(frozen=True)
class Readiness:
    """What a screen can do with a snapshot: "ready", "partly" or "not run", and the names that are missing.

    After a run it may be "failed": the data made it stop, and `missing` says with which words.
    """

    screen: Screen
    state: str
    missing: tuple[str, ...]


def read_screen(file: Path) -> Screen:
    """A screen from its file; WorkbenchError where the metadata lacks something or names an unknown form."""
    text = file.read_text(encoding="utf-8")
    metadata, sql = parse_sql(text, file.name)
    try:
        found = Screen(
            id=metadata["id"],
            name=file.stem,
            title=metadata["title"],
            form=metadata["form"],
            asks=metadata["asks"],
            needs=_columns(metadata["needs"]),
            uses=_columns(metadata.get("uses", {})),
            parameters={
                name: Parameter(name, entry["default"], entry["unit"], entry["why"])
                for name, entry in metadata.get("parameters", {}).items()
            },
            says=metadata["says"] if metadata["form"] == "ranked" else "",
            read_as=metadata["read_as"].strip(),
            sql=sql,
            text=text,
        )
    except KeyError as error:
        raise WorkbenchError(f"Screen {file.name} does not say its {error}.", "add it to the comment") from error
    if found.form not in FORMS:
        raise UnknownNameError("form of a screen", found.form, FORMS)
    return found


def _columns(entry: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {table: tuple(columns) for table, columns in entry.items()}


@cache
def catalogue(folder: Path = FOLDER) -> dict[str, Screen]:
    """Every screen of a folder by id, in the order of the ids."""
    return {entry.id: entry for entry in sorted(map(read_screen, folder.glob("*.sql")), key=lambda entry: entry.id)}


def texts() -> Iterator[str]:
    """Every text of the screens that a page shows, for the catalogues of other languages."""
    for entry in catalogue().values():
        yield from (entry.title, entry.asks, entry.reading)
        if entry.says:
            yield entry.sentence


def screen(name: str) -> Screen:
    """One screen by its id or the name of its file; UnknownNameError with the nearest ones."""
    known = catalogue()
    by_name = {entry.name: entry for entry in known.values()}
    found = known.get(name.upper()) or by_name.get(name.lower())
    if found is None:
        raise UnknownNameError("screen", name, [*known, *by_name])
    return found


def readiness(entry: Screen, snapshot: Snapshot) -> Readiness:
    """Whether a snapshot has what a screen needs and uses."""
    lacking = _missing(entry.needs, snapshot)
    if lacking:
        return Readiness(entry, "not run", lacking)
    wanting = _missing(entry.uses, snapshot)
    return Readiness(entry, "partly" if wanting else "ready", wanting)


def _missing(wanted: Mapping[str, tuple[str, ...]], snapshot: Snapshot) -> tuple[str, ...]:
    names: list[str] = []
    for table, columns in wanted.items():
        present = snapshot.tables.get(table)
        names += [table] if present is None else [f"{table}.{name}" for name in columns if name not in present]
    return tuple(names)
