"""Duplicates: documents billed twice, receipts booked twice, manual invoices beside system ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from html import escape
from itertools import zip_longest
from typing import Any, ClassVar

from workbench.causes.pictures import Picture, heat
from workbench.language import mark, say
from workbench.markup import Amount, Shown, html_table
from workbench.settlement.codes import sense
from workbench.topics.beside import side_by_side
from workbench.topics.topic import Row, Topic, most_money


class Duplicates(Topic):
    """OCC-01, OCC-07 and PRO-04 with each pair side by side."""

    name = "duplicates"
    title = mark("Duplicates")
    controls = ("OCC-01", "OCC-07", "PRO-04")
    root_causes: ClassVar[dict[str, str]] = {"OCC-01": "billing_run", "PRO-04": "manual_entry"}
    next_steps: ClassVar[tuple[str, ...]] = (
        mark(
            "Ask for each pair whether the customer got two documents or two deliveries; the order and the proof of "
            "delivery say which."
        ),
        mark("Credit the later document, or cancel it while the period is open; never both."),
        mark("A receipt booked twice is taken back in cash application before the customer asks for a refund."),
        mark(
            "Where one user or one interface makes most of them, stop it there: a number range that refuses a second "
            "document for the same order and period."
        ),
    )

    @property
    def alike(self) -> Picture:
        """What made the pairs alike, by month, in the currency with most of them."""
        rows = self.ranked("OCC-01")
        currency = most_money(rows)
        cells: dict[tuple[str, str], Decimal] = {}
        for row in rows:
            if row["currency"] == currency and row["event_date"]:
                key = (_likeness(row["reason"]), f"{row['event_date']:%Y-%m}")
                cells[key] = cells.get(key, Decimal(0)) + (row["impact_amount"] or Decimal(0))
        if not cells:
            return self.nothing(say("No document was billed twice."))
        return heat(say("What makes them alike, by month"), cells, currency, mark("likeness"), mark("month"))

    def side_by_side(self, finding_id: str = "") -> Shown:
        """Both documents (or receipts) of a finding, field by field and line by line; the largest where none is named.

        Raises WorkbenchError for a finding that is not here.
        """
        row = self.finding(finding_id)
        if row is None:
            words = say("No duplicate was found.")
            return Shown(f"<p>{escape(words)}</p>", say("no duplicate was found"))
        if row["control_id"] == "OCC-07":
            records = self.query("topic_receipts", ids=self.keys(row, "receipts"))
            html = side_by_side(records, "receipt_id", say("The receipts"))
        else:
            ids = self.keys(row, "invoices")
            records = self.query("topic_documents", ids=ids)
            html = side_by_side(records, "invoice_id", say("The documents"))
            html += _lines(records, self.query("topic_document_lines", ids=ids))
        return Shown(f"<p>{escape(row['reason'])}</p>{html}", row["reason"])


def _likeness(reason: str) -> str:
    """What is said between the documents and the amount: "same gross and date"."""
    return reason.rsplit(": ", 1)[-1].rsplit(", ", 1)[0]


def _lines(documents: Sequence[Row], lines: Sequence[Mapping[str, Any]]) -> str:
    """The lines of the documents in pairs, by their place."""
    if not lines:
        return ""
    by_document = [[line for line in lines if line["invoice_id"] == each["invoice_id"]] for each in documents]
    own = (mark("quantity"), mark("price"), sense(mark("net#document")))
    head = [words for each in documents for words in (str(each["invoice_id"]), *own)]
    rows = [
        [cell for place, line in enumerate(together) for cell in _line(line, documents[place]["currency"])]
        for together in zip_longest(*by_document)
    ]
    return html_table(head, rows, caption=say("Their lines"), limit=60)


def _line(line: Mapping[str, Any] | None, currency: str) -> Iterator[object]:
    if line is None:
        yield from ("", None, None, None)
        return
    yield f"{line['words'] or ''} ({line['product_id']})" if line["product_id"] else line["words"]
    yield from (line["quantity"], line["unit_price"], Amount(line["net_amount"], currency))
