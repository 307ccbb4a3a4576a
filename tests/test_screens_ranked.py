"""Ranked screens: repeats, round amounts, distance from history, entry times, rare pairs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.screen_books import Books, documents
from workbench.screens.results import Period

BOOKS = Books()
MIDDLE = Period(date(2025, 3, 10), date(2025, 4, 1), date(2025, 2, 1), date(2025, 3, 1), date(2025, 4, 1))


def lines(amounts: list[object], **more: Any) -> dict[str, list[dict[str, Any]]]:
    """Invoices of one line each: the last in March, the others in January."""
    own = [
        {"invoice_line_id": f"L{number}", "invoice_id": f"I{number}", "net_amount": amount}
        for number, amount in enumerate(amounts, 1)
    ]
    invoices = documents(amounts, invoice_date="2025-01-15", **more)
    invoices[-1]["invoice_date"] = "2025-03-15"
    return {"invoices": invoices, "invoice_lines": own}


def test_the_amount_that_occurs_most_stands_first() -> None:
    amounts = [50, 50, 50, 80, 80, 80, 80, 20, 20]
    result = BOOKS.fill(invoices=documents(amounts)).only("repeated_values")
    assert [(row["net_amount"], row["documents"]) for row in result.table.to_pylist()] == [(80, 4), (50, 3)]
    assert (result.examined, result.flagged) == (9, 2)
    assert result.sentence == "2 net amounts stand on 3 documents or more; 9 documents were looked at."


def test_equal_amounts_in_two_currencies_and_entities_are_no_repeat() -> None:
    rows = [
        {"invoice_id": f"{entity}{currency}{n}", "entity_id": entity, "currency": currency, "net_amount": 70}
        for entity in ("E1", None)
        for currency in ("SGD", "JPY")
        for n in (1, 2)
    ]
    results = BOOKS.fill(invoices=rows).ask("SCR-02")
    assert [(result.entity_id, result.currency, result.flagged) for result in results] == [
        ("E1", "JPY", 0), ("E1", "SGD", 0), (None, "JPY", 0), (None, "SGD", 0),
    ]  # fmt: skip
    assert all(result.table.num_rows == 0 for result in results)


@pytest.mark.parametrize(
    ("currency", "amount", "zeros"),
    [("SGD", "100.00", 4), ("SGD", "1200.00", 4), ("SGD", "110.00", 0), ("SGD", "5000.00", 5), ("JPY", "10000", 4),
     ("JPY", "1000", 0), ("KWD", "10.000", 4), ("KWD", "1.000", 0), ("SGD", "-100.00", 4),
     ("SGD", "99999999999900.00", 4), ("SGD", "100.0001", 0)],
)  # fmt: skip
def test_zeros_are_counted_in_the_minor_unit(currency: str, amount: str, zeros: int) -> None:
    result = BOOKS.fill(invoices=documents([amount], currency=currency)).only("round_amounts")
    assert result.table["ending_zeros"].to_pylist() == ([zeros] if zeros else [])
    assert result.examined == 1


def test_a_parameter_changes_what_is_round() -> None:
    books = BOOKS.fill(invoices=documents(["110.00"]))
    assert books.only("round_amounts", zeros=3).flagged == 1


def test_an_amount_far_from_the_median_is_ranked_by_money() -> None:
    result = BOOKS.fill(**lines(["10.00", "10.10", "10.20", "10.30", "10.40", "10.50", "10.60", "25.00"])).only(
        "SCR-05"
    )
    (row,) = result.table.to_pylist()
    assert (row["invoice_line_id"], row["net_amount"]) == ("L8", Decimal(25))
    # Median of eight: (10.30 + 10.40) / 2; distances .05 .05 .15 .15 .25 .25 .35 14.65, MAD (.15 + .25) / 2.
    assert (row["median_amount"], row["mad_amount"]) == (Decimal("10.35"), Decimal("0.20"))


def test_a_median_of_an_even_number_is_exact_below_the_minor_unit() -> None:
    rows = lines(["1", "1", "1", "1", "2", "2", "2", "90"], currency="JPY")
    (row,) = BOOKS.fill(**rows).only("SCR-05").table.to_pylist()
    assert (row["median_amount"], row["mad_amount"]) == (Decimal("1.5"), Decimal("0.5"))


@pytest.mark.parametrize(("last", "far"), [("13.5", 0), ("13.5001", 1), ("6.5", 0), ("6.4999", 1)])
def test_the_limit_is_the_modified_z_score(last: str, far: int) -> None:
    # Median 10 and MAD 0.6745, so that 0.6745 x distance / MAD is the distance: 3.5 is not yet far.
    other = "11.5" if last.startswith("6") else "8.5"
    amounts = ["8", "9.3255", "9.99", "10", "10.01", "10.6745", "12", other]
    result = BOOKS.fill(**lines([*amounts, last])).only("SCR-05")
    assert (result.flagged, result.examined) == (far, 1)


def test_a_fixed_charge_that_moves_is_far_and_a_short_history_is_none() -> None:
    assert BOOKS.fill(**lines([*["99.00"] * 7, "99.01"])).only("SCR-05").flagged == 1
    assert BOOKS.fill(**lines(["99.00"] * 8)).only("SCR-05").flagged == 0
    assert BOOKS.fill(**lines([*["99.00"] * 6, "500.00"])).ask("SCR-05") == []


def entered(moment: str, **more: Any) -> dict[str, Any]:
    return {"invoice_id": moment, "created_at": moment, "created_by": "U1", **more}


@pytest.mark.parametrize(
    ("moment", "when"),
    [("2025-03-14 21:59:59", None), ("2025-03-14 22:00:00", "night"), ("2025-03-15 00:00:00", "weekend, night"),
     ("2025-03-15 12:00:00", "weekend"), ("2025-03-16 21:00:00", "weekend"), ("2025-03-17 05:59:59", "night"),
     ("2025-03-17 06:00:00", None)],
)  # fmt: skip
def test_weekend_and_night_begin_and_end_to_the_second(moment: str, when: str | None) -> None:
    result = BOOKS.fill(invoices=[entered(moment)]).only("SCR-06")
    assert result.table["entered_at"].to_pylist() == ([when] if when else [])
    assert "UTC as stored" in result.sentence


def test_hours_are_shifted_and_the_weekend_moves() -> None:
    books = BOOKS.fill(invoices=[entered("2025-03-13 21:30:00")])
    assert books.only("SCR-06", shift_hours=8, weekend_from=5).table["entered_at"].to_pylist() == ["weekend, night"]
    assert books.only("SCR-06").flagged == 0
    assert books.only("SCR-06", night_from=20, night_to=22).flagged == 1


def test_machines_and_drafts_do_not_count_and_adjustments_do() -> None:
    night = "2025-03-12 23:00:00"
    rows: dict[str, list[dict[str, Any]]] = {
        "users": [{"user_id": "U-SYSTEM", "kind": "system"}, {"user_id": "U1"}],
        "invoices": [
            entered(night, invoice_id="I1", net_amount=5),
            entered(night, invoice_id="I2", created_by="U-SYSTEM"),
            entered(night, invoice_id="I3", status="draft"),
            entered(night, invoice_id="I4", created_by=None, origin="system"),
            entered(night, invoice_id="I5", created_by=None, net_amount=7),
        ],
        "adjustments": [{"adjustment_id": "A1", "created_by": "U9", "created_at": night, "amount": -60}],
    }
    found = BOOKS.fill(**rows).only("SCR-06").table.to_pylist()
    assert [row["entry_id"] for row in found] == ["A1", "I5", "I1"]


def test_a_user_who_enters_once_for_a_customer_of_others_is_rare() -> None:
    usual = [entered("2025-01-10 09:00:00", invoice_id=f"I{n}") for n in range(19)]
    odd = entered("2025-03-12 09:00:00", invoice_id="I99", created_by="U2", net_amount=-250)
    result = BOOKS.fill(invoices=[*usual, odd]).only("SCR-07")
    (row,) = result.table.to_pylist()
    assert (row["created_by"], row["entries"], row["customer_entries"]) == ("U2", 1, 20)
    assert row["entered_amount"] == Decimal(250)
    assert (result.examined, result.flagged) == (1, 1)
    assert BOOKS.fill(invoices=[*usual[1:], odd]).only("SCR-07").flagged == 0
    assert BOOKS.fill(invoices=[*usual, odd]).only("SCR-07", rare_percent=4).flagged == 0
    assert BOOKS.fill(invoices=[*usual, {**odd, "created_at": "2025-02-12 09:00:00"}]).ask("SCR-07") == []


@pytest.mark.parametrize("name", ["SCR-01", "SCR-02", "SCR-03", "SCR-04"])
def test_a_screen_looks_at_live_documents_of_the_period_alone(name: str) -> None:
    rows = [
        {"invoice_id": "before", "invoice_date": "2025-03-09"},
        {"invoice_id": "first", "invoice_date": "2025-03-10"},
        {"invoice_id": "last", "invoice_date": "2025-03-31"},
        {"invoice_id": "after", "invoice_date": "2025-04-01"},
        {"invoice_id": "draft", "status": "draft", "invoice_date": "2025-03-15"},
        {"invoice_id": "cancelled", "status": "cancelled", "invoice_date": "2025-03-15"},
    ]
    assert BOOKS.fill(invoices=rows).ask(name, MIDDLE)[0].examined == 2


def test_no_more_rows_than_asked_for_and_all_are_counted() -> None:
    result = BOOKS.fill(invoices=documents([100 * n for n in range(1, 9)])).only("SCR-04", most=3)
    assert result.table["net_amount"].to_pylist() == [800, 700, 600]
    assert result.table["place"].to_pylist() == [1, 2, 3]
    assert result.flagged == 8
