"""Where a row of a price list or rate card could have applied, since what was examined does not say which row did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from workbench.causes.features import Features
from workbench.engine.duck import DuckEngine
from workbench.schema import Table, tables

# For an attribute and its value: the values of other attributes that a row may have where it applies.
Reach = Mapping[tuple[str, int], tuple[tuple[str, frozenset[int]], ...]]


def reach_of(engine: DuckEngine, read: Features) -> Reach:
    """The reach of every value of the attributes that are rows of tables with a validity, such as price_list.

    Columns that are empty in the row leave it open; the days from valid_from to valid_to are months here.
    """
    found: dict[tuple[str, int], tuple[tuple[str, frozenset[int]], ...]] = {}
    known = {name for each in read.populations for name in each.codes}
    for name in read.codes:
        table = tables().get(name)
        if table is None or len(table.key) != 1 or not {"valid_from", "valid_to"} <= set(table.columns):
            continue
        columns = dict(_columns(table, known))
        values = {value: code for code, value in enumerate(read.values[name])}
        key = table.key[0]
        listed = "".join(f', cast("{column}" as varchar) as "{column}"' for column in columns)
        rows = engine.query(
            f"select \"{key}\" as key, strftime(valid_from, '%Y-%m') as first, strftime(valid_to, '%Y-%m') as last"
            f'{listed} from "{name}" where "{key}" in (select unnest($keys))',
            {"keys": list(values)},
        ).to_pylist()
        for row in rows:
            own = [
                (columns[column], frozenset(_codes(read, columns[column], row[column])))
                for column in columns
                if row[column]
            ]
            months = frozenset(
                code
                for code, month in enumerate(read.values.get("month", ()))
                if (row["first"] or "") <= month and (row["last"] is None or month <= row["last"])
            )
            found[name, values[row["key"]]] = (*own, ("month", months))
    return found


def _columns(table: Table, known: set[str]) -> Iterator[tuple[str, str]]:
    """The columns of a table that what was examined has too, with the attribute that says them there."""
    for column in table.columns:
        if column in table.key:
            continue
        if column in known:
            yield column, column
        elif column == "segment" and "customers.segment" in known:
            yield column, "customers.segment"


def _codes(read: Features, name: str, value: str) -> Iterator[int]:
    if value in read.values[name]:
        yield read.values[name].index(value)
