"""What changed when: prices, taxes, rate cards, contract prices and people, by month, from the snapshot's own dates."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.causes.pictures import Mark
from workbench.engine.duck import DuckEngine
from workbench.frontmatter import read_sql
from workbench.language import mark, say
from workbench.settings import QUERIES

# What may change, as the query names it.
KINDS = (mark("prices"), mark("contract prices"), mark("taxes"), mark("rate cards"), mark("people"))


def marks_of(engine: DuckEngine, months: Sequence[str], currency: str = "") -> tuple[Mark, ...]:
    """The changes in some months ("2025-03"), those of one currency where they have one; none where tables lack."""
    if not months:
        return ()
    _, sql = read_sql(QUERIES / "4_evidence" / "changes.sql")
    rows = engine.query(sql, {"first": min(months), "last": max(months), "currency": currency}).to_pylist()
    names = {kind: say(kind) for kind in KINDS}
    return tuple(Mark(row["month"], names.get(row["kind"], row["kind"]), row["words"]) for row in rows)
