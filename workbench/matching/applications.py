"""Applications for the ERP: who pays how much of which invoice, money and credits alike."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import UnknownNameError, WorkbenchError
from workbench.matching.items import MONEY, Sides
from workbench.money import EXACT

APPLICATION = pa.schema(
    [
        ("application_id", pa.string()),
        ("receipt_id", pa.string()),
        ("credit_invoice_id", pa.string()),
        ("invoice_id", pa.string()),
        ("applied_on", pa.date32()),
        ("posted_on", pa.date32()),
        ("amount", MONEY),
        ("discount_amount", MONEY),
        ("applied_by", pa.string()),
    ]
)


def applications(matches: pa.Table, sides: Sides, accepted: frozenset[str], day: date, who: str) -> pa.Table:
    """Rows of the canonical table `applications`, in the order of their ids.

    Credits of a match are used up first, by its invoices in order of id; the money pays what is left. Nothing is
    applied to a credit, and no item is used in two matches: that is a WorkbenchError.
    """
    known = set(matches["match_id"].unique().to_pylist()) if accepted else set()
    for name in sorted(accepted - known):
        raise UnknownNameError("match", name, known)
    chosen = pc.equal(matches["state"], "automatic")
    if accepted:
        chosen = pc.or_(chosen, pc.is_in(matches["match_id"], pa.array(sorted(accepted), matches["match_id"].type)))
    rows = matches.filter(chosen)
    _refuse_twice(rows)
    credits_at = sides.right.filter(pc.less(sides.right["amount"], 0))["id"]
    simple = pc.invert(pc.is_in(rows["match_id"], _with_credits(rows, credits_at)))
    plain, netted = rows.filter(simple), rows.filter(pc.invert(simple))
    parts = [_table(plain, day, who), *_netted(netted.to_pylist(), day, who)]
    return pa.concat_tables(parts).sort_by("application_id")


def _refuse_twice(rows: pa.Table) -> None:
    for side in ("left_id", "right_id"):
        pairs = rows.group_by([side]).aggregate([("match_id", "count_distinct")])
        twice = pairs.filter(pc.greater(pairs["match_id_count_distinct"], 1))[side]
        if len(twice):
            raise WorkbenchError(
                f"{len(twice)} items are in two of the matches accepted, '{pc.min(twice).as_py()}' for one.",
                "accept one alternative of each",
            )


def _with_credits(rows: pa.Table, credits_at: pa.ChunkedArray) -> pa.Array:
    found = rows.filter(pc.is_in(rows["right_id"], credits_at.combine_chunks()))["match_id"].unique()
    return found if isinstance(found, pa.Array) else found.combine_chunks()


def _table(rows: pa.Table, day: date, who: str) -> pa.Table:
    count = rows.num_rows
    first = pc.binary_join_element_wise(
        rows["match_id"], rows["left_id"], rows["right_id"], pa.scalar("/", pa.large_string())
    )
    return pa.table(
        [
            first.cast(pa.string()),
            rows["left_id"].cast(pa.string()),
            pa.nulls(count, pa.string()),
            rows["right_id"].cast(pa.string()),
            pa.repeat(pa.scalar(day, pa.date32()), count),
            pa.nulls(count, pa.date32()),
            rows["amount"],
            rows["discount_amount"],
            pa.repeat(pa.scalar(who), count),
        ],
        schema=APPLICATION,
    )


def _netted(rows: list[dict[str, Any]], day: date, who: str) -> list[pa.Table]:
    by_match = defaultdict(list)
    for row in rows:
        by_match[row["match_id"]].append(row)
    made = []
    for match in sorted(by_match):
        for source, is_credit, invoice, amount in _allocated(by_match[match]):
            made.append(
                {
                    "application_id": f"{match}/{source}/{invoice}",
                    "receipt_id": None if is_credit else source,
                    "credit_invoice_id": source if is_credit else None,
                    "invoice_id": invoice,
                    "applied_on": day,
                    "posted_on": None,
                    "amount": amount,
                    "discount_amount": Decimal(0),
                    "applied_by": who,
                }
            )
    return [pa.Table.from_pylist(made, APPLICATION)] if made else []


def _allocated(rows: list[dict[str, Any]]) -> list[tuple[str, bool, str, Decimal]]:
    """Who pays how much of which invoice: (source, whether it is a credit, invoice, amount)."""
    owed = {row["right_id"]: row["amount"] for row in rows if row["amount"] > 0}
    sources = [(row["right_id"], True, -row["amount"]) for row in rows if row["amount"] < 0]
    sources.append((rows[0]["left_id"], False, EXACT.subtract(sum(owed.values()), sum(a for _, _, a in sources))))
    paid = []
    for source, is_credit, amount in sources:
        left = amount
        for invoice in sorted(owed):
            part = min(left, owed[invoice])
            if part > 0:
                paid.append((source, is_credit, invoice, part))
                owed[invoice] -= part
                left -= part
    return paid
