"""Add entries within one transaction: each checked against what holds, and chained to the one before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

from sqlalchemy import select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from workbench.decisions.authority import Authority
from workbench.decisions.chain import Head
from workbench.decisions.decision import Decision, checked, exact_amount, name_of, text_of
from workbench.decisions.entry import Entry, Standing, moment, readable, standings_of
from workbench.decisions.scope import Scope
from workbench.decisions.tables import EntryRow
from workbench.decisions.words import APPROVED, DECIDED, PROPOSED, WITHDRAWN
from workbench.errors import WorkbenchError


class ConflictError(WorkbenchError):
    """Somebody else decided first: `last` is the entry that was not seen."""

    def __init__(self, last: Entry, seen: int) -> None:
        self.last, self.seen = last, seen
        super().__init__(
            f"Finding {last.finding_id} was decided by {last.by} on {readable(last.at)}: {last.words} (entry "
            f"{last.number}); you have seen {f'entry {seen}' if seen else 'none'}.",
            f"look at it; to decide over it, say that you have seen it: --after {last.number}",
        )


class Writer:
    """The only one who writes, for as long as its transaction is open; made by Store.writing()."""

    def __init__(self, connection: Connection, store_id: str, clock: Callable[[], datetime]) -> None:
        self._session = Session(connection)
        self._clock = clock
        self._histories: dict[str, list[Entry]] | None = None
        last = self._session.scalars(select(EntryRow).order_by(EntryRow.number.desc()).limit(1)).first()
        self.head = Head(store_id, last.number, last.entry_hash) if last else Head(store_id)

    @property
    def today(self) -> date:
        """The day in UTC by the store's clock."""
        return self._clock().astimezone(UTC).date()

    def read_all(self) -> None:
        """Read every finding's entries at once, for those who are going to decide on many."""
        self._histories = {}
        rows = select(EntryRow).where(EntryRow.finding_id.is_not(None)).order_by(EntryRow.number)
        for row in self._session.scalars(rows):
            self._histories.setdefault(row.finding_id or "", []).append(row.entry())

    def finish(self) -> None:
        """Send what was added to the database; the transaction's end keeps it."""
        self._session.flush()

    def history(self, finding_id: str) -> list[Entry]:
        """The entries of one finding, those too that this transaction added."""
        if self._histories is not None:
            return list(self._histories.get(finding_id, ()))
        rows = select(EntryRow).where(EntryRow.finding_id == finding_id).order_by(EntryRow.number)
        return [row.entry() for row in self._session.scalars(rows)]

    def decide(self, decision: Decision) -> Entry:
        """Add a decision; one with an amount is a proposal. ConflictError, or WorkbenchError where it cannot stand."""
        wanted = checked(decision)
        self._seen(wanted.finding_id, wanted.after)
        return self._add(
            Entry(
                number=0,
                previous_hash="",
                at="",
                by=wanted.by,
                act=DECIDED if wanted.amount is None else PROPOSED,
                after=wanted.after,
                finding_id=wanted.finding_id,
                state=wanted.state,
                remedy=wanted.remedy,
                amount=exact_amount(wanted),
                currency=wanted.currency if wanted.amount is not None else None,
                root_cause=wanted.root_cause,
                owner=wanted.owner,
                due_on=wanted.due_on.isoformat() if wanted.due_on else None,
                remark=wanted.remark,
                via=wanted.via,
            )
        )

    def approve(self, finding_id: str, by: str, authority: Authority, after: int, via: str | None = None) -> Entry:
        """Approve the proposal in entry `after`; ConflictError, or WorkbenchError where the authority ends."""
        person = name_of("approver", by)
        standing = self._seen(finding_id, after)
        grounds = authority.approve(standing, person, self.today)
        return self._add(
            Entry(
                number=0,
                previous_hash="",
                at="",
                by=person,
                act=APPROVED,
                after=after,
                finding_id=finding_id,
                state=standing.state,
                remedy=standing.remedy,
                amount=f"{standing.amount:f}",
                currency=standing.currency,
                refers=standing.proposal,
                authority=grounds,
                via=text_of("origin", via),
            )
        )

    def explain(
        self, scope: Scope, expires_on: date, by: str, remark: str, finding_id: str | None = None, after: int = 0
    ) -> Entry:
        """Explain all that fits a scope until a day; with a finding, that one is explained by it too."""
        person, why = name_of("person who explains", by), text_of("remark", remark)
        if not why:
            raise WorkbenchError("Nothing says why it is right.", "give a remark: everybody will read it in the pack")
        if expires_on <= self.today:
            raise WorkbenchError(
                f"The explanation would expire on {expires_on}, before it holds.", "give a later day: --expires"
            )
        if finding_id is not None:
            self._seen(finding_id, after)
        return self._add(
            Entry(
                number=0,
                previous_hash="",
                at="",
                by=person,
                act=DECIDED,
                after=after if finding_id is not None else 0,
                finding_id=finding_id,
                state="explained",
                remark=why,
                scope=scope.text,
                expires_on=expires_on.isoformat(),
            )
        )

    def withdraw(self, number: int, by: str, remark: str) -> Entry:
        """End an explanation; WorkbenchError where the entry is none or was withdrawn already."""
        person, why = name_of("person who withdraws", by), text_of("remark", remark)
        row = self._session.get(EntryRow, number)
        if row is None or not row.scope:
            raise WorkbenchError(
                f"Entry {number} is no explanation with a scope.", "see them: workbench decisions list --explanations"
            )
        before = self._session.scalars(select(EntryRow).where(EntryRow.act == WITHDRAWN, EntryRow.refers == number))
        ended = before.first()
        if ended is not None:
            raise WorkbenchError(
                f"{ended.by} withdrew the explanation of entry {number} on {readable(ended.at)}.",
                "nothing is left to do",
            )
        return self._add(
            Entry(number=0, previous_hash="", at="", by=person, act=WITHDRAWN, after=0, remark=why, refers=number)
        )

    def _seen(self, finding_id: str, after: int) -> Standing:
        """What holds for a finding, if its last entry is the one that was seen."""
        history = self.history(finding_id)
        if (history[-1].number if history else 0) != after:
            if not history:
                raise WorkbenchError(
                    f"Finding {finding_id} has no entry {after}; nobody decided on it here.",
                    "look whether this is the right store: workbench decisions list",
                )
            raise ConflictError(history[-1], after)
        return standings_of(history).get(finding_id) or Standing(finding_id)

    def _add(self, entry: Entry) -> Entry:
        placed = replace(entry, number=self.head.count + 1, previous_hash=self.head.hash, at=moment(self._clock()))
        self._session.add(EntryRow.of(placed))
        if self._histories is not None and placed.finding_id is not None:
            self._histories.setdefault(placed.finding_id, []).append(placed)
        self.head = Head(self.head.store_id, placed.number, placed.hash)
        return placed
