"""A population: items with an id and a book value, in one currency, with a fingerprint and its tie to a total."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from workbench.errors import WorkbenchError
from workbench.money import in_minor_unit
from workbench.sampling.amounts import plain, total
from workbench.sampling.names import PARTS
from workbench.sampling.page import population_html


@dataclass(frozen=True, slots=True)
class Item:
    """One sampling unit: its id, its book value, and what else helps to find it (shown, never used)."""

    item_id: str
    book: Decimal
    more: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """One line of the tie: what it is, how many items, and what they come to."""

    what: str
    items: int
    amount: Decimal

    def as_json(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        return {"what": self.what, "items": self.items, "amount": plain(self.amount)}


@dataclass(frozen=True)
class Population:
    """Items in the order of their ids (by code point), of one currency.

    `source` says where they were read, so that they can be read again; `names` are the names of what `Item.more`
    holds; `tie` are the lines that add up to the whole table: population + found + not live = table.
    """

    items: tuple[Item, ...] = field(repr=False)
    currency: str
    source: Mapping[str, Any]
    names: tuple[str, ...] = ()
    tie: tuple[Line, ...] = field(default=())
    notes: tuple[str, ...] = field(default=())

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of a line of JSON per item, [id, currency, book value without zeros at its end], in order of ids."""
        seen = hashlib.sha256()
        for item in self.items:
            seen.update(json.dumps([item.item_id, self.currency, plain(item.book)], ensure_ascii=False).encode())
            seen.update(b"\n")
        return seen.hexdigest()

    @cached_property
    def book(self) -> Decimal:
        """The sum of the book values."""
        return total(item.book for item in self.items)

    def part(self, name: str) -> Population:
        """The items above zero, below zero or at zero; "all" is the population itself."""
        if name == "all":
            return self
        signs = {"positive": 1, "negative": -1, "zero": 0}
        kept = tuple(item for item in self.items if _sign(item.book) == signs[name])
        return replace(self, items=kept)

    @cached_property
    def parts(self) -> dict[str, Line]:
        """How many items are above zero, below zero and at zero, and what they come to."""
        found = {name: self.part(name) for name in PARTS[1:]}
        return {name: Line(f"{name} items", len(part.items), part.book) for name, part in found.items()}

    def as_json(self) -> dict[str, Any]:
        """What a paper holds of it: no items, but all that is needed to know it again."""
        return {
            "sha256": self.sha256,
            "items": len(self.items),
            "book_value": plain(self.book),
            "currency": self.currency,
            "parts": {
                name: {"items": line.items, "book_value": plain(line.amount)} for name, line in self.parts.items()
            },
            "source": dict(self.source),
            "tie": [line.as_json() for line in self.tie],
            "notes": list(self.notes),
        }

    def _repr_html_(self) -> str:
        return population_html(self.as_json())


def _sign(amount: Decimal) -> int:
    return (amount > 0) - (amount < 0)


def make_population(
    items: Iterable[Item],
    currency: str,
    source: Mapping[str, Any],
    *,
    names: tuple[str, ...] = (),
    tie: tuple[Line, ...] = (),
    notes: tuple[str, ...] = (),
) -> Population:
    """A population in order of ids.

    Raises WorkbenchError where it holds nothing, an item has no id or an id comes twice, and where the lines of the
    tie do not add up to the table.
    """
    ordered = sorted(items, key=lambda item: item.item_id)
    if not ordered:
        raise WorkbenchError("The population holds no item.", "look at the period, the entity and the currency")
    empty = sum(not item.item_id for item in ordered)
    if empty:
        raise WorkbenchError(f"{empty:,} items of the population have no id.", "name the column of ids with --id")
    twice = [name for name, times in Counter(item.item_id for item in ordered).items() if times > 1]
    if twice:
        raise WorkbenchError(
            f"{len(twice):,} ids come more than once in the population, the first is '{twice[0]}'.",
            "name a column whose values differ with --id",
        )
    if tie:
        check_tie(tie, currency)
    return Population(tuple(ordered), currency, source, names, tie, notes)


def check_tie(tie: tuple[Line, ...], currency: str) -> None:
    """Raise WorkbenchError where the lines before the last do not add up to it, in items and in money."""
    *parts, whole = tie
    items, amount = sum(line.items for line in parts), total(line.amount for line in parts)
    if (items, amount) != (whole.items, whole.amount):
        raise WorkbenchError(
            f"The population does not tie: {items:,} items of {in_minor_unit(amount, currency)} {currency} against "
            f"{whole.items:,} of {in_minor_unit(whole.amount, currency)} in the table.",
            "load the snapshot again",
        )
