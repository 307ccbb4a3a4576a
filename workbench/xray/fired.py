"""The findings that are about one document or one customer, and which come before and after them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.controls import Control, controls
from workbench.findings import Findings, evidence_keys
from workbench.language import say
from workbench.xray.books import Row

SEVERITIES = {"high": 0, "medium": 1, "low": 2}


@dataclass(frozen=True)
class Fired:
    """One candidate with the control that returned it and the lines of the document that it rests on.

    `lines` holds the invoice_line_ids of this document in its subject or evidence, none where it is about a document
    as a whole; `is_shared` says that lines of other documents stand in its evidence too.
    """

    row: Mapping[str, Any]
    control: Control | None
    lines: tuple[str, ...] = ()
    is_shared: bool = False

    @property
    def is_finding(self) -> bool:
        """Whether nothing suppressed it."""
        return self.row["suppressed_by"] is None

    @property
    def title(self) -> str:
        """The control's question in words."""
        return self.control.title if self.control else ""

    @property
    def shown_title(self) -> str:
        """The same in the reader's language."""
        return say(self.title) if self.title else ""

    @property
    def explained_by(self) -> str | None:
        """The code that suppressed it and what the code means; None for a finding."""
        code = self.row["suppressed_by"]
        if not code:
            return None
        meaning = self.control.suppressions.get(code, "") if self.control else ""
        return f"{code}: {say(meaning)}" if meaning else str(code)

    @property
    def keys(self) -> dict[str, list[str]]:
        """The keys of its evidence, by table."""
        return {table: found for table, found in evidence_keys(self.row["evidence"] or "{}").items() if found}


@dataclass(frozen=True)
class Place:
    """Where a document's first finding stands among all, and its neighbours of other documents."""

    number: int
    of: int
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


def known_controls(findings: Findings) -> dict[str, Control]:
    """The controls of a run by id; those of the catalogue where the run does not say."""
    return {**controls(), **{line.control.id: line.control for line in findings.funnel}}


def fired_on(findings: Findings, document: Row, lines: Iterable[str]) -> tuple[Fired, ...]:
    """The candidates about a document: its own, its lines', and those whose evidence names it; worst first."""
    own, of_lines = document["invoice_id"], set(lines)
    known = known_controls(findings)
    found = []
    for row in _of_customer(findings.table, document["customer_id"], own, of_lines).to_pylist():
        keys = evidence_keys(row["evidence"] or "{}")
        named = set(keys.get("invoice_lines", ()))
        if row["subject_table"] == "invoice_lines":
            named.add(row["subject_id"])
        mine = named & of_lines
        is_whole = row["subject_table"] == "invoices"
        if mine or (is_whole and row["subject_id"] == own) or own in keys.get("invoices", ()):
            lines = () if is_whole else tuple(sorted(mine))
            found.append(Fired(row, known.get(row["control_id"]), lines, bool(named - of_lines)))
    return tuple(sorted(found, key=lambda each: (not each.is_finding, *rank(each.row))))


def _of_customer(table: pa.Table, customer: str | None, own: str, lines: set[str]) -> pa.Table:
    """The rows that can be about a document, by cheap tests of whole columns: whose customer, and which keys."""
    column = table["customer_id"]
    mask = pc.is_null(column)
    if customer is not None:
        mask = pc.or_(mask, pc.fill_null(pc.equal(column, customer), False))
    part = table.filter(mask)
    if part.num_rows <= 2000:
        return part
    known = pc.is_in(part["subject_id"], value_set=pa.array(sorted({own} | lines), pa.string()))
    cited = pc.fill_null(pc.match_substring(part["evidence"], f'"{own}"'), False)
    for line in sorted(lines)[:200]:
        cited = pc.or_(cited, pc.fill_null(pc.match_substring(part["evidence"], f'"{line}"'), False))
    return part.filter(pc.or_(known, cited))


def rank(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Severity first, then impact; amounts of different currencies are not compared."""
    impact = row["impact_amount"]
    severity = SEVERITIES.get(row["severity"], len(SEVERITIES))
    return (severity, row["currency"] or "", -abs(impact) if impact is not None else 0, row["finding_id"] or "")


# The order of the last table of findings that was asked for: a million are not sorted again at each look.
_ORDER: dict[int, tuple[pa.Table, pa.Table]] = {}


def ranked(findings: Findings) -> pa.Table:
    """All findings, by severity, then impact within each currency."""
    key = id(findings.table)
    if key not in _ORDER:
        found = findings.found
        severity = pc.index_in(found["severity"], value_set=pa.array(list(SEVERITIES)))
        keyed = found.append_column("_severity", pc.fill_null(severity, len(SEVERITIES)))
        keyed = keyed.append_column("_impact", pc.fill_null(pc.abs(keyed["impact_amount"]), 0))
        order = [("_severity", "ascending"), ("currency", "ascending"), ("_impact", "descending")]
        order.append(("finding_id", "ascending"))
        in_order = keyed.take(pc.sort_indices(keyed, sort_keys=order)).drop_columns(["_severity", "_impact"])
        _ORDER.clear()
        _ORDER[key] = (findings.table, in_order)
    return _ORDER[key][1]


def place(findings: Findings, fired: Iterable[Fired]) -> Place | None:
    """Where the first of some findings stands among all; None where there is none to go to."""
    order = ranked(findings)
    own = [each.row["finding_id"] for each in fired if each.is_finding]
    mine = pc.is_in(order["finding_id"], value_set=pa.array(own, pa.string()))
    if not order.num_rows:
        return None
    at = pc.index(mine, pa.scalar(True)).as_py() if own else -1
    before = [n for n in range(at - 1, max(at - 1 - len(own) - 1, -1), -1) if not mine[n].as_py()]
    after = [n for n in range(at + 1, min(at + 2 + len(own), order.num_rows)) if not mine[n].as_py()]
    return Place(
        number=at + 1,
        of=order.num_rows,
        before=order.slice(before[0], 1).to_pylist()[0] if before else None,
        after=order.slice(after[0], 1).to_pylist()[0] if after else None,
    )
