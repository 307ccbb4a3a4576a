"""Every control and every shared function says on Spark what it says on DuckDB, value by value."""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cases import Case, engine_of, read_cases
from workbench.controls import Control, controls
from workbench.detect import candidates, newest_day, own_parameters
from workbench.engine import Engine, open_engine
from workbench.engine.patterns import java_pattern, java_replacement, replaces_once
from workbench.engine.spark import shared_views
from workbench.engine.transpile import FUNCTIONS, library, to_spark
from workbench.errors import WorkbenchError
from workbench.example import make_company

MISSING = [name for name, there in (("pyspark", find_spec("pyspark")), ("java", shutil.which("java"))) if not there]
needs_spark = pytest.mark.skipif(bool(MISSING), reason=f"Spark needs {' and '.join(MISSING)}, not found here")

Rows = list[dict[str, Any]]
# A type and the values of that type that are tried.
Values = tuple[str, tuple[str | None, ...]]

CURRENCY = ("varchar", ("SGD", "JPY", "KWD", "CLF", None))
MONEY = ("decimal(18, 4)", (None, *"0 0.01 -0.03 100 1234.5678 99999999999999.9999 -99999999999999.9999".split()))
PRODUCTS = (
    "0 0.005 -0.005 0.015 -1.994 2.5 -3.5 1.0005 0.00005 1.10 0.00499999 -99999999999999.9999 "
    "9999999999999999999999.99999999999999"
)
PRODUCT = ("decimal(38, 14)", (None, *PRODUCTS.split()))
QUANTITY = ("decimal(18, 6)", (None, *"0 1 -1 3 0.000001 31 999999999999.999999".split()))
PART = ("decimal(18, 6)", (None, "0", "1", "31"))
PRICE = ("decimal(18, 8)", (None, *"0 0.00000001 -12.5 9999999999.99999999 0.075".split()))
DAY = ("date", (None, *"2024-02-29 2024-01-31 2024-02-01 2025-02-28 2025-03-01 1999-12-31 2025-12-15".split()))
MONTHS = ("integer", ("0", "1", "-1", "13"))
MOMENT = (
    "timestamp",
    ("2024-02-29 23:59:59.999999", "2024-03-01 00:00:00", "2024-03-01 00:00:00.5", "1969-12-31 23:59:59", None),
)
TEXT = (
    "varchar",
    (
        *("INV-0012/3", "INV-0012/4", "IVN-0012/3", "INV-012/3", "inv 12-03", "沪-0012-号", "沪-0012-号码", "ÄÖ_007 "),
        *(
            "İΣΑΣ straße",
            "",
            " ",
            "\u3000ａｂＣ\u00a0",
            "1\t\n2",
            "'; drop table invoices; --",
            "a\\b$1",
            "$1.00\\",
            None,
        ),
        *("Ｐｔｅ． Ltd", "ｶﾞｽ会社", "株式会社 山田", "0007", "A" * 60, "The Müller & Söhne GmbH", "شركة الأمل ذ.م.م"),
        *("9999", "x", "ﬁn ŉ", "line\n", "001.10.0", "😀-01"),
    ),
)
MONEY_SAID = (
    "round_money(a, c)", "round_money_even(a, c)", "truncate_money(a, c)", "amount_text(a, c)", "number_text(a)",
    "minor_unit(c)", "sign(a)", "greatest(0, a)", "least(a, 1)",
)  # fmt: skip
DAYS_SAID = (
    "days_between(x, y)", "whole_months(x, y)", "month_of(x)", "x + 1", "y - 1", "last_day(x)", "x < y",
    "add_months_to(x, n)", "extract(year from x) * 100000000",
)  # fmt: skip
TEXT_SAID = (
    "plain_number(t)", "lower(t)", "upper(t)", "trim(t)", "length(t)", "strlen(t)", "sha256(t)", "t || 'x'",
    "substr(t, 2, 3)", "replace(t, '0', 'o')", "plain_name(t)", "numbers_in(t)", "plain_tax_id(t)",
    "regexp_extract(t, '([0-9]{1,18})$', 1)", "json_object('keys', [t])", "coalesce(nullif(t, ''), 'none')",
)  # fmt: skip
LISTS_JOINED = "list_concat(case when s < t then [s] end, case when s <= t then [t] end)"
# What is tried with which values: expressions, and for each of their letters its type and values.
TRIED: tuple[tuple[tuple[str, ...], dict[str, Values]], ...] = (
    (MONEY_SAID, {"a": PRODUCT, "c": CURRENCY}),
    (("amount_text(a, c)", "number_text(-a)", "cast(a as bigint)", "cast(a as varchar)"), {"a": MONEY, "c": CURRENCY}),
    (("times_price(q, p)", "number_text(p)", "number_text(q)"), {"q": QUANTITY, "p": PRICE}),
    (("times_rate(a, r)",), {"a": MONEY, "r": PRICE}),
    (("portion(a, p, w)",), {"a": MONEY, "p": PART, "w": QUANTITY}),
    (DAYS_SAID, {"x": DAY, "y": DAY, "n": MONTHS}),
    (("seconds_between(x, y)", "cast(x as date)", "x < y"), {"x": MOMENT, "y": MOMENT}),
    (TEXT_SAID, {"t": TEXT}),
    (("one_edit(s, t)", "alike(s, t)", "s < t", "greatest(s, t)", "concat_ws('|', s, t)"), {"s": TEXT, "t": TEXT}),
    ((LISTS_JOINED,), {"s": TEXT, "t": TEXT}),
)


