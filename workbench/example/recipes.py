"""Errors planted in the finished company: the recipes of all controls whose errors are not planted on the way."""

from __future__ import annotations

from collections.abc import Callable, Collection

import duckdb

from workbench.detect import NEWEST
from workbench.engine.duck import add_shared
from workbench.example.stage import columns_of, script
from workbench.power.planting import plant_all, set_up
from workbench.power.recipes import Recipe
from workbench.schema import tables

BOOKS = "books"


def plant_recipes(
    connection: duckdb.DuckDBPyConnection,
    *,
    errors: int,
    seed: int,
    without: Collection[str],
    progress: Callable[[str], None],
) -> None:
    """Make the schema books with the canonical tables as the company has them, and plant errors in them.

    What the errors must lead to is in books.planted_by_all afterwards.
    """
    connection.execute(f"create schema {BOOKS}")
    for table in tables().values():
        progress(table.name)
        connection.execute(f'create table {BOOKS}."{table.name}" as {columns_of(table)}').fetchall()
    connection.execute(f"set search_path = '{BOOKS}'")
    add_shared(connection)
    set_up(connection)
    connection.execute("set search_path = 'main'")
    connection.execute(script("taken.sql")).fetchall()
    connection.execute(f"set search_path = '{BOOKS}'")
    (as_of,) = connection.execute(NEWEST).fetchall()[0]

    def report(recipe: Recipe) -> None:
        progress(f"errors for {recipe.control}")

    plant_all(connection, errors=errors, seed=seed, as_of=as_of, without=without, progress=report)
    connection.execute("set search_path = 'main'")
