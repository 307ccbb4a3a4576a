"""Where a document's or a settlement's first finding stands among all, and which come before and after it."""

from __future__ import annotations

from workbench.markup import Amount
from workbench.xray.fired import Place
from workbench.xray.layout import records, said


def place_html(where: Place | None) -> str:
    """The neighbours as a table; empty where no findings were given."""
    if where is None:
        return ""
    first = f"Its first finding is number {where.number:,}" if where.number else "It has none"
    rows = [
        {
            "": word,
            "finding": row["finding_id"],
            "control": row["control_id"],
            "severity": row["severity"],
            "subject": f"{row['subject_table']} {row['subject_id']}",
            "customer": row["customer_id"],
            "impact": Amount(row["impact_amount"], row["currency"], named=True),
        }
        for word, row in (("previous", where.before), ("next", where.after))
        if row is not None
    ]
    return said(f"{first} of {where.of:,}, by severity, then impact within each currency.") + records(rows)