def samples(letters: dict[str, Values]) -> str:
    """A SELECT of every combination of the values, each in its type, numbered."""
    rows = itertools.product(*(values for _, values in letters.values()))
    lines = (", ".join([str(number), *map(literal, row)]) for number, row in enumerate(rows))
    typed = ", ".join(f"cast(given.{letter} as {sql}) as {letter}" for letter, (sql, _) in letters.items())
    values = ", ".join(f"({line})" for line in lines)
    return f"select given.place, {typed} from (values {values}) as given (place, {', '.join(letters)})"


def literal(text: str | None) -> str:
    return "cast(null as varchar)" if text is None else "'" + text.replace("'", "''") + "'"


def rows_or_words(ask: Callable[[], pa.Table]) -> Rows | str:
    """The rows of an answer, or what was said instead."""
    try:
        return ask().to_pylist()
    except WorkbenchError as error:
        return str(error)


def differences(ask_duck: Callable[[], pa.Table], ask_spark: Callable[[], pa.Table]) -> list[str]:
    """The first three differences of two answers, in words; none where both are rows and equal."""
    here, there = rows_or_words(ask_duck), rows_or_words(ask_spark)
    if isinstance(here, str) or isinstance(there, str):
        return [f"DuckDB: {here}"[:600], f"Spark: {there}"[:600]]
    pairs = ((one or {}, other or {}) for one, other in itertools.zip_longest(here, there) if one != other)
    return [
        str({name: (one.get(name), other.get(name)) for name in {**one, **other} if one.get(name) != other.get(name)})
        for one, other in itertools.islice(pairs, 3)
    ]


def compared(control: Control, duck: Engine, spark: Engine, parameters: dict[str, Any]) -> list[str]:
    """What a control's candidates differ in between the engines."""
    return differences(*(partial(candidates, engine, control, parameters) for engine in (duck, spark)))


@contextmanager
def both_engines(folder: Path) -> Iterator[tuple[Engine, Engine]]:
    """DuckDB and Spark on one snapshot; a Java process on one worker at a time is enough for the machine."""
    with closing(open_engine("duckdb", folder)) as duck, closing(open_engine("local[2]", folder)) as spark:
        yield duck, spark


@needs_spark
@pytest.mark.prove
def test_every_control_and_function_says_the_same_on_both_engines(tmp_path: Path) -> None:
    # One test, since each of several would start a Java process of its own on another worker.
    make_company(tmp_path, lines=5_000, form="parquet")
    found = {}
    with both_engines(tmp_path) as (duck, spark):
        for expressions, letters in TRIED:
            for expression in expressions:
                sql = f"select place, {expression} as said from ({samples(letters)}) as sample order by place"
                found[expression] = differences(*(partial(engine.query, sql) for engine in (duck, spark)))
        day = newest_day(duck)
        assert newest_day(spark) == day
        for control in controls().values():
            found[control.id] = compared(control, duck, spark, {"as_of": day, **own_parameters(control, {})})
        bound = {"day": day, "text": "'; drop", "none": None, "number": 7}
        sql = "select $day as day, $text || 'x' as text, $none::date is null as none, $day + $number as later"
        found["parameters"] = differences(*(partial(engine.query, sql, bound) for engine in (duck, spark)))
    assert not any(found.values()), "\n".join(f"{name}: {line}" for name, lines in found.items() for line in lines)


