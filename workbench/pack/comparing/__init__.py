"""Compare two packs: findings new, gone and changed, figures before and after, and what made them differ."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import WorkbenchError
from workbench.findings import AMOUNTS
from workbench.language import mark
from workbench.money import EXACT
from workbench.pack.comparing.sides import Side, read_side, side_of
from workbench.pack.html import Page
from workbench.pack.work import Audit

if TYPE_CHECKING:
    from workbench.receivables.restatement import Restatement

NEW, GONE, CHANGED, SAME = KINDS = (mark("new"), mark("gone"), mark("changed"), mark("unchanged"))
# A finding is the same one by its id; it changed when one of these did. Reasons tell days that pass by themselves.
COMPARED = ("currency", *AMOUNTS, "direction", "severity")
WAYS = ("over_billed", "under_billed", "at_risk")
# Why a finding differs and what differs in the making: English, so that JSON is the same in every language.
SUBJECTS = {"data": mark("the data"), "code": mark("the code"), "period": mark("another date")}
OWN_MONTH, CONTROL, DECISION = mark("of its own month"), mark("the control"), mark("a decision")
NOW_SUPPRESSED, ONCE_SUPPRESSED = mark("now suppressed as {reason}"), mark("before suppressed as {reason}")
WHY = (
    OWN_MONTH, CONTROL, DECISION, NOW_SUPPRESSED, ONCE_SUPPRESSED, *SUBJECTS.values(), mark("{one} or {other}"),
)  # fmt: skip
DIFFERS, CAME, WENT = (
    mark("{name} differs"),
    mark("{name} absent \N{RIGHTWARDS ARROW} {after}"),
    mark("{name} {before} \N{RIGHTWARDS ARROW} absent"),
)
TEXTS = {
    "control": (
        mark("control {name} is no longer there"),
        mark("control {name} is new"),
        mark("control {name} has another text"),
    ),
    "screen": (
        mark("screen {name} is no longer there"),
        mark("screen {name} is new"),
        mark("screen {name} has another text"),
    ),
}
DIFFERENCES = (DIFFERS, CAME, WENT, *TEXTS["control"], *TEXTS["screen"])
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Pair:
    """One finding before and after (None where it is not one there), and why it came, went or changed, in words."""

    kind: str
    finding_id: str
    control: str
    before: Row | None
    after: Row | None
    decision_before: str
    decision_after: str
    why: str

    @property
    def row(self) -> Row:
        """The newer of the two."""
        row = self.after or self.before
        assert row is not None  # noqa: S101 - a pair has one side at least
        return row


@dataclass(frozen=True)
class Sum:
    """Findings of one kind, control, currency and side (before or after): count and amount per direction.

    At risk the amount is what stands, since nothing can be expected.
    """

    kind: str
    control: str
    currency: str
    side: str
    findings: int
    amounts: Mapping[str, Decimal]
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Figure:
    """One number or state of the packs, before and after; None where a pack does not have it."""

    group: str
    name: str
    before: str | None
    after: str | None

    @property
    def differs(self) -> bool:
        """Whether it changed."""
        return self.before != self.after


@dataclass(frozen=True)
class Comparison:
    """What `compare` found: pairs in order of kind, control and id; figures; what else differs, by subject."""

    before: Side
    after: Side
    pairs: tuple[Pair, ...]
    figures: tuple[Figure, ...]
    differs: Mapping[str, tuple[str, ...]]
    restatement: Restatement | None = field(default=None, compare=False)

    def of(self, kind: str) -> list[Pair]:
        """The pairs of one kind."""
        return [pair for pair in self.pairs if pair.kind == kind]

    @property
    def sums(self) -> list[Sum]:
        """Money both ways by kind, control and currency; what changed stands before and after."""
        return list(_sums(self.pairs))

    def as_json(self) -> str:
        """Everything as JSON, amounts as decimal text."""
        from workbench.pack.comparing.records import as_json

        return json.dumps(as_json(self), ensure_ascii=False, indent=2)

    def as_text(self) -> str:
        """The same in words and lines."""
        from workbench.pack.comparing.pages import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        return Page(section_html(self))._repr_html_()


def compare(before: Path, after: Path) -> Comparison:
    """What is new, gone and changed between two packs, each a folder or a zip.

    Where the snapshots of both are still where they were, what changed in the earlier pack's month is told by
    document. Raises WorkbenchError where one is no pack or does not verify, and for packs of different entities.
    """
    return _compared(read_side(Path(before)), read_side(Path(after)), with_documents=True)


def against(before: Path, audit: Audit) -> Comparison:
    """The same for a pack in the making, by the two packs alone, so that it says the same on any machine."""
    return _compared(read_side(Path(before)), side_of(audit), with_documents=False)


def section_html(comparison: Comparison) -> str:
    """The comparison as a chapter, without its heading, in the classes of a pack's style sheet; every cell escaped."""
    from workbench.pack.comparing.pages import section_html as section

    return section(comparison)


