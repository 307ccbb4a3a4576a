"""Where a document's or a settlement's first finding stands among all, and which come before and after it."""

from __future__ import annotations

from workbench.language import mark, say
from workbench.markup import Amount
from workbench.settlement.codes import in_words
from workbench.xray.fired import Place
from workbench.xray.layout import records, said


def place_html(where: Place | None) -> str:
    """The neighbours as a table; empty where no findings were given."""
    if where is None:
        return ""
    told = say("It has none of {all}, by severity, then impact within each currency.", all=f"{where.of:,}")
    if where.number:
        told = say(
            "Its first finding is number {number} of {all}, by severity, then impact within each currency.",
            number=f"{where.number:,}", all=f"{where.of:,}",
        )  # fmt: skip
    rows = [
        {
            "": word,
            mark("finding"): row["finding_id"],
            mark("control"): row["control_id"],
            mark("severity"): in_words(row["severity"]),
            mark("subject"): f"{row['subject_table']} {row['subject_id']}",
            mark("customer"): row["customer_id"],
            mark("impact"): Amount(row["impact_amount"], row["currency"], named=True),
        }
        for word, row in ((say("previous"), where.before), (say("next"), where.after))
        if row is not None
    ]
    return said(told) + records(rows)
