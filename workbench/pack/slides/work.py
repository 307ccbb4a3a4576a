"""The slides about the work: from candidates to findings, causes, largest findings, decisions, what bounds it."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from itertools import accumulate
from typing import Any

from workbench.money import grouped
from workbench.pack.deciding import open_items, open_words, state_lines, states_of
from workbench.pack.html import counted
from workbench.pack.identities import FAILS, HOLDS
from workbench.pack.pdf.bars import SIGNS
from workbench.pack.slides.deck import OVER, QUIET, RISK, UNDER, Chart, Series, Table, cut
from workbench.pack.slides.money import Part
from workbench.pack.work import Audit

MOST_BARS, MOST_PAIRS, MOST_ROWS = 14, 10, 14
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
        "Findings": (OVER, [line.findings for line in shown]),
        "Suppressed": (QUIET, [line.candidates - line.findings for line in shown]),
    }
    told = ", ".join(f"{line.control.id} {line.candidates:,} of which findings {line.findings:,}" for line in shown)
    left = (
        f" The {len(shown)} controls with most candidates of {len(busy)} are drawn." if len(busy) > len(shown) else ""
    )
    chart = Chart(
        f"Candidates by control, findings and suppressed ones: {told}.{left}",
        [cut(f"{line.control.id} {line.control.title}", 2.9, 10) for line in shown],
        [
            Series(name, colour, [value or None for value in own], [f"{value:,}" if value else "" for value in own])
            for name, (colour, own) in values.items()
        ],
        beside=True,
    )
    rows = [[code, f"{count:,}"] for code, count in codes.most_common(MOST_ROWS)]
    table = Table("Suppressed candidates by reason.", ["Suppressed as", "Candidates"], rows, [2.6, 1.2], frozenset({1}))
    title = (
        f"{counted(candidates, 'candidate').capitalize()}: {counted(found, 'finding')}, "
        f"{candidates - found:,} suppressed, each with its reason"
    )
    return Part(title, f"{title}.{left}", chart if shown else None, table if rows else None)


def causes_part(audit: Audit) -> Part:
    """Pareto: findings per shared cause, and per control where they stand alone, with the running share."""
    titles = {line.control.id: f"{line.control.id} {line.control.title}" for line in audit.findings.funnel}
    items = [
        (
            f"{cause.control.id}: {', '.join(' '.join(pair) for pair in cause.conditions) or 'nearly all'}",
            cause.findings,
        )
        for cause in audit.causes.causes
    ]
    items += [(titles[control], count) for control, count in audit.causes.alone.items() if count]
    items.sort(key=lambda item: (-item[1], item[0]))
    total = sum(count for _, count in items)
    running = list(accumulate(count for _, count in items))
    shown = items[:MOST_BARS]
    labels = [f"{count:,}  ({100 * sum_ // total} %)" for (_, count), sum_ in zip(shown, running, strict=False)]
    chart = Chart(
        "Findings by cause, most first, with the running share of all: "
        + ", ".join(f"{name} {label}" for (name, _), label in zip(shown, labels, strict=True))
        + ".",
        [cut(name, 3.4, 10) for name, _ in shown],
        [Series("Findings", OVER, [count for _, count in shown], labels)],
    )
    found, causes = counted(total, "finding"), counted(len(audit.causes.causes), "cause")
    shared = sum(cause.findings for cause in audit.causes.causes)
    title = f"{causes.capitalize()} would settle {shared:,} of {found}"
    if not shared:
        most = f"; {shown[0][0]} has most" if len(shown) > 1 and shown[0][1] > shown[1][1] else ""
        title = f"{found.capitalize()}, and no two share a cause that the data shows{most}"
    rest = f" {len(items) - len(shown):,} more bars are in summary.html." if len(items) > len(shown) else ""
    return Part(title, f"{title}. The share in brackets runs on from bar to bar.{rest}", chart if shown else None)


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
    head = ["Control", "Subject", "Customer", "Reason", "Impact", ""]
    table = Table(
        "The largest findings of each currency.",
        head,
        [_finding(row) for row in chosen],
        [0.85, 2.2, 1.35, 5.28, 1.85, 0.7],
        frozenset({4}),
        lines=2,
        size=10,
    )
    first = {row["currency"]: row for row in reversed(chosen)}
    led = [f"{_impact(row)} {row['currency'] or ''} ({row['control_id']})" for _, row in sorted(first.items(), key=str)]
    title = f"Largest of each currency: {', '.join(led)}" if led else "No finding has an amount"
    where = "Each is in findings.xlsx with its source rows."
    return Part(title, f"{title}. {where}", table=table if chosen else None)


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
    title = f"{decided:,} of {counted(found, 'finding')} decided" if found else "There is no finding to decide on"
    title += f"; left to do: {left}" if left else ""
    names = [name for name in states if states[name] or name in STATES]
    chart = Chart(
        "Findings by state: " + ", ".join(f"{name} {states[name]:,}" for name in names) + ".",
        names,
        [Series("Findings", RISK, [states[name] for name in names], [f"{states[name]:,}" for name in names])],
    )
    rows = [
        [
            line.state,
            line.currency or "(none)",
            f"{line.findings:,}",
            *(
                f"{sign}{grouped(abs(amount), line.currency)}" if amount else ""
                for sign, amount in zip(SIGNS.values(), (line.over, line.under), strict=True)
            ),
        ]
        for line in state_lines(audit)
    ]
    table = Table(
        "Findings and money by state and currency.",
        ["State", "Currency", "Findings", "Over-billed", "Under-billed"],
        rows[:MOST_ROWS],
        [1.2, 0.95, 0.95, 1.8, 1.8],
        frozenset({2, 3, 4}),
    )
    return Part(title, f"{title}.", chart if found else None, table if rows else None)


def ground_part(audit: Audit) -> Part:
    """What the conclusion rests on: identities that do not hold, controls that could not run."""
    wrong = [identity for identity in audit.identities if identity.state != HOLDS]
    failed = sum(identity.state == FAILS for identity in wrong)
    lacking = [*audit.findings.not_run, *audit.findings.partly]
    said = [
        f"{counted(failed, 'identity', 'identities').capitalize()} FAILED: explain them before relying on this pack"
        if failed
        else f"{len(audit.identities) - len(wrong)} of {len(audit.identities)} identities hold",
        f"{len(audit.findings.funnel)} of {len(audit.controls)} controls ran",
    ]
    rows = [
        [one.state, one.name, one.left, one.right, one.note]
        for one in sorted(wrong, key=lambda one: one.state != FAILS)
    ]
    rows += [
        ["not run" if state.state == "not run" else "in part", f"{state.control.id} {state.control.title}", "", "",
         f"missing {', '.join(state.missing)}"]
        for state in lacking
    ]  # fmt: skip
    more = f" {len(rows) - MOST_PAIRS:,} more are in summary.html." if len(rows) > MOST_PAIRS else ""
    table = Table(
        "Identities that do not hold and controls that did not run or ran in part.",
        ["Result", "Identity or control", "Left", "Right", "Note"],
        rows[:MOST_PAIRS],
        [1.1, 4.2, 1.6, 1.6, 3.73],
        frozenset({2, 3}),
        lines=2,
        size=10,
    )
    title = "; ".join(said)
    return Part(title, f"{title}.{more}", table=table if rows else None)


def since_part(audit: Audit) -> Part | None:
    """What is new, gone and changed against last month's pack; None without one."""
    if audit.against is None:
        return None
    from workbench.pack import comparing
    from workbench.pack.comparing import pages

    compared = comparing.against(audit.against, audit)
    counts = {kind: len(compared.of(kind)) for kind in comparing.KINDS}
    told = ", ".join(f"{kind} {count:,}" for kind, count in counts.items())
    labels = [f"{count:,}" for count in counts.values()]
    chart = Chart(
        f"Findings against the last pack: {told}.",
        list(counts),
        [Series("Findings", UNDER, list(counts.values()), labels)],
    )
    rows = [
        [entry.kind, entry.control, entry.currency or "(none)", f"{entry.findings:,}",
         *(f"{SIGNS[way]}{grouped(abs(entry.amounts[way]), entry.currency or None)}" if entry.counts[way] else ""
           for way in SIGNS)]
        for entry in compared.sums
        if entry.kind in {comparing.NEW, comparing.GONE} or (entry.kind == comparing.CHANGED and entry.side == "after")
    ]  # fmt: skip
    table = Table(
        "Money of the findings that are new, gone and changed (as it is now).",
        ["Kind", "Control", "Currency", "Findings", "Over-billed", "Under-billed"],
        rows[:MOST_ROWS],
        [0.85, 0.9, 0.9, 0.85, 1.6, 1.6],
        frozenset({3, 4, 5}),
    )
    title = pages.headline(compared)
    return Part(title.rstrip("."), " ".join([title, *pages.sentences(compared)]), chart, table if rows else None)
