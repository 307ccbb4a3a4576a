"""A comparison as lines of text, as JSON, as a chapter of a page and as a page of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from workbench.money import grouped, in_minor_unit
from workbench.pack.comparing import CHANGED, GONE, KINDS, NEW, SAME, WAYS, Comparison, Pair, Sum
from workbench.pack.html import Cell, counted, key, money, number, paragraphs, right, table, text
from workbench.pack.summary import shell
from workbench.receivables.restatement import CHANGES
from workbench.receivables.text import aligned, printable

SHOWN = 50
DIRECTIONS = {"over_billed": "over-billed", "under_billed": "under-billed", "at_risk": "at risk"}
GROUPS = {
    "totals": "Totals",
    "identities": "Identities",
    "figures": "Figures",
    "not_run": "Not run, for lack of",
    "partly": "Ran without",
    "controls": "From rows to findings",
}


def headline(comparison: Comparison) -> str:
    """One sentence: how many findings are new, gone, changed and unchanged."""
    counts = {kind: len(comparison.of(kind)) for kind in KINDS}
    return (
        f"{counted(counts[NEW], 'new finding').capitalize()}, {counts[GONE]:,} gone, {counts[CHANGED]:,} changed, "
        f"{counts[SAME]:,} unchanged, against {comparison.before.name}."
    )


def sentences(comparison: Comparison) -> list[str]:
    """What made the packs differ, so that a change of code is told apart from a change of data."""
    differs = comparison.differs
    what = [name for name in ("data", "period", "parameters", "code", "decisions") if name in differs]
    if comparison.before.pack_id == comparison.after.pack_id:
        return ["Both are the same work: the same snapshot, parameters and code."]
    if not what:
        return ["Snapshot, period, parameters and code are the same."]
    said = [f"What differs: {', '.join(what)}."]
    if "data" not in differs:
        said.append("The snapshot is the same, so no difference comes from the data.")
    if "code" not in differs and "parameters" not in differs:
        said.append("Code and parameters are the same, so no difference comes from the controls.")
    past = sum(pair.why == "of its own month" for pair in comparison.of(GONE))
    if past:
        said.append(
            f"{past:,} of the findings gone are of controls that look at one month alone: they belong to the month "
            "before and were not settled by that."
        )
    return said


def as_text(comparison: Comparison, most: int = SHOWN) -> str:
    """Lines of text; lists of findings are cut at `most`, and say so."""
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
            lines += ["", f"{kind}: {counted(len(pairs), 'finding')}{_cut(len(pairs), most)}"]
            lines += [f"  {printable(_line(pair))}" for pair in ranked(pairs)[:most]]
    moved = [figure for figure in comparison.figures if figure.differs]
    if moved:
        cells = [(GROUPS[one.group], one.name, one.before or "absent", one.after or "absent") for one in moved]
        lines += ["", "figures that differ", *aligned(("", "", "before", "after"), cells)]
    documents = list(_documents(comparison))
    if documents:
        lines += ["", f"changed in {comparison.before.period} by document{_cut(len(documents), most)}"]
        lines += [f"  {printable(' '.join(map(str, row)))}" for row in documents[:most]]
    return "\n".join(lines)


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
    for name in ("expected", "billed"):
        then, here = (row[f"{name}_amount"] for row in (pair.before, pair.after))
        if then != here:
            shown = [grouped(amount, pair.row["currency"]) or "none" for amount in (then, here)]
            parts.append(f"{name} {shown[0]} \N{RIGHTWARDS ARROW} {shown[1]}")
    if pair.decision_before != pair.decision_after:
        parts.append(f"{pair.decision_before} \N{RIGHTWARDS ARROW} {pair.decision_after}")
    return parts


def _stands(row: Any) -> str:
    unit = row["currency"] or "of no currency"
    direction = DIRECTIONS.get(row["direction"], row["direction"])
    if row["impact_amount"]:
        return f"{grouped(abs(row['impact_amount']), row['currency'])} {unit} {direction}"
    stands = f"{grouped(row['billed_amount'], row['currency'])} {unit} stand" if row["billed_amount"] else "no amount"
    return f"{direction}, {stands}"


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
    told = [(subject, line) for subject, lines in comparison.differs.items() for line in lines]
    if told:
        parts.append("<h3>What differs in the making</h3>\n" + table(["Subject", "Difference"], told))
    parts.append("<h3>Money both ways, by kind</h3>\n" + _sums_html(comparison))
    for kind in (NEW, GONE, CHANGED):
        pairs = comparison.of(kind)
        if pairs:
            title = f"{counted(len(pairs), f'{kind} finding').capitalize()}{_cut(len(pairs), most)}"
            parts.append(f"<h3>{text(title)}</h3>\n{_pairs_html(ranked(pairs)[:most])}")
    moved = [figure for figure in comparison.figures if figure.differs]
    if moved:
        rows = [(GROUPS[one.group], one.name, _or_absent(one.before), _or_absent(one.after)) for one in moved]
        parts.append("<h3>Figures that differ</h3>\n" + table(["Group", "Figure", "Before", "After"], rows))
    parts.append(_documents_html(comparison, most))
    return "".join(parts)


def _or_absent(value: str | None) -> object:
    return right(value) if value is not None else right("absent")


def _sums_html(comparison: Comparison) -> str:
    rows = (
        (
            entry.kind + (f", {entry.side}" if entry.kind == CHANGED else ""),
            key(entry.control),
            comparison.after.texts.get(entry.control, comparison.before.texts.get(entry.control, ("",)))[0],
            number(entry.findings),
            *(_sum_cell(entry, way) for way in WAYS),
        )
        for entry in comparison.sums
    )
    head = [
        "Kind",
        "Control",
        "Title",
        right("Findings"),
        right("Over-billed"),
        right("Under-billed"),
        right("At risk"),
    ]
    return table(head, rows)


def _sum_cell(entry: Sum, way: str) -> Cell:
    if not entry.counts[way]:
        return Cell("", "number")
    if not entry.amounts[way]:
        return right("no amount")
    return money(entry.amounts[way], entry.currency or None, signed=way != "at_risk")


def _pairs_html(pairs: Sequence[Pair]) -> str:
    rows = (
        (
            Cell(f'<b>{text(pair.control)}</b><br><code class="once">{text(pair.finding_id)}</code>'),
            Cell(f"{text(pair.row['subject_table'])}<br><b>{text(pair.row['subject_id'])}</b>"),
            Cell("<br>".join(map(text, _changes(pair)))),
            Cell(f"{text(pair.row['reason'])}<br><small>{text(pair.why)}</small>"),
        )
        for pair in pairs
    )
    return table(["Control", "Subject", "Amounts", "Reason and where it may come from"], rows)


def _documents_html(comparison: Comparison, most: int) -> str:
    rows = [[*row[:4], *map(right, row[4:])] for row in _documents(comparison)]
    if comparison.restatement is None:
        return ""
    title = f"<h3>{text(comparison.before.period)} as the later snapshot tells it, by document</h3>\n"
    if not rows:
        return title + "<p>Nothing of that month changed.</p>\n"
    head = ["Table", "Document", "Customer", "Currency", right("Opening"), right("In the month"), right("Closing")]
    more = f"<p>{len(rows):,} documents changed{_cut(len(rows), most)}.</p>\n"
    return title + more + table(head, rows[:most])


def page(comparison: Comparison) -> str:
    """A page of its own: self-contained, no script, nothing fetched."""
    before, after = comparison.before, comparison.after
    line = " \N{MIDDLE DOT} ".join(
        f"{word} {text(side.name)}, pack <code>{text(side.pack_id[:16])}</code>, snapshot "
        f"<code>{text(str(side.fixed.get('snapshot', ''))[:16])}</code>"
        for word, side in (("before", before), ("after", after))
    )
    title = f"{after.name} against {before.name}"
    front = f'<header><p class="kicker">Comparison of two packs</p>\n<h1>{text(title)}</h1>\n<p>{line}</p></header>\n'
    return shell(title, front + section_html(comparison))


def as_json(comparison: Comparison) -> dict[str, Any]:
    """Plain JSON values, all of it; amounts are decimal text."""
    return {
        "before": _side(comparison.before),
        "after": _side(comparison.after),
        "counts": {kind: len(comparison.of(kind)) for kind in KINDS},
        "differs": {name: list(lines) for name, lines in comparison.differs.items()},
        "money": [
            {
                "kind": entry.kind,
                "side": entry.side,
                "control": entry.control,
                "currency": entry.currency or None,
                "findings": entry.findings,
                **{way: in_minor_unit(entry.amounts[way], entry.currency or None) for way in WAYS},
            }
            for entry in comparison.sums
        ],
        "findings": [_pair(pair) for pair in comparison.pairs if pair.kind != SAME],
        "figures": [vars(figure) for figure in comparison.figures],
        "documents": [
            {name: f"{value:f}" if isinstance(value, Decimal) else value for name, value in row.items()}
            for row in (comparison.restatement.documents() if comparison.restatement else ())
            if comparison.after.scope[1] == "every" or (row["entity_id"] or "") == comparison.after.scope[0]
        ],
    }


def _side(side: Any) -> dict[str, Any]:
    return {
        "name": side.name,
        "pack_id": side.pack_id,
        "period": side.period,
        "entity": side.scope[0] or None,
        "snapshot": side.fixed.get("snapshot"),
    }


def _pair(pair: Pair) -> dict[str, Any]:
    return {
        "kind": pair.kind,
        "finding_id": pair.finding_id,
        "control": pair.control,
        "why": pair.why,
        "subject_table": pair.row["subject_table"],
        "subject_id": pair.row["subject_id"],
        "currency": pair.row["currency"],
        "before": _half(pair.before, pair.decision_before),
        "after": _half(pair.after, pair.decision_after),
    }


def _half(row: Any, decision: str) -> dict[str, Any] | None:
    if row is None:
        return None
    amounts = {name: in_minor_unit(row[f"{name}_amount"], row["currency"]) for name in ("expected", "billed", "impact")}
    return {**amounts, "direction": row["direction"], "severity": row["severity"], "decision": decision}
