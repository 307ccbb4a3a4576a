"""Payment terms in parts, from the file to the figure: loaded, proved against the invoice, aged part by part."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.receivable_books import write_snapshot
from workbench.errors import GateError
from workbench.figures import figures
from workbench.load import load
from workbench.receivables.identities import FAILS, HOLDS, INSTALMENTS
from workbench.receivables.items import receivables
from workbench.snapshot import open_snapshot

ORACLE = Path(__file__).parent / "sources/oracle_ar/currencies/in"
INVOICES = """invoice_id,invoice_number,kind,entity_id,customer_id,invoice_date,due_date,currency,\
net_amount,tax_amount,gross_amount,status
I1,INV-1,invoice,E1,C1,2025-01-01,2025-04-01,SGD,200,0,200,issued
I2,INV-2,invoice,E1,C1,2025-01-01,2025-04-01,SGD,90,0,90,issued
"""
PARTS = """invoice_id,part,due_date,amount
I1,1,2025-01-31,60
I1,2,2025-03-02,100
I1,3,2025-04-01,40
I2,1,2025-01-31,50
I2,1,2025-01-31,50
I2,2,2025-02-31,40
I9,1,2025-01-31,10
"""


def test_parts_are_loaded_counted_and_what_is_wrong_with_them_is_named(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/invoices.csv").write_text(INVOICES, encoding="utf-8")
    (tmp_path / "in/instalments.csv").write_text(PARTS, encoding="utf-8")
    loaded = load([tmp_path / "in"], out=tmp_path / "snapshot")
    entry = next(entry for entry in loaded.tables if entry.table == "instalments")
    assert (entry.read, entry.accepted, entry.rejected) == (7, 5, 2)
    assert "1 rows of instalments.invoice_id point to no row of invoices: I9" in loaded.as_text()
    books = receivables(open_snapshot(tmp_path / "snapshot"), date(2025, 3, 31))
    assert [(row["item_id"], row["part"], row["bucket"]) for row in books.items.to_pylist()] == [
        ("I1", 1, "31-60"), ("I1", 2, "1-30"), ("I1", 3, "not due"), ("I2", 1, "31-60"),
    ]  # fmt: skip
    proof = next(identity for identity in books.identities if identity.name == INSTALMENTS)
    assert (proof.state, proof.left, proof.right) == (FAILS, Decimal(250), Decimal(290))
    assert proof.note == "1 of 2 invoices in parts differ, I2; their last part takes the rest"
    with pytest.raises(GateError, match=r"250\.00 is not 290\.00 in SGD of E1 on 2025-03-31, -40\.00 apart") as stopped:
        books.assert_identities()
    assert stopped.value.fix.startswith("load every part")


def test_payment_schedules_of_oracle_become_parts_and_the_identity_holds(tmp_path: Path) -> None:
    load([ORACLE], "oracle_ar", tmp_path / "snapshot")
    rows = pq.read_table(tmp_path / "snapshot/instalments.parquet").select(["invoice_id", "part", "due_date", "amount"])
    assert [tuple(row.values()) for row in rows.to_pylist()] == [
        ("904001", 1, date(2025, 7, 1), Decimal(20000)),
        ("904001", 2, date(2025, 8, 1), Decimal(21250)),
    ]
    books = receivables(open_snapshot(tmp_path / "snapshot"), date(2025, 7, 2))
    in_yen = next(row for row in books.ageing() if row["currency"] == "JPY")
    assert (in_yen["1-30"], in_yen["not due"]) == (Decimal(20000), Decimal(21250))
    assert [identity.state for identity in books.identities if identity.name == INSTALMENTS] == [HOLDS]


def test_figures_age_the_parts_and_a_snapshot_without_the_table_is_due_as_a_whole(tmp_path: Path) -> None:
    invoice = {"invoice_id": "I1", "invoice_date": "2025-01-01", "due_date": "2025-04-01", "gross_amount": "200"}
    parts = [
        {"invoice_id": "I1", "part": number, "due_date": due, "amount": amount}
        for number, due, amount in ((1, "2025-01-31", "60"), (2, "2025-03-02", "100"), (3, "2025-04-01", "40"))
    ]
    money = {"receipts": [], "applications": []}
    apart = write_snapshot(tmp_path / "parts", invoices=[invoice], instalments=parts, **money)
    whole = write_snapshot(tmp_path / "whole", invoices=[invoice], **money)
    overdue = {}
    for name, snapshot in (("parts", apart), ("whole", whole)):
        found = figures(snapshot, as_of=date(2025, 3, 31), ids=["aged_debt"])
        assert not [state for state in found.not_run if "instalments" in state.missing]
        assert not [state for state in found.partly if "instalments" in state.missing]
        overdue[name] = [row["numerator"] for row in found.of("aged_debt").to_pylist()][:3]
        behind = found.rows("aged_debt", currency="SGD", part="over   0 days").to_pylist()
        assert sum(row["denominator"] for row in behind) == 200
    assert overdue == {"parts": [160, 60, 0], "whole": [0, 0, 0]}
    assert INSTALMENTS not in {identity.name for identity in receivables(whole, date(2025, 3, 31)).identities}
