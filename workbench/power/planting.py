"""Plant errors in the canonical tables of a connection: what a recipe finds there, and what it leaves."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date

import duckdb

from workbench.frontmatter import read_sql
from workbench.power.recipes import FOLDER, Recipe, recipes

# What a recipe finds beside the canonical tables. `before` holds what its control returns on the untouched data,
# `taken` what other recipes have touched; it fills `planted`, and `planted_elsewhere` where its errors are another
# control's by nature too.
TABLES = """
create table before (subject_id varchar);
create table taken (id varchar);
create table planted (
    subject_id varchar, expected_amount decimal(18, 4), billed_amount decimal(18, 4), what varchar
);
create table planted_elsewhere (
    control_id varchar,
    subject_id varchar, expected_amount decimal(18, 4), billed_amount decimal(18, 4), what varchar
);
create or replace macro dice(key, salt) as md5_number_lower(
    cast(key as varchar) || '/' || cast(salt as varchar) || '/' || cast(getvariable('seed') as varchar)
)
"""
# Large enough to be seen by every control, small enough for every subject.
SIZE = 1_000


def set_up(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables, the macro and the views that recipes find, beside the canonical tables and the shared views."""
    connection.execute(TABLES).fetchall()
    for file in sorted((FOLDER / "shared").glob("*.sql")):
        metadata, sql = read_sql(file)
        connection.execute(f'create view "{metadata["view"]}" as {sql}').fetchall()


def plant(
    connection: duckdb.DuckDBPyConnection, recipe: Recipe, *, errors: int, size: int, seed: int, as_of: date
) -> None:
    """Run one recipe: at most `errors` errors, each worth `size` minor units where it is sized.

    What it planted stands in the tables planted and planted_elsewhere afterwards. Raises duckdb.Error where the data
    makes it stop.
    """
    for name, number in (("errors", errors), ("size", size), ("seed", seed)):
        connection.execute(f"set variable {name} = {int(number)}::bigint")
    connection.execute(f"set variable as_of = date '{as_of.isoformat()}'")
    connection.execute("delete from planted; delete from planted_elsewhere").fetchall()
    connection.execute(recipe.sql).fetchall()


def plant_all(
    connection: duckdb.DuckDBPyConnection,
    *,
    errors: int,
    seed: int,
    as_of: date,
    without: Collection[str] = (),
    progress: Callable[[Recipe], None] = lambda _: None,
) -> None:
    """Run every recipe but those of the controls in `without`, one after the other, each away from the others.

    The connection's current schema holds the canonical tables as real tables, the shared views, and what set_up
    makes; ids in `taken` are left alone. The table planted_by_all (control_id, subject_id, expected_amount,
    billed_amount, what) then holds a row for each finding that the errors must lead to. Here `before` is empty.
    """
    connection.execute("""
        create table planted_by_all (
            control_id varchar,
            subject_id varchar, expected_amount decimal(18, 4), billed_amount decimal(18, 4), what varchar
        )
    """)
    for recipe in sorted(recipes().values(), key=lambda recipe: recipe.last):
        if recipe.control in without:
            continue
        progress(recipe)
        plant(connection, recipe, errors=errors, size=SIZE, seed=seed, as_of=as_of)
        connection.execute(
            """
            insert into planted_by_all
            select $control, * from planted
            union all select * from planted_elsewhere
            """,
            {"control": recipe.control},
        ).fetchall()
        _drop_temporary(connection)


def _drop_temporary(connection: duckdb.DuckDBPyConnection) -> None:
    """What a recipe made for itself would stand in the way of the next one."""
    names = connection.execute("select table_name from duckdb_tables() where temporary order by all").fetchall()
    for (name,) in names:
        connection.execute(f'drop table temp."{name}"')
