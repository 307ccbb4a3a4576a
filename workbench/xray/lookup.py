"""Which document or customer a person means: by id, by number, or one of the nearest."""

from __future__ import annotations

from workbench.errors import WorkbenchError
from workbench.money import grouped
from workbench.xray.books import Books, Row

MOST = 8


def find_document(books: Books, name: str) -> Row:
    """The document of an invoice_id, else of an invoice_number.

    Raises WorkbenchError where none has it (the three nearest are offered) and where several bear the number.
    """
    found = books.ask("document", invoice=name) if name else []
    if found:
        return found[0]
    if name:
        books.keep("document_numbers")
    named = books.ask("documents_by_number", name=name) if name else []
    if len(named) == 1:
        return books.ask("document", invoice=named[0]["invoice_id"])[0]
    if named:
        raise WorkbenchError(
            f"{len(named):,} documents bear the number '{name}': {_candidates(named)}.", "give one of these invoice_ids"
        )
    if "settlements" in books.snapshot.tables and books.ask("settlement_head", settlement=name):
        raise WorkbenchError(f"'{name}' is a settlement, no document.", f'wb.settlement(snapshot, "{name}") shows it')
    near = [row["name"] for row in books.ask("nearest_documents", name=name)][:3]
    raise WorkbenchError(f"There is no document '{name}'.", _offer(near, "invoice_id or invoice_number"))


def find_customer(books: Books, name: str) -> Row | None:
    """The master record of a customer; None where only documents or receipts name it.

    Raises WorkbenchError where nothing does; the three nearest are offered.
    """
    found = books.ask("customers_named", ids=[name]) if name else []
    if found:
        return found[0]
    if name and books.ask("customer_is_named", customer=name):
        return None
    near = [row["customer_id"] for row in books.ask("nearest_customers", name=name)][:3]
    raise WorkbenchError(f"There is no customer '{name}'.", _offer(near, "customer_id"))


def _offer(near: list[str], what: str) -> str:
    return f"did you mean {', '.join(near)}?" if near else f"give an {what} of this snapshot"


def _candidates(rows: list[Row]) -> str:
    told = [
        f"{row['invoice_id']} ({row['kind'].replace('_', ' ')} of {row['customer_id']}, {row['invoice_date']}, "
        f"{grouped(row['gross_amount'], row['currency'])} {row['currency']}, {row['status']})"
        for row in rows[:MOST]
    ]
    return "; ".join(told) + (" ..." if len(rows) > MOST else "")
