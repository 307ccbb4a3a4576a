"""The sections of a pack as static HTML: the summary page and the notebook show the same ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import groupby
from typing import Any

import pyarrow.compute as pc

from workbench.causes import Cause
from workbench.language import counted, mark, say
from workbench.language.retelling import listed
from workbench.money import grouped
from workbench.pack import wording
from workbench.pack.chart import bars
from workbench.pack.deciding import severity_rank
from workbench.pack.deciding_words import SEVERITIES, word
from workbench.pack.decision_sections import decisions, open_chapter, sampling
from workbench.pack.extract import cited, dates_of, files_of, loading_of, tables_of, totals_of
from workbench.pack.html import Cell, bare, coded, facts, heading, key, money, number, paragraphs, right, table, text
from workbench.pack.scope import in_words
from workbench.pack.work import Audit, MoneyLine
from workbench.screens.section import section_html

LARGEST = 10
DIRECTIONS = {"over_billed": mark("over-billed"), "under_billed": mark("under-billed"), "at_risk": mark("at risk")}
UNITS = {
    "days": mark("{value} days"),
    "days overdue": mark("{value} days overdue"),
    "month, quarter or year": mark("{value} month, quarter or year"),
    "share of the numbers": mark("{value} share of the numbers"),
    "similarity from 0 to 1": mark("{value} similarity from 0 to 1"),
    "units of the document's currency": mark("{value} units of the document's currency"),
    "working days": mark("{value} working days"),
}
SIDES = {"over": mark("over {amount} {currency}"), "under": mark("under {amount} {currency}")}


def scope(audit: Audit) -> str:
    """Whose month this is, as of when, and of which inputs."""
    about = {
        "one": mark("entity {entity}"),
        "every": mark("every entity of the snapshot"),
        "none": mark("candidates that belong to no entity"),
    }[audit.scope_word]
    first, end = in_words(audit.period.first), in_words(audit.period.end)
    return facts(
        [
            (say("Scope"), say(about, entity=audit.entity)),
            (say("Period"), say("{first} up to, not including, {end}", first=first, end=end)),
            (say("As of"), end),
            (say("Documents in the period"), number(audit.documents)),
            (say("Snapshot"), key(audit.snapshot.fingerprint)),
            (say("Pack id"), key(audit.pack_id)),
        ]
    )


def identities(audit: Audit) -> str:
    """Every identity with both sides and the result as a word."""
    rows = (
        (
            identity.name,
            right(identity.left),
            right(identity.right),
            Cell(f"<strong>{text(say(identity.state))}</strong>"),
            identity.note,
        )
        for identity in audit.identities
    )
    return table([say("Identity"), right(say("Left")), right(say("Right")), say("Result"), say("Note")], rows)


def charts(audit: Audit) -> Iterator[tuple[str | None, str]]:
    """Currency and SVG: impact by control, one picture per currency that has any."""
    for currency, lines in groupby(audit.money, lambda line: line.currency):
        rows = []
        for control, own in groupby(lines, lambda line: line.control):
            sums = {line.direction: line.amount for line in own if line.direction != "at_risk"}
            if any(sums.values()):
                zero = Decimal(0)
                label = f"{control.id} {say(control.title)}"
                rows.append((label, sums.get("under_billed", zero), sums.get("over_billed", zero)))
        if rows:
            yield currency, bars(rows, text(currency) if currency else None)


def money_table(audit: Audit) -> str:
    """Findings and amounts by currency and control, both ways and at risk."""
    head = [
        say("Currency"),
        say("Control"),
        say("Title"),
        right(say("Over-billed")),
        right(say("Findings")),
        right(say("Under-billed")),
        right(say("Findings")),
    ]
    rows = []
    for (currency, _), lines in groupby(audit.money, lambda line: (line.currency, line.control.id)):
        ways = {line.direction: line for line in lines}
        control = next(iter(ways.values())).control
        sides = (_side(ways.get(direction), currency) for direction in DIRECTIONS)
        named = (currency or say("(none)"), key(control.id), say(control.title))
        rows.append([*named, *(cell for side in sides for cell in side)])
    return table([*head, right(say("At risk")), right(say("Findings"))], rows)


def _side(line: MoneyLine | None, currency: str | None) -> tuple[Cell, Cell]:
    if line is None:
        return Cell("", "number"), Cell("", "number")
    shown = right(say("no amount"))
    if line.amount:
        shown = money(line.amount, currency, signed=line.direction != "at_risk")
    return shown, number(line.findings)


def funnel(audit: Audit) -> str:
    """Per control: rows examined, candidates, each suppression, findings."""
    rows = (
        (
            key(line.control.id),
            say(line.control.title),
            number(line.examined),
            number(line.candidates),
            Cell("<br>".join(f"{text(code)} {count:,}" for code, count in sorted(line.suppressed.items()))),
            number(line.findings),
        )
        for line in audit.findings.funnel
    )
    head = [
        say("Control"),
        say("Title"),
        right(say("Rows examined")),
        right(say("Candidates")),
        say("Suppressed, by reason"),
        right(say("Findings")),
    ]
    words = say("Rows examined are those of the whole snapshot; candidates are those of this scope.")
    return table(head, rows) + paragraphs([words])


def not_run(audit: Audit) -> str:
    """Controls that could not run or ran without all they use, with the missing names."""
    states = [*audit.findings.not_run, *audit.findings.partly]
    if not states:
        return paragraphs([say("Every control ran with all it uses.")])
    rows = (
        (
            key(state.control.id),
            say(state.control.title),
            say("not run") if state.state == "not run" else say("ran in part"),
            key(", ".join(state.missing)),
        )
        for state in states
    )
    return table([say("Control"), say("Title"), say("State"), say("Missing from the snapshot")], rows)


def largest(audit: Audit, most: int = LARGEST) -> str:
    """The findings with the largest impact, per currency, then those without an amount by severity."""
    found = audit.findings.found.append_column("size", pc.abs(audit.findings.found["impact_amount"]))
    parts = []
    for currency in sorted({line.currency or "" for line in audit.money if line.direction != "at_risk"}):
        column = pc.fill_null(found["currency"], "")
        own = found.filter(pc.and_(pc.equal(column, currency), pc.is_valid(found["size"])))
        top = own.sort_by([("size", "descending"), ("finding_id", "ascending")]).slice(0, most).to_pylist()
        shown = _of(len(top), own.num_rows)
        title = say("{currency}: {findings}, largest first", currency=currency or say("No currency"), findings=shown)
        parts.append(_finding_list(title, top))
    rest = found.filter(pc.is_null(found["size"])).to_pylist()
    rest.sort(key=lambda row: (severity_rank(row["severity"]), row["control_id"], row["finding_id"]))
    if rest:
        shown = _of(min(most, len(rest)), len(rest))
        parts.append(_finding_list(say("At risk, no amount to expect: {findings}", findings=shown), rest[:most]))
    return "".join(parts) or paragraphs([say("No finding.")])


def _of(shown: int, total: int) -> str:
    findings = counted(total, "{count} finding", "{count} findings")
    return findings if shown == total else say("{number} of {findings}", number=f"{shown:,}", findings=findings)


def _finding_list(title: str, rows: list[dict[str, Any]]) -> str:
    return heading(title) + table(
        [
            say("Control"),
            say("Subject and customer"),
            say("Reason and evidence"),
            right(say("Expected")),
            right(say("Billed")),
            right(say("Impact")),
        ],
        map(_finding_row, rows),
    )


def _finding_row(row: dict[str, Any]) -> list[Cell]:
    unit = row["currency"]
    where = f"{text(row['subject_table'])}<br><b>{text(row['subject_id'])}</b>"
    customer = text(say("customer {customer}", customer=row["customer_id"]))
    who = f"<br>{customer}" if row["customer_id"] else ""
    day = f"<br>{row['event_date']}" if row["event_date"] else ""
    impact = (
        f"<b>{money(row['impact_amount'], unit, signed=True).html}</b><br>" if row["impact_amount"] is not None else ""
    )
    severity = text(word(SEVERITIES, row["severity"]))
    which = f'{severity}<br><code class="once">{text(row["finding_id"])}</code>'
    return [
        Cell(f"<b>{text(row['control_id'])}</b><br>{which}"),
        Cell(where + who + day),
        Cell(f"{text(row['reason'])}<br><small>{_keys(row['evidence'])}</small>"),
        money(row["expected_amount"], unit),
        money(row["billed_amount"], unit),
        Cell(f"{impact}{text(word(DIRECTIONS, row['direction']))}", "number"),
    ]


def _keys(evidence: str, most: int = 4) -> str:
    parts = []
    for name, keys in cited(evidence):
        shown, more = f"<code>{', '.join(map(text, keys[:most]))}</code>", f"{len(keys) - most:,}"
        if len(keys) > most:
            shown = text(say("{keys} and {number} more", keys="[[keys]]", number=more)).replace("[[keys]]", shown)
        parts.append(f"{text(name)}: {shown}")
    return " \N{MIDDLE DOT} ".join(parts)


def sources(audit: Audit) -> str:
    """The log of what was read, file by file, and the control totals of what was accepted."""
    loads = files_of(audit.snapshot)
    if not loads:
        return paragraphs([say("The snapshot came without a log of its sources.")])
    rows = (
        (load.table, load.source, *map(_count, (load.read, load.accepted, load.rejected)), key(load.sha256))
        for load in loads
    )
    read = [right(say("Read")), right(say("Accepted")), right(say("Rejected"))]
    log = table([say("Table"), say("File"), *read, "SHA-256"], rows)
    sums = ((name, column, money(amount, currency)) for name, column, currency, amount in totals_of(audit.snapshot))
    stated = audit.snapshot.sources.get("ties")
    unstated = say("The sources state no totals of themselves; nothing outside shows that all came.")
    return "".join(
        [
            facts((bare(name), value) for name, value in loading_of(audit.snapshot)),
            log,
            "" if stated else paragraphs([unstated]),
            heading(say("Control totals of the snapshot")),
            table([say("Table"), say("Column"), right(say("Sum"))], sums),
            heading(say("First and last dates")),
            table([say("Table"), say("Column"), say("First"), say("Last")], dates_of(audit.snapshot)),
        ]
    )


def _count(value: int | None) -> Cell:
    return right(say("not logged")) if value is None else number(value)


def rejects(audit: Audit) -> str:
    """Which tables have rejected rows and where they are."""
    rows = [
        (load.table, number(load.rejected), key(f"rejects/{load.table}.csv"))
        for load in tables_of(audit.snapshot)
        if load.rejected
    ]
    head = [say("Table"), right(say("Rejected rows")), say("As they came, with the reason")]
    return table(head, rows) if rows else paragraphs([say("No row was rejected.")])


def parameters(audit: Audit) -> str:
    """Every control's own parameters with unit, default and reason."""
    rows = [
        (
            key(control.id),
            name,
            str(audit.fixed["controls"][control.id]["parameters"][name]),
            str(entry.default),
            bare(UNITS[entry.unit]) if entry.unit in UNITS else entry.unit,
            entry.why and say(entry.why),
        )
        for control in audit.controls
        for name, entry in control.parameters.items()
    ]
    words = coded(mark("Fixed before any result: SHA-256 of parameters.json {id}"), id=audit.pack_id)
    head = [say("Control"), say("Parameter"), say("Value"), say("Default"), say("Unit"), say("Why the default")]
    return f"<p>{words}</p>\n" + table(head, rows)


