"""What can be said of a row: the columns of its table and of every table its keys lead to, read from the schema."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from workbench.language import mark, say
from workbench.schema import Table, tables

# What a column says in words; others are told by their own name.
WORDS = {
    "customer_id": mark("customer"),
    "product_id": mark("product"),
    "entity_id": mark("entity"),
    "contract_id": mark("contract"),
    "partner_id": mark("partner"),
    "order_id": mark("order"),
    "price_list": mark("price list row"),
    "rate_cards": mark("rate card row"),
    "tax_rates": mark("tax rate"),
    "created_by": mark("entered by"),
    "entered_by": mark("entered by"),
    "approved_by": mark("approved by"),
    "applied_by": mark("applied by"),
    "requested_by": mark("requested by"),
    "origin_zone": mark("sent from"),
    "destination_zone": mark("sent to"),
    "reason_code": mark("reason"),
    "month": mark("month"),
    "convention": mark("convention"),
}
# The day that puts a row in a month, the first of these that it or a table near it has.
DAYS = (
    "invoice_date", "event_date", "delivered_on", "shipped_on", "order_date", "received_on", "applied_on",
    "adjusted_on", "month", "opened_at", "promised_for", "started_at", "used_from", "moved_on", "paid_on",
)  # fmt: skip
# Words of a row that name it and nothing else.
NAMES = frozenset(
    {
        "name", "description", "invoice_number", "purchase_order", "tax_id", "reference", "bank_reference",
        "document_reference",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Step:
    """A table that is reached from a root: by which column of which step before it (none for the root itself)."""

    table: Table
    alias: str
    before: str = ""
    column: str = ""


@dataclass(frozen=True)
class Attribute:
    """One thing that may be said of a row: its name, the step and column that say it, the table whose key it is."""

    name: str
    alias: str
    column: str
    target: str = ""


@dataclass(frozen=True)
class Plan:
    """How what is said of a table's rows is read: steps joined in order, attributes, and the day (alias, column)."""

    steps: tuple[Step, ...]
    attributes: tuple[Attribute, ...]
    day: tuple[str, str] | None

    def joins(self, wanted: frozenset[str] | None = None) -> str:
        """The FROM clause after the root, which is joined on `asked.key`; only what the wanted attributes need."""
        needed = self._needed(wanted)
        parts = []
        for step in self.steps:
            key = step.table.key[0]
            if not step.before:
                parts.append(f'left join "{step.table.name}" as {step.alias} on asked.key = {step.alias}."{key}"')
            elif step.alias in needed:
                on = f'{step.before}."{step.column}" = {step.alias}."{key}"'
                parts.append(f'left join "{step.table.name}" as {step.alias} on {on}')
        return "\n".join(parts)

    def _needed(self, wanted: frozenset[str] | None) -> set[str]:
        needed = {each.alias for each in self.attributes if wanted is None or each.name in wanted}
        needed |= {self.day[0]} if self.day else set()
        for step in reversed(self.steps):
            if step.alias in needed and step.before:
                needed.add(step.before)
        return needed


@cache
def plan_of(root: str) -> Plan:
    """Everything that can be said of the rows of a table: breadth first along keys that bear their table's own name."""
    steps = list(_steps(tables()[root]))
    attributes: dict[str, Attribute] = {}
    for step in steps:
        for column in step.table.columns.values():
            name = _attribute(step.table, column.name)
            if name and name not in attributes:
                target = step.table.references.get(column.name, "")
                attributes[name] = Attribute(name, step.alias, column.name, target)
    day = next(
        ((step.alias, name) for step in steps for name in DAYS if name in step.table.columns),
        None,
    )
    return Plan(tuple(steps), tuple(attributes.values()), day)


def _steps(root: Table) -> Iterator[Step]:
    seen, waiting = {root.name}, [Step(root, "t0")]
    number = 0
    while waiting:
        step = waiting.pop(0)
        yield step
        for column, target in step.table.references.items():
            other = tables()[target]
            if other.key == (column,) and target not in seen:
                seen.add(target)
                number += 1
                waiting.append(Step(other, f"t{number}", step.alias, column))


def _attribute(table: Table, column: str) -> str:
    """The name of what a column says: a key by itself, the rest with its table; empty for one that says nothing."""
    target = table.references.get(column)
    if target:
        return column if tables()[target].key == (column,) else f"{table.name}.{column}"
    kind = table.columns[column].type
    if column in NAMES or column in table.key:
        return ""
    if column == "currency":
        return column
    return f"{table.name}.{column}" if kind in {"text", "bool"} else ""


def words_of(name: str) -> str:
    """An attribute for reading: "customer", "entered by (adjustments)", "segment (customers)"."""
    if name in WORDS:
        return say(WORDS[name])
    table, _, column = name.rpartition(".")
    said = say(WORDS.get(column, column.removesuffix("_id").replace("_", " ")))
    return say("{column} ({table})", column=said, table=say(table.replace("_", " "))) if table else said


def target_of(name: str) -> str:
    """The table whose key the values of an attribute are; empty where they are words."""
    table, _, column = name.rpartition(".")
    if table in tables():
        return tables()[table].references.get(column, "")
    if name in tables():
        return name
    return next((each.name for each in tables().values() if each.key == (name,)), "")
