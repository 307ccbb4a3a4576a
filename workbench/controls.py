"""Read controls: one SQL file each, with its metadata in the leading comment."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from workbench.errors import UnknownNameError, WorkbenchError
from workbench.frontmatter import parse_sql
from workbench.settings import QUERIES
from workbench.snapshot import Snapshot

FOLDER = QUERIES / "3_controls"
NUMBER = re.compile(r"[+-]?[0-9]{1,14}([.][0-9]{1,9})?")
KINDS = {"whole number": re.compile(r"[+-]?[0-9]{1,18}"), "number": NUMBER, "text": re.compile(r".*", re.DOTALL)}


@dataclass(frozen=True)
class Parameter:
    """A number or word a control takes: its default, its unit and why the default is what it is.

    A number that may have decimals is a text, here and in what is bound, so that it is exact.
    """

    name: str
    default: object
    unit: str
    why: str
    choices: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What a value has to be, as the default is: whole number, number or text."""
        if isinstance(self.default, int):
            return "whole number"
        return "number" if NUMBER.fullmatch(str(self.default)) else "text"

    def read(self, given: object) -> object:
        """A value given by somebody, of the default's kind; WorkbenchError where it is none, or no choice of it."""
        text = str(given).strip()
        if not KINDS[self.kind].fullmatch(text):
            raise WorkbenchError(f"{self.name} is '{given}', which is no {self.kind}.", f"give {self.unit}")
        if self.choices and text not in self.choices:
            raise WorkbenchError(f"{self.name} is '{given}', which is none of its words.", f"give {self.unit}")
        return int(text) if self.kind == "whole number" else text


@dataclass(frozen=True)
class Control:
    """One question about order-to-cash: its words, its SQL and what it needs.

    `needs` and `uses` map a table to columns: without what it needs a control does not run; without what it uses
    it runs partly. Of what `either` names (table, or table.column) it needs one. What `if_there` says of a table it
    needs where the snapshot has that table: it finds fault with a null, and a column that is not there must not read
    as one.
    `subject` is the table whose keys its findings name; where several may be, its SQL says which in a column
    subject_table. `examines` is the table or view whose rows are its population. A `standing` control asks about a
    state at as_of, so a monthly review asks it about everything up to the period's end.
    """

    id: str
    title: str
    family: str
    severity: str
    grain: str
    subject: str
    examines: str
    standing: bool
    needs: dict[str, tuple[str, ...]]
    uses: dict[str, tuple[str, ...]]
    parameters: dict[str, Parameter]
    suppressions: dict[str, str]
    why: str
    next_step: str
    sql: str
    text: str
    either: tuple[str, ...] = ()
    if_there: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def reads(self) -> dict[str, tuple[str, ...]]:
        """All tables and columns that it names, needed or not."""
        parts = (self.needs, self.if_there, self.uses)
        named = dict.fromkeys(table for part in parts for table in part)
        return {table: tuple(column for part in parts for column in part.get(table, ())) for table in named}

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the whole file: rule, words and defaults."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True)
class Readiness:
    """What a control can do with a snapshot: "ready", "partly" or "not run", and the names that are missing.

    After a run it may be "failed": the data made it stop, and `missing` says with which words.
    """

    control: Control
    state: str
    missing: tuple[str, ...]


def read_control(file: Path) -> Control:
    """A control from its file; WorkbenchError where the metadata lacks something."""
    text = file.read_text(encoding="utf-8")
    metadata, sql = parse_sql(text, file.name)
    try:
        return Control(
            id=metadata["id"],
            title=metadata["title"],
            family=file.parent.name,
            severity=metadata["severity"],
            grain=metadata["grain"],
            subject=metadata["subject"],
            examines=metadata["examines"],
            standing=metadata.get("standing", False),
            needs=_columns(metadata["needs"]),
            uses=_columns(metadata.get("uses", {})),
            either=tuple(metadata.get("either", ())),
            if_there=_columns(metadata.get("if_there", {})),
            parameters={
                name: Parameter(name, entry["default"], entry["unit"], entry["why"], tuple(entry.get("choices", ())))
                for name, entry in metadata.get("parameters", {}).items()
            },
            suppressions=metadata.get("suppressions", {}),
            why=metadata["why"].strip(),
            next_step=metadata["next_step"].strip(),
            sql=sql,
            text=text,
        )
    except KeyError as error:
        raise WorkbenchError(f"Control {file.name} does not say its {error}.", "add it to the comment") from error


def _columns(entry: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    return {table: tuple(columns) for table, columns in entry.items()}


@cache
def controls(folder: Path = FOLDER) -> dict[str, Control]:
    """Every control under a folder by id, in the order of the ids' families and numbers."""
    found = sorted(map(read_control, folder.rglob("*.sql")), key=lambda control: control.id)
    return {control.id: control for control in found}


def control(name: str) -> Control:
    """One control by its id; raises UnknownNameError with the nearest ids."""
    try:
        return controls()[name.upper()]
    except KeyError:
        raise UnknownNameError("control", name, controls()) from None


def choose(ids: tuple[str, ...] = (), families: tuple[str, ...] = ()) -> list[Control]:
    """The controls of these ids and families; all where neither is given."""
    known = {entry.family for entry in controls().values()}
    for family in families:
        if family not in known:
            raise UnknownNameError("family", family, sorted(known))
    chosen = {control(name).id for name in ids}
    return [
        entry
        for entry in controls().values()
        if not (ids or families) or entry.id in chosen or entry.family in families
    ]


def readiness(entry: Control, snapshot: Snapshot) -> Readiness:
    """Whether a snapshot has what a control needs and uses."""
    there = {table: columns for table, columns in entry.if_there.items() if table in snapshot.tables}
    lacking = missing(entry.needs, snapshot) + missing(there, snapshot)
    if entry.either and not any(_has(snapshot, *name.split(".")) for name in entry.either):
        lacking += (" or ".join(entry.either),)
    if lacking:
        return Readiness(entry, "not run", lacking)
    wanting = missing(entry.reads, snapshot)
    return Readiness(entry, "partly" if wanting else "ready", wanting)


def _has(snapshot: Snapshot, table: str, *columns: str) -> bool:
    return table in snapshot.tables and all(column in snapshot.tables[table] for column in columns)


def missing(wanted: dict[str, tuple[str, ...]], snapshot: Snapshot) -> tuple[str, ...]:
    """The tables, and the columns of those that are there, that a snapshot lacks."""
    names: list[str] = []
    for table, columns in wanted.items():
        if table not in snapshot.tables:
            names.append(table)
        else:
            names += [f"{table}.{column}" for column in columns if column not in snapshot.tables[table]]
    return tuple(names)
