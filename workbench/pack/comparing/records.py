"""A comparison as plain JSON values, the same in every language."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from workbench.money import in_minor_unit
from workbench.pack.comparing import KINDS, SAME, WAYS, Comparison, Pair


def as_json(comparison: Comparison) -> dict[str, Any]:
    """Plain JSON values, all of it; amounts are decimal text."""
    return {
        "before": _side(comparison.before),
        "after": _side(comparison.after),
        "counts": {kind: len(comparison.of(kind)) for kind in KINDS},
        "differs": {name: list(lines) for name, lines in comparison.differs.items()},
        "money": [
            {
                "kind": entry.kind,
                "side": entry.side,
                "control": entry.control,
                "currency": entry.currency or None,
                "findings": entry.findings,
                **{way: in_minor_unit(entry.amounts[way], entry.currency or None) for way in WAYS},
            }
            for entry in comparison.sums
        ],
        "findings": [_pair(pair) for pair in comparison.pairs if pair.kind != SAME],
        "figures": [vars(figure) for figure in comparison.figures],
        "documents": [
            {name: f"{value:f}" if isinstance(value, Decimal) else value for name, value in row.items()}
            for row in (comparison.restatement.documents() if comparison.restatement else ())
            if comparison.after.scope[1] == "every" or (row["entity_id"] or "") == comparison.after.scope[0]
        ],
    }


def _side(side: Any) -> dict[str, Any]:
    return {
        "name": side.name,
        "pack_id": side.pack_id,
        "period": side.period,
        "entity": side.scope[0] or None,
        "snapshot": side.fixed.get("snapshot"),
    }


def _pair(pair: Pair) -> dict[str, Any]:
    return {
        "kind": pair.kind,
        "finding_id": pair.finding_id,
        "control": pair.control,
        "why": pair.why,
        "subject_table": pair.row["subject_table"],
        "subject_id": pair.row["subject_id"],
        "currency": pair.row["currency"],
        "before": _half(pair.before, pair.decision_before),
        "after": _half(pair.after, pair.decision_after),
    }


def _half(row: Any, decision: str) -> dict[str, Any] | None:
    if row is None:
        return None
    amounts = {name: in_minor_unit(row[f"{name}_amount"], row["currency"]) for name in ("expected", "billed", "impact")}
    return {**amounts, "direction": row["direction"], "severity": row["severity"], "decision": decision}
