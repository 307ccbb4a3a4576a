"""Read recipes: one SQL file per control that plants errors of its kind into canonical tables."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from workbench.errors import WorkbenchError
from workbench.frontmatter import parse_sql
from workbench.schema import table
from workbench.settings import QUERIES

FOLDER = QUERIES / "6_power"


@dataclass(frozen=True)
class Recipe:
    """How errors of one control's kind are made.

    `control` is the control's id, `plants` says in words what is made, `touches` names the canonical tables that the
    SQL changes. Where `sized`, each error is worth getvariable('size') minor units of its currency. `also` names
    other controls whose error it is by nature too. Where several recipes run on the same tables, a `last` one comes
    after the others: its error is in a total that theirs change. What several recipes do after their own SQL stands in
    then/ and is named by `then` in their metadata.
    """

    control: str
    plants: str
    sized: bool
    touches: tuple[str, ...]
    also: tuple[str, ...]
    last: bool
    sql: str


def read_recipe(file: Path) -> Recipe:
    """A recipe from its file.

    Raises WorkbenchError where the metadata lacks something or names no canonical table.
    """
    metadata, sql = parse_sql(file.read_text(encoding="utf-8"), file.name)
    try:
        return Recipe(
            control=metadata["control"],
            plants=metadata["plants"],
            sized=metadata["sized"],
            touches=tuple(table(name).name for name in metadata["touches"]),
            also=tuple(metadata.get("also", ())),
            last=metadata.get("last", False),
            sql=";\n".join([sql.rstrip(), *_after(file, metadata)]),
        )
    except KeyError as error:
        raise WorkbenchError(f"Recipe {file.name} does not say its {error}.", "add it to the comment") from error


def _after(file: Path, metadata: dict[str, Any]) -> list[str]:
    name = metadata.get("then")
    return [(file.parent / "then" / f"{name}.sql").read_text(encoding="utf-8")] if name else []


@cache
def recipes(folder: Path = FOLDER) -> dict[str, Recipe]:
    """Every recipe in a folder by its control's id, in the order of the ids."""
    return {recipe.control: recipe for recipe in map(read_recipe, sorted(folder.glob("*.sql")))}
