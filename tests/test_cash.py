"""The cash desk: what fits is ranked, a yes or a no changes no data, and only certain or accepted cash goes out."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.matching_items import item, matched
from workbench.cash import Desk, cash
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.workspace import open as books

DAY = date(2025, 3, 31)
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def desk() -> Desk:
    """R1 fits I1 alone; R2 and R3 fit I2 and I3, which are alike; nothing fits R4."""
    found = matched(
        [
            item("R1", "100", of="C1"),
            item("R2", "70", of="C2", name=HOSTILE),
            item("R3", "70", of="C2"),
            item("R4", "5", of="C3"),
        ],
        [item("I1", "100", "INV-1", of="C1"), item("I2", "70", "INV-2", of="C2"), item("I3", "70", "INV-3", of="C2")],
    )
    return Desk(replace(found, as_of=DAY))


def states(desk: Desk) -> dict[str, str]:
    return {row["receipt_id"]: row["state"] for row in desk.rows()}


def of(desk: Desk, receipt: str, invoice: str) -> str:
    (row,) = [
        row for row in desk.matching.proposals.to_pylist() if (row["left_id"], row["right_id"]) == (receipt, invoice)
    ]
    return str(row["match_id"])


def applied(desk: Desk) -> set[tuple[str, str, Decimal]]:
    return {(row["receipt_id"], row["invoice_id"], row["amount"]) for row in desk.applications().to_pylist()}


def test_only_what_fits_one_way_is_applied_by_itself(desk: Desk) -> None:
    assert states(desk) == {
        "R1": "fits one way only",
        "R2": "to be decided",
        "R3": "to be decided",
        "R4": "nothing fits",
    }
    assert applied(desk) == {("R1", "I1", Decimal(100))}


def test_an_accepted_proposal_is_applied_and_the_desk_before_is_as_it_was(desk: Desk) -> None:
    after = desk.accept(of(desk, "R2", "I3")).accept(of(desk, "R3", "I2"))
    assert states(after)["R2"] == states(after)["R3"] == "accepted"
    assert applied(after) == {("R1", "I1", Decimal(100)), ("R2", "I3", Decimal(70)), ("R3", "I2", Decimal(70))}
    assert applied(desk) == {("R1", "I1", Decimal(100))}


def test_one_invoice_is_not_paid_by_two_answers(desk: Desk) -> None:
    first = desk.accept(of(desk, "R2", "I2"))
    with pytest.raises(WorkbenchError, match="I2 is taken by receipt R2 already"):
        first.accept(of(desk, "R3", "I2"))


def test_a_refused_receipt_is_left_even_where_it_fits_one_way(desk: Desk) -> None:
    after = desk.refuse("R1", "asked the customer").accept(of(desk, "R2", "I2")).refuse("R2")
    assert applied(after) == set()
    assert states(after)["R1"] == states(after)["R2"] == "refused"
    assert "asked the customer" in after.ranked.html


def test_accepting_takes_a_refusal_back(desk: Desk) -> None:
    assert states(desk.refuse("R2").accept(of(desk, "R2", "I2")))["R2"] == "accepted"


def test_what_does_not_exist_is_one_sentence(desk: Desk) -> None:
    with pytest.raises(UnknownNameError, match="M0"):
        desk.accept("M0")
    with pytest.raises(UnknownNameError, match="R4"):
        desk.refuse("R4")
    with pytest.raises(UnknownNameError, match="R9"):
        desk.receipt("R9")


def test_pages_show_hostile_names_as_text(desk: Desk) -> None:
    page = desk._repr_html_() + desk.receipt("R2").html + desk.without_match.html
    assert HOSTILE not in page
    assert "&lt;img" in page
    assert "1 receipts that nothing fits" in desk.without_match.html


def test_the_file_has_the_digits_of_each_currency(tmp_path: Path) -> None:
    found = matched(
        [item("R1", "1000", of="C1", currency="JPY"), item("R2", "1.5", of="C2", currency="KWD")],
        [item("I1", "1000", of="C1", currency="JPY"), item("I2", "1.5", of="C2", currency="KWD")],
    )
    assert Desk(replace(found, as_of=DAY)).export(tmp_path / "out.csv") == 2
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as stream:
        assert {(row["invoice_id"], row["amount"]) for row in csv.DictReader(stream)} == {
            ("I1", "1000"),
            ("I2", "1.500"),
        }


def test_the_example_company_has_each_state_and_its_money_foots() -> None:
    found = cash(books())
    rows = found.rows()
    assert {row["state"] for row in rows} >= {"fits one way only", "to be decided", "nothing fits"}
    left = found.matching.sides.left.to_pylist()
    assert sum(row["amount"] for row in rows) == sum(row["amount"] for row in left)
    assert len(rows) == len(left)
