"""The chapters of a pack that say what became of its findings, and what is left to do."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from workbench.decisions.entry import GENESIS, readable
from workbench.decisions.explaining import Applied
from workbench.language import counted, mark, say
from workbench.language.retelling import joined
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
from workbench.pack.deciding_words import (
    LASTING,
    SEVERITIES,
    STATES,
    number_words,
    remedy_words,
    scope_words,
    standing_words,
    word,
)
from workbench.pack.extract import tables_of
from workbench.pack.html import (
    Cell,
    bare,
    capital,
    facts,
    flowing,
    heading,
    key,
    money,
    number,
    paragraphs,
    right,
    table,
    text,
)
from workbench.pack.identities import FAILS, HOLDS
from workbench.pack.papers import FOLDER
from workbench.pack.work import Audit
from workbench.sampling.wording import told

FIRST_PAGE, MOST = 6, 200
NOBODY = mark("No decision yet: nobody has decided on any finding of this pack.")
SIDES = {"over": mark("over {amount} {currency}"), "under": mark("under {amount} {currency}")}


def decisions(audit: Audit) -> str:
    """What became of the findings, who approved which amount under which limit, and every explanation."""
    if not audit.decided.entries:
        return paragraphs([say(NOBODY)])
    head = audit.decided.head
    chain = facts(
        [
            (say("Decision store"), key(head.store_id)),
            (say("Entries when it was read"), number(head.count)),
            (say("Hash of the last"), key(head.hash if head.hash != GENESIS else say("none"))),
            (say("The entries themselves"), key("decisions.json")),
        ]
    )
    parts = [_states(audit), heading(say("Amounts and their approval")), _approvals(audit)]
    return "".join([*parts, heading(say("Explanations")), _explanations(audit), chain])


def _states(audit: Audit) -> str:
    lines = state_lines(audit)
    rows = [
        (
            word(STATES, line.state),
            line.currency or say("(none)"),
            number(line.findings),
            money(line.over, line.currency, signed=True),
            money(line.under, line.currency),
        )
        for line in lines
    ]
    states = states_of(audit)
    findings = capital(counted(sum(states.values()), "{count} finding", "{count} findings"))
    foots = say("{findings} = {sum}.", findings=findings, sum=" + ".join(number_words(states)))
    ways = (right(say("Over-billed")), right(say("Under-billed")))
    head = [say("State"), say("Currency"), right(say("Findings")), *ways]
    return table(head, rows) + paragraphs([foots])


def _approvals(audit: Audit) -> str:
    asked = [one for one in decided_findings(audit) if one.standing.approval]
    waits = text(say("waits for approval"))
    rows = (
        (
            Cell(f'{text(one.row["control_id"])}<br><code class="once">{text(one.row["finding_id"])}</code>'),
            Cell(_remedy(one), "number"),
            Cell(f"{text(one.standing.proposed_by)}<br>{_moment(one.standing.at)}"),
            Cell(
                f"{text(one.standing.approved_by)}<br>{_moment(one.standing.approved_at)}"
                if one.standing.approval == "approved"
                else f"<b>{waits}</b>"
            ),
            limit_of(audit, one.standing),
        )
        for one in asked[:MOST]
    )
    words = say("Who approves an amount is never who proposed it, and has a limit of the snapshot that covers it.")
    head = [say("Finding"), right(say("Remedy")), say("Proposed by"), say("Approved by"), say("Authority")]
    return table(head, rows) + (paragraphs([words]) if asked else "") + _beyond(len(asked))


def _remedy(one: DecidedFinding) -> str:
    return text(remedy_words(one.standing.remedy, one.standing.amount, one.standing.currency))


def _moment(at: str | None) -> str:
    return f"<small>{text(readable(at))}</small>" if at else ""


def _explanations(audit: Audit) -> str:
    rows = (
        (
            key(f"{one.explanation.number}"),
            scope_words(one.explanation.scope),
            Cell(_lasting(audit, one)),
            Cell(f"{text(one.explanation.by)}<br>{_moment(one.explanation.at)}"),
            one.explanation.remark,
            number(len(one.finding_ids)),
            Cell("<br>".join(_sides(one)), "number"),
        )
        for one in audit.applied
    )
    head = [
        say("Entry"),
        say("Covers"),
        say("State"),
        bare(mark("By {value}")),
        say("Why it is right"),
        right(say("Suppressed here")),
        right(say("Money")),
    ]
    return table(head, rows)


def _lasting(audit: Audit, one: Applied) -> str:
    """The state of an explanation on the as-of date, until when it holds, and who ended it earlier."""
    until = text(say("until {day}", day=one.explanation.expires_on))
    words = f'<b>{text(word(LASTING, one.state))}</b><br><span class="once">{until}</span>'
    if one.explanation.withdrawn is None:
        return words
    ended = audit.decided.entry(one.explanation.withdrawn)
    by = (
        say("by {person}: {remark}", person=ended.by, remark=ended.remark)
        if ended.remark
        else say("by {person}", person=ended.by)
    )
    return f"{words}<br>{text(by)}<br>{_moment(ended.at)}"


def _sides(one: Applied) -> list[str]:
    return [
        text(say(SIDES[side], amount=grouped(abs(amount), currency), currency=currency))
        for side, amounts in (("over", one.over), ("under", one.under))
        for currency, amount in amounts.items()
    ]


def first_page(audit: Audit) -> str:
    """What is left to do, for the first page: how much, and the most urgent of it."""
    left = open_items(audit)
    if not left:
        return ""
    rows = map(_item, left[:FIRST_PAGE])
    more = say("{number} more: chapter Open items, findings.xlsx.", number=f"{len(left) - FIRST_PAGE:,}")
    title = heading(say("Open items: {items}", items=open_words(left)))
    return f"{title}{table(_item_head(), rows)}{paragraphs([more]) if left[FIRST_PAGE:] else ''}"


def _item_head() -> list[object]:
    impact = right(say("Impact"))
    return [say("Finding"), say("Subject and customer"), impact, say("Stands"), say("Owner"), say("Due")]


def _item(one: DecidedFinding) -> list[Any]:
    row, standing = one.row, one.standing
    customer = text(say("customer {customer}", customer=row["customer_id"]))
    who = f"<br>{customer}" if row["customer_id"] else ""
    late = text(say("{day}, overdue", day=standing.due_on))
    due = f"<b>{late}</b>" if one.left == OVERDUE else f"{standing.due_on or ''}"
    severity = text(word(SEVERITIES, row["severity"]))
    which = f'<code class="once">{text(row["finding_id"])}</code>'
    return [
        Cell(f"<b>{text(row['control_id'])}</b> {severity}<br>{which}"),
        Cell(f"{text(row['subject_id'])}{who}"),
        money(row["impact_amount"], row["currency"], signed=True),
        standing_words(standing) if standing.number else say("nobody has decided"),
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
        (key(name), word(SEVERITIES, known[name].severity), number(undecided[name]), say(known[name].next_step))
        for name in known
        if undecided[name]
    ]
    words = counted(
        undecided.total(),
        "{count} finding open: nobody has decided.",
        "{count} findings open: nobody has decided.",
    )
    urgent_part = f"{table(_item_head(), map(_item, urgent[:MOST]))}{_beyond(len(urgent))}" if urgent else ""
    head = [say("Control"), say("Severity"), right(bare(mark("Open {value}"))), say("Next step")]
    return (
        urgent_part + paragraphs([capital(words)]) + (table(head, steps) if steps else "") + paragraphs(_bounds(audit))
    )


def _bounds(audit: Audit) -> list[str]:
    """What the work itself left open."""
    left = []
    if failed := [identity.name for identity in audit.identities if identity.state == FAILS]:
        left.append(say("Explain before anyone relies on this pack: {identities}.", identities=joined(failed)))
    if unshown := [identity.name for identity in audit.identities if identity.state not in (HOLDS, FAILS)]:
        left.append(say("Obtain what would show: {identities}.", identities=joined(unshown)))
    if lacking := len(audit.findings.not_run):
        left.append(
            counted(
                lacking,
                "Obtain the missing tables and columns of {count} control that could not run.",
                "Obtain the missing tables and columns of {count} controls that could not run.",
            )
        )
    rejected = sum(load.rejected or 0 for load in tables_of(audit.snapshot))
    if rejected:
        left.append(
            counted(
                rejected,
                "Look through {count} rejected row: what they hold was not examined.",
                "Look through {count} rejected rows: what they hold was not examined.",
            )
        )
    if waiting := [paper.title for paper in audit.given.papers if not paper.paper.evaluation]:
        left.append(say("Evaluate what was drawn: {papers}.", papers=joined(waiting)))
    return left


def _beyond(rows: int) -> str:
    more = say("{number} more stand in findings.xlsx.", number=f"{rows - MOST:,}")
    return paragraphs([more]) if rows > MOST else ""


def sampling(audit: Audit) -> str:
    """Every sampling paper with its population, tied to the total, and what it concludes."""
    if not audit.given.papers:
        return paragraphs([say("No sample was drawn: nothing here says how wrong the rest can be at most.")])
    parts = []
    for one in audit.given.papers:
        fixed = one.paper.fixed
        population = fixed["population"]
        tie = [
            (told(line["what"]), number(line["items"]), money(Decimal(line["amount"]), one.currency))
            for line in population["tie"]
        ]
        said = flowing(map(told, one.paper.evaluation.get("conclusion", ()))) or say("Selected, not yet evaluated.")
        items, drawn = f"{population['items']:,}", f"{len(one.paper.items):,}"
        amount, seed = _amount(population["book_value"], one.currency), fixed["selection"]["seed"]
        about = facts(
            [
                (say("Paper"), key(f"{FOLDER}/{one.paper.paper_id}/paper.html")),
                (say("Population"), say("{items} items of {amount}", items=items, amount=amount)),
                (say("Drawn"), say("{items} items, seed {seed}", items=drawn, seed=seed)),
            ]
        )
        tied = table([say("Tied to the total"), right(say("Items")), right(say("Book value"))], tie)
        title = heading(say("{paper}: {verdict}", paper=one.title, verdict=one.verdict))
        parts.append(f"{title}{paragraphs([said])}{about}{tied}")
    return "".join(parts)


def _amount(amount: str, currency: str) -> str:
    return f"{grouped(Decimal(amount), currency)} {currency}".strip()


def replaced(audit: Audit) -> str:
    """One paragraph for a later version of a pack: which one it replaces, and why; empty for a first one."""
    before = audit.given.replaces
    if before is None:
        return ""
    later = text(say("A later version."))
    told = say(
        "It replaces the pack {name} ({id}), because: {reason}", name=before.name, id="[[id]]", reason=before.why
    )
    replaces = text(told).replace("[[id]]", f"<code>{text(before.pack_id[:16])}</code>", 1)
    record = text(say("Who made it and when stands in run.json; parameters.json names the pack it replaces."))
    return f'<div class="version"><p><strong>{later}</strong> {replaces}</p><p>{record}</p></div>\n'


def since(audit: Audit) -> str:
    """What is new, gone and changed against last month's pack."""
    if audit.comparison is None:
        return paragraphs([say("No earlier pack was given to compare with.")])
    from workbench.pack import comparing

    return comparing.section_html(audit.comparison)
