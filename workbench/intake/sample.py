"""A small list of the example company as somebody exports one: its own headings, and not quite clean."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from workbench.workspace import example_folder, workspace

ENTITY, FIRST, LAST = "SG01", "2024-07-01", "2024-12-31"
HEADINGS = [
    "Invoice No", "Corrects", "Date", "Customer", "Customer name", "Order", "Delivery", "Item", "Text", "Qty", "Price",
    "Discount", "Amount SGD",
]  # fmt: skip


def sample_file() -> Path:
    """The list, written to the workspace the first time."""
    file = workspace() / "intake" / "example" / "invoice lines.csv"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".partial")
        with partial.open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
            writer.writerow(HEADINGS)
            writer.writerows(_lines(example_folder()))
        partial.replace(file)
    return file


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def _lines(exports: Path) -> Iterator[list[str]]:
    """Half a year of one entity, with two rows that cannot be read and a total that is no line."""
    names = {row["customer_id"]: row["name"] for row in _rows(exports / "customers.csv")}
    documents = {
        row["invoice_id"]: row
        for row in _rows(exports / "invoices.csv")
        if row["entity_id"] == ENTITY and FIRST <= row["invoice_date"] <= LAST and not row["contract_id"]
        and row["status"] == "issued"
    }  # fmt: skip
    numbers = {name: row["invoice_number"] for name, row in documents.items()}
    lines = [row for row in _rows(exports / "invoice_lines.csv") if row["invoice_id"] in documents]
    lines.sort(key=lambda row: (documents[row["invoice_id"]]["invoice_date"], row["invoice_id"], row["line_number"]))
    total = Decimal(0)
    for place, row in enumerate(lines):
        document = documents[row["invoice_id"]]
        total += Decimal(row["net_amount"])
        yield [
            document["invoice_number"], numbers.get(document["original_invoice_id"], ""),
            _day(document["invoice_date"]) if place != 90 else "31.09.2024",
            document["customer_id"], names.get(document["customer_id"], ""), document["order_id"],
            row["delivery_line_id"], row["product_id"], row["description"],
            _number(row["quantity"]) if place != 60 else "two", _number(row["unit_price"]),
            _number(row["discount_amount"]), _number(row["net_amount"]),
        ]  # fmt: skip
    yield ["Total", *[""] * (len(HEADINGS) - 2), _number(str(total))]


def _day(text: str) -> str:
    return ".".join(reversed(text.split("-"))) if text else ""


def _number(text: str) -> str:
    """A number as it is written where a comma stands before the fraction: 1.234,56."""
    if not text:
        return ""
    value = Decimal(text)
    digits = max(2, -int(str(value.normalize().as_tuple().exponent))) if value % 1 else 2
    return f"{value:,.{digits}f}".translate(str.maketrans(",.", ".,"))