@needs_spark
@pytest.mark.prove
def test_a_firing_case_of_every_control_says_the_same_on_spark(tmp_path: Path) -> None:
    found = {}
    # The first engine keeps Spark up until the last case.
    with both_engines(tmp_path):
        for control in controls().values():
            for number, case in enumerate([case for case in read_cases(control.id) if case.finds][:1]):
                folder = tmp_path / f"{control.id}-{number}"
                with closing(engine_of(case)) as duck, closing(written(case, duck, folder)) as spark:
                    given = {name: value for name, value in case.run.items() if name not in {"from_date", "to_date"}}
                    day = given.pop("as_of", date(2025, 12, 31))
                    parameters = {"as_of": day, **own_parameters(control, given)}
                    found[f"{control.id} {case.name}"] = compared(control, duck, spark, parameters)
    assert not any(found.values()), "\n".join(f"{name}: {line}" for name, lines in found.items() for line in lines)


def written(case: Case, duck: Engine, folder: Path) -> Engine:
    """Spark on the rows of a case, which are written as a snapshot."""
    folder.mkdir()
    for name in case.given:
        pq.write_table(duck.query(f'select * from "{name}"'), folder / f"{name}.parquet")
    return open_engine("local[2]", folder)


def test_every_shared_function_is_tried_or_used_by_a_control() -> None:
    macro = re.compile(r"macro (\w+)\([^)]*\) as\s(.*?);$", re.MULTILINE | re.DOTALL)
    said = [found for file in FUNCTIONS.rglob("*.sql") for found in macro.findall(file.read_text(encoding="utf-8"))]
    texts = [expression for expressions, _ in TRIED for expression in expressions]
    texts += [control.sql for control in controls().values()] + list(shared_views().values())
    called: set[str] = set()
    further = set(re.findall(r"\b\w+(?=\()", " ".join(texts)))
    while further - called:
        called |= further
        further = {name for one, body in said if one in called for name in re.findall(r"\b\w+(?=\()", body)}
    untried = sorted(set(library()) - called)
    assert not untried, f"give {untried} their values in TRIED"


def test_a_step_that_much_is_built_on_is_kept_and_a_cheap_one_is_not() -> None:
    heavy = ", ".join(
        f"s{n} as (select a.x from s{n - 1} as a inner join s{n - 1} as b on a.x = b.x)" for n in range(1, 7)
    )
    parts = to_spark(f"with s0 as (select customer_id as x from invoices), {heavy} select x from s6")
    assert [part.name for part in parts] == [*(f"step_s{n}" for n in range(7)), ""]
    assert not parts[0].kept and parts[5].kept and not parts[-1].kept
    assert parts[1].tables == ("step_s0",) and parts[0].tables == ("invoices",)


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("select list(x order by y) as z from t", "order of a list"),
        ("select avg(amount) as z from t", "portion()"),
        ("select a / b as z from t", "portion()"),
        ("select any_value(x) as z from t", "min or max"),
        ("select min_by(x, y) as z from t", "row_number()"),
        ("select distinct on (x) x, y from t", "row_number()"),
        ("select date_diff('month', a, b) as z from t", "whole_months()"),
        ("select date_trunc('month', a) as z from t", "month_of()"),
        ("select a + interval 1 month as z from t", "add_months_to()"),
        ("select extract(dow from a) as z from t", "days_between"),
        ("select regexp_replace(x, 'a', 'b') as z from t", "'g'"),
        ("select regexp_replace(x, y, 'b', 'g') as z from t", "pattern"),
        ("select x from t where x like 'a\\_b'", "backslash"),
        ("select xs[1] as z from t", "row_number()"),
        ("select from where", "cannot be read"),
        ("select round_money(x) as z from t", "2 arguments"),
    ],
)
def test_what_means_something_else_on_spark_is_refused_with_the_way_out(sql: str, words: str) -> None:
    with pytest.raises(WorkbenchError) as refused:
        to_spark(sql)
    assert words in str(refused.value)


def test_patterns_keep_their_meaning_in_java() -> None:
    assert java_pattern(r"([0-9]{1,18})$") == r"(?d)([0-9]{1,18})\z"
    assert java_pattern(r"^\$[$[&]\s[\s]$") == r"(?d)^\$[$\[\&][\t\n\f\r ][\t\n\f\r ]\z"
    assert java_replacement(r"\1$\2") == r"$1\$$2"
    assert replaces_once(r"(a|b)0+$") and not replaces_once(r"a|b$") and not replaces_once(r"a\$")


@pytest.mark.parametrize("name", ["duck", "local[two]", "spark:", "sc//host", "yarn"])
def test_a_name_that_is_no_engine_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(WorkbenchError, match="There is no engine"):
        open_engine(name, tmp_path)


@needs_spark
def test_without_java_spark_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(WorkbenchError, match="needs Java"):
        open_engine("local[1]", tmp_path)
