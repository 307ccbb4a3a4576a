"""A comparison as lines of text, as a chapter of a page and as a page of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from workbench.language import ENGLISH, counted, mark, say, speaking
from workbench.language.retelling import listed, retold
from workbench.money import grouped
from workbench.pack.comparing import (
    CHANGED,
    DIFFERENCES,
    GONE,
    KINDS,
    NEW,
    OWN_MONTH,
    SAME,
    WAYS,
    WHY,
    Comparison,
    Figure,
    Pair,
    Sum,
)
from workbench.pack.comparing.sides import Side
from workbench.pack.deciding_words import STATES, word
from workbench.pack.html import Cell, capital, coded, key, money, number, paragraphs, right, table, text
from workbench.pack.identities import FAILS, HOLDS, NOT_SHOWN, SIDES, said_name
from workbench.pack.summary import shell
from workbench.receivables.restatement import CHANGES
from workbench.receivables.text import aligned, printable

SHOWN = 50
DIRECTIONS = {
    "over_billed": mark("{amount} over-billed"), "under_billed": mark("{amount} under-billed"),
    "at_risk": mark("{amount} at risk"),
}  # fmt: skip
STANDS = {
    "over_billed": mark("over-billed, {amount} stand"), "under_billed": mark("under-billed, {amount} stand"),
    "at_risk": mark("at risk, {amount} stand"),
}  # fmt: skip
NO_AMOUNT = {
    "over_billed": mark("over-billed, no amount"), "under_billed": mark("under-billed, no amount"),
    "at_risk": mark("at risk, no amount"),
}  # fmt: skip
GROUPS = {
    "totals": mark("Totals"),
    "identities": mark("Identities"),
    "figures": mark("Figures"),
    "not_run": mark("Not run, for lack of"),
    "partly": mark("Ran without"),
    "controls": mark("From rows to findings"),
}
NAMES = (
    mark("candidates"), mark("findings"), mark("open"), mark("{control} examined"), mark("{control} candidates"),
    mark("{control} findings"), mark("{control} suppressed"),
)  # fmt: skip
RESULTS = (mark("{state} ({left} = {right})"), HOLDS, FAILS, NOT_SHOWN, *SIDES)
SUBJECTS = (
    mark("data"), mark("period"), mark("parameters"), mark("code"), mark("decisions"), mark("versions"),
)  # fmt: skip
MOVED = {
    "expected": mark("expected {before} \N{RIGHTWARDS ARROW} {after}"),
    "billed": mark("billed {before} \N{RIGHTWARDS ARROW} {after}"),
}
BEFORE_AFTER = {"before": mark("changed, before"), "after": mark("changed, after")}


def headline(comparison: Comparison) -> str:
    """One sentence: how many findings are new, gone, changed and unchanged."""
    counts = {kind: len(comparison.of(kind)) for kind in KINDS}
    return say(
        "{new}, {gone} gone, {changed} changed, {unchanged} unchanged, against {pack}.",
        new=capital(_of_kind(NEW, counts[NEW])),
        gone=f"{counts[GONE]:,}",
        changed=f"{counts[CHANGED]:,}",
        unchanged=f"{counts[SAME]:,}",
        pack=comparison.before.name,
    )


def _of_kind(kind: str, findings: int) -> str:
    """How many findings there are of a kind: "1 new finding"."""
    if kind == NEW:
        return counted(findings, "{count} new finding", "{count} new findings")
    if kind == GONE:
        return counted(findings, "{count} gone finding", "{count} gone findings")
    return counted(findings, "{count} changed finding", "{count} changed findings")


def sentences(comparison: Comparison) -> list[str]:
    """What made the packs differ, so that a change of code is told apart from a change of data."""
    differs = comparison.differs
    what = [name for name in SUBJECTS[:-1] if name in differs]
    if comparison.before.pack_id == comparison.after.pack_id:
        return [say("Both are the same work: the same snapshot, parameters and code.")]
    if not what:
        return [say("Snapshot, period, parameters and code are the same.")]
    said = [say("What differs: {subjects}.", subjects=listed(map(say, what)))]
    if "data" not in differs:
        said.append(say("The snapshot is the same, so no difference comes from the data."))
    if "code" not in differs and "parameters" not in differs:
        said.append(say("Code and parameters are the same, so no difference comes from the controls."))
    past = sum(pair.why == OWN_MONTH for pair in comparison.of(GONE))
    if past:
        message = mark(
            "{count} of the findings gone are of controls that look at one month alone: they belong to the month "
            "before and were not settled by that."
        )
        said.append(say(message, count=f"{past:,}"))
    return said


def as_text(comparison: Comparison, most: int = SHOWN) -> str:
    """Lines of text for a terminal, in English; lists of findings are cut at `most`, and say so."""
    with speaking(ENGLISH):
        return "\n".join(_lines(comparison, most))


def _lines(comparison: Comparison, most: int) -> list[str]:
    lines = [printable(headline(comparison)), *map(printable, sentences(comparison))]
    for subject, told in comparison.differs.items():
        lines += ["", f"{subject} differs", *(f"  {printable(line)}" for line in told)]
    head = ("", "control", "currency", "", "findings", "over-billed", "under-billed", "at risk")
    rows = [_sum_words(entry) for entry in comparison.sums]
    if rows:
        lines += ["", "money both ways", *aligned(head, rows)]
    for kind in (NEW, GONE, CHANGED):
        pairs = comparison.of(kind)
        if pairs:
            lines += [
                "",
                f"{kind}: {counted(len(pairs), '{count} finding', '{count} findings')}{_cut(len(pairs), most)}",
            ]
            lines += [f"  {printable(_line(pair))}" for pair in ranked(pairs)[:most]]
    moved = [figure for figure in comparison.figures if figure.differs]
    if moved:
        cells = [(GROUPS[one.group], one.name, one.before or "absent", one.after or "absent") for one in moved]
        lines += ["", "figures that differ", *aligned(("", "", "before", "after"), cells)]
    documents = list(_documents(comparison))
    if documents:
        lines += ["", f"changed in {comparison.before.period} by document{_cut(len(documents), most)}"]
        lines += [f"  {printable(' '.join(map(str, row)))}" for row in documents[:most]]
    return lines


def _cut(every: int, most: int) -> str:
    return f", the {most} largest of them" if every > most else ""


def ranked(pairs: Sequence[Pair]) -> list[Pair]:
    """By currency, then the largest amount first."""
    return sorted(
        pairs, key=lambda pair: (pair.row["currency"] or "", -abs(_size(pair)), pair.control, pair.finding_id)
    )


def _size(pair: Pair) -> Decimal:
    return pair.row["impact_amount"] or pair.row["billed_amount"] or Decimal(0)


def _line(pair: Pair) -> str:
    row = pair.row
    parts = [pair.control, pair.finding_id, f"{row['subject_table']} {row['subject_id']}", *_changes(pair)]
    return "  ".join([*parts, f"({pair.why})" if pair.why else ""]).rstrip()


def _changes(pair: Pair) -> list[str]:
    """What it comes to, or what changed, before and after."""
    if pair.before is None or pair.after is None:
        return [_stands(pair.row)]
    was, now = _stands(pair.before), _stands(pair.after)
    parts = [f"{was} \N{RIGHTWARDS ARROW} {now}" if was != now else now]
    for name, message in MOVED.items():
        then, here = (row[f"{name}_amount"] for row in (pair.before, pair.after))
        if then != here:
            shown = [grouped(amount, pair.row["currency"]) or say("none") for amount in (then, here)]
            parts.append(say(message, before=shown[0], after=shown[1]))
    if pair.decision_before != pair.decision_after:
        decided = map(_decision, (pair.decision_before, pair.decision_after))
        parts.append(" \N{RIGHTWARDS ARROW} ".join(decided))
    return parts


def _decision(words: str) -> str:
    """State, remedy and amount; the state as a reader is told of it."""
    state, *rest = words.split(", ", 1)
    return listed([word(STATES, state) if state in STATES else state, *rest])


def _stands(row: Any) -> str:
    unit, way = row["currency"] or say("of no currency"), row["direction"]
    if row["impact_amount"]:
        return say(DIRECTIONS[way], amount=f"{grouped(abs(row['impact_amount']), row['currency'])} {unit}")
    if row["billed_amount"]:
        return say(STANDS[way], amount=f"{grouped(row['billed_amount'], row['currency'])} {unit}")
    return say(NO_AMOUNT[way])


def _sum_words(entry: Sum) -> list[str]:
    side = entry.side if entry.kind == CHANGED else ""
    amounts = [grouped(abs(entry.amounts[way]), entry.currency or None) if entry.counts[way] else "" for way in WAYS]
    return [entry.kind, entry.control, entry.currency or "(none)", side, f"{entry.findings:,}", *amounts]


def _documents(comparison: Comparison) -> Iterator[list[str]]:
    """What changed by document in the earlier month, of this pack's entity alone."""
    if comparison.restatement is None:
        return
    entity, scope = comparison.after.scope
    for row in comparison.restatement.documents():
        if scope == "every" or (row["entity_id"] or "") == entity:
            named = (row["item_table"], row["item_number"] or row["item_id"], row["customer_id"], row["currency"])
            yield [*(str(value or "") for value in named), *(grouped(row[name], row["currency"]) for name in CHANGES)]


