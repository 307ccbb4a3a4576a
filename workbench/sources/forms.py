"""Which form the numbers and dates of a table are written in: one for a column, decided by all its values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import duckdb

from workbench.engine.duck import quoted
from workbench.errors import WorkbenchError
from workbench.schema import Column, Table

NUMBERS = ("money", "price", "quantity", "rate", "int")
DAYS = ("date", "time")
DATE_FORMS = {
    "YYYY/MM/DD": "%Y/%m/%d",
    "YYYY.MM.DD": "%Y.%m.%d",
    "YYYYMMDD": "%Y%m%d",
    "DD/MM/YYYY": "%d/%m/%Y",
    "MM/DD/YYYY": "%m/%d/%Y",
    "DD-MM-YYYY": "%d-%m-%Y",
    "MM-DD-YYYY": "%m-%d-%Y",
    "DD.MM.YYYY": "%d.%m.%Y",
    "DD/MM/YY": "%d/%m/%y",
    "MM/DD/YY": "%m/%d/%y",
    "DD.MM.YY": "%d.%m.%y",
    "DD-MON-YYYY": "%d-%b-%Y",
    "DD-MON-YY": "%d-%b-%y",
    "DD MON YYYY": "%d %b %Y",
    "YYYY年MM月DD日": "%Y年%m月%d日",
}
SERIAL = "days since 1900"


@dataclass(frozen=True)
class Form:
    """How a column is written: its name, and SQL that makes the canonical text of a value {}, null for any other.

    `unclear` says of a column that may be written in several ways which ones; its values are then rejected.
    """

    name: str
    sql: str
    unclear: str = ""


@dataclass(frozen=True)
class Told:
    """What the caller says: the decimal sign ("." or ","), and the form of dates (a key of DATE_FORMS); empty: nothing.

    Raises WorkbenchError for a form that is none.
    """

    decimal: str = ""
    dates: str = ""

    def __post_init__(self) -> None:
        if self.decimal not in {"", ".", ","}:
            raise WorkbenchError(
                f"The decimal sign is '{self.decimal}', which is neither point nor comma.", "--decimal ,"
            )
        if self.dates and self.dates not in DATE_FORMS:
            raise WorkbenchError(f"'{self.dates}' is no form of dates.", f"give one of {', '.join(DATE_FORMS)}")


NOTHING_TOLD = Told()
POINT = Form("1,234.56", "number_with_point({})")
COMMA = Form("1.234,56", "number_with_comma({})")
UNCLEAR_NUMBER = Form(
    "unclear", "null", "which may be a thousand or a fraction: say which sign is the decimal one, --decimal ."
)


def find_forms(
    database: duckdb.DuckDBPyConnection, table: Table, columns: Sequence[str], relation: str, told: Told
) -> dict[str, Form]:
    """The form of each column of a relation of texts that is not written canonically throughout.

    Numbers have one form in a whole table, because one program wrote them.
    """
    chosen = [table.columns[name] for name in columns]
    numbers = [column for column in chosen if column.type in NUMBERS]
    found = _number_forms(database, numbers, relation, told) if numbers else {}
    for column in chosen:
        if column.type in DAYS and (form := _date_form(database, column, relation, told)):
            found[column.name] = form
    return found


def _counts(database: duckdb.DuckDBPyConnection, sql: str) -> tuple[int, ...]:
    row = database.execute(sql).fetchone()
    return tuple(int(each or 0) for each in row or ())


def _number_forms(
    database: duckdb.DuckDBPyConnection, numbers: list[Column], relation: str, told: Told
) -> dict[str, Form]:
    values = " union all ".join(
        f"""select plain_value("{column.name}") as value,
            read_{column.type}(plain_value("{column.name}")) is null as odd from {relation} as source"""
        for column in numbers
    )
    odd = f"(select value from ({values}) as written where odd and value is not null)"
    point, comma = _counts(
        database,
        f"""select count(*) filter (number_with_point(value) <> value), count(number_with_comma(value))
        from {odd} as written""",
    )
    form = {".": POINT, ",": COMMA}.get(told.decimal)
    if form is None:
        form = POINT if not comma else _number_form(database, values)
    return {column.name: form for column in numbers} if form is not POINT or point else {}


def _number_form(database: duckdb.DuckDBPyConnection, values: str) -> Form:
    """The form that more of all the values have; unclear where both have as many and read one differently."""
    point, comma, differing = _counts(
        database,
        f"""select count(number_with_point(value)), count(number_with_comma(value)),
            count(*) filter (number_with_point(value) <> number_with_comma(value)) from ({values}) as written""",
    )
    if point == comma:
        return UNCLEAR_NUMBER if differing else POINT
    return POINT if point > comma else COMMA


def _date_form(database: duckdb.DuckDBPyConnection, column: Column, relation: str, told: Told) -> Form | None:
    forms = {name: f"day_by_form(value, {quoted(form)})" for name, form in DATE_FORMS.items()}
    forms[SERIAL] = "day_by_serial(value)"
    name = f'plain_value("{column.name}")'
    canonical, odd = _counts(
        database,
        f"""select count(read_{column.type}({name})), count({name}) - count(read_{column.type}({name}))
        from {relation} as source""",
    )
    if not odd:
        return None
    values = f"""(
        select {name} as value, count(*) as times from {relation} as source
        where read_{column.type}({name}) is null and {name} is not null group by 1
    )"""
    fitting = ", ".join(f"sum(times) filter ({sql} is not null)" for sql in forms.values())
    fits = _counts(database, f"select {fitting} from {values} as written")
    most = max(fits)
    if most <= canonical:
        return None
    best = [name for name, fit in zip(forms, fits, strict=True) if fit == most]
    if told.dates in best:
        best = [told.dates]
    for one, other in combinations(best, 2):
        apart = f"select count(*) filter ({forms[one]} <> {forms[other]}) from {values} as written"
        if _counts(database, apart)[0]:
            return Form("unclear", "null", f"which may be {one} or {other}: say which, --dates {one}")
    return Form(best[0], forms[best[0]].replace("value", "{}", 1))
