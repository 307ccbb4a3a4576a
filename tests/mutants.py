"""Mutants of a SQL text: each has one comparison, IN, IS or EXISTS turned into another."""

from __future__ import annotations

import re
from collections.abc import Iterator
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


@dataclass(frozen=True)
class Mutant:
    """A changed SQL text and, in words, what was changed."""

    sql: str
    what: str


def mutants(sql: str) -> Iterator[Mutant]:
    """Every mutant of a SELECT in DuckDB's dialect, in the order of the text."""
    tree = parse_one(sql, dialect="duckdb")
    for number, node in enumerate(tree.walk()):
        for change in changes(node):
            twin = tree.copy()
            place = next(other for index, other in enumerate(twin.walk()) if index == number)
            place.replace(change)
            before, after = (re.sub(r"\s+", " ", side.sql(dialect="duckdb")) for side in (node, change))
            yield Mutant(twin.sql(dialect="duckdb"), f"{before} -> {after}")


def changes(node: exp.Expression) -> list[exp.Expression]:
    """What one node may be changed to."""
    for kind, others in FLIPPED.items():
        if type(node) is kind:
            return [other(this=node.this.copy(), expression=node.expression.copy()) for other in others]
    if isinstance(node, exp.Is | exp.In | exp.Exists):
        return [exp.not_(exp.paren(node.copy()))]
    return []
