"""One entry of the decision store, its canonical JSON and its hash; what a finding's entries add up to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from workbench.decisions.words import APPROVED, PROPOSED, WITHDRAWN
from workbench.money import grouped

GENESIS = "0" * 64
TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


@dataclass(frozen=True)
class Entry:
    """What one person decided at one moment; never changed after it was written.

    `number` counts from 1 in the one chain of the store, `after` is the number of the finding's entry before this one
    (0: none). Times are UTC text with microseconds, days YYYY-MM-DD, `amount` is decimal text in `currency`;
    `authority` and `scope` are canonical JSON. `refers` is the proposal that is approved or the explanation that is
    withdrawn.
    """

    number: int
    previous_hash: str
    at: str
    by: str
    act: str
    after: int
    finding_id: str | None = None
    state: str | None = None
    remedy: str | None = None
    amount: str | None = None
    currency: str | None = None
    root_cause: str | None = None
    owner: str | None = None
    due_on: str | None = None
    remark: str | None = None
    refers: int | None = None
    authority: str | None = None
    scope: str | None = None
    expires_on: str | None = None
    via: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """What the hash is made of: every field that says something, so that a later field changes no older hash."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical JSON, in hexadecimal."""
        return hash_of(self.as_dict())

    @property
    def words(self) -> str:
        """What was decided, in a few words: "confirmed, credit 12.50 SGD (proposed)"."""
        if self.act == WITHDRAWN:
            return f"withdrew the explanation of entry {self.refers}"
        parts = [self.state or "", money_words(self.remedy, self.amount, self.currency)]
        if self.scope:
            parts.append(f"and what else fits {self.scope} until {self.expires_on}")
        act = f" ({self.act})" if self.act in {PROPOSED, APPROVED} else ""
        return ", ".join(part for part in parts if part) + act


def canonical(value: object) -> str:
    """JSON on one line that is the same bytes for the same value: sorted keys, no blanks, no escapes but JSON's own."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def hash_of(fields: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON of an entry's fields, in hexadecimal."""
    # A damaged text may hold what UTF-8 cannot say; it must give another hash, not an error.
    return hashlib.sha256(canonical(fields).encode("utf-8", "surrogatepass")).hexdigest()


def money_words(remedy: str | None, amount: str | None, currency: str | None) -> str:
    """A remedy and its amount for reading: "credit 1,200.50 SGD"; empty for none."""
    if not remedy:
        return ""
    plain = remedy.replace("_", " ")
    return f"{plain} {grouped(Decimal(amount), currency)} {currency}" if amount else plain


def moment(at: datetime) -> str:
    """A moment as the store keeps it: UTC, with microseconds."""
    return at.astimezone(UTC).strftime(TIME)


def readable(at: str) -> str:
    """A moment of the store for reading: "2025-04-02 10:15:00 UTC"."""
    return f"{at[:10]} {at[11:19]} UTC"


@dataclass(frozen=True)
class Standing:
    """What holds for one finding now: the last decision, who made it, and who proposed and approved its amount.

    `number` is the last entry (0: none yet), `approval` "" (nothing to approve), "waiting" or "approved".
    """

    finding_id: str
    number: int = 0
    state: str = "open"
    remedy: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    root_cause: str | None = None
    owner: str | None = None
    due_on: date | None = None
    remark: str | None = None
    by: str | None = None
    at: str | None = None
    approval: str = ""
    proposal: int | None = None
    proposed_by: str | None = None
    approved_by: str | None = None
    approved_at: str | None = None
    hash: str = GENESIS

    @property
    def words(self) -> str:
        """In one line: "confirmed, credit 12.50 SGD, waiting for approval"."""
        amount = f"{self.amount:f}" if self.amount is not None else None
        waiting = {"waiting": "waiting for approval", "approved": f"approved by {self.approved_by}"}
        parts = (self.state, money_words(self.remedy, amount, self.currency), waiting.get(self.approval, ""))
        return ", ".join(part for part in parts if part)

    def as_json(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        plain = asdict(self)
        plain["amount"] = f"{self.amount:f}" if self.amount is not None else None
        plain["due_on"] = self.due_on.isoformat() if self.due_on else None
        return plain

    def then(self, entry: Entry) -> Standing:
        """What holds after one more entry of the same finding."""
        if entry.act == APPROVED:
            return replace(
                self,
                number=entry.number,
                hash=entry.hash,
                approval="approved",
                approved_by=entry.by,
                approved_at=entry.at,
            )
        proposed = entry.act == PROPOSED
        return Standing(
            finding_id=self.finding_id,
            number=entry.number,
            hash=entry.hash,
            state=entry.state or "open",
            remedy=entry.remedy,
            amount=Decimal(entry.amount) if entry.amount else None,
            currency=entry.currency,
            root_cause=entry.root_cause,
            owner=entry.owner,
            due_on=date.fromisoformat(entry.due_on) if entry.due_on else None,
            remark=entry.remark,
            by=entry.by,
            at=entry.at,
            approval="waiting" if proposed else "",
            proposal=entry.number if proposed else None,
            proposed_by=entry.by if proposed else None,
        )


def standings_of(entries: Iterable[Entry]) -> dict[str, Standing]:
    """What holds for each finding that was ever decided on, from entries in order of their numbers."""
    found: dict[str, Standing] = {}
    for entry in entries:
        if entry.finding_id is not None and entry.act != WITHDRAWN:
            before = found.get(entry.finding_id) or Standing(entry.finding_id)
            found[entry.finding_id] = before.then(entry)
    return found
