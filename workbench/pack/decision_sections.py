"""The chapters of a pack that say what became of its findings, and what is left to do."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from workbench.decisions.entry import GENESIS, money_words, readable
from workbench.decisions.explaining import Applied
from workbench.decisions.words import STATES
from workbench.money import grouped
from workbench.pack.deciding import (
    OPEN,
    OVERDUE,
    DecidedFinding,
    decided_findings,
    limit_of,
    open_items,
    open_words,
    state_lines,
    states_of,
)
from workbench.pack.extract import tables_of
from workbench.pack.html import Cell, counted, facts, key, money, number, paragraphs, right, table, text
from workbench.pack.identities import FAILS, HOLDS
from workbench.pack.papers import FOLDER
from workbench.pack.work import Audit

FIRST_PAGE, MOST = 6, 200
NOBODY = "<p>No decision yet: nobody has decided on any finding of this pack.</p>\n"


def decisions(audit: Audit) -> str:
    """What became of the findings, who approved which amount under which limit, and every explanation."""
    if not audit.decided.entries:
        return NOBODY
    head = audit.decided.head
    chain = facts(
        [
            ("Decision store", key(head.store_id)),
            ("Entries when it was read", number(head.count)),
            ("Hash of the last", key(head.hash if head.hash != GENESIS else "none")),
            ("The entries themselves", key("decisions.json")),
        ]
    )
    parts = [_states(audit), "<h3>Amounts and their approval</h3>\n", _approvals(audit)]
    return "".join([*parts, "<h3>Explanations</h3>\n", _explanations(audit), chain])


def _states(audit: Audit) -> str:
    lines = state_lines(audit)
    rows = [
        (
            line.state,
            line.currency or "(none)",
            number(line.findings),
            money(line.over, line.currency, signed=True),
            money(line.under, line.currency),
        )
        for line in lines
    ]
    states = states_of(audit)
    parts = " + ".join(f"{states[state]:,} {state}" for state in STATES)
    foots = f"<p>{counted(sum(states.values()), 'finding').capitalize()} = {text(parts)}.</p>\n"
    return table(["State", "Currency", right("Findings"), right("Over-billed"), right("Under-billed")], rows) + foots


def _approvals(audit: Audit) -> str:
    asked = [one for one in decided_findings(audit) if one.standing.approval]
    rows = (
        (
            Cell(f'{text(one.row["control_id"])}<br><code class="once">{text(one.row["finding_id"])}</code>'),
            Cell(_remedy(one), "number"),
            Cell(f"{text(one.standing.proposed_by)}<br>{_moment(one.standing.at)}"),
            Cell(
                f"{text(one.standing.approved_by)}<br>{_moment(one.standing.approved_at)}"
                if one.standing.approval == "approved"
                else "<b>waits for approval</b>"
            ),
            limit_of(audit, one.standing),
        )
        for one in asked[:MOST]
    )
    words = "<p>Who approves an amount is never who proposed it, and has a limit of the snapshot that covers it.</p>\n"
    head = ["Finding", right("Remedy"), "Proposed by", "Approved by", "Authority"]
    return table(head, rows) + (words if asked else "") + _beyond(len(asked))


def _remedy(one: DecidedFinding) -> str:
    amount = f"{one.standing.amount:f}" if one.standing.amount is not None else None
    return text(money_words(one.standing.remedy, amount, one.standing.currency))


def _moment(at: str | None) -> str:
    return f"<small>{text(readable(at))}</small>" if at else ""


def _explanations(audit: Audit) -> str:
    rows = (
        (
            key(f"{one.explanation.number}"),
            one.explanation.scope.words,
            Cell(_lasting(audit, one)),
            Cell(f"{text(one.explanation.by)}<br>{_moment(one.explanation.at)}"),
            one.explanation.remark,
            number(len(one.finding_ids)),
            Cell("<br>".join(_sides(one)), "number"),
        )
        for one in audit.applied
    )
    head = ["Entry", "Covers", "State", "By", "Why it is right", right("Suppressed here"), right("Money")]
    return table(head, rows)


def _lasting(audit: Audit, one: Applied) -> str:
    """The state of an explanation on the as-of date, until when it holds, and who ended it earlier."""
    words = f'<b>{text(one.state)}</b><br><span class="once">until {one.explanation.expires_on}</span>'
    if one.explanation.withdrawn is None:
        return words
    ended = audit.decided.entry(one.explanation.withdrawn)
    why = f": {text(ended.remark)}" if ended.remark else ""
    return f"{words}<br>by {text(ended.by)}{why}<br>{_moment(ended.at)}"


def _sides(one: Applied) -> list[str]:
    return [
        f"{side} {grouped(abs(amount), currency)} {text(currency)}"
        for side, amounts in (("over", one.over), ("under", one.under))
        for currency, amount in amounts.items()
    ]


def first_page(audit: Audit) -> str:
    """What is left to do, for the first page: how much, and the most urgent of it."""
    left = open_items(audit)
    if not left:
        return ""
    rows = map(_item, left[:FIRST_PAGE])
    more = f"<p>{len(left) - FIRST_PAGE:,} more: chapter Open items, findings.xlsx.</p>\n" if left[FIRST_PAGE:] else ""
    return f"<h3>Open items: {text(open_words(left))}</h3>\n{table(ITEM_HEAD, rows)}{more}"


ITEM_HEAD = ["Finding", "Subject and customer", right("Impact"), "Stands", "Owner", "Due"]


def _item(one: DecidedFinding) -> list[Any]:
    row, standing = one.row, one.standing
    who = f"<br>customer {text(row['customer_id'])}" if row["customer_id"] else ""
    due = f"<b>{standing.due_on}, overdue</b>" if one.left == OVERDUE else f"{standing.due_on or ''}"
    which = f'<code class="once">{text(row["finding_id"])}</code>'
    return [
        Cell(f"<b>{text(row['control_id'])}</b> {text(row['severity'])}<br>{which}"),
        Cell(f"{text(row['subject_id'])}{who}"),
        money(row["impact_amount"], row["currency"], signed=True),
        standing.words if standing.number else "nobody has decided",
        standing.owner or "",
        Cell(due),
    ]


def open_chapter(audit: Audit) -> str:
    """What is left to do: what is overdue, what waits, what nobody decided with its next step, what bounds the work."""
    left = open_items(audit)
    urgent = [one for one in left if one.left != OPEN]
    undecided = Counter(one.row["control_id"] for one in left if one.left == OPEN)
    known = {line.control.id: line.control for line in audit.findings.funnel}
    steps = [
        (key(name), known[name].severity, number(undecided[name]), known[name].next_step)
        for name in known
        if undecided[name]
    ]
    words = f"{counted(undecided.total(), 'finding')} open: nobody has decided."
    urgent_part = f"{table(ITEM_HEAD, map(_item, urgent[:MOST]))}{_beyond(len(urgent))}" if urgent else ""
    head = ["Control", "Severity", right("Open"), "Next step"]
    return (
        urgent_part
        + paragraphs([words[0].upper() + words[1:]])
        + (table(head, steps) if steps else "")
        + paragraphs(_bounds(audit))
    )


def _bounds(audit: Audit) -> list[str]:
    """What the work itself left open."""
    left = []
    if failed := [identity.name for identity in audit.identities if identity.state == FAILS]:
        left.append(f"Explain before anyone relies on this pack: {'; '.join(failed)}.")
    if unshown := [identity.name for identity in audit.identities if identity.state not in (HOLDS, FAILS)]:
        left.append(f"Obtain what would show: {'; '.join(unshown)}.")
    if lacking := len(audit.findings.not_run):
        left.append(f"Obtain the missing tables and columns of {counted(lacking, 'control')} that could not run.")
    rejected = sum(load.rejected or 0 for load in tables_of(audit.snapshot))
    if rejected:
        left.append(f"Look through {counted(rejected, 'rejected row')}: what they hold was not examined.")
    if waiting := [paper.title for paper in audit.given.papers if not paper.paper.evaluation]:
        left.append(f"Evaluate what was drawn: {'; '.join(waiting)}.")
    return left


def _beyond(rows: int) -> str:
    return f"<p>{rows - MOST:,} more stand in findings.xlsx.</p>\n" if rows > MOST else ""


def sampling(audit: Audit) -> str:
    """Every sampling paper with its population, tied to the total, and what it concludes."""
    if not audit.given.papers:
        return "<p>No sample was drawn: nothing here says how wrong the rest can be at most.</p>\n"
    parts = []
    for one in audit.given.papers:
        fixed = one.paper.fixed
        population = fixed["population"]
        tie = [
            (line["what"], number(line["items"]), money(Decimal(line["amount"]), one.currency))
            for line in population["tie"]
        ]
        said = one.paper.conclusion or "Selected, not yet evaluated."
        about = facts(
            [
                ("Paper", key(f"{FOLDER}/{one.paper.paper_id}/paper.html")),
                ("Population", f"{population['items']:,} items of {_amount(population['book_value'], one.currency)}"),
                ("Drawn", f"{len(one.paper.items):,} items, seed {fixed['selection']['seed']}"),
            ]
        )
        tied = table(["Tied to the total", right("Items"), right("Book value")], tie)
        parts.append(f"<h3>{text(one.title)}: {text(one.verdict)}</h3>\n{paragraphs([said])}{about}{tied}")
    return "".join(parts)


def _amount(amount: str, currency: str) -> str:
    return f"{grouped(Decimal(amount), currency)} {currency}".strip()


def replaced(audit: Audit) -> str:
    """One paragraph for a later version of a pack: which one it replaces, and why; empty for a first one."""
    before = audit.given.replaces
    if before is None:
        return ""
    return (
        f'<div class="version"><p><strong>A later version.</strong> It replaces the pack {text(before.name)} '
        f"(<code>{text(before.pack_id[:16])}</code>), because: {text(before.why)}</p>"
        "<p>Who made it and when stands in run.json; parameters.json names the pack it replaces.</p></div>\n"
    )


def since(audit: Audit) -> str:
    """What is new, gone and changed against last month's pack."""
    if audit.comparison is None:
        return "<p>No earlier pack was given to compare with.</p>\n"
    from workbench.pack import comparing

    return comparing.section_html(audit.comparison)
