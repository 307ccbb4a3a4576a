"""What somebody wants to decide, and whether it can be decided like that."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from workbench.decisions.words import REMEDIES, ROOT_CAUSES, STATES
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.money import in_minor_unit, minor_units

LONGEST = 8_000
LONGEST_NAME = 200
LARGEST = Decimal(10) ** 18


@dataclass(frozen=True)
class Decision:
    """What one person decides on one finding.

    `after` is the number of the finding's last entry that the person has seen (0: none). A confirmed finding needs a
    remedy, a root cause, an owner and a due date; a remedy's amount (> 0, in `currency`) makes it a proposal that
    somebody else approves. A remedy without an amount moves no money.
    """

    finding_id: str
    state: str
    by: str
    after: int = 0
    remedy: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    root_cause: str | None = None
    owner: str | None = None
    due_on: date | None = None
    remark: str | None = None
    via: str | None = None


def checked(decision: Decision) -> Decision:
    """The decision with its texts trimmed and its amount exact; WorkbenchError where it cannot stand like that."""
    state = known("state", decision.state, STATES)
    trimmed = Decision(
        finding_id=name_of("finding", decision.finding_id),
        state=state,
        by=name_of("person who decides", decision.by),
        after=decision.after,
        remedy=known("remedy", decision.remedy, REMEDIES) if decision.remedy else None,
        amount=decision.amount,
        currency=decision.currency or None,
        root_cause=known("root cause", decision.root_cause, ROOT_CAUSES) if decision.root_cause else None,
        owner=name_of("owner", decision.owner) if decision.owner else None,
        due_on=decision.due_on,
        remark=text_of("remark", decision.remark),
        via=text_of("origin", decision.via),
    )
    if state == "confirmed":
        return _confirmed(trimmed)
    given = {"remedy": trimmed.remedy, "amount": trimmed.amount, "due date": trimmed.due_on}
    for what, value in given.items():
        # Work on an open finding has somebody who does it and a day; nothing else has both.
        if value is not None and not (state == "open" and what == "due date"):
            raise WorkbenchError(
                f"A finding that is {state} has no {what}, and one is given.", "leave it out, or confirm the finding"
            )
    if state in {"explained", "accepted"} and not (trimmed.remark or trimmed.root_cause):
        raise WorkbenchError(f"Nothing says why the finding is {state}.", "give a remark, or a root cause")
    return trimmed


def _confirmed(decision: Decision) -> Decision:
    needed = {
        "remedy": decision.remedy,
        "root cause": decision.root_cause,
        "owner": decision.owner,
        "due date": decision.due_on,
    }
    missing = [what for what, value in needed.items() if value is None]
    if missing:
        raise WorkbenchError(
            f"A confirmed finding needs {', '.join(needed)}; there is no {', '.join(missing)}.",
            "say who puts it right, how and by when",
        )
    if decision.amount is None:
        return decision
    currency = decision.currency or ""
    if len(currency) != 3 or not (currency.isascii() and currency.isupper()):
        raise WorkbenchError(f"The currency of the remedy is '{currency}'.", "give its ISO 4217 code, e.g. SGD")
    if not (decision.amount.is_finite() and 0 < decision.amount < LARGEST):
        raise WorkbenchError(
            f"The remedy's amount is {decision.amount}.", "give an amount above zero; the remedy says which way"
        )
    digits = minor_units(currency)
    if decision.amount != decision.amount.quantize(Decimal(1).scaleb(-digits)):
        raise WorkbenchError(
            f"The remedy's amount {decision.amount:f} has more than the {digits} decimals of {currency}.", "round it"
        )
    return decision


def exact_amount(decision: Decision) -> str | None:
    """The amount as the store keeps it: its currency's digits, no more and no fewer."""
    return in_minor_unit(decision.amount, decision.currency)


def read_amount(text: str) -> Decimal:
    """An amount from what a person wrote, "1234.50"; WorkbenchError for anything else."""
    try:
        amount = Decimal(text.strip())
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise WorkbenchError(f"'{text}' is no amount.", "write digits and a decimal point, as 1234.50")
    return amount


def known(kind: str, word: str, words: dict[str, str]) -> str:
    """The word, in small letters and with underscores; UnknownNameError where it is none of these."""
    plain = word.strip().lower().replace(" ", "_").replace("-", "_")
    if plain not in words:
        raise UnknownNameError(kind, word, words)
    return plain


def name_of(kind: str, text: str) -> str:
    """A name on one line; WorkbenchError where it is empty, too long, or holds what cannot be seen."""
    name = (text or "").strip()
    if not name:
        raise WorkbenchError(f"No {kind} is named.", "give a name that others know")
    if len(name) > LONGEST_NAME or any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in name):
        raise WorkbenchError(f"The {kind} has {len(name)} signs, some of which no name has.", "give a plain name")
    return name


def text_of(kind: str, text: str | None) -> str | None:
    """A text without blanks around it, or None where nothing is left; WorkbenchError where none can be kept."""
    kept = (text or "").replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(kept) > LONGEST:
        raise WorkbenchError(f"The {kind} has {len(kept):,} signs; {LONGEST:,} are the most.", "say it shorter")
    if any(unicodedata.category(sign) in {"Cc", "Cs"} and sign not in "\n\t" for sign in kept):
        raise WorkbenchError(f"The {kind} holds signs that no text has.", "write it again")
    return kept or None


def same_person(one: str, other: str) -> bool:
    """Whether two names are one person's, whatever the width and case of their letters."""
    return plain_name(one) == plain_name(other)


def plain_name(name: str) -> str:
    """A name for comparing: NFKC, no case, single blanks."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
