"""What changed when: prices, taxes, rate cards, contract prices and people, by month, from the snapshot's own dates."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.causes.pictures import Mark
from workbench.engine.duck import DuckEngine
from workbench.frontmatter import read_sql
from workbench.settings import QUERIES


def marks_of(engine: DuckEngine, months: Sequence[str], currency: str = "") -> tuple[Mark, ...]:
    """The changes in some months ("2025-03"), those of one currency where they have one; none where tables lack."""
    if not months:
        return ()
    _, sql = read_sql(QUERIES / "4_evidence" / "changes.sql")
    rows = engine.query(sql, {"first": min(months), "last": max(months), "currency": currency}).to_pylist()
    return tuple(Mark(row["month"], row["kind"], row["words"]) for row in rows)
