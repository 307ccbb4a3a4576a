"""The sections of a pack as static HTML: the summary page and the notebook show the same ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import groupby
from typing import Any

import pyarrow.compute as pc

from workbench.causes import Cause
from workbench.money import grouped
from workbench.pack import wording
from workbench.pack.chart import bars
from workbench.pack.deciding import severity_rank
from workbench.pack.decision_sections import decisions, open_chapter, sampling
from workbench.pack.extract import cited, dates_of, files_of, loading_of, tables_of, totals_of
from workbench.pack.html import Cell, counted, facts, key, money, number, paragraphs, right, table, text
from workbench.pack.scope import in_words
from workbench.pack.work import Audit, MoneyLine
from workbench.screens.section import section_html

LARGEST = 10
DIRECTIONS = {"over_billed": "over-billed", "under_billed": "under-billed", "at_risk": "at risk"}


def scope(audit: Audit) -> str:
    """Whose month this is, as of when, and of which inputs."""
    about = {
        "one": f"entity {audit.entity}",
        "every": "every entity of the snapshot",
        "none": "candidates that belong to no entity",
    }[audit.scope_word]
    return facts(
        [
            ("Scope", about),
            ("Period", f"{in_words(audit.period.first)} up to, not including, {in_words(audit.period.end)}"),
            ("As of", in_words(audit.period.end)),
            ("Documents in the period", number(audit.documents)),
            ("Snapshot", key(audit.snapshot.fingerprint)),
            ("Pack id", key(audit.pack_id)),
        ]
    )


def identities(audit: Audit) -> str:
    """Every identity with both sides and the result as a word."""
    rows = (
        (
            identity.name,
            right(identity.left),
            right(identity.right),
            Cell(f"<strong>{text(identity.state)}</strong>"),
            identity.note,
        )
        for identity in audit.identities
    )
    return table(["Identity", right("Left"), right("Right"), "Result", "Note"], rows)


def charts(audit: Audit) -> Iterator[tuple[str | None, str]]:
    """Currency and SVG: impact by control, one picture per currency that has any."""
    for currency, lines in groupby(audit.money, lambda line: line.currency):
        rows = []
        for control, own in groupby(lines, lambda line: line.control):
            sums = {line.direction: line.amount for line in own if line.direction != "at_risk"}
            if any(sums.values()):
                zero = Decimal(0)
                rows.append(
                    (f"{control.id} {control.title}", sums.get("under_billed", zero), sums.get("over_billed", zero))
                )
        if rows:
            yield currency, bars(rows, text(currency) if currency else None)


def money_table(audit: Audit) -> str:
    """Findings and amounts by currency and control, both ways and at risk."""
    head = [
        "Currency",
        "Control",
        "Title",
        right("Over-billed"),
        right("Findings"),
        right("Under-billed"),
        right("Findings"),
    ]
    rows = []
    for (currency, _), lines in groupby(audit.money, lambda line: (line.currency, line.control.id)):
        ways = {line.direction: line for line in lines}
        control = next(iter(ways.values())).control
        sides = (_side(ways.get(direction), currency) for direction in DIRECTIONS)
        rows.append([currency or "(none)", key(control.id), control.title, *(cell for side in sides for cell in side)])
    return table([*head, right("At risk"), right("Findings")], rows)


def _side(line: MoneyLine | None, currency: str | None) -> tuple[Cell, Cell]:
    if line is None:
        return Cell("", "number"), Cell("", "number")
    shown = money(line.amount, currency, signed=line.direction != "at_risk") if line.amount else right("no amount")
    return shown, number(line.findings)


def funnel(audit: Audit) -> str:
    """Per control: rows examined, candidates, each suppression, findings."""
    rows = (
        (
            key(line.control.id),
            line.control.title,
            number(line.examined),
            number(line.candidates),
            Cell("<br>".join(f"{text(code)} {count:,}" for code, count in sorted(line.suppressed.items()))),
            number(line.findings),
        )
        for line in audit.findings.funnel
    )
    head = ["Control", "Title", right("Rows examined"), right("Candidates"), "Suppressed, by reason", right("Findings")]
    return (
        table(head, rows)
        + "<p>Rows examined are those of the whole snapshot; candidates are those of this scope.</p>\n"
    )


def not_run(audit: Audit) -> str:
    """Controls that could not run or ran without all they use, with the missing names."""
    states = [*audit.findings.not_run, *audit.findings.partly]
    if not states:
        return "<p>Every control ran with all it uses.</p>\n"
    rows = (
        (
            key(state.control.id),
            state.control.title,
            "not run" if state.state == "not run" else "ran in part",
            key(", ".join(state.missing)),
        )
        for state in states
    )
    return table(["Control", "Title", "State", "Missing from the snapshot"], rows)


def largest(audit: Audit, most: int = LARGEST) -> str:
    """The findings with the largest impact, per currency, then those without an amount by severity."""
    found = audit.findings.found.append_column("size", pc.abs(audit.findings.found["impact_amount"]))
    parts = []
    for currency in sorted({line.currency or "" for line in audit.money if line.direction != "at_risk"}):
        column = pc.fill_null(found["currency"], "")
        own = found.filter(pc.and_(pc.equal(column, currency), pc.is_valid(found["size"])))
        top = own.sort_by([("size", "descending"), ("finding_id", "ascending")]).slice(0, most).to_pylist()
        parts.append(_finding_list(f"{currency or 'No currency'}: {_of(len(top), own.num_rows)}, largest first", top))
    rest = found.filter(pc.is_null(found["size"])).to_pylist()
    rest.sort(key=lambda row: (severity_rank(row["severity"]), row["control_id"], row["finding_id"]))
    if rest:
        parts.append(
            _finding_list(f"At risk, no amount to expect: {_of(min(most, len(rest)), len(rest))}", rest[:most])
        )
    return "".join(parts) or "<p>No finding.</p>\n"


def _of(shown: int, total: int) -> str:
    return counted(total, "finding") if shown == total else f"{shown:,} of {counted(total, 'finding')}"


def _finding_list(title: str, rows: list[dict[str, Any]]) -> str:
    return f"<h3>{text(title)}</h3>\n" + table(
        ["Control", "Subject and customer", "Reason and evidence", right("Expected"), right("Billed"), right("Impact")],
        map(_finding_row, rows),
    )


def _finding_row(row: dict[str, Any]) -> list[Cell]:
    unit = row["currency"]
    where = f"{text(row['subject_table'])}<br><b>{text(row['subject_id'])}</b>"
    who = f"<br>customer {text(row['customer_id'])}" if row["customer_id"] else ""
    day = f"<br>{row['event_date']}" if row["event_date"] else ""
    impact = (
        f"<b>{money(row['impact_amount'], unit, signed=True).html}</b><br>" if row["impact_amount"] is not None else ""
    )
    which = f'{text(row["severity"])}<br><code class="once">{text(row["finding_id"])}</code>'
    return [
        Cell(f"<b>{text(row['control_id'])}</b><br>{which}"),
        Cell(where + who + day),
        Cell(f"{text(row['reason'])}<br><small>{_keys(row['evidence'])}</small>"),
        money(row["expected_amount"], unit),
        money(row["billed_amount"], unit),
        Cell(f"{impact}{DIRECTIONS[row['direction']]}", "number"),
    ]


def _keys(evidence: str, most: int = 4) -> str:
    parts = []
    for name, keys in cited(evidence):
        more = f" and {len(keys) - most:,} more" if len(keys) > most else ""
        parts.append(f"{text(name)}: <code>{', '.join(map(text, keys[:most]))}</code>{more}")
    return " \N{MIDDLE DOT} ".join(parts)


def sources(audit: Audit) -> str:
    """The log of what was read, file by file, and the control totals of what was accepted."""
    loads = files_of(audit.snapshot)
    if not loads:
        return "<p>The snapshot came without a log of its sources.</p>\n"
    rows = (
        (load.table, load.source, *map(_count, (load.read, load.accepted, load.rejected)), key(load.sha256))
        for load in loads
    )
    log = table(["Table", "File", right("Read"), right("Accepted"), right("Rejected"), "SHA-256"], rows)
    sums = ((name, column, money(amount, currency)) for name, column, currency, amount in totals_of(audit.snapshot))
    stated = audit.snapshot.sources.get("ties")
    return "".join(
        [
            facts(loading_of(audit.snapshot)),
            log,
            ""
            if stated
            else "<p>The sources state no totals of themselves; nothing outside shows that all came.</p>\n",
            f"<h3>Control totals of the snapshot</h3>\n{table(['Table', 'Column', right('Sum')], sums)}",
            "<h3>First and last dates</h3>\n",
            table(["Table", "Column", "First", "Last"], dates_of(audit.snapshot)),
        ]
    )


def _count(value: int | None) -> Cell:
    return right("not logged") if value is None else number(value)


def rejects(audit: Audit) -> str:
    """Which tables have rejected rows and where they are."""
    rows = [
        (load.table, number(load.rejected), key(f"rejects/{load.table}.csv"))
        for load in tables_of(audit.snapshot)
        if load.rejected
    ]
    head = ["Table", right("Rejected rows"), "As they came, with the reason"]
    return table(head, rows) if rows else "<p>No row was rejected.</p>\n"


def parameters(audit: Audit) -> str:
    """Every control's own parameters with unit, default and reason."""
    rows = [
        (
            key(control.id),
            name,
            str(audit.fixed["controls"][control.id]["parameters"][name]),
            str(entry.default),
            entry.unit,
            entry.why,
        )
        for control in audit.controls
        for name, entry in control.parameters.items()
    ]
    words = f"<p>Fixed before any result: SHA-256 of parameters.json <code>{audit.pack_id}</code></p>\n"
    return words + table(["Control", "Parameter", "Value", "Default", "Unit", "Why the default"], rows)


