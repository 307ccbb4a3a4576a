"""The slides about the work: from candidates to findings, causes, largest findings, decisions, what bounds it."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from itertools import accumulate
from typing import Any

from workbench.causes import Cause
from workbench.language import counted, mark, say
from workbench.language.retelling import joined, listed, together
from workbench.money import grouped
from workbench.pack.deciding import open_items, open_words, state_lines, states_of
from workbench.pack.deciding_words import STATES as STATE_WORDS
from workbench.pack.deciding_words import word
from workbench.pack.html import capital
from workbench.pack.identities import FAILS, HOLDS
from workbench.pack.pdf.bars import SIGNS
from workbench.pack.slides.deck import OVER, QUIET, RISK, UNDER, Chart, Series, Table, cut
from workbench.pack.slides.money import Part
from workbench.pack.work import Audit

MOST_BARS, MOST_PAIRS, MOST_ROWS = 14, 10, 14
FOUND, SUPPRESSED = mark("Findings"), mark("Suppressed")
STATES = {"open": RISK, "confirmed": OVER, "explained": UNDER, "accepted": QUIET}


def funnel_part(audit: Audit) -> Part:
    """Candidates of each control, suppressed ones and findings, and what suppressed them."""
    funnel = audit.findings.funnel
    candidates = audit.findings.table.num_rows
    found = audit.findings.found.num_rows
    busy = sorted((line for line in funnel if line.candidates), key=lambda line: (-line.candidates, line.control.id))
    shown = busy[:MOST_PAIRS]
    codes = Counter[str]()
    for line in funnel:
        codes.update(line.suppressed)
    values = {
        say(FOUND): (OVER, [line.findings for line in shown]),
        say(SUPPRESSED): (QUIET, [line.candidates - line.findings for line in shown]),
    }
    told = listed(
        say(
            "{control} {candidates} of which findings {findings}",
            control=line.control.id,
            candidates=f"{line.candidates:,}",
            findings=f"{line.findings:,}",
        )
        for line in shown
    )
    left = []
    if len(busy) > len(shown):
        message = mark("The {shown} controls with most candidates of {all} are drawn.")
        left = [say(message, shown=len(shown), all=len(busy))]
    chart = Chart(
        together([say("Candidates by control, findings and suppressed ones: {controls}.", controls=told), *left]),
        [cut(f"{line.control.id} {say(line.control.title)}", 2.9, 10) for line in shown],
        [
            Series(name, colour, [value or None for value in own], [f"{value:,}" if value else "" for value in own])
            for name, (colour, own) in values.items()
        ],
        beside=True,
    )
    rows = [[code, f"{count:,}"] for code, count in codes.most_common(MOST_ROWS)]
    head = [say("Suppressed as"), say("Candidates")]
    table = Table(say("Suppressed candidates by reason."), head, rows, [2.6, 1.2], frozenset({1}))
    counts = {
        "candidates": capital(counted(candidates, "{count} candidate", "{count} candidates")),
        "findings": counted(found, "{count} finding", "{count} findings"),
        "suppressed": f"{candidates - found:,}",
    }
    title = say("{candidates}: {findings}, {suppressed} suppressed, each with its reason", **counts)
    return Part(title, together([_sentence(title), *left]), chart if shown else None, table if rows else None)


def _sentence(words: str) -> str:
    """Words as a sentence."""
    return say("{words}.", words=words)


def causes_part(audit: Audit) -> Part:
    """Pareto: findings per shared cause, and per control where they stand alone, with the running share."""
    titles = {line.control.id: f"{line.control.id} {say(line.control.title)}" for line in audit.findings.funnel}
    items = [(_shared(cause), cause.findings) for cause in audit.causes.causes]
    items += [(titles[control], count) for control, count in audit.causes.alone.items() if count]
    items.sort(key=lambda item: (-item[1], item[0]))
    total = sum(count for _, count in items)
    running = list(accumulate(count for _, count in items))
    shown = items[:MOST_BARS]
    labels = [f"{count:,}  ({100 * sum_ // total} %)" for (_, count), sum_ in zip(shown, running, strict=False)]
    drawn = listed(f"{name} {label}" for (name, _), label in zip(shown, labels, strict=True))
    chart = Chart(
        say("Findings by cause, most first, with the running share of all: {causes}.", causes=drawn),
        [cut(name, 3.4, 10) for name, _ in shown],
        [Series(say(FOUND), OVER, [count for _, count in shown], labels)],
    )
    title = _settled(audit, total, shown)
    told = [_sentence(title), say("The share in brackets runs on from bar to bar.")]
    if len(items) > len(shown):
        told.append(say("{count} more bars are in summary.html.", count=f"{len(items) - len(shown):,}"))
    return Part(title, together(told), chart if shown else None)


def _shared(cause: Cause) -> str:
    conditions = listed(f"{say(what)} {value}" for what, value in cause.conditions)
    return say("{control}: {conditions}", control=cause.control.id, conditions=conditions or say("nearly all"))


def _settled(audit: Audit, total: int, shown: list[tuple[str, int]]) -> str:
    """How much the shared causes explain, or which bar is the longest where none is shared."""
    found = counted(total, "{count} finding", "{count} findings")
    shared = sum(cause.findings for cause in audit.causes.causes)
    if shared:
        causes = capital(counted(len(audit.causes.causes), "{count} cause", "{count} causes"))
        return say("{causes} would settle {number} of {findings}", causes=causes, number=f"{shared:,}", findings=found)
    if len(shown) > 1 and shown[0][1] > shown[1][1]:
        message = mark("{findings}, and no two share a cause that the data shows; {most} has most")
        return say(message, findings=capital(found), most=shown[0][0])
    return say("{findings}, and no two share a cause that the data shows", findings=capital(found))


def largest_part(audit: Audit) -> Part:
    """The largest findings of each currency; amounts of two currencies are never compared."""
    rows = audit.findings.found.to_pylist()
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row["impact_amount"] is not None:
            groups.setdefault(row["currency"] or "", []).append(row)
    most = max(1, MOST_PAIRS // max(1, len(groups)))
    chosen = [
        row
        for currency in sorted(groups)
        for row in sorted(groups[currency], key=lambda row: (-abs(row["impact_amount"]), row["finding_id"]))[:most]
    ][:MOST_PAIRS]
    head = [say("Control"), say("Subject"), say("Customer"), say("Reason"), say("Impact"), ""]
    table = Table(
        say("The largest findings of each currency."),
        head,
        [_finding(row) for row in chosen],
        [0.85, 2.2, 1.35, 5.28, 1.85, 0.7],
        frozenset({4}),
        lines=2,
        size=10,
    )
    first = {row["currency"]: row for row in reversed(chosen)}
    led = [f"{_impact(row)} {row['currency'] or ''} ({row['control_id']})" for _, row in sorted(first.items(), key=str)]
    title = (
        say("Largest of each currency: {findings}", findings=listed(led)) if led else say("No finding has an amount")
    )
    where = say("Each is in findings.xlsx with its source rows.")
    return Part(title, together([_sentence(title), where]), table=table if chosen else None)


def _finding(row: dict[str, Any]) -> list[str]:
    subject = f"{row['subject_table']} {row['subject_id']}"
    return [row["control_id"], subject, row["customer_id"] or "", row["reason"], _impact(row), row["currency"] or ""]


def _impact(row: dict[str, Any]) -> str:
    sign = SIGNS.get(row["direction"], "")
    return f"{sign}{grouped(abs(row['impact_amount'] or Decimal(0)), row['currency'])}"


def decisions_part(audit: Audit) -> Part:
    """What became of the findings: how many stand in which state, and their money per currency."""
    states = states_of(audit)
    found = sum(states.values())
    left = open_words(open_items(audit))
    decided = found - states.get("open", 0)
    findings = counted(found, "{count} finding", "{count} findings")
    title = say("{number} of {findings} decided", number=f"{decided:,}", findings=findings)
    title = title if found else say("There is no finding to decide on")
    title = joined([title, *([say("left to do: {items}", items=left)] if left else [])])
    names = [name for name in states if states[name] or name in STATES]
    words = {name: word(STATE_WORDS, name) for name in names}
    drawn = listed(f"{words[name]} {states[name]:,}" for name in names)
    chart = Chart(
        say("Findings by state: {states}.", states=drawn),
        list(words.values()),
        [Series(say(FOUND), RISK, [states[name] for name in names], [f"{states[name]:,}" for name in names])],
    )
    rows = [
        [
            word(STATE_WORDS, line.state),
            line.currency or say("(none)"),
            f"{line.findings:,}",
            *(
                f"{sign}{grouped(abs(amount), line.currency)}" if amount else ""
                for sign, amount in zip(SIGNS.values(), (line.over, line.under), strict=True)
            ),
        ]
        for line in state_lines(audit)
    ]
    table = Table(
        say("Findings and money by state and currency."),
        [say("State"), say("Currency"), say(FOUND), say("Over-billed"), say("Under-billed")],
        rows[:MOST_ROWS],
        [1.2, 0.95, 0.95, 1.8, 1.8],
        frozenset({2, 3, 4}),
    )
    return Part(title, _sentence(title), chart if found else None, table if rows else None)


def ground_part(audit: Audit) -> Part:
    """What the conclusion rests on: identities that do not hold, controls that could not run."""
    wrong = [identity for identity in audit.identities if identity.state != HOLDS]
    failed = sum(identity.state == FAILS for identity in wrong)
    lacking = [*audit.findings.not_run, *audit.findings.partly]
    rows = [
        [say(one.state), one.name, one.left, one.right, one.note]
        for one in sorted(wrong, key=lambda one: one.state != FAILS)
    ]
    rows += [
        [say("not run") if state.state == "not run" else say("in part"),
         f"{state.control.id} {say(state.control.title)}", "", "", say("missing {names}", names=listed(state.missing))]
        for state in lacking
    ]  # fmt: skip
    left = len(rows) - MOST_PAIRS
    more = [say("{count} more are in summary.html.", count=f"{left:,}")] if left > 0 else []
    table = Table(
        say("Identities that do not hold and controls that did not run or ran in part."),
        [say("Result"), say("Identity or control"), say("Left"), say("Right"), say("Note")],
        rows[:MOST_PAIRS],
        [1.1, 4.2, 1.6, 1.6, 3.73],
        frozenset({2, 3}),
        lines=2,
        size=10,
    )
    title = joined([_hold(len(audit.identities), len(wrong), failed), _ran(audit)])
    return Part(title, together([_sentence(title), *more]), table=table if rows else None)


def _hold(every: int, wrong: int, failed: int) -> str:
    if not failed:
        return say("{number} of {all} identities hold", number=every - wrong, all=every)
    return capital(
        counted(
            failed,
            "{count} identity FAILED: explain them before relying on this pack",
            "{count} identities FAILED: explain them before relying on this pack",
        )
    )


def _ran(audit: Audit) -> str:
    return say("{number} of {all} controls ran", number=len(audit.findings.funnel), all=len(audit.controls))


def since_part(audit: Audit) -> Part | None:
    """What is new, gone and changed against last month's pack; None without one."""
    if audit.against is None:
        return None
    from workbench.pack import comparing
    from workbench.pack.comparing import pages

    compared = comparing.against(audit.against, audit)
    counts = {kind: len(compared.of(kind)) for kind in comparing.KINDS}
    kinds = {kind: say(kind) for kind in counts}
    told = listed(f"{kinds[kind]} {count:,}" for kind, count in counts.items())
    labels = [f"{count:,}" for count in counts.values()]
    chart = Chart(
        say("Findings against the last pack: {kinds}.", kinds=told),
        list(kinds.values()),
        [Series(say(FOUND), UNDER, list(counts.values()), labels)],
    )
    rows = [
        [kinds[entry.kind], entry.control, entry.currency or say("(none)"), f"{entry.findings:,}",
         *(f"{SIGNS[way]}{grouped(abs(entry.amounts[way]), entry.currency or None)}" if entry.counts[way] else ""
           for way in SIGNS)]
        for entry in compared.sums
        if entry.kind in {comparing.NEW, comparing.GONE} or (entry.kind == comparing.CHANGED and entry.side == "after")
    ]  # fmt: skip
    table = Table(
        say("Money of the findings that are new, gone and changed (as it is now)."),
        [say("Kind"), say("Control"), say("Currency"), say(FOUND), say("Over-billed"), say("Under-billed")],
        rows[:MOST_ROWS],
        [0.85, 0.9, 0.9, 0.85, 1.6, 1.6],
        frozenset({3, 4, 5}),
    )
    title = pages.headline(compared)
    return Part(title.rstrip(".。"), together([title, *pages.sentences(compared)]), chart, table if rows else None)
