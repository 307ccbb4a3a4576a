"""Turn a control's SQL into Spark's: shared functions written in, and what the two engines mean differently."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import count
from pathlib import Path

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from workbench.engine.meanings import adapt
from workbench.engine.steps import cut
from workbench.errors import WorkbenchError
from workbench.settings import QUERIES

FUNCTIONS = QUERIES / "2_canonical/functions"
MACRO = re.compile(r"create or replace macro (\w+)\(([^)]*)\) as\s(.*?);\s*\Z", re.DOTALL)
# An argument of more nodes is computed once and named, so that functions inside functions do not grow without end.
LONG = 40
DIALECTS = ("duckdb", "spark")


@dataclass(frozen=True)
class Macro:
    """A shared function: its parameters, and the text of what stands for a call, in one engine's dialect."""

    parameters: tuple[str, ...]
    text: str
    dialect: str

    @cached_property
    def body(self) -> exp.Expr:
        """What stands for a call."""
        return _parsed(self.text, self.dialect)


@dataclass(frozen=True)
class Translated:
    """A SELECT for Spark, with the names of the tables it reads and of the parameters it binds (:name)."""

    name: str
    sql: str
    tables: tuple[str, ...]
    parameters: tuple[str, ...]
    kept: bool = False


@cache
def to_spark(sql: str) -> tuple[Translated, ...]:
    """A SELECT in DuckDB's dialect as Spark's: a SELECT for each step of its WITH, and the last one is its own.

    Raises WorkbenchError for a text that is no SQL, or says what Spark cannot say the same way.
    """
    steps, rest = cut(_parsed(sql, "duckdb"))
    made = [_translated(step.tree, step.name, step.kept) for step in steps]
    return (*made, _translated(rest))


def _translated(tree: exp.Expr, name: str = "", kept: bool = False) -> Translated:
    numbers = count(1)
    shared, own = ({key: macro for key, macro in library().items() if macro.dialect == kind} for kind in DIALECTS)
    # A function written for Spark means there what it says; all else is first said in Spark's words.
    tree = written_in(adapt(written_in(tree, shared, numbers)), own, numbers)
    return Translated(
        name,
        tree.sql(dialect="spark", identify=True, comments=False),
        tuple(dict.fromkeys(node.name for node in tree.find_all(exp.Table))),
        tuple(dict.fromkeys(node.name for node in tree.find_all(exp.Placeholder))),
        kept,
    )


@cache
def library(folder: Path = FUNCTIONS) -> dict[str, Macro]:
    """Every shared function by name: as written for Spark where it is, else from what is written for DuckDB."""
    return {name: macro for dialect in DIALECTS for name, macro in _macros(folder / dialect, dialect)}


def _macros(folder: Path, dialect: str) -> Iterator[tuple[str, Macro]]:
    for file in sorted(folder.glob("*.sql")):
        text = re.sub(r"--[^\n]*", "", file.read_text(encoding="utf-8"))
        for statement in re.findall(r"\S.*?;\s*?(?:\n|\Z)", text, re.DOTALL):
            found = MACRO.match(statement)
            if found is None:
                raise WorkbenchError(f"{file.name} holds more than functions.", "write create or replace macro ... as")
            yield found[1], Macro(tuple(name.strip() for name in found[2].split(",")), found[3], dialect)


def _parsed(sql: str, dialect: str) -> exp.Expr:
    try:
        return parse_one(sql, dialect=dialect)
    except SqlglotError as error:
        raise WorkbenchError(f"The SQL cannot be read: {str(error).splitlines()[0]}", "correct the text") from error


def written_in(tree: exp.Expr, macros: dict[str, Macro], numbers: Iterator[int]) -> exp.Expr:
    """The tree with every call of a shared function replaced by what the function says, from the inside out."""
    for call in reversed(list(tree.find_all(exp.Anonymous))):
        macro = macros.get(call.name.lower())
        if macro is None:
            continue
        if len(call.expressions) != len(macro.parameters):
            raise WorkbenchError(f"{call.name} takes {len(macro.parameters)} arguments.", f"look at '{call.sql()}'")
        said = _said(macro, call.expressions, macros, numbers)
        if call is tree:
            tree = said
        else:
            call.replace(said)
    return tree


def _said(macro: Macro, arguments: list[exp.Expr], macros: dict[str, Macro], numbers: Iterator[int]) -> exp.Expr:
    body: exp.Expr = exp.paren(macro.body, copy=True)
    uses = [column for column in body.find_all(exp.Column) if column.name in macro.parameters and not column.table]
    named: list[tuple[str, exp.Expr]] = []
    for parameter, argument in zip(macro.parameters, arguments, strict=True):
        places = [column for column in uses if column.name == parameter]
        value = argument
        if len(places) > 1 and sum(1 for _ in argument.walk()) > LONG:
            name = f"value_{next(numbers)}"
            named.append((name, argument))
            value = exp.column(name)
        for place in places:
            place.replace(value.copy() if isinstance(value, exp.Column | exp.Literal) else exp.paren(value, copy=True))
    body = written_in(body, macros, numbers)
    for name, argument in named:
        body = _let(name, argument, body)
    return body


def _let(name: str, value: exp.Expr, body: exp.Expr) -> exp.Expr:
    """`body` in which `name` stands for a value, whatever its type: a lambda over an array of one."""
    function = exp.Lambda(this=body, expressions=[exp.to_identifier(name)])
    mapped = exp.Anonymous(this="transform", expressions=[exp.Array(expressions=[value.copy()]), function])
    return exp.Anonymous(this="element_at", expressions=[mapped, exp.Literal.number(1)])