def _compared(before: Side, after: Side, *, with_documents: bool) -> Comparison:
    if before.scope != after.scope or before.fixed.get("audience") != after.fixed.get("audience"):
        left, right = (side.scope[0] or side.scope[1] or "no entity" for side in (before, after))
        raise WorkbenchError(
            f"'{before.name}' is about {left} and '{after.name}' about {right}; they cannot be compared.",
            "give two packs of the same entity, made for the same readers",
        )
    differs = differences(before, after)
    return Comparison(
        before,
        after,
        tuple(_pairs(before, after, differs)),
        tuple(_figures(before, after)),
        differs,
        _restatement(before, after) if with_documents else None,
    )


def differences(before: Side, after: Side) -> dict[str, tuple[str, ...]]:
    """What differs in the making: data, period, parameters, code, decisions, versions; a subject only where it does."""
    old, new = before.fixed, after.fixed
    found = {
        "data": _unequal(old, new, ("snapshot",)),
        "period": _unequal(old, new, ("period", "from_date", "to_date", "as_of", "standing_controls_from")),
        "parameters": (*_parameters(old, new, "controls"), *_parameters(old, new, "screens")),
        "code": (
            *_texts(old, new, "controls", "control"),
            *_texts(old, new, "screens", "screen"),
            *_unequal(old.get("shared", {}), new.get("shared", {}), (), short=True),
            *_unequal(old, new, ("notebook",), short=True),
            *_unequal(old, new, ("workbench",)),
        ),
        "decisions": _unequal(old, new, ("decisions",), short=True),
    }
    if before.packages and after.packages:
        found["versions"] = _unequal(before.packages, after.packages, ())
    return {subject: tuple(lines) for subject, lines in found.items() if lines}


def _unequal(old: Row, new: Row, names: tuple[str, ...], short: bool = False) -> tuple[str, ...]:
    wanted = names or sorted({*old, *new})
    return tuple(
        DIFFERS.format(name=name)
        if short
        else f"{name} {old.get(name, 'absent')} \N{RIGHTWARDS ARROW} {new.get(name, 'absent')}"
        for name in wanted
        if old.get(name) != new.get(name)
    )


def _texts(old: Row, new: Row, part: str, word: str) -> Iterator[str]:
    then, now = old.get(part, {}), new.get(part, {})
    gone, added, changed = TEXTS[word]
    for name in sorted({*then, *now}):
        if name not in now:
            yield gone.format(name=name)
        elif name not in then:
            yield added.format(name=name)
        elif then[name]["fingerprint"] != now[name]["fingerprint"]:
            yield changed.format(name=name)


def _parameters(old: Row, new: Row, part: str) -> Iterator[str]:
    then, now = old.get(part, {}), new.get(part, {})
    for control in sorted({*then} & {*now}):
        was, own = then[control].get("parameters", {}), now[control].get("parameters", {})
        for name in sorted({*was, *own}):
            if was.get(name) != own.get(name):
                yield f"{control}.{name} {was.get(name, 'absent')} \N{RIGHTWARDS ARROW} {own.get(name, 'absent')}"


def _found(table: pa.Table) -> dict[str, Row]:
    rows = table.filter(pc.is_null(table["suppressed_by"])).to_pylist()
    return {row["finding_id"]: row for row in rows}


