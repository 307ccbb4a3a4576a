"""What a topic hands on: its conclusion as JSON and Markdown, and decisions for somebody else to approve."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.decisions import Decision, open_store
from workbench.errors import WorkbenchError
from workbench.language import ENGLISH, mark, say, speaking
from workbench.markup import Amount, Shown, html_table
from workbench.money import grouped, in_minor_unit
from workbench.plaintext import printable
from workbench.settlement.codes import plain, sense
from workbench.snapshot import canonical_json
from workbench.wording import funnel_entry, money_text, total
from workbench.workspace import workspace

if TYPE_CHECKING:
    from workbench.topics.topic import Topic

REMEDIES = {"over_billed": mark("credit"), "under_billed": mark("rebill")}
MOST = 50
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,39}")


@dataclass(frozen=True)
class Proposal:
    """A decision that somebody may propose: the remedy and its amount (> 0), and the likely root cause."""

    finding_id: str
    control_id: str
    remedy: str
    amount: Decimal
    currency: str
    root_cause: str
    reason: str

    @classmethod
    def of(cls, row: Mapping[str, Any], root_cause: str) -> Proposal:
        """The proposal for a finding with an amount: credit what was billed too much, bill what was not."""
        amount = abs(row["impact_amount"])
        return cls(
            row["finding_id"], row["control_id"], REMEDIES[row["direction"]], amount, row["currency"], root_cause,
            row["reason"],
        )  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        return {**vars(self), "amount": in_minor_unit(self.amount, self.currency)}


def propose(proposals: Sequence[Proposal], by: str, owner: str, due_on: str, store: str) -> Shown:
    """Show proposals, and write them down where somebody says who they are."""
    written: dict[str, str] = {}
    if by:
        if not (owner and due_on):
            raise WorkbenchError("A proposal needs an owner and a due date.", "give owner and due, as 2025-12-31")
        written = _write(proposals, by, owner, due_on, store)
    rows = [
        [
            each.finding_id, each.control_id, say(each.remedy), Amount(each.amount, each.currency, named=True),
            say(each.root_cause.replace("_", " ")), each.reason, written.get(each.finding_id, say("not written")),
        ]
        for each in proposals
    ]  # fmt: skip
    caption = say("{count} proposals; none is written", count=f"{len(rows):,}")
    if by:
        done = sum(words == say("proposed") for words in written.values())
        caption = say("{count} proposals, {written} written for approval", count=f"{len(rows):,}", written=f"{done:,}")
    head = [
        mark("finding"), mark("control"), mark("remedy"), mark("amount"), mark("likely root cause"), mark("reason"),
        mark("decision"),
    ]  # fmt: skip
    return Shown(html_table(head, rows, caption=caption), caption)


def _write(proposals: Sequence[Proposal], by: str, owner: str, due_on: str, address: str) -> dict[str, str]:
    try:
        due = date.fromisoformat(due_on)
    except ValueError as error:
        raise WorkbenchError(f"'{due_on}' is no date.", "write YYYY-MM-DD, as 2025-12-31") from error
    told: dict[str, str] = {}
    with closing(open_store(address)) as store:
        standings = store.standings()
        with store.writing() as writer:
            for each in proposals:
                if each.finding_id in standings:
                    told[each.finding_id] = say("left alone: {words}", words=standings[each.finding_id].words)
                    continue
                amount = in_minor_unit(each.amount, each.currency)
                writer.decide(
                    Decision(
                        each.finding_id, "confirmed", by, remedy=each.remedy, amount=Decimal(amount or "0"),
                        currency=each.currency, root_cause=each.root_cause, owner=owner, due_on=due, via="topic",
                    )
                )  # fmt: skip
                told[each.finding_id] = say("proposed")
    return told


@dataclass(frozen=True)
class Conclusion:
    """What was written: the files, the same as data (English everywhere), and for reading as text and in short."""

    files: tuple[Path, ...]
    data: dict[str, Any]
    text: str
    short: dict[str, object]

    def _repr_html_(self) -> str:
        rows = [[sense(name), str(value)] for name, value in self.short.items()]
        caption = say("Written: {files}", files=", ".join(file.name for file in self.files))
        return html_table(["", " "], rows, caption=caption)

    def __repr__(self) -> str:
        return self.text


def conclude(topic: Topic, folder: Path | None) -> Conclusion:
    """Write the conclusion of a topic; the same snapshot and parameters give the same bytes.

    Raises WorkbenchError where the folder cannot be written.
    """
    # What a program reads is the same in every language.
    with speaking(ENGLISH):
        data = _data(topic)
    short = _in_short(topic)
    text = _markdown(topic, short)
    place = folder or workspace() / "conclusions"
    name = "-".join([topic.name, _plain(topic.period.text or "all"), _plain(topic.entity or "all")])
    files = (place / f"{name}.json", place / f"{name}.md")
    try:
        place.mkdir(parents=True, exist_ok=True)
        for file, words in zip(files, (canonical_json(data), text), strict=True):
            partial = file.with_suffix(f"{file.suffix}.partial")
            partial.write_text(words, encoding="utf-8")
            partial.replace(file)
    except OSError as error:
        raise WorkbenchError(f"'{place}' cannot be written: {error.strerror}.", "give another folder") from error
    return Conclusion(files, data, text, short)


def _data(topic: Topic) -> dict[str, Any]:
    funnel = topic.findings.funnel
    return {
        "topic": topic.name,
        "in_short": {plain(name): value for name, value in _in_short(topic).items()},
        "snapshot": topic.snapshot.fingerprint,
        "parameters": topic.findings.parameters.as_json(),
        "controls": [funnel_entry(line) for line in funnel],
        "not_run": {state.control.id: list(state.missing) for state in topic.findings.not_run},
        "why": [
            {
                "scope": f"{scope.currency} {scope.direction}",
                "conditions": {one.attribute: one.value for one in each.conditions},
                "findings": each.findings,
                "money": in_minor_unit(each.money, scope.currency),
                "money_share": round(each.money_share, 4),
                "lift": round(each.lift, 2) if each.lift else None,
            }
            for scope, each in topic.why.explanations
        ],
        "proposals": [each.as_json() for each in topic.proposals[:MOST]],
        "next_steps": list(topic.next_steps),
    }


def _in_short(topic: Topic) -> dict[str, object]:
    funnel = topic.findings.funnel
    explained = say("; ").join(each.words for _, each in topic.why.explanations)
    return {
        mark("topic"): say(topic.title),
        mark("period"): topic.period.words,
        mark("entity"): topic.entity or say("all"),
        mark("as of"): topic.as_of.isoformat(),
        mark("findings"): topic.findings.found.num_rows,
        mark("over-billed"): money_text(total(funnel, "over")) or say("nothing"),
        mark("under-billed"): money_text(total(funnel, "under")) or say("nothing"),
        mark("explained by#causes"): explained or say("nothing in common"),
    }


def _markdown(topic: Topic, short: Mapping[str, object]) -> str:
    """The same for reading; what comes from data stands in code spans, where nothing of it is markup."""
    lines = [
        f"# {say(topic.title)}",
        "",
        *(f"- {sense(name)}: {_code(str(value))}" for name, value in short.items()),
        "",
    ]
    lines += ["## " + say("Controls"), ""]
    for line in topic.findings.funnel:
        told = say("{found} of {all} candidates", found=f"{line.findings:,}", all=f"{line.candidates:,}")
        lines.append(f"- {line.control.id} {say(line.control.title)}: {told}")
    for state in topic.findings.not_run:
        told = say("not run, missing {tables}", tables=", ".join(state.missing))
        lines.append(f"- {state.control.id}: {told}")
    lines += ["", "## " + say("Proposed"), ""]
    for each in topic.proposals[:MOST]:
        amount = f"{grouped(each.amount, each.currency)} {each.currency}"
        lines.append(f"- `{each.finding_id}` {each.control_id}: {say(each.remedy)} {amount}; {_code(each.reason)}")
    steps = (f"{place}. {say(step)}" for place, step in enumerate(topic.next_steps, 1))
    lines += ["", "## " + say("Next"), "", *steps, ""]
    return "\n".join(lines)


def _code(words: str) -> str:
    plain = printable(words).replace("`", "'")
    return f"`{plain}`"


def _plain(text: str) -> str:
    """A part of a file name, whatever stands in an entity's id or a period."""
    plain = text.replace("/", "-to-")
    if PLAIN.fullmatch(plain):
        return plain
    kept = re.sub(r"[^A-Za-z0-9]+", "_", text)[:30].strip("_")
    return f"{kept or 'other'}_{hashlib.sha256(text.encode()).hexdigest()[:8]}"
