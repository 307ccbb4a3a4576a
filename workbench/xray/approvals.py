"""Who entered and approved a document and what changed it, and whether they might."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from workbench.language import say
from workbench.money import grouped
from workbench.settlement.codes import in_words
from workbench.xray.books import Row
from workbench.xray.facts import Facts


@dataclass(frozen=True)
class Approval:
    """One thing that somebody entered and somebody approved; `said` is what follows from roles, limits and days."""

    what: str
    amount: Decimal | None
    entered_by: str
    entered_at: datetime | None
    approved_by: str
    approved_at: datetime | None
    limit: Decimal | None
    said: str


def approvals(facts: Facts) -> tuple[Approval, ...]:
    """The document, the credit memos on it and its adjustments, each with who entered and who approved it."""
    return tuple(_each(facts))


def _each(facts: Facts) -> Iterator[Approval]:
    people = _People(facts)
    for row in [facts.document, *facts.parts["credits"]]:
        action = "credit_memo" if row["kind"] == "credit_memo" else ""
        what = f"{in_words(row['kind'].replace('_', ' '))} {row['invoice_id']}"
        yield people.approval(what, row["gross_amount"], row, action)
    for row in facts.parts["adjustments"]:
        what = f"{in_words(row['kind'].replace('_', ' '))} {row['adjustment_id']}"
        yield people.approval(what, row["amount"], row, row["kind"])


class _People:
    """Users by id and how much their roles may approve in the document's currency."""

    def __init__(self, facts: Facts) -> None:
        self.users = {row["user_id"]: row for row in facts.parts["people"]}
        self.limits = {(row["user_id"], row["action"]): row["max_amount"] for row in facts.parts["people"]}
        self.currency = facts.currency

    def approval(self, what: str, amount: Decimal, row: Row, action: str) -> Approval:
        limit = self.limits.get((row["approved_by"], action)) if action else None
        return Approval(
            what, amount, self.named(row["created_by"]), row["created_at"], self.named(row["approved_by"]),
            row["approved_at"], limit, say("; ").join(self.said(row, action, abs(amount), limit)),
        )  # fmt: skip

    def named(self, key: str | None) -> str:
        """A person as a reader knows them: name, key, role and whether it is a system."""
        if key is None:
            return ""
        user = self.users.get(key)
        if user is None:
            return say("{key} (unknown)", key=key)
        kind = ", " + say("system") if user["kind"] == "system" else ""
        return f"{user['name']} ({key}, {user['role']}{kind})" if user["name"] else f"{key} ({user['role']}{kind})"

    def said(self, row: Row, action: str, amount: Decimal, limit: Decimal | None) -> Iterator[str]:
        approver = self.users.get(row["approved_by"])
        if not action and not row["approved_by"]:
            yield say("needs no approval")
            return
        if not row["approved_by"]:
            yield say("nobody approved it")
            return
        if row["approved_by"] == row["created_by"]:
            yield say("entered and approved by the same person")
        if approver is None:
            yield say("the approver is unknown")
            return
        if action and limit is None:
            yield say("no limit for {role} in {currency}", role=approver["role"], currency=self.currency)
        elif limit is not None:
            most = f"{grouped(limit, self.currency)} {self.currency}"
            over = amount > limit
            yield (
                say("over the limit of {amount}", amount=most)
                if over
                else say("within the limit of {amount}", amount=most)
            )
        day = row["approved_at"].date() if row["approved_at"] else None
        if day and (
            (approver["active_from"] and day < approver["active_from"])
            or (approver["active_to"] and day >= approver["active_to"])
        ):
            yield say("the approver was not active that day")
