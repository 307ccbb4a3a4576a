"""The controls as people read them: all in one table, or one whole."""

from __future__ import annotations

from html import escape

from workbench.controls import choose, control
from workbench.markup import html_table
from workbench.widgets.tables import Shown


def catalogue(*families: str) -> Shown:
    """Every control, or those of some families: id, title, family, severity. UnknownNameError for no family."""
    chosen = choose(families=families)
    rows = [[entry.id, entry.title, entry.family.replace("_", "-"), entry.severity] for entry in chosen]
    caption = f"{len(rows):,} controls"
    return Shown(html_table(["control", "title", "family", "severity"], rows, caption=caption), caption)


def question(name: str) -> Shown:
    """One control whole: why it is asked, what it needs, when it lets a candidate go, and its SQL.

    Raises UnknownNameError with the nearest ids.
    """
    entry = control(name)
    facts: list[list[object]] = [
        ["why it matters", entry.why],
        ["next step", entry.next_step],
        ["severity", entry.severity],
        ["names", entry.grain],
        ["examines", entry.examines],
        ["needs", _columns(entry.needs)],
        ["uses", _columns(entry.uses)],
        ["parameters", [f"{p.name} = {p.default} {p.unit}: {p.why}" for p in entry.parameters.values()]],
        ["suppresses", [f"{code}: {text}" for code, text in entry.suppressions.items()]],
    ]
    title = f"{entry.id} {entry.title}"
    sql = f'<details><summary>SQL</summary><pre style="text-align:left">{escape(entry.sql)}</pre></details>'
    return Shown(html_table(["", " "], [fact for fact in facts if fact[1]], caption=title) + sql, title)


def _columns(wanted: dict[str, tuple[str, ...]]) -> list[str]:
    return [f"{table}: {', '.join(columns)}" for table, columns in wanted.items()]
