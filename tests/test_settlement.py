"""Settlement: a payout adds up from its lines to the bank, orders and freight are set beside it, partners ranked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from workbench.errors import UnknownNameError
from workbench.load import load
from workbench.settlement import Settlements, settlements
from workbench.snapshot import open_snapshot
from workbench.workspace import open as books

PARTNERS = "partner_id,name,kind,currency\nP1,<b>Bazaar</b>,seller,SGD\nP2,Swift,carrier,SGD\n"
HEAD = (
    "settlement_id,entity_id,partner_id,direction,period_from,period_to,currency,gross_amount,fees_amount,"
    "refunds_amount,reserve_amount,tax_amount,net_amount,status,paid_on,bank_line_id\n"
)
WHOLE = "S1,E1,P1,payable,2025-03-01,2025-04-01,SGD,300.00,30.00,20.00,10.00,5.00,245.00,paid,2025-04-03,B1\n"
FREIGHT = "S2,E1,P2,payable,2025-03-01,2025-04-01,SGD,80.00,0,0,0,0,80.00,approved,,\n"
LINES = (
    "settlement_line_id,settlement_id,kind,order_id,delivery_id,amount\n"
    "L1,S1,sale,O1,,100.00\nL2,S1,sale,O2,,200.00\nL3,S1,fee,O1,,30.00\nL4,S1,refund,O2,,20.00\n"
    "L5,S1,reserve,,,10.00\nL6,S1,tax,,,5.00\nL7,S2,freight,,D1,80.00\n"
)
ORDERS = (
    "order_id,entity_id,customer_id,order_date,currency,status\n"
    "O1,E1,C1,2025-03-02,SGD,completed\nO2,E1,C1,2025-03-03,SGD,completed\n"
)
ORDER_LINES = (
    "order_line_id,order_id,line_number,product_id,quantity,unit_price,discount_amount\n"
    "OL1,O1,1,X,2,50,\nOL2,O2,1,X,3,66.6666,\nOL3,O2,2,X,1,10,10\n"
)
DELIVERIES = (
    "delivery_id,entity_id,customer_id,order_id,kind,status,shipped_on,delivered_on,partner_id,weight_kg,volume_m3\n"
    "D1,E1,C1,O1,sale,delivered,2025-03-04,2025-03-05,P2,10,0.1\n"
)
CARDS = (
    "rate_id,partner_id,weight_from,price_per_kg,minimum_charge,kg_per_m3,fuel_percent,currency,valid_from\n"
    "R1,P2,0,2,30,250,10,SGD,2025-01-01\n"
)
BANK = "bank_line_id,entity_id,account,booked_on,currency,amount\nB1,E1,A,2025-04-03,SGD,{amount}\n"
INVOICES = (
    "invoice_id,invoice_number,kind,entity_id,customer_id,invoice_date,currency,net_amount,tax_amount,gross_amount,"
    "status\nI1,1,invoice,E1,C1,2025-04-05,SGD,1,0,1,issued\n"
)

Make = Callable[..., Settlements]


@pytest.fixture
def made(tmp_path: Path) -> Make:
    def make(**tables: str) -> Settlements:
        exports = {
            "partners": PARTNERS, "settlements": HEAD + WHOLE + FREIGHT, "settlement_lines": LINES, "orders": ORDERS,
            "order_lines": ORDER_LINES, "deliveries": DELIVERIES, "rate_cards": CARDS,
            "bank_lines": BANK.format(amount="-245.00"), "invoices": INVOICES,
        } | tables  # fmt: skip
        folder = tmp_path / "in"
        folder.mkdir()
        for name, text in exports.items():
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        load([folder], "canonical", tmp_path / "out")
        return settlements(open_snapshot(tmp_path / "out"), as_of=date(2025, 4, 30))

    return make


def test_a_payout_adds_up_from_its_lines_to_the_bank(made: Make) -> None:
    found = made().payout("S1")
    assert [(step.words, int(step.amount), int(step.after)) for step in found.steps] == [
        ("Sales", 300, 300),
        ("Gross", 0, 300),
        ("Fees", -30, 270),
        ("Refunds", -20, 250),
        ("Reserve held back", -10, 240),
        ("Tax", 5, 245),
        ("Net", 0, 245),
        ("Moved by the bank", 0, 245),
    ]
    assert found.adds_up
    assert "It adds up." in found._repr_html_()


@pytest.mark.parametrize(
    ("old", "new", "words", "amount"),
    [
        ("SGD,300.00,30.00", "SGD,310.00,30.00", ["Gross that no line gives", "Net that does not follow"], [10, -10]),
        ("5.00,245.00", "5.00,250.00", ["Net that does not follow", "Not as the bank moved it"], [5, -5]),
        (",2025-04-03,B1", ",2025-04-03,", ["No bank line"], [-245]),
    ],
)
def test_what_is_left_over_has_a_name(made: Make, old: str, new: str, words: list[str], amount: list[int]) -> None:
    found = made(settlements=HEAD + WHOLE.replace(old, new)).payout("S1")
    assert [step.words for step in found.differences] == words
    assert [int(step.amount) for step in found.differences] == amount
    assert not found.adds_up
    assert sum(step.amount for step in found.steps) == found.steps[-1].after


def test_money_that_came_for_a_payable_is_no_payment(made: Make) -> None:
    found = made(bank_lines=BANK.format(amount="245.00")).payout("S1")
    assert [(step.words, step.amount) for step in found.differences] == [("Not as the bank moved it", Decimal(-490))]


def test_another_currency_is_never_compared(made: Make) -> None:
    found = made(
        bank_lines=BANK.format(amount="-245.00").replace("SGD", "USD"),
        orders=ORDERS.replace("2025-03-02,SGD", "2025-03-02,USD"),
    )
    assert [step.words for step in found.payout("S1").differences] == ["Bank line in USD"]
    worth = {row["order_id"]: row["ordered_amount"] for row in found.orders.to_pylist()}
    assert worth == {"O1": None, "O2": Decimal(200)}


def test_orders_are_worth_their_lines_each_rounded(made: Make) -> None:
    assert made().unlike_orders.num_rows == 0


def test_an_order_that_was_settled_with_another_amount_is_told(made: Make) -> None:
    found = made(settlement_lines=LINES.replace("O1,,100.00", "O1,,120.00")).unlike_orders.to_pylist()
    assert [(row["order_id"], row["ordered_amount"], row["sales"], row["difference"]) for row in found] == [
        ("O1", 100, 120, 20)
    ]


def test_freight_is_rated_again_by_volume_minimum_and_fuel(made: Make) -> None:
    (line,) = made().freight.to_pylist()
    # 0.1 m3 at 250 kg is 25 kg, more than 10; 25 x 2 = 50 is over the minimum of 30; with 10 % fuel 55.
    assert line["chargeable_weight"] == 25
    assert line["is_by_volume"]
    assert (line["minimum_charge"], line["fuel_percent"]) == (30, 10)
    assert (line["rated_amount"], line["charged_amount"], line["difference"]) == (55, 80, 25)


def test_what_is_not_paid_yet_can_be_stopped(made: Make) -> None:
    (risk,) = [each for each in made().partners if each.partner_id == "P2"]
    assert risk.over == {"can be stopped": 25, "has happened": 0, "yet to come": 0}
    assert risk.controls == ("SET-04",)


def test_what_is_paid_has_happened(made: Make) -> None:
    paid = FREIGHT.replace("approved,,", "paid,2025-04-03,B1")
    found = made(settlements=HEAD + WHOLE + paid)
    (risk,) = [each for each in found.partners if each.partner_id == "P2"]
    assert risk.over["has happened"] > 0
    assert risk.over["can be stopped"] == 0


def test_what_was_never_settled_is_yet_to_come(made: Make) -> None:
    found = made(
        settlements=HEAD + WHOLE,
        settlement_lines=LINES.replace("L7,S2,freight,,D1,80.00\n", ""),
        deliveries=DELIVERIES.replace("2025-03-05,P2", "2025-03-05,P2"),
    )
    (risk,) = [each for each in found.partners if each.partner_id == "P2"]
    assert risk.under == {"can be stopped": 0, "has happened": 0, "yet to come": -55}


def test_nothing_after_the_day_is_known(made: Make, tmp_path: Path) -> None:
    made()
    found = settlements(open_snapshot(tmp_path / "out"), as_of=date(2025, 4, 2))
    assert found.payout("S1").differences[0].words == "No bank line"
    assert settlements(open_snapshot(tmp_path / "out"), as_of=date(2025, 3, 30)).payouts.num_rows == 0


def test_names_are_escaped_and_an_unknown_settlement_is_a_sentence(made: Make) -> None:
    found = made()
    page = found._repr_html_() + found.payout("S1")._repr_html_()
    assert "<b>Bazaar" not in page
    assert "&lt;b&gt;Bazaar" in page
    with pytest.raises(UnknownNameError, match="S1"):
        found.payout("S11")


def test_a_snapshot_without_settlements_has_none(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/invoices.csv").write_text(INVOICES, encoding="utf-8")
    load([tmp_path / "in"], "canonical", tmp_path / "out")
    found = settlements(open_snapshot(tmp_path / "out"))
    assert found.partners == []
    assert "Nothing here." in found._repr_html_()


def test_the_example_company_is_clean_but_for_what_was_planted() -> None:
    found = settlements(books())
    subjects = {(row["control_id"], row["subject_id"]) for row in found.findings.found.to_pylist()}
    ends = {name for control, name in subjects if control in {"SET-01", "SET-02"}}
    # Money sent to a partner who owed it: the bank moved it the wrong way.
    ends |= {name for name, row in found.by_id.items() if row["net_amount"] < 0}
    assert set(found.open_ends) == ends


def test_money_at_risk_is_followed_to_its_findings_and_a_payout_to_its_rows(made: Make) -> None:
    found = made(settlement_lines=LINES.replace("L7,S2,freight,,D1,80.00", "L7,S2,freight,,D1,90.00"))
    stopped = sum(risk.over["can be stopped"] - risk.under["can be stopped"] for risk in found.partners)
    behind = [row for row in found.findings.found.to_pylist() if found.by_id and row["control_id"] != "SET-05"]
    assert sum(abs(row["impact_amount"] or 0) for row in behind) >= stopped > 0
    page = found.of_partner("P2").html
    assert all(row["finding_id"] in page for row in behind if row["subject_id"].startswith(("S2", "L7")))
    assert "can be stopped" in page and "can be stopped" in found.fates.html
    assert "settlement_lines.csv" in found.lines("S1").html and found.lines("S1").text.endswith(": 6")
    with pytest.raises(UnknownNameError, match="P9"):
        found.of_partner("P9")
    with pytest.raises(UnknownNameError, match="S9"):
        found.lines("S9")
