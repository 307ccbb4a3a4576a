"""What the suites of other systems ask of netting and reconciliation, in our own words and numbers."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.matching_items import DAY, automatic, item, matched

Rows = list[dict[str, Any]]
DISCOUNTED = {"discount": Decimal(2), "discount_until": DAY}

# From where, money, documents, the pass and the documents that are automatic (or None), and why it is proposed.
CASES: dict[str, tuple[str, Rows, Rows, str | None, tuple[str, ...], str]] = {
    "payment of one invoice": (
        "ERPNext, payment reconciliation against an invoice",
        [item("R", "200")], [item("I", "200", "SI-0001")], "amount", ("I",), "",
    ),
    "payment less a credit note": (
        "ERPNext, payment reconciliation with a credit note",
        [item("R", "137.50")], [item("I", "200", "SI-0001"), item("N", "-62.50", "SI-0002")],
        "credit_netted", ("I", "N"), "",
    ),
    "payment of part of one of two": (
        "ERPNext, partial allocation: which invoice it is for is not known",
        [item("R", "50")], [item("I", "40", "SI-0001"), item("J", "60", "SI-0002")], None, (), "",
    ),
    "payment of more than the invoice it names": (
        "Odoo, reconciliation models: an overpayment is proposed, and the rest stays open",
        [item("R", "120", "INV/2025/00007")], [item("I", "100", "INV/2025/00007")],
        None, ("I",), "more than what is open",
    ),
    "payment a little short of the invoice it names": (
        "Odoo, reconciliation models: payment tolerance",
        [item("R", "997", "INV/2025/00007")], [item("I", "1000", "INV/2025/00007")], "short_payment", ("I",), "",
    ),
    "payment short by more than the tolerance": (
        "Odoo, reconciliation models: beyond the payment tolerance",
        [item("R", "990", "INV/2025/00007")], [item("I", "1000", "INV/2025/00007")], None, ("I",), "only a part",
    ),
    "one statement line for two invoices": (
        "Odoo, reconciliation models: several references in the label",
        [item("R", "300", "INV/2025/00001, INV/2025/00002")],
        [item("I", "100", "INV/2025/00001"), item("J", "200", "INV/2025/00002"), item("K", "300", "INV/2025/00003")],
        "remittance", ("I", "J"), "",
    ),
    "early payment discount taken in time": (
        "Odoo, early payment discount",
        [item("R", "98", "INV/2025/00004")], [item("I", "100", "INV/2025/00004", **DISCOUNTED)],
        "short_payment", ("I",), "",
    ),
    "early payment discount taken a day late": (
        "Odoo, early payment discount after its last day",
        [item("R", "98", "INV/2025/00004", day=DAY + timedelta(days=1))],
        [item("I", "100", "INV/2025/00004", **DISCOUNTED)], None, ("I",), "only a part",
    ),
    "a down payment and the rest for one invoice": (
        "Tryton, reconciliation of several lines to nothing",
        [item("R", "42", "1042"), item("S", "58", "1042")], [item("I", "100", "1042")], "several_receipts", ("I",), "",
    ),
    "a payment that names another customer's invoice": (
        "Odoo, reconciliation models: the partner decides",
        [item("R", "100", "INV/2025/00009")], [item("I", "100", "INV/2025/00009", of="C2")],
        None, ("I",), "another customer",
    ),
    "a credit note refunded in cash": (
        "Dolibarr, credit notes that are paid back: money out is no receipt for an invoice",
        [item("R", "-62.50")], [item("N", "-62.50", "AV-0001"), item("I", "62.50", "FA-0001")], "amount", ("N",), "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_published_netting(name: str) -> None:
    _, left, right, wanted, documents, why = CASES[name]
    found = matched(left, right)
    if wanted:
        assert automatic(found) == {tuple(sorted(row["id"] for row in left)): (wanted, documents)}
        return
    assert found.automatic.num_rows == 0
    assert {row["right_id"] for row in found.proposals.to_pylist()} == set(documents)
    assert all(why in row["reason"] for row in found.proposals.to_pylist())
