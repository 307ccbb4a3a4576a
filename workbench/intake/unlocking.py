"""What to add next: the tables and columns that let most more controls run, the most rewarding first."""

from __future__ import annotations

from workbench.controls import Readiness, controls, readiness
from workbench.markup import Shown, html_table
from workbench.schema import tables
from workbench.snapshot import Snapshot

STEPS = 10


def unlocks(snapshot: Snapshot) -> Shown:
    """What can run on a snapshot, and step by step what to export next, each with the controls that it makes ready.

    Each step counts on those before it. What is one column of a table that is there is named with its table.
    """
    states = [readiness(control, snapshot) for control in controls().values()]
    can = [state for state in states if state.state != "not run"]
    rows: list[list[object]] = [
        [place, [_what(item) for item in sorted(added)], len(unlocked), [_named(state) for state in unlocked]]
        for place, (added, unlocked) in enumerate(steps(states), 1)
    ]
    said = f"{len(can):,} of {len(states):,} controls can run: {', '.join(state.control.id for state in can)}"
    html = html_table(["now"], [[said]])
    html += html_table(["", "add", "controls more", "which"], rows, caption="What to add next")
    lines = [f"{row[0]}. {'; '.join(map(str, _list(row[1])))}: {row[2]} more" for row in rows]
    return Shown(html, "\n".join([said, *lines]))


def steps(states: list[Readiness]) -> list[tuple[frozenset[str], list[Readiness]]]:
    """What to add, each time what makes most controls run for each thing added, with those controls."""
    waiting = {state.control.id: state for state in states if state.state == "not run"}
    lacking = {name: frozenset(_first(item) for item in state.missing) for name, state in waiting.items()}
    found: list[tuple[frozenset[str], list[Readiness]]] = []
    have: frozenset[str] = frozenset()
    while lacking and len(found) < STEPS:
        worth = {}
        for wanted in {names - have for names in lacking.values()}:
            unlocked = [name for name, names in lacking.items() if names <= have | wanted]
            worth[wanted] = (len(unlocked) / len(wanted), len(unlocked), sorted(wanted))
        best = max(worth, key=lambda wanted: (worth[wanted][:2], [-ord(word[0]) for word in worth[wanted][2]]))
        have |= best
        done = sorted(name for name, names in lacking.items() if names <= have)
        found.append((best, [waiting[name] for name in done]))
        for name in done:
            del lacking[name]
    return found


def _first(item: str) -> str:
    """One of several that each would do: the last named, which is the smaller export."""
    return item.rsplit(" or ", maxsplit=1)[-1]


def _what(item: str) -> str:
    table, _, column = item.partition(".")
    if column:
        return f"column {column} of {table}"
    return f"{table}: {tables()[table].what.partition(';')[0].partition(' where ')[0]}"


def _named(state: Readiness) -> str:
    return f"{state.control.id} {state.control.title}"


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]
