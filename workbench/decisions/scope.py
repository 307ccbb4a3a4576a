"""What else an explanation covers: a control, a customer, a product and conditions, until a day."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from workbench.controls import controls
from workbench.decisions.decision import name_of, read_amount
from workbench.decisions.entry import Entry, canonical
from workbench.errors import UnknownNameError, WorkbenchError

WORDS = ("entity_id", "currency", "direction", "severity", "subject_table", "subject_id", "convention")
AMOUNTS = ("expected_amount", "billed_amount", "impact_amount")
COLUMNS = (*WORDS, "event_date", *AMOUNTS)
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le, ">=": operator.ge, "!=": operator.ne, "<": operator.lt, ">": operator.gt, "=": operator.eq,
}  # fmt: skip
CONDITION = re.compile(r"\s*([a-z_]+)\s*(<=|>=|!=|<|>|=)\s*(.*?)\s*", re.DOTALL)


@dataclass(frozen=True)
class Condition:
    """One comparison of a column of the findings table, as "impact_amount<=5.00"; an empty cell meets none."""

    column: str
    sign: str
    value: str | date | Decimal

    @property
    def text(self) -> str:
        """As it is written."""
        return (
            f"{self.column}{self.sign}{self.value:f}"
            if isinstance(self.value, Decimal)
            else (f"{self.column}{self.sign}{self.value}")
        )

    def holds(self, row: Mapping[str, Any]) -> bool:
        """Whether a row of the findings table meets it."""
        cell = row[self.column]
        return cell is not None and COMPARE[self.sign](cell, self.value)


@dataclass(frozen=True)
class Scope:
    """What an explanation covers: one control, and where given one customer, one product and what the conditions say.

    A product means that the finding's evidence names this product and no other.
    """

    control_id: str
    customer_id: str | None = None
    product_id: str | None = None
    conditions: tuple[Condition, ...] = ()

    def fits(self, row: Mapping[str, Any]) -> bool:
        """Whether a row of the findings table is covered, as far as its own columns can say."""
        return (
            row["control_id"] == self.control_id
            and (self.customer_id is None or row["customer_id"] == self.customer_id)
            and all(condition.holds(row) for condition in self.conditions)
        )

    @property
    def text(self) -> str:
        """As the store keeps it: canonical JSON."""
        named = {
            "control": self.control_id,
            "customer": self.customer_id,
            "product": self.product_id,
            "conditions": [condition.text for condition in self.conditions] or None,
        }
        return canonical({name: value for name, value in named.items() if value})

    @property
    def words(self) -> str:
        """For reading: "ACC-03, customer C1, currency=SGD"."""
        parts = [self.control_id]
        parts += [f"customer {self.customer_id}"] if self.customer_id else []
        parts += [f"product {self.product_id}"] if self.product_id else []
        return ", ".join([*parts, *(condition.text for condition in self.conditions)])


@dataclass(frozen=True)
class Explanation:
    """A scope that somebody explained, until the day `expires_on`; `withdrawn` is the entry that ended it earlier."""

    number: int
    scope: Scope
    expires_on: date
    by: str
    at: str
    remark: str
    finding_id: str | None = None
    withdrawn: int | None = None

    def state(self, as_of: date) -> str:
        """Seen from a day: "in force", "expired" or "withdrawn"."""
        if self.withdrawn is not None:
            return "withdrawn"
        return "in force" if as_of < self.expires_on else "expired"


def read_condition(text: str) -> Condition:
    """A condition from what a person wrote; WorkbenchError where it is none, UnknownNameError for another column."""
    found = CONDITION.fullmatch(text)
    if not found or not found[3]:
        raise WorkbenchError(f"'{text}' is no condition.", "write COLUMN=VALUE, as currency=SGD or impact_amount<=5.00")
    column, sign, value = found.groups()
    if column not in COLUMNS:
        raise UnknownNameError("column for a condition", column, COLUMNS)
    if column in AMOUNTS:
        return Condition(column, sign, read_amount(value))
    if column == "event_date":
        return Condition(column, sign, _day(value))
    if sign not in {"=", "!="}:
        raise WorkbenchError(f"'{text}' compares words by size.", "words are = or !=")
    return Condition(column, sign, name_of("value of a condition", value))


def make_scope(control_id: str, customer_id: str = "", product_id: str = "", conditions: tuple[str, ...] = ()) -> Scope:
    """A scope from what a person wrote.

    Raises UnknownNameError for a control that is none; WorkbenchError where amounts are compared without a currency, or
    nothing narrows the scope below a whole control.
    """
    if control_id.upper() not in controls():
        raise UnknownNameError("control", control_id, controls())
    read = tuple(sorted(map(read_condition, conditions), key=lambda condition: condition.text))
    scope = Scope(
        control_id.upper(),
        name_of("customer", customer_id) if customer_id else None,
        name_of("product", product_id) if product_id else None,
        read,
    )
    if any(entry.column in AMOUNTS for entry in read) and not any(
        entry.column == "currency" and entry.sign == "=" for entry in read
    ):
        raise WorkbenchError("A condition compares amounts of any currency.", "say which: --where currency=SGD")
    if not (scope.customer_id or scope.product_id or read):
        raise WorkbenchError(
            f"An explanation of all that {scope.control_id} finds would switch the control off.",
            "narrow it: --customer, --product or --where",
        )
    return scope


def read_scope(text: str) -> Scope:
    """A scope from the store's JSON."""
    named = json.loads(text)
    conditions = tuple(map(read_condition, named.get("conditions", ())))
    return Scope(named["control"], named.get("customer"), named.get("product"), conditions)


def explanations_of(entries: list[Entry]) -> tuple[Explanation, ...]:
    """Every explanation with a scope, in order of its entry, also those that have expired or were withdrawn."""
    withdrawn = {entry.refers: entry.number for entry in entries if entry.act == "withdrawn"}
    return tuple(
        Explanation(
            number=entry.number,
            scope=read_scope(entry.scope),
            expires_on=date.fromisoformat(entry.expires_on),
            by=entry.by,
            at=entry.at,
            remark=entry.remark or "",
            finding_id=entry.finding_id,
            withdrawn=withdrawn.get(entry.number),
        )
        for entry in entries
        if entry.scope and entry.expires_on
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WorkbenchError(f"'{text}' is no date.", "write YYYY-MM-DD, as 2025-03-31") from None
