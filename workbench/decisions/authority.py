"""Who may approve how much: users and approval limits of a snapshot, as of a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq

from workbench.decisions.decision import plain_name, same_person
from workbench.decisions.entry import Standing, canonical
from workbench.decisions.words import AUTHORITY
from workbench.engine.duck import parquet_files
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.money import grouped
from workbench.snapshot import Snapshot


@dataclass(frozen=True)
class User:
    """One row of users: half-open dates, `kind` person or system."""

    user_id: str
    name: str
    role: str
    kind: str
    active_from: date | None
    active_to: date | None

    def is_active(self, day: date) -> bool:
        """Whether a day is within the user's dates."""
        return (self.active_from is None or day >= self.active_from) and (
            self.active_to is None or day < self.active_to
        )


@dataclass(frozen=True)
class Authority:
    """The users and limits that a snapshot knows; `limits` by (role, action, currency)."""

    users: tuple[User, ...]
    limits: Mapping[tuple[str, str, str], Decimal]
    snapshot: str

    def owners(self, day: date) -> list[str]:
        """The ids of the persons who are active on a day, in order."""
        return sorted({user.user_id for user in self.users if user.kind != "system" and user.is_active(day)})

    def is_same(self, one: str, other: str) -> bool:
        """Whether two names, ids or names of users, are one person's."""
        return same_person(one, other) or bool(self._ids(one) & self._ids(other))

    def approve(self, standing: Standing, by: str, day: date) -> str:
        """Canonical JSON of the authority under which `by` may approve a finding's proposed amount on a day.

        Raises WorkbenchError where there is nothing to approve, `by` proposed it, is no active person, or may not
        approve as much.
        """
        if standing.approval != "waiting" or standing.amount is None or not standing.remedy or not standing.currency:
            raise WorkbenchError(
                f"Nothing waits for approval on finding {standing.finding_id}: {standing.words}.",
                "see what does: workbench decisions list --waiting",
            )
        if self.is_same(by, standing.proposed_by or ""):
            raise WorkbenchError(
                f"{by} proposed {standing.words}, and cannot approve it.", "ask somebody else with the authority"
            )
        person = self._person(by, day)
        action, currency = AUTHORITY[standing.remedy], standing.currency
        may = {user.role: self.limits.get((user.role, action, currency)) for user in person}
        limits = {role: limit for role, limit in may.items() if limit is not None}
        most = max(limits.values(), default=Decimal(0))
        if standing.amount > most:
            raise WorkbenchError(
                f"{by} ({', '.join(sorted(may))}) may approve a {action} of {grouped(most, currency)} {currency}; this "
                f"is {grouped(standing.amount, currency)} {currency}.",
                "ask somebody whose limit is higher",
            )
        role = min(role for role, limit in limits.items() if limit == most)
        record = {"role": role, "action": action, "currency": currency, "limit": f"{most:f}", "snapshot": self.snapshot}
        return canonical(record)

    def _ids(self, name: str) -> set[str]:
        plain = plain_name(name)
        return {user.user_id for user in self.users if plain in {plain_name(user.user_id), plain_name(user.name)}}

    def _person(self, by: str, day: date) -> list[User]:
        listed = [user for user in self.users if user.user_id == by]
        if not listed:
            raise UnknownNameError("user of the snapshot", by, sorted({user.user_id for user in self.users}))
        if any(user.kind == "system" for user in listed):
            raise WorkbenchError(f"{by} is a system, and only a person can approve.", "approve it yourself")
        active = [user for user in listed if user.is_active(day)]
        if not active:
            raise WorkbenchError(f"{by} is not active on {day}.", "ask somebody who is, with the authority")
        return active


def authority_of(snapshot: Snapshot) -> Authority:
    """The users and approval limits of a snapshot; nobody and nothing where it has no such table."""
    users = tuple(
        User(
            user_id=row["user_id"],
            name=row.get("name") or "",
            role=row["role"],
            kind=row.get("kind") or "person",
            active_from=row.get("active_from"),
            active_to=row.get("active_to"),
        )
        for row in _rows(snapshot, "users")
    )
    limits: dict[tuple[str, str, str], Decimal] = {}
    for row in _rows(snapshot, "approval_limits"):
        key = (row["role"], row["action"], row["currency"])
        limits[key] = max(limits.get(key, Decimal(0)), row["max_amount"])
    return Authority(users, limits, snapshot.fingerprint)


def _rows(snapshot: Snapshot, name: str) -> Iterable[dict[str, Any]]:
    for file in parquet_files(snapshot.folder, name):
        yield from pq.read_table(file).to_pylist()