def section_html(comparison: Comparison, most: int = SHOWN) -> str:
    """The chapter without its heading; every cell escaped."""
    parts = [f"<p><strong>{text(headline(comparison))}</strong></p>\n", paragraphs(sentences(comparison))]
    told = [(say(what), retold(line, DIFFERENCES)) for what, lines in comparison.differs.items() for line in lines]
    if told:
        parts.append(_h3(say("What differs in the making")) + table([say("Subject"), say("Difference")], told))
    parts.append(_h3(say("Money both ways, by kind")) + _sums_html(comparison))
    for kind in (NEW, GONE, CHANGED):
        pairs = comparison.of(kind)
        if pairs:
            parts.append(_h3(_title(kind, len(pairs), most)) + _pairs_html(ranked(pairs)[:most]))
    moved = [figure for figure in comparison.figures if figure.differs]
    if moved:
        head = [say("Group"), say("Figure"), say("Before"), say("After")]
        parts.append(_h3(say("Figures that differ")) + table(head, map(_moved, moved)))
    parts.append(_documents_html(comparison, most))
    return "".join(parts)


def _h3(words: str) -> str:
    return f"<h3>{text(words)}</h3>\n"


def _title(kind: str, findings: int, most: int) -> str:
    title = capital(_of_kind(kind, findings))
    return say("{findings}, the {most} largest of them", findings=title, most=most) if findings > most else title


