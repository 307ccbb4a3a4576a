"""Cut a SELECT into the steps that its WITH names, and say which of them are worth keeping once they are computed.

Spark computes a step again wherever it is named, and what stands behind it too: three steps that each name the one
before twice are eight scans. DuckDB keeps what is named more than once.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlglot import exp

# Tables, joins, groups and windows that would be read or computed again, from which on a step is kept instead.
WORTH = 24
WORK = (exp.Table, exp.Join, exp.Group, exp.Window, exp.Distinct)
# So that no step's name is a table's.
PREFIX = "step_"


@dataclass(frozen=True)
class Step:
    """One SELECT of a WITH under the name that later steps use, and whether its rows are to be kept."""

    name: str
    tree: exp.Expr
    kept: bool


def cut(tree: exp.Expr) -> tuple[list[Step], exp.Expr]:
    """The steps in their order and the SELECT that is left; no steps where two of them have one name."""
    tree = tree.copy()
    entries = [entry for found in tree.find_all(exp.With) for entry in found.expressions]
    names = [entry.alias for entry in entries]
    if len(set(names)) < len(names) or any(found.args.get("recursive") for found in tree.find_all(exp.With)):
        return [], tree
    for found in list(tree.find_all(exp.With)):
        found.pop()
    bodies = {entry.alias: _renamed(entry.this, set(names)) for entry in entries}
    rest = _renamed(tree, set(names))
    kept = _kept({**bodies, "": rest})
    return [Step(PREFIX + name, body, name in kept) for name, body in bodies.items()], rest


def _renamed(tree: exp.Expr, names: set[str]) -> exp.Expr:
    for node in tree.find_all(exp.Table):
        if node.name in names and not node.db:
            if not node.alias:
                node.set("alias", exp.TableAlias(this=exp.to_identifier(node.name)))
            node.set("this", exp.to_identifier(PREFIX + node.name))
    return tree


def _kept(bodies: dict[str, exp.Expr]) -> set[str]:
    """Steps whose work, times the places where it would be done again, is worth keeping; "" is the SELECT itself."""
    reads = {
        name: Counter(node.name.removeprefix(PREFIX) for node in body.find_all(exp.Table))
        for name, body in bodies.items()
    }
    work: dict[str, int] = {}
    for name, body in bodies.items():
        own = sum(1 for _ in body.find_all(*WORK))
        work[name] = own + sum(times * work.get(other, 0) for other, times in reads[name].items())
    places, kept = Counter({"": 1}), set[str]()
    for name in reversed(bodies):
        if work[name] * (places[name] - 1) >= WORTH:
            kept.add(name)
            places[name] = 1
        for other, times in reads[name].items():
            places[other] += times * places[name]
    return kept
