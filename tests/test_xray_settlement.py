"""The x-ray of a settlement: steps that end at the bank, lines with what they are for, findings, and bad input."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.test_xray_document import parsed, write
from workbench.detect import run
from workbench.errors import WorkbenchError
from workbench.snapshot import Snapshot, open_snapshot
from workbench.xray import Books, SettlementView, settlement, xray

HOSTILE = "<script>alert('p')</script> & Söhne"


def head(key: str, gross: str, net: str, **more: Any) -> dict[str, Any]:
    return {
        "settlement_id": key, "entity_id": "E1", "partner_id": "T1", "direction": "payable",
        "period_from": date(2025, 3, 1), "period_to": date(2025, 4, 1), "currency": "SGD",
        "gross_amount": Decimal(gross), "fees_amount": 0, "refunds_amount": 0, "reserve_amount": 0, "tax_amount": 0,
        "net_amount": Decimal(net), "status": "paid", "paid_on": date(2025, 4, 3), "bank_line_id": f"B-{key}", **more,
    }  # fmt: skip


def freight(key: str, of: str, delivery: str, amount: int) -> dict[str, Any]:
    return {
        "settlement_line_id": key, "settlement_id": of, "kind": "freight", "delivery_id": delivery,
        "amount": Decimal(amount),
    }  # fmt: skip


ROWS: dict[str, list[dict[str, Any]]] = {
    "entities": [{"entity_id": "E1", "name": "Merlion", "country": "SG", "currency": "SGD"}],
    "partners": [{"partner_id": "T1", "name": HOSTILE, "kind": "carrier", "bank_changed_on": date(2025, 3, 30)}],
    "invoices": [
        {"invoice_id": "I1", "invoice_number": "N1", "kind": "invoice", "entity_id": "E1", "customer_id": "C1",
         "invoice_date": date(2025, 3, 5), "currency": "SGD", "net_amount": 1, "tax_amount": 0, "gross_amount": 1,
         "status": "issued"}
    ],
    "settlements": [
        head("S1", "100.00", "100.00"), head("S2", "60.00", "55.00"), head("S3", "9.00", "9.00", bank_line_id=None),
    ],
    "settlement_lines": [freight("L1", "S1", "D1", 60), freight("L2", "S1", "D2", 40), freight("L3", "S2", "D1", 60)],
    "bank_lines": [
        {"bank_line_id": "B-S1", "entity_id": "E1", "account": "1", "booked_on": date(2025, 4, 3), "currency": "SGD",
         "amount": Decimal(-100)},
        {"bank_line_id": "B-S2", "entity_id": "E1", "account": "1", "booked_on": date(2025, 4, 3), "currency": "SGD",
         "amount": Decimal(-55)},
    ],
    "deliveries": [
        {"delivery_id": key, "entity_id": "E1", "customer_id": "C1", "kind": "sale", "status": "delivered",
         "shipped_on": date(2025, 3, 4), "delivered_on": date(2025, 3, 6), "partner_id": "T1"}
        for key in ("D1", "D2")
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    with Books(open_snapshot(write(tmp_path_factory.mktemp("payout"), ROWS))) as kept:
        yield kept


def look(books: Books, key: str) -> SettlementView:
    return settlement(books, key, run(books.snapshot, families=("settlement",), as_of=date(2025, 6, 30)))


def test_the_steps_end_at_what_the_bank_moved(books: Books) -> None:
    steps = look(books, "S1").steps
    assert [(step.words, step.after) for step in steps.steps] == [
        ("Freight", Decimal(100)), ("Gross", Decimal(100)), ("Net", Decimal(100)), ("Moved by the bank", Decimal(100)),
    ]  # fmt: skip
    assert steps.adds_up and "It adds up" in look(books, "S1")._repr_html_()


def test_what_is_left_over_is_named_and_its_control_speaks(books: Books) -> None:
    shown = look(books, "S2")
    assert [step.words for step in shown.steps.differences] == ["Net that does not follow"]
    assert {each.row["control_id"] for each in shown.fired or () if each.is_finding} >= {"SET-01"}
    words = " ".join(parsed(shown.page()).words)
    assert "It does not add up" in words and "-5.00 SGD" in words and "Next and previous finding" in words


def test_a_paid_settlement_without_a_bank_line_says_so(books: Books) -> None:
    assert [step.words for step in look(books, "S3").steps.differences][-1] == "No bank line"


def test_a_line_names_the_other_settlements_that_hold_it(books: Books) -> None:
    lines = {row["settlement_line_id"]: row for row in look(books, "S1").lines}
    assert (lines["L1"]["elsewhere"], lines["L2"]["elsewhere"]) == (["S2"], None)
    assert "settled in too" in look(books, "S1")._repr_html_()


def test_names_are_shown_and_never_run(books: Books) -> None:
    page = look(books, "S1").page()
    assert "<script" not in page and "&lt;script&gt;" in page and "default-src 'none'" in page


def test_without_findings_no_control_speaks_and_the_page_says_so(books: Books) -> None:
    shown = settlement(books, "S1")
    assert shown.fired is None and shown.place is None
    assert "No findings were given" in shown._repr_html_()


@pytest.mark.parametrize("name", ["S9", "", "<b>"])
def test_an_id_that_does_not_exist_offers_the_nearest(books: Books, name: str) -> None:
    with pytest.raises(WorkbenchError) as refused:
        settlement(books, name)
    assert "There is no settlement" in str(refused.value) and "did you mean S1, S2, S3?" in refused.value.fix


def test_the_x_ray_of_a_document_knows_a_settlement_when_it_sees_one(books: Books) -> None:
    with pytest.raises(WorkbenchError, match="'S1' is a settlement") as refused:
        xray(books, "S1")
    assert refused.value.fix == 'wb.settlement(snapshot, "S1") shows it'


def test_settlements_alone_are_enough_and_what_is_missing_is_named(tmp_path: Path) -> None:
    few = {name: ROWS[name] for name in ("settlements", "settlement_lines")}
    with Books(open_snapshot(write(tmp_path, few))) as books:
        shown = settlement(books, "S1")
        assert set(shown.missing) == {"partners", "entities", "bank_lines", "orders", "deliveries"}
        assert "Not in this snapshot" in shown._repr_html_()
        with pytest.raises(WorkbenchError, match="has no invoices"):
            xray(books, "I1")


def test_a_snapshot_without_settlements_says_so(tmp_path: Path) -> None:
    snapshot: Snapshot = open_snapshot(write(tmp_path, {"invoices": ROWS["invoices"]}))
    with Books(snapshot) as books, pytest.raises(WorkbenchError, match="has no settlements"):
        settlement(books, "S1")
