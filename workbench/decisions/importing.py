"""Apply a workbook that came back: row by row, nobody's later decision written over, and twice is once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from workbench.decisions import sheet as layout
from workbench.decisions.authority import Authority
from workbench.decisions.decision import Decision, checked, name_of, same_person
from workbench.decisions.entry import Entry, Standing, standings_of
from workbench.decisions.returning import Known, Returned, Row, read_decisions
from workbench.decisions.store import Store
from workbench.decisions.words import APPROVED
from workbench.decisions.writing import ConflictError, Writer
from workbench.errors import UnknownNameError, WorkbenchError

APPLIED, UNCHANGED, CONFLICT, REFUSED = "applied", "unchanged", "conflict", "refused"


@dataclass(frozen=True)
class Outcome:
    """What became of one row of the sheet: applied, unchanged, conflict or refused, and why in words."""

    row: int
    finding_id: str
    outcome: str
    words: str
    entry: int | None = None


@dataclass(frozen=True)
class Imported:
    """What became of a workbook: an outcome per row; `waiting` findings of it wait for somebody else's approval."""

    export_id: str
    by: str
    rows: tuple[Outcome, ...]
    waiting: int

    @property
    def counts(self) -> dict[str, int]:
        """Rows per outcome."""
        counted = Counter(row.outcome for row in self.rows)
        return {outcome: counted[outcome] for outcome in (APPLIED, UNCHANGED, CONFLICT, REFUSED)}

    @property
    def holds(self) -> bool:
        """Whether no row was in conflict or refused."""
        return not (self.counts[CONFLICT] or self.counts[REFUSED])

    def as_json(self) -> str:
        """As JSON for a program to read; unchanged rows are counted alone."""
        told = [asdict(row) for row in self.rows if row.outcome != UNCHANGED]
        plain = {"export": self.export_id, "by": self.by, **self.counts, "waiting": self.waiting, "rows": told}
        return json.dumps(plain, ensure_ascii=False, indent=2)

    def as_text(self) -> str:
        """A line per row that was not left alone, and the counts."""
        told = [f"row {row.row}: {row.outcome}, {row.words}" for row in self.rows if row.outcome != UNCHANGED]
        counts = ", ".join(f"{count:,} {outcome}" for outcome, count in self.counts.items())
        waiting = f"; {self.waiting:,} wait for approval" if self.waiting else ""
        return "\n".join([*told, f"{len(self.rows):,} rows: {counts}{waiting}"])


def import_decisions(store: Store, file: Path, by: str, authority: Authority | None = None) -> Imported:
    """Apply what a workbook's rows changed, in one transaction, and say what became of each.

    `authority` is needed to approve. Raises WorkbenchError for a file of another store, of a chain that this store does
    not hold, or made for somebody else.
    """
    person = name_of("person who imports", by)
    returned = read_decisions(file)
    _check_origin(store, returned, person, file)
    with store.writing() as writer:
        writer.read_all()
        work = _Import(writer, returned, person, authority)
        rows = tuple(map(work.outcome, returned.rows))
        own = [row.finding_id for row in rows if row.outcome in {APPLIED, UNCHANGED} and row.finding_id]
        waiting = sum(work.standing(name).approval == "waiting" for name in own if work.touches(name))
    return Imported(returned.heads["export_id"], person, rows, waiting)


def _check_origin(store: Store, returned: Returned, person: str, file: Path) -> None:
    addressee = returned.heads.get("addressee", "")
    if addressee and not same_person(addressee, person):
        raise WorkbenchError(
            f"'{file.name}' was made for {addressee}, and {person} brings it back.", f"let {addressee} import it"
        )
    head = returned.head
    if head.store_id != store.store_id:
        raise WorkbenchError(
            f"'{file.name}' was exported from another decision store than {store.name}.", "name that one: --store"
        )
    problems = [problem for problem in store.verify((head,)).problems if head.count]
    if problems:
        raise WorkbenchError(
            f"The decision store is not the one that '{file.name}' was exported from: {problems[0]}",
            "look into it before anything is added: workbench decisions verify",
        )


