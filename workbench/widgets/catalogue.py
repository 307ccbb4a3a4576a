"""The controls as people read them: all in one table, or one whole."""

from __future__ import annotations

from html import escape

from workbench.controls import choose, control
from workbench.language import mark, say
from workbench.markup import html_table
from workbench.widgets.facets import family_in_words
from workbench.widgets.tables import Shown


def catalogue(*families: str) -> Shown:
    """Every control, or those of some families: id, title, family, severity. UnknownNameError for no family."""
    chosen = choose(families=families)
    rows = [[entry.id, say(entry.title), family_in_words(entry.family), say(entry.severity)] for entry in chosen]
    caption = say("{count} controls", count=f"{len(rows):,}")
    return Shown(
        html_table([mark("control"), mark("title"), mark("family"), mark("severity")], rows, caption=caption), caption
    )


def question(name: str) -> Shown:
    """One control whole: why it is asked, what it needs, when it lets a candidate go, and its SQL.

    Raises UnknownNameError with the nearest ids.
    """
    entry = control(name)
    facts: list[list[object]] = [
        [say("why it matters"), say(entry.why)],
        [say("next step"), say(entry.next_step)],
        [say("severity"), say(entry.severity)],
        [say("names"), entry.grain],
        [say("examines"), entry.examines],
        [say("needs"), _columns(entry.needs)],
        [say("needs where it is there"), _columns(entry.if_there)],
        [say("uses"), _columns(entry.uses)],
        [say("parameters"), [f"{p.name} = {p.default} {p.unit}: {p.why}" for p in entry.parameters.values()]],
        [say("suppresses"), [f"{code}: {say(text)}" for code, text in entry.suppressions.items()]],
    ]
    title = f"{entry.id} {say(entry.title)}"
    sql = f'<details><summary>SQL</summary><pre style="text-align:left">{escape(entry.sql)}</pre></details>'
    return Shown(html_table(["", " "], [fact for fact in facts if fact[1]], caption=title) + sql, title)


def _columns(wanted: dict[str, tuple[str, ...]]) -> list[str]:
    return [f"{table}: {', '.join(columns)}" for table, columns in wanted.items()]
