"""What to add next: the tables and columns that let most more controls run, the most rewarding first."""

from __future__ import annotations

from workbench.controls import Readiness, controls, readiness
from workbench.language import mark, say
from workbench.language.retelling import joined, listed
from workbench.markup import Shown, html_table
from workbench.schema import tables
from workbench.snapshot import Snapshot

STEPS = 10
# What each table of the schema is, in its own words, gathered here.
MEANINGS = (
    mark("a legal entity that bills"),
    mark("who is billed"),
    mark("who enters and approves"),
    mark("how much a role may approve"),
    mark("what is sold"),
    mark("1 currency = rate quote_currency"),
    mark("the rate in force"),
    mark("an agreement with a customer"),
    mark("one charge of a contract"),
    mark("tiers of a graduated or volume price"),
    mark("days a service is not charged"),
    mark("the price agreed outside contracts"),
    mark("a signed exception from the price"),
    mark("a discount that may be redeemed"),
    mark("what a customer ordered"),
    mark("one product ordered"),
    mark("a consignment or a service handed over"),
    mark("one product delivered (returns < 0)"),
    mark("metered or approved use of a service"),
    mark("a document that was billed"),
    mark("one charge on a document"),
    mark("optional: the parts in which an invoice or debit memo is due, in its currency"),
    mark("money received"),
    mark("a receipt or a credit memo set against an invoice"),
    mark("a change to an invoice's open balance without cash"),
    mark("a line of a bank statement"),
    mark("a line of the general ledger"),
    mark("revenue recognised"),
    mark("an outage of a service"),
    mark("credit owed for the minutes a service was down in a calendar month"),
    mark("a carrier, seller or vendor settled with"),
    mark("what a partner charges for a consignment"),
    mark("a statement to or from a partner"),
    mark("one charge of a settlement"),
    mark("a customer's query or dispute"),
    mark("how fast a case is to be handled, in elapsed minutes less paused ones"),
    mark("a promise to pay"),
    mark("what policy does with an overdue account"),
)


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
    said = say(
        "{can} of {all} controls can run: {controls}",
        can=f"{len(can):,}", all=f"{len(states):,}", controls=listed(state.control.id for state in can),
    )  # fmt: skip
    html = html_table([mark("now")], [[said]])
    columns = ["", mark("add"), mark("controls more"), mark("which")]
    html += html_table(columns, rows, caption=say("What to add next"))
    lines = [
        say("{place}. {what}: {count} more", place=row[0], what=joined(map(str, _list(row[1]))), count=row[2])
        for row in rows
    ]
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
        return say("column {column} of {table}", column=column, table=table)
    return say("{table}: {meaning}", table=table, meaning=say(meaning(table)))


def meaning(table: str) -> str:
    """What a table is, as the schema says it, in short."""
    return tables()[table].what.partition(";")[0].partition(" where ")[0]


def _named(state: Readiness) -> str:
    return f"{state.control.id} {say(state.control.title)}"


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]
