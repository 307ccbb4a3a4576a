"""Mutants of a SQL text: each has one comparison, condition, join or constant changed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlglot import exp, parse_one

FLIPPED = {
    exp.EQ: (exp.NEQ,),
    exp.NEQ: (exp.EQ,),
    exp.LT: (exp.LTE, exp.GT),
    exp.LTE: (exp.LT, exp.GT),
    exp.GT: (exp.GTE, exp.LT),
    exp.GTE: (exp.GT, exp.LT),
}
# A word is a constant of the rule where something is compared with it or stands in for it; elsewhere it is prose.
COMPARING = (*FLIPPED, exp.In, exp.Coalesce, exp.Nullif, exp.NullSafeEQ, exp.NullSafeNEQ)
# Numbers of types, frames and texts decide nothing.
NO_RULE = (exp.DPipe, exp.DataType, exp.WindowSpec, exp.Concat)


@dataclass(frozen=True)
class Mutant:
    """A changed SQL text and, in words, what was changed."""

    sql: str
    what: str


def count(sql: str) -> int:
    """How many mutants a SELECT has."""
    return len(_places(parse_one(sql, dialect="duckdb")))


def mutants(sql: str, start: int = 0, stop: int | None = None, columns: Collection[str] = ()) -> Iterator[Mutant]:
    """The mutants [start, stop) of a SELECT in DuckDB's dialect, in the order of the text.

    With `columns` each has those of the columns of its outermost SELECT alone.
    """
    tree = parse_one(sql, dialect="duckdb")
    places = _places(tree)[start:stop]
    if columns:
        keep(tree, columns)
    for node, change in places:
        before, after = (re.sub(r"\s+", " ", side.sql(dialect="duckdb")) for side in (node, change))
        node.replace(change)
        yield Mutant(tree.sql(dialect="duckdb"), f"{before} -> {after}")
        change.replace(node)


def keep(tree: exp.Expression, columns: Collection[str]) -> None:
    """Leave a SELECT these of its columns; a UNION keeps them all."""
    if isinstance(tree, exp.Select):
        tree.set("expressions", [entry for entry in tree.expressions if entry.alias_or_name in columns])


def _places(tree: exp.Expression) -> list[tuple[exp.Expression, exp.Expression]]:
    """What may be changed, and to what."""
    return [(node, change) for node in tree.walk() for change in changes(node)]


def changes(node: exp.Expression) -> list[exp.Expression]:
    """What one node may be changed to."""
    for kind, others in FLIPPED.items():
        if type(node) is kind:
            return [other(this=node.this.copy(), expression=node.expression.copy()) for other in others]
    if isinstance(node, exp.Is | exp.In | exp.Exists | exp.NullSafeEQ | exp.NullSafeNEQ):
        return [exp.not_(exp.paren(node.copy()))]
    if isinstance(node, exp.And | exp.Or):
        return _without_one_side(node)
    if isinstance(node, exp.Join) and node.side == "LEFT":
        inner = node.copy()
        inner.set("side", "INNER")
        return [inner]
    if isinstance(node, exp.Literal):
        return _other_constant(node)
    return []


def _without_one_side(node: exp.Expression) -> list[exp.Expression]:
    """The conditions that stay when one of those joined by AND or OR is dropped, each once."""
    sides = (node.this, node.expression), (node.expression, node.this)
    return [kept.copy() for kept, dropped in sides if type(dropped) is not type(node)]


def _other_constant(node: exp.Literal) -> list[exp.Expression]:
    if node.is_string:
        compared = isinstance(node.parent, COMPARING) or (
            isinstance(node.parent, exp.If) and isinstance(node.parent.parent, exp.Case) and node.arg_key == "this"
        )
        return [exp.Literal.string(f"{node.this}~")] if compared and node.this else []
    if node.find_ancestor(*NO_RULE):
        return []
    return [exp.Literal.number(str(int(node.this) + 1) if node.is_int else node.this + "1")]
