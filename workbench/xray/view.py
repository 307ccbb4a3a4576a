"""The x-ray of a document: what it is, what happened around it, whether it adds up, who approved it, what is open."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date

from workbench.findings import Findings
from workbench.language import say
from workbench.snapshot import Snapshot
from workbench.xray.approvals import Approval, approvals
from workbench.xray.balance import Balance, balances
from workbench.xray.books import Books, opened
from workbench.xray.bridge import Bridge, bridge
from workbench.xray.events import DOCUMENTS, Event, events
from workbench.xray.facts import TABLES, Facts, gather
from workbench.xray.fired import Fired, Place, fired_on, place
from workbench.xray.lines import Line, lines_of
from workbench.xray.lookup import find_document


@dataclass(frozen=True)
class Xray:
    """One document from every side; shown as static HTML, and every part is there as data.

    `fired` is None where no findings were given, else every candidate about the document, the worst finding first;
    amounts are in the document's currency unless they say another. `missing` names the tables that the snapshot lacks.
    `milliseconds` says what each query took, and "all" the whole.
    """

    facts: Facts
    as_of: date
    events: tuple[Event, ...]
    lines: tuple[Line, ...]
    fired: tuple[Fired, ...] | None
    bridge: Bridge
    approvals: tuple[Approval, ...]
    balances: tuple[Balance, ...]
    place: Place | None
    missing: tuple[str, ...]
    milliseconds: dict[str, float]

    @property
    def title(self) -> str:
        """Kind, number and key of the document."""
        document = self.facts.document
        kind = DOCUMENTS.get(document["kind"], document["kind"].replace("_", " ").capitalize())
        return f"{say(kind)} {document['invoice_number']} ({document['invoice_id']})"

    def page(self) -> str:
        """The whole page as HTML: no script, no address, the reader's light or dark."""
        from workbench.xray.layout import page

        return page(self.title, self._repr_html_())

    def _repr_html_(self) -> str:
        from workbench.xray.document_page import document_html

        return document_html(self)

    def __repr__(self) -> str:
        return self.title


def xray(
    snapshot: Snapshot | Books, document: str, findings: Findings | None = None, *, as_of: date | None = None
) -> Xray:
    """One document by its invoice_id or invoice_number, with all that happened around it.

    With `findings` it shows which controls fired on it and its place among all findings. `as_of` is the day of the
    second balance (default: that of the findings, else the newest day). The snapshot stays open for the next look;
    `Books` keep it open for as long as you say. Raises WorkbenchError for a name that no document has (the three
    nearest are offered) and for a number that several bear.

    Example:
        >>> snapshot = wb.open()
        >>> wb.xray(snapshot, "SG-2025-000123", wb.run(snapshot))
    """
    books = opened(snapshot)
    books.demand_invoices()
    books.milliseconds.clear()
    began = time.perf_counter()
    facts = gather(books, find_document(books, document))
    fired = None
    if findings is not None:
        fired = fired_on(findings, facts.document, (row["invoice_line_id"] for row in facts.parts["lines"]))
    day = as_of or (findings.parameters.as_of if findings else books.newest_day)
    shown = Xray(
        facts=facts,
        as_of=day,
        events=events(facts),
        lines=lines_of(facts, fired or ()),
        fired=fired,
        bridge=bridge(facts, fired),
        approvals=approvals(facts),
        balances=balances(facts, day, books.newest_day),
        place=place(findings, fired or ()) if findings is not None else None,
        missing=tuple(name for name in TABLES if name not in books.snapshot.tables),
        milliseconds={},
    )
    shown.milliseconds.update(books.milliseconds, all=(time.perf_counter() - began) * 1000)
    return shown
