"""The SQL that types the text of a canonical table, and says of each row that cannot be typed why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.engine.duck import quoted
from workbench.schema import Column, Table
from workbench.sources.forms import Form

EXPECTED = {
    "bool": "no yes or no (true, false, yes, no, 1 or 0)",
    "date": "no date (YYYY-MM-DD)",
    "time": "no time (YYYY-MM-DD HH:MM:SS, with an offset where it is not UTC)",
    "money": "no amount (at most 14 digits and 4 decimals)",
    "price": "no price (at most 10 digits and 8 decimals)",
    "quantity": "no quantity (at most 12 digits and 6 decimals)",
    "rate": "no rate (at most 10 digits and 8 decimals)",
    "int": "no whole number",
}
AS_IS = ("id", "text")
SHOWN = 60


@dataclass(frozen=True)
class Typing:
    """Two SELECTs over the same rows that share none: the typed rows, and the rest as _source, _row, reason, kinds.

    `rows` is the SELECT that reads every value; both are over it, or over a table that holds its rows.
    """

    rows: str
    kept: str
    said: str
    fine: str

    @property
    def accepted(self) -> str:
        """The typed rows."""
        return self.accepted_of(f"({self.rows})")

    @property
    def rejected(self) -> str:
        """The other rows."""
        return self.rejected_of(f"({self.rows})")

    def accepted_of(self, relation: str) -> str:
        """The typed rows of a relation that holds `rows`."""
        return f"select {self.kept}, _source, _row from {relation} as typed where {self.fine}"

    def rejected_of(self, relation: str) -> str:
        """The other rows of a relation that holds `rows`."""
        return f"select _source, _row, {self.said} from {relation} as typed where not ({self.fine})"


def typing(table: Table, columns: Sequence[str], relation: str, forms: Mapping[str, Form] | None = None) -> Typing:
    """Type `columns` of a relation that holds them as text, with _source, _row and _problem (null where whole).

    `forms` are those of columns that are not written canonically.
    """
    forms = forms or {}
    chosen = [table.columns[name] for name in columns]
    values = ", ".join(_value(column) for column in chosen)
    read = ", ".join(f'{_read(column, forms)} as "{column.name}_read"' for column in chosen)
    rows = f"select *, {read} from (select {values}, _source, _row, _problem from {relation} as source) as value"
    fine = " and ".join(["_problem is null", *(f"({_fine(column)})" for column in chosen if _fine(column))])
    kept = ", ".join(f'cast("{column.name}_read" as {column.sql_type}) as "{column.name}"' for column in chosen)
    problems = ", ".join(["_problem", *(reason for column in chosen for reason in _reasons(column, forms, shown=True))])
    kinds = ", ".join(["_problem", *(reason for column in chosen for reason in _reasons(column, forms, shown=False))])
    said = f"concat_ws('; ', {problems}) as reason, list_filter([{kinds}], lambda kind: kind is not null) as kinds"
    return Typing(rows, kept, said, fine)


def _read(column: Column, forms: Mapping[str, Form]) -> str:
    name = f'"{column.name}"'
    return f"read_{column.type}({forms[column.name].sql.format(name) if column.name in forms else name})"


def _value(column: Column) -> str:
    name = f'"{column.name}"'
    if column.type in AS_IS:
        return f"case when plain_value({name}) is not null then {name} end as {name}"
    return f"plain_value({name}) as {name}"


def _fine(column: Column) -> str:
    if column.required:
        return f'"{column.name}_read" is not null'
    return "" if column.type in AS_IS else f'("{column.name}_read" is not null or "{column.name}" is null)'


def _expected(column: Column, forms: Mapping[str, Form]) -> str:
    form = forms.get(column.name)
    if form and form.unclear:
        return form.unclear
    return f"which is {EXPECTED[column.type]}" + (f", in a column of {form.name}" if form else "")


def _reasons(column: Column, forms: Mapping[str, Form], *, shown: bool) -> list[str]:
    """Expressions that are the reason, or its kind (the reason without the value), or null; never both of a column's.

    A row whose record is broken has no values, so that only the record's own problem is said.
    """
    name = f'"{column.name}"'
    found = []
    if column.type not in AS_IS:
        expected = _expected(column, forms)
        kind = expected.removeprefix("which ")
        value = f"{quoted(f'{column.name} is ')} || chr(39) || {name}[:{SHOWN}] || chr(39)"
        text = f"{value} || {quoted(f', {expected}')}" if shown else quoted(f"{column.name} {kind}")
        found.append(f'case when {name} is not null and "{column.name}_read" is null then {text} end')
    if column.required:
        found.append(f"case when _problem is null and {name} is null then {quoted(f'{column.name} is empty')} end")
    return found