def _moved(figure: Figure) -> list[object]:
    name = said_name(figure.name) if figure.group == "identities" else retold(figure.name, NAMES)
    sides = [
        say("absent") if value is None else retold(value, RESULTS, ("state", "left", "right"))
        for value in (figure.before, figure.after)
    ]
    return [say(GROUPS[figure.group]), name, *map(right, sides)]


def _sums_html(comparison: Comparison) -> str:
    rows = (
        (
            say(BEFORE_AFTER[entry.side] if entry.kind == CHANGED else entry.kind),
            key(entry.control),
            _control(comparison, entry.control),
            number(entry.findings),
            *(_sum_cell(entry, way) for way in WAYS),
        )
        for entry in comparison.sums
    )
    head = [
        say("Kind"),
        say("Control"),
        say("Title"),
        right(say("Findings")),
        right(say("Over-billed")),
        right(say("Under-billed")),
        right(say("At risk")),
    ]
    return table(head, rows)


def _control(comparison: Comparison, name: str) -> str:
    title = comparison.after.texts.get(name, comparison.before.texts.get(name, ("",)))[0]
    return say(title) if title else ""


def _sum_cell(entry: Sum, way: str) -> Cell:
    if not entry.counts[way]:
        return Cell("", "number")
    if not entry.amounts[way]:
        return right(say("no amount"))
    return money(entry.amounts[way], entry.currency or None, signed=way != "at_risk")


def _pairs_html(pairs: Sequence[Pair]) -> str:
    rows = (
        (
            Cell(f'<b>{text(pair.control)}</b><br><code class="once">{text(pair.finding_id)}</code>'),
            Cell(f"{text(pair.row['subject_table'])}<br><b>{text(pair.row['subject_id'])}</b>"),
            Cell("<br>".join(map(text, _changes(pair)))),
            Cell(f"{text(pair.row['reason'])}<br><small>{text(_why(pair))}</small>"),
        )
        for pair in pairs
    )
    return table([say("Control"), say("Subject"), say("Amounts"), say("Reason and where it may come from")], rows)


def _why(pair: Pair) -> str:
    return retold(pair.why, WHY, ("one", "other"))


def _documents_html(comparison: Comparison, most: int) -> str:
    rows = [[*row[:4], *map(right, row[4:])] for row in _documents(comparison)]
    if comparison.restatement is None:
        return ""
    title = _h3(say("{month} as the later snapshot tells it, by document", month=comparison.before.period))
    if not rows:
        return title + paragraphs([say("Nothing of that month changed.")])
    head = [
        say("Table"), say("Document"), say("Customer"), say("Currency"), right(say("Opening")),
        right(say("In the month")), right(say("Closing")),
    ]  # fmt: skip
    more = say("{count} documents changed.", count=f"{len(rows):,}")
    if len(rows) > most:
        more = say("{count} documents changed, the {most} largest of them.", count=f"{len(rows):,}", most=most)
    return title + paragraphs([more]) + table(head, rows[:most])


def page(comparison: Comparison) -> str:
    """A page of its own: self-contained, no script, nothing fetched."""
    before, after = comparison.before, comparison.after
    named = (say("before {pack}", pack=before.name), before), (say("after {pack}", pack=after.name), after)
    line = " \N{MIDDLE DOT} ".join(listed(_made_of(words, side)) for words, side in named)
    title, kicker = (
        say("{after} against {before}", after=after.name, before=before.name),
        say("Comparison of two packs"),
    )
    front = f'<header><p class="kicker">{text(kicker)}</p>\n<h1>{text(title)}</h1>\n<p>{line}</p></header>\n'
    return shell(title, front + section_html(comparison))


def _made_of(words: str, side: Side) -> list[str]:
    snapshot = str(side.fixed.get("snapshot", ""))
    return [
        text(words),
        coded(mark("pack {id}"), id=side.pack_id[:16]),
        coded(mark("snapshot {id}"), id=snapshot[:16]),
    ]
