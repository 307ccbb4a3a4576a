"""Items for the tests of matching, said in as few words as a test needs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from workbench.matching.items import ITEM, PAYER, Sides
from workbench.matching.outcome import Matching
from workbench.matching.rules import Rules
from workbench.matching.run import match_sides

DAY = date(2025, 3, 1)


def item(
    key: str, amount: str, *says: str, of: str | None = "C1", currency: str = "SGD", **more: Any
) -> dict[str, Any]:
    """An item of customer C1; what follows the amount is what its texts say."""
    base = {"id": key, "entity": "E1", "group": of, "currency": currency, "amount": Decimal(amount), "day": DAY}
    return base | {"references": list(says)} | more


def sides(left: list[dict[str, Any]], right: list[dict[str, Any]], parents: dict[str, str] | None = None) -> Sides:
    payers = [{"group": child, "payer": parent} for child, parent in (parents or {}).items()]
    return Sides(
        pa.Table.from_pylist(left, ITEM), pa.Table.from_pylist(right, ITEM), pa.Table.from_pylist(payers, PAYER)
    )


def matched(
    left: list[dict[str, Any]],
    right: list[dict[str, Any]],
    parents: dict[str, str] | None = None,
    rules: Rules | None = None,
    passes: list[str] | None = None,
) -> Matching:
    return match_sides(sides(left, right, parents), rules, passes)


def automatic(matching: Matching) -> dict[tuple[str, ...], tuple[str, tuple[str, ...]]]:
    """What was matched: left ids to the pass and the right ids."""
    groups: dict[str, tuple[set[str], str, set[str]]] = {}
    for row in matching.automatic.to_pylist():
        lefts, _, rights = groups.setdefault(row["match_id"], (set(), row["pass"], set()))
        lefts.add(row["left_id"])
        rights.add(row["right_id"])
    return {tuple(sorted(lefts)): (name, tuple(sorted(rights))) for lefts, name, rights in groups.values()}


def proposed(matching: Matching) -> set[tuple[str, str]]:
    return {(row["left_id"], row["right_id"]) for row in matching.proposals.to_pylist()}