def controls(audit: Audit) -> str:
    """The text that ran, by fingerprint."""
    ran = {line.control.id for line in audit.findings.funnel}
    rows = (
        (
            key(entry.id),
            say(entry.title),
            say("ran") if entry.id in ran else say("not run"),
            key(f"controls/{entry.id}.sql"),
            key(entry.fingerprint),
        )
        for entry in audit.controls
    )
    return table([say("Control"), say("Title"), say("State"), say("Text"), "SHA-256"], rows)


def shared_causes(audit: Audit) -> str:
    """Findings of one control that have one explanation, and how many stand alone."""
    alone = sum(audit.causes.alone.values())
    rest = paragraphs([counted(alone, "{count} finding without a shared cause.",
                               "{count} findings without a shared cause.")])  # fmt: skip
    if not audit.causes.causes:
        return rest
    rows = (
        (
            key(cause.control.id),
            listed(f"{say(what)} {value}" for what, value in cause.conditions)
            or say("Nearly everything that was examined"),
            number(cause.findings),
            number(cause.examined) if cause.examined else right(""),
            say("{first} to {last}", first=cause.first, last=cause.last) if cause.first else "",
            Cell("<br>".join(text(part) for part in _sides(cause))),
        )
        for cause in audit.causes.causes
    )
    head = [
        say("Control"),
        say("What they have in common"),
        right(say("Findings")),
        right(say("Examined")),
        say("Days"),
        say("Money"),
    ]
    return table(head, rows) + rest


def _sides(cause: Cause) -> list[str]:
    return [
        say(SIDES[side], amount=grouped(amount, currency), currency=currency)
        for side, amounts in (("over", cause.over), ("under", cause.under))
        for currency, amount in amounts.items()
    ]


def where_to_look(audit: Audit) -> str:
    """What the screens rank: statistics, none of them a finding."""
    return section_html(audit.screening)


SECTIONS: dict[str, Callable[[Audit], str]] = {
    mark("Scope"): scope,
    mark("Money both ways"): money_table,
    mark("Causes"): shared_causes,
    mark("Largest findings"): largest,
    mark("Where to look"): where_to_look,
    mark("Open items"): open_chapter,
    mark("Decisions"): decisions,
    mark("Sampling"): sampling,
    mark("Identities"): identities,
    mark("What could not be run"): not_run,
    mark("From rows to findings"): funnel,
    mark("Sources"): sources,
    mark("Rejected rows"): rejects,
    mark("Parameters"): parameters,
    mark("Controls"): controls,
}


def conclusion(audit: Audit) -> str:
    """The headline and the sentences under it."""
    return f"<p><strong>{text(wording.headline(audit))}</strong></p>\n" + paragraphs(wording.sentences(audit))
