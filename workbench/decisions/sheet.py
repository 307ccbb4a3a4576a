"""The decisions workbook's layout: its sheets and columns, and the hidden record of what went out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from workbench.decisions.entry import Standing, canonical
from workbench.money import in_minor_unit

FORMAT = "1"
DECISIONS, TOTALS, EVIDENCE, GUIDE = "Decisions", "Totals", "Evidence", "Guide"
LISTS, RECORD = "Lists", "Record"
NONE = "(none)"
APPROVE = "approve"
LARGEST = 1_048_575

# What the finding is: read only. The key is the column of the findings table.
FINDING = {
    "finding_id": ("Finding", 19),
    "control_id": ("Control", 10),
    "severity": ("Severity", 10),
    "subject_table": ("Subject table", 17),
    "subject_id": ("Subject", 24),
    "entity_id": ("Entity", 9),
    "customer_id": ("Customer", 14),
    "event_date": ("Date", 11),
    "currency": ("Currency", 10),
    "expected_amount": ("Expected", 16),
    "billed_amount": ("Billed", 16),
    "impact_amount": ("Impact", 16),
    "direction": ("Direction", 13),
    "reason": ("Reason", 60),
}
EVIDENCE_LINK = ("Evidence", 15)
# What people fill in, by the field of a Standing.
EDITED = {
    "state": ("State", 12),
    "remedy": ("Remedy", 12),
    "amount": ("Amount", 15),
    "root_cause": ("Root cause", 20),
    "owner": ("Owner", 16),
    "due_on": ("Due", 12),
    "remark": ("Remark", 44),
    "approval": ("Approval", 12),
}
# What is known of it: read only, and the id once more, so that a part that was sorted alone shows.
KNOWN = {"standing": ("Until now", 44), "check_id": ("Finding again", 19)}
HEADS = [
    *(head for head, _ in FINDING.values()),
    EVIDENCE_LINK[0],
    *(head for head, _ in EDITED.values()),
    *(head for head, _ in KNOWN.values()),
]
WIDTHS = [width for _, width in (*FINDING.values(), EVIDENCE_LINK, *EDITED.values(), *KNOWN.values())]
RECORD_HEADS = ("finding_id", "number", "hash", "currency", "impact_amount", "state", "fields")


def column(head: str) -> int:
    """The place of a column by its head, from 0."""
    return HEADS.index(head)


def edited_of(standing: Standing) -> dict[str, str]:
    """What a standing shows in the columns that people fill in, as text; empty for nothing."""
    return {
        "state": standing.state,
        "remedy": standing.remedy or "",
        "amount": in_minor_unit(standing.amount, standing.currency) or ("0" if standing.remedy else ""),
        "root_cause": standing.root_cause or "",
        "owner": standing.owner or "",
        "due_on": standing.due_on.isoformat() if standing.due_on else "",
        "remark": standing.remark or "",
        "approval": standing.approval,
    }


def finding_id_of(control_id: str, subject_table: str, subject_id: str) -> str:
    """The id that a finding's own cells make, as the controls make it."""
    return hashlib.sha256(f"{control_id}\n{subject_table}\n{subject_id}".encode()).hexdigest()[:16]


def record_hash(heads: Mapping[str, str], rows: list[list[str]]) -> str:
    """One hash over all that the hidden record says, which shows a record that was touched."""
    return hashlib.sha256(canonical([dict(heads), rows]).encode("utf-8", "surrogatepass")).hexdigest()


def record_row(row: Mapping[str, Any], standing: Standing) -> list[str]:
    """What the hidden record keeps of one finding: what was the last entry, and what its columns said then."""
    return [
        row["finding_id"],
        str(standing.number),
        standing.hash if standing.number else "",
        row["currency"] or "",
        f"{row['impact_amount']:f}" if row["impact_amount"] is not None else "",
        standing.state,
        canonical(edited_of(standing)),
    ]
