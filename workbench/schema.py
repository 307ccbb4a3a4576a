"""The canonical tables: names, keys, columns and types, read from queries/2_canonical/schema.yml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import yaml

from workbench.errors import UnknownNameError
from workbench.settings import QUERIES

SQL_TYPES = {
    "id": "varchar",
    "text": "varchar",
    "bool": "boolean",
    "date": "date",
    "time": "timestamp",
    "money": "decimal(18, 4)",
    "price": "decimal(18, 8)",
    "quantity": "decimal(18, 6)",
    "rate": "decimal(18, 8)",
    "int": "bigint",
}
LINEAGE = {"_source": "varchar", "_row": "bigint"}


@dataclass(frozen=True)
class Column:
    """One column: its type word (a key of SQL_TYPES), whether it may be null, and the words it may hold."""

    name: str
    type: str
    required: bool
    words: tuple[str, ...] = ()
    note: str = ""

    @property
    def sql_type(self) -> str:
        """The type in the engine, decimals with their scale."""
        return SQL_TYPES[self.type]


@dataclass(frozen=True)
class Table:
    """One canonical table; `references` maps a column to the table whose key it holds."""

    name: str
    what: str
    key: tuple[str, ...]
    columns: dict[str, Column]
    references: dict[str, str]


def read_column(name: str, text: str) -> Column:
    """A column from its line in schema.yml, e.g. "text! active|closed" or "date first day without service"."""
    type_word, _, note = text.partition(" ")
    words = tuple(note.split("|")) if "|" in note and " " not in note else ()
    return Column(name, type_word.rstrip("!"), type_word.endswith("!"), words, note)


@cache
def tables() -> dict[str, Table]:
    """Every canonical table by name, in the order of schema.yml."""
    schema = yaml.safe_load((QUERIES / "2_canonical" / "schema.yml").read_text(encoding="utf-8"))
    references = yaml.safe_load((QUERIES / "2_canonical" / "references.yml").read_text(encoding="utf-8"))
    return {
        name: Table(
            name=name,
            what=entry["what"],
            key=tuple(entry["key"]),
            columns={column: read_column(column, text) for column, text in entry["columns"].items()},
            references=references.get(name, {}),
        )
        for name, entry in schema.items()
    }


def table(name: str) -> Table:
    """One canonical table; raises UnknownNameError with the nearest names."""
    try:
        return tables()[name]
    except KeyError:
        raise UnknownNameError("canonical table", name, tables()) from None