def _pairs(before: Side, after: Side, differs: Mapping[str, tuple[str, ...]]) -> Iterator[Pair]:
    old, new = _found(before.table), _found(after.table)
    suppressed = tuple(_suppressed(side.table) for side in (before, after))
    changed_controls = {name for name in {*before.texts, *after.texts} if _differs(before, after, name)}
    found = []
    for name in {*old, *new}:
        was, now = old.get(name), new.get(name)
        own = (now or was or {})["control_id"]
        decisions = before.decisions.get(name, "open"), after.decisions.get(name, "open")
        kind = NEW if was is None else GONE if now is None else SAME
        if was and now and (any(was[column] != now[column] for column in COMPARED) or decisions[0] != decisions[1]):
            kind = CHANGED
        hidden = suppressed[1 if kind == GONE else 0].get(name, "")
        why = _why(kind, hidden, own in changed_controls, after.texts.get(own, ("", False))[1], differs)
        found.append(Pair(kind, name, own, was, now, *decisions, why))
    yield from sorted(found, key=lambda pair: (KINDS.index(pair.kind), pair.control, pair.finding_id))


def _suppressed(table: pa.Table) -> dict[str, str]:
    rows = table.filter(pc.is_valid(table["suppressed_by"])).select(["finding_id", "suppressed_by"]).to_pylist()
    return {row["finding_id"]: row["suppressed_by"] for row in rows}


def _differs(before: Side, after: Side, control: str) -> bool:
    return bool(before.fixed.get("controls", {}).get(control) != after.fixed.get("controls", {}).get(control))


def _why(kind: str, hidden: str, control_changed: bool, standing: bool, differs: Mapping[str, tuple[str, ...]]) -> str:
    """What a difference can come from, as far as the two packs show it."""
    if kind == SAME:
        return ""
    if hidden:
        return (NOW_SUPPRESSED if kind == GONE else ONCE_SUPPRESSED).format(reason=hidden)
    if "period" in differs and kind in {NEW, GONE} and not standing:
        return OWN_MONTH
    causes = [CONTROL] * control_changed
    causes += [words for subject, words in SUBJECTS.items() if subject in differs and not control_changed]
    return " or ".join(causes) if causes else DECISION if kind == CHANGED else ""


def _sums(pairs: Iterable[Pair]) -> Iterator[Sum]:
    groups: dict[tuple[str, str, str, str], list[Row]] = {}
    for pair in pairs:
        for side, row in (("before", pair.before), ("after", pair.after)):
            if row is None or (pair.kind == SAME and side == "before"):
                continue
            groups.setdefault((pair.kind, pair.control, row["currency"] or "", side), []).append(row)
    for (kind, control, currency, side), rows in sorted(
        groups.items(), key=lambda item: (KINDS.index(item[0][0]), item[0][1], item[0][2], item[0][3] == "after")
    ):
        amounts, counts = dict.fromkeys(WAYS, Decimal(0)), dict.fromkeys(WAYS, 0)
        for row in rows:
            way = row["direction"]
            amount = row["billed_amount" if way == "at_risk" else "impact_amount"] or Decimal(0)
            amounts[way] = EXACT.add(amounts[way], amount)
            counts[way] += 1
        yield Sum(kind, control, currency, side, len(rows), amounts, counts)


def _figures(before: Side, after: Side) -> Iterator[Figure]:
    """Totals, identities and each control's funnel, in this order; a figure that neither pack has is not there."""
    old, new = _flat(before.figures), _flat(after.figures)
    for group, name in dict.fromkeys([*old, *new]):
        yield Figure(group, name, old.get((group, name)), new.get((group, name)))


def _flat(figures: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    flat = {("totals", str(name)): str(value) for name, value in figures.get("totals", {}).items()}
    for entry in figures.get("identities", ()):
        flat["identities", entry["name"]] = f"{entry['state']} ({entry['left']} = {entry['right']})"
    for name in ("not_run", "partly"):
        flat |= {(name, control): ", ".join(lacking) for control, lacking in figures.get(name, {}).items()}
    for control, line in figures.get("controls", {}).items():
        for name in ("examined", "candidates", "findings"):
            flat["controls", f"{control} {name}"] = str(line.get(name, ""))
        flat["controls", f"{control} suppressed"] = str(sum(line.get("suppressed", {}).values()))
    for name, value in figures.get("figures", {}).items():
        flat["figures", str(name)] = str(value)
    return flat


def _restatement(before: Side, after: Side) -> Restatement | None:
    """What changed by document in the earlier pack's month, where both snapshots are at hand and hold invoices."""
    from workbench.receivables.restatement import restated

    old, new = before.snapshot, after.snapshot
    if old is None or new is None or old.fingerprint == new.fingerprint:
        return None
    if "invoices" not in old.tables or "invoices" not in new.tables:
        return None
    return restated(old, new, before.period)