class _Import:
    """One import at work, within the store's transaction."""

    def __init__(self, writer: Writer, returned: Returned, by: str, authority: Authority | None) -> None:
        self.writer, self.returned, self.by, self.authority = writer, returned, by, authority
        self.via = f"xlsx:{returned.heads['export_id']}"

    def touches(self, finding_id: str) -> bool:
        """Whether a finding's last word came with this file."""
        history = self.writer.history(finding_id)
        return bool(history) and history[-1].via == self.via

    def standing(self, finding_id: str) -> Standing:
        """What holds for a finding now."""
        return standings_of(self.writer.history(finding_id)).get(finding_id) or Standing(finding_id)

    def outcome(self, row: Row) -> Outcome:
        """What becomes of one row; it is decided here."""
        if row.problem:
            return Outcome(row.place, row.finding_id, REFUSED, row.problem)
        known = self.returned.known[row.finding_id]
        approves = row.fields["approval"] == layout.APPROVE
        edited = _without_approval(row.fields) != _without_approval(known.fields)
        try:
            if approves:
                return self._approve(row, known, edited)
            if row.fields["approval"] not in {"", "waiting", "approved"}:
                raise UnknownNameError("approval", row.fields["approval"], [layout.APPROVE])
            if edited:
                return self._decide(row, known)
            return Outcome(row.place, row.finding_id, UNCHANGED, "nothing was filled in")
        except ConflictError as conflict:
            return Outcome(row.place, row.finding_id, CONFLICT, _sentence(conflict))
        except WorkbenchError as error:
            return Outcome(row.place, row.finding_id, REFUSED, _sentence(error))

    def _decide(self, row: Row, known: Known) -> Outcome:
        decision = checked(self._decision(row, known))
        wanted = _without_approval(layout.edited_of(_as_standing(decision)))
        for entry in self.writer.history(row.finding_id):
            if entry.via == self.via and entry.act != APPROVED and _fields_of(entry) == wanted:
                return Outcome(row.place, row.finding_id, UNCHANGED, "was imported already", entry.number)
        standing = self.standing(row.finding_id)
        if _without_approval(layout.edited_of(standing)) == wanted:
            return Outcome(row.place, row.finding_id, UNCHANGED, "stands like that already", standing.number)
        entry = self.writer.decide(decision)
        return Outcome(row.place, row.finding_id, APPLIED, entry.words, entry.number)

    def _approve(self, row: Row, known: Known, edited: bool) -> Outcome:
        if edited:
            raise WorkbenchError("The row is changed and approved at once.", "one proposes, somebody else approves")
        for entry in self.writer.history(row.finding_id):
            if entry.via == self.via and entry.act == APPROVED and same_person(entry.by, self.by):
                return Outcome(row.place, row.finding_id, UNCHANGED, "was approved already", entry.number)
        if known.fields["approval"] != "waiting":
            raise WorkbenchError(
                "Nothing waited for approval in this row when the file went out.",
                "propose an amount, then export again",
            )
        if self.authority is None:
            raise WorkbenchError(
                "Nobody can tell who may approve without users and approval limits.", "name the snapshot: --snapshot"
            )
        entry = self.writer.approve(row.finding_id, self.by, self.authority, known.number, self.via)
        return Outcome(row.place, row.finding_id, APPLIED, entry.words, entry.number)

    def _decision(self, row: Row, known: Known) -> Decision:
        fields = row.fields
        owner = fields["owner"]
        if owner and self.returned.owners and owner not in self.returned.owners and owner != known.fields["owner"]:
            raise UnknownNameError("owner", owner, sorted(self.returned.owners))
        amount = Decimal(fields["amount"]) if fields["amount"] else None
        if amount is None and fields["remedy"] and known.impact:
            amount = abs(known.impact)
        return Decision(
            finding_id=row.finding_id,
            state=fields["state"] or "open",
            by=self.by,
            after=known.number,
            remedy=fields["remedy"] or None,
            # A zero says that no money moves.
            amount=amount or None,
            currency=known.currency or None,
            root_cause=fields["root_cause"] or None,
            owner=owner or None,
            due_on=date.fromisoformat(fields["due_on"]) if fields["due_on"] else None,
            remark=fields["remark"] or None,
            via=self.via,
        )


def _sentence(error: WorkbenchError) -> str:
    """An error within a line: its sentence and the way out."""
    problem = error.problem.rstrip(".")
    return f"{problem}; {error.fix.rstrip('?')}" if error.fix else problem


def _without_approval(fields: Mapping[str, str]) -> dict[str, str]:
    plain = {name: value for name, value in fields.items() if name != "approval"}
    if plain["amount"]:
        plain["amount"] = f"{Decimal(plain['amount']).normalize():f}"
    return plain


def _as_standing(decision: Decision) -> Standing:
    return Standing(
        finding_id=decision.finding_id,
        state=decision.state,
        remedy=decision.remedy,
        amount=decision.amount,
        currency=decision.currency,
        root_cause=decision.root_cause,
        owner=decision.owner,
        due_on=decision.due_on,
        remark=decision.remark,
    )


def _fields_of(entry: Entry) -> dict[str, str]:
    return _without_approval(layout.edited_of(Standing(entry.finding_id or "").then(entry)))
