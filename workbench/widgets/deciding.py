"""Decide from the explorer: one finding or many in one transaction; whoever did since is told; undo only adds."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from workbench.decisions import Authority, ConflictError, Decision, Standing, Store, authority_of, open_store
from workbench.decisions.address import address_of
from workbench.decisions.decision import read_amount
from workbench.decisions.words import AUTHORITY, REMEDIES, ROOT_CAUSES, STATES
from workbench.decisions.writing import Writer
from workbench.errors import WorkbenchError
from workbench.language import counted, mark, say
from workbench.language.page import problem_in_words
from workbench.money import grouped
from workbench.progress import Report, quiet
from workbench.snapshot import Snapshot

VIA = "explorer"
MANY = 50
STEP = 500
TOLD = 20
Row = Mapping[str, Any]
# The codes of a decision as people read them.
WORDS = {
    "open": mark("open"), "confirmed": mark("confirmed"), "explained": mark("explained"), "accepted": mark("accepted"),
    "rebill": mark("rebill"), "credit": mark("credit"), "write_off": mark("write off"), "collect": mark("collect"),
    "billing_adjustment": mark("billing adjustment"), "credit_memo": mark("credit memo"),
    "contract_change": mark("contract change"), "price_maintenance": mark("price maintenance"),
    "master_data": mark("master data"), "order_entry": mark("order entry"), "delivery_record": mark("delivery record"),
    "billing_run": mark("billing run"), "interface": mark("interface"), "manual_entry": mark("manual entry"),
    "cash_application": mark("cash application"), "authority_bypassed": mark("authority bypassed"),
    "timing": mark("timing"), "customer": mark("customer"), "agreed_otherwise": mark("agreed otherwise"),
    "other": mark("other"),
}  # fmt: skip


@dataclass(frozen=True)
class Form:
    """What a person filled in: texts as they were typed. `amount`: empty is the whole impact, 0 moves no money."""

    state: str
    by: str
    remedy: str = ""
    amount: str = ""
    root_cause: str = ""
    owner: str = ""
    due_on: str = ""
    remark: str = ""

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Form:
        """A form as the page sends it."""
        names = ("state", "by", "remedy", "amount", "root_cause", "owner", "due_on", "remark")
        return cls(**{name: str(plain.get(name) or "").strip() for name in names})

    def decision(self, row: Row, after: int) -> Decision:
        """The decision on one finding; WorkbenchError where the form cannot stand."""
        amount = None
        if self.remedy:
            amount = read_amount(self.amount) if self.amount else abs(row["impact_amount"] or Decimal(0))
        return Decision(
            finding_id=row["finding_id"],
            state=self.state,
            by=self.by,
            after=after,
            remedy=self.remedy or None,
            amount=amount or None,
            currency=row["currency"] if amount else None,
            root_cause=self.root_cause or None,
            owner=self.owner or None,
            due_on=_day(self.due_on),
            remark=self.remark or None,
            via=VIA,
        )


@dataclass(frozen=True)
class Batch:
    """What became of one press of the button: `before` and the new entry's number per finding, and what was not done.

    `conflicts` are findings that somebody decided since, `refused` those whose decision cannot stand, in words.
    """

    title: str
    before: Mapping[str, Standing]
    numbers: Mapping[str, int]
    conflicts: tuple[str, ...]
    refused: tuple[str, ...]

    @property
    def words(self) -> str:
        """In one sentence: "decided on 12 findings; 1 in conflict"."""
        parts = [say(self.title, findings=_findings(len(self.numbers)))]
        parts += [say("{count} in conflict", count=f"{len(self.conflicts):,}")] if self.conflicts else []
        parts += [say("{count} refused", count=f"{len(self.refused):,}")] if self.refused else []
        return say("; ").join(parts)

    def as_message(self) -> dict[str, Any]:
        """The same for the page; of what was not done the first are told."""
        return {
            "words": self.words, "can_undo": bool(self.numbers),
            "conflicts": list(self.conflicts[:TOLD]), "refused": list(self.refused[:TOLD]),
            "untold": max(0, len(self.conflicts) - TOLD) + max(0, len(self.refused) - TOLD),
        }  # fmt: skip


class Desk:
    """The decision store as one explorer has seen it: `standings` are what was read last.

    `problem` says why decisions cannot be read; the findings are then shown without them.
    """

    def __init__(self, snapshot: Snapshot, url: str = "") -> None:
        self.snapshot, self._url = snapshot, url
        self.standings: dict[str, Standing] = {}
        self.problem = ""
        self._authority: Authority | None = None

    @property
    def authority(self) -> Authority:
        """Users and limits of the snapshot."""
        if self._authority is None:
            self._authority = authority_of(self.snapshot)
        return self._authority

    def read(self) -> dict[str, Standing]:
        """Read what holds; a store that is not there yet is not made."""
        self.problem = ""
        try:
            url = address_of(self._url)
            if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
                self.standings = {}
            else:
                self.standings = self._with(lambda store: store.standings())
        except WorkbenchError as error:
            self.problem = problem_in_words(error)
        return self.standings

    def decide(self, rows: Sequence[Row], form: Form, progress: Report = quiet) -> Batch:
        """Decide on findings in one transaction, each as it was seen; all that can be written is, or nothing.

        Raises WorkbenchError where the form cannot stand for any of them, and when `progress` raises nothing is kept.
        """
        if not rows:
            raise WorkbenchError(
                say("Nothing is marked to decide on."), say("open a finding, or mark some with the space bar")
            )
        wanted = [(row["finding_id"], form.decision(row, self._seen(row["finding_id"]))) for row in rows]
        return self._write(mark("Decided on {findings}"), wanted, progress)

    def undo(self, batch: Batch, by: str, progress: Report = quiet) -> Batch:
        """Add the entries that bring back what held before a batch; what was decided since is left and told."""
        wanted = [
            (name, _back(batch.before[name], by, number)) for name, number in batch.numbers.items()
        ]  # fmt: skip
        return self._write(mark("Taken back: {findings}"), wanted, progress)

    def _write(self, title: str, wanted: Sequence[tuple[str, Decision]], progress: Report) -> Batch:
        before = {name: self.standings.get(name) or Standing(name) for name, _ in wanted}
        numbers: dict[str, int] = {}
        conflicts: list[str] = []
        refused: list[str] = []

        def write(store: Store) -> None:
            with store.writing() as writer:
                _enter(writer, wanted, numbers, conflicts, refused, progress)

        self._with(write)
        if not numbers and refused and not conflicts:
            raise WorkbenchError(refused[0])
        self.read()
        return Batch(title, {name: before[name] for name in numbers}, numbers, tuple(conflicts), tuple(refused))

    def _seen(self, finding_id: str) -> int:
        return self.standings[finding_id].number if finding_id in self.standings else 0

    def _with(self, work: Callable[[Store], Any]) -> Any:
        store = open_store(self._url)
        try:
            return work(store)
        finally:
            store.close()

    def who(self, by: str) -> str:
        """What the snapshot knows of a person: name, role and what they may approve; or that it knows nobody."""
        listed = [user for user in self.authority.users if user.user_id == by]
        if not listed:
            return say("not among the users of this snapshot") if by else say("say who decides")
        limits = [
            say("{action} up to {amount}", action=_word(action), amount=f"{grouped(most, currency)} {currency}")
            for (role, action, currency), most in sorted(self.authority.limits.items())
            if role in {user.role for user in listed} and action in AUTHORITY.values()
        ]
        person = f"{listed[0].name or by}, {', '.join(sorted({user.role for user in listed}))}"
        if limits:
            return say("{person}; may approve {limits}", person=person, limits=say("; ").join(limits))
        return say("{person}; approves nothing", person=person)

    def choices(self) -> dict[str, Any]:
        """What a form offers."""
        names = {user.user_id: user.name for user in self.authority.users if user.kind != "system"}
        return {
            "states": _offered(STATES),
            "remedies": _offered(REMEDIES),
            "root_causes": _offered(ROOT_CAUSES),
            "owners": sorted(names.items())[:500],
        }


def _enter(
    writer: Writer, wanted: Iterable[tuple[str, Decision]], numbers: dict[str, int], conflicts: list[str],
    refused: list[str], progress: Report,
) -> None:  # fmt: skip
    every = list(wanted)
    if len(every) > MANY:
        writer.read_all()
    for done, (name, decision) in enumerate(every):
        if done % STEP == 0:
            writer.finish()
            progress(say("deciding"), done, len(every))
        try:
            numbers[name] = writer.decide(decision).number
        except ConflictError as conflict:
            conflicts.append(conflict.problem)
        except WorkbenchError as error:
            refused.append(f"{name}: {error.problem} {error.fix}".strip())
    progress(say("writing"), len(every) - 1, len(every))


def _back(before: Standing, by: str, number: int) -> Decision:
    """The decision that brings back what held before an entry."""
    said = f"takes back entry {number}"
    return Decision(
        finding_id=before.finding_id,
        state=before.state,
        by=by,
        after=number,
        remedy=before.remedy,
        amount=before.amount,
        currency=before.currency if before.amount is not None else None,
        root_cause=before.root_cause,
        owner=before.owner,
        due_on=before.due_on,
        remark=f"{before.remark}\n{said}" if before.remark else said,
        via=VIA,
    )


def whoever_is_here() -> str:
    """Who decides unless somebody says otherwise: WORKBENCH_USER, else the name of the session."""
    name = os.environ.get("WORKBENCH_USER", "")
    with suppress(OSError, KeyError, ImportError):
        name = name or getpass.getuser()
    return name


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise WorkbenchError(say("'{text}' is no date.", text=text), say("give YYYY-MM-DD, as 2025-03-31")) from None


def _findings(count: int) -> str:
    return counted(count, "{count} finding", "{count} findings") if count else say("0 findings")


def _offered(meanings: Mapping[str, str]) -> list[tuple[str, str]]:
    """Codes with what a person reads: the word and its meaning."""
    return [
        (code, say("{word}: {meaning}", word=_word(code), meaning=say(meaning))) for code, meaning in meanings.items()
    ]


def _word(code: str) -> str:
    return say(WORDS.get(code, code.replace("_", " ")))