def controls(audit: Audit) -> str:
    """The text that ran, by fingerprint."""
    ran = {line.control.id for line in audit.findings.funnel}
    rows = (
        (
            key(entry.id),
            entry.title,
            "ran" if entry.id in ran else "not run",
            key(f"controls/{entry.id}.sql"),
            key(entry.fingerprint),
        )
        for entry in audit.controls
    )
    return table(["Control", "Title", "State", "Text", "SHA-256"], rows)


def shared_causes(audit: Audit) -> str:
    """Findings of one control that have one explanation, and how many stand alone."""
    alone = sum(audit.causes.alone.values())
    rest = f"<p>{counted(alone, 'finding')} without a shared cause.</p>\n"
    if not audit.causes.causes:
        return rest
    rows = (
        (
            key(cause.control.id),
            ", ".join(f"{word} {value}" for word, value in cause.conditions) or "Nearly everything that was examined",
            number(cause.findings),
            number(cause.examined) if cause.examined else right(""),
            f"{cause.first} to {cause.last}" if cause.first else "",
            Cell("<br>".join(text(part) for part in _sides(cause))),
        )
        for cause in audit.causes.causes
    )
    head = ["Control", "What they have in common", right("Findings"), right("Examined"), "Days", "Money"]
    return table(head, rows) + rest


def _sides(cause: Cause) -> list[str]:
    return [
        f"{side} {grouped(amount, currency)} {currency}"
        for side, amounts in (("over", cause.over), ("under", cause.under))
        for currency, amount in amounts.items()
    ]


def where_to_look(audit: Audit) -> str:
    """What the screens rank: statistics, none of them a finding."""
    return section_html(audit.screening)


SECTIONS: dict[str, Callable[[Audit], str]] = {
    "Scope": scope,
    "Money both ways": money_table,
    "Causes": shared_causes,
    "Largest findings": largest,
    "Where to look": where_to_look,
    "Open items": open_chapter,
    "Decisions": decisions,
    "Sampling": sampling,
    "Identities": identities,
    "What could not be run": not_run,
    "From rows to findings": funnel,
    "Sources": sources,
    "Rejected rows": rejects,
    "Parameters": parameters,
    "Controls": controls,
}


def conclusion(audit: Audit) -> str:
    """The headline and the sentences under it."""
    return f"<p><strong>{text(wording.headline(audit))}</strong></p>\n" + paragraphs(wording.sentences(audit))
