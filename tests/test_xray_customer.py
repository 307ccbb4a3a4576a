"""The x-ray of a customer: open items, exposure, behaviour and findings, per currency, whatever is missing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from tests.synthetic import HOSTILE
from tests.test_xray_document import CHAIN, DAY, finding, found, parsed, write
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.receivables import receivables, statement
from workbench.snapshot import Snapshot, open_snapshot
from workbench.xray import Books, CustomerView, customer
from workbench.xray.account import TABLES


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    rows = yaml.safe_load(yaml.safe_dump(CHAIN))
    rows["invoices"].append(
        {"invoice_id": "Y1", "invoice_number": "Y-1", "kind": "invoice", "entity_id": "E1", "customer_id": "C1",
         "invoice_date": date(2025, 5, 1), "due_date": date(2025, 5, 11), "currency": "JPY", "net_amount": 700,
         "tax_amount": 0, "gross_amount": 700, "status": "issued"}
    )  # fmt: skip
    rows["receipts"].append(
        {"receipt_id": "R9", "entity_id": "E1", "customer_id": "C9", "received_on": date(2025, 5, 5),
         "currency": "SGD", "amount": 4, "status": "on_account"}
    )  # fmt: skip
    with Books(open_snapshot(write(tmp_path_factory.mktemp("account"), rows))) as kept:
        yield kept


def view(books: Books, name: str = "C1") -> CustomerView:
    return customer(books, name, as_of=DAY)


def test_every_part_is_there(books: Books) -> None:
    words = " ".join(parsed(view(books).page()).words)
    for part in (
        "Open items",
        "Exposure",
        "How it pays",
        "What the controls say",
        "Statement",
        "Aurora",
        "Credit limit",
    ):
        assert part in words
    assert "Aurora East (C2)" in words and "1 of 1 promises kept" in words and "Q1" in words


def test_the_family_shows_from_both_sides(books: Books) -> None:
    assert "Aurora (C1)" in view(books, "C2")._repr_html_() and "suspended" in view(books, "C2")._repr_html_()


def test_open_items_and_statement_are_those_of_the_receivables(books: Books) -> None:
    snapshot: Snapshot = books.snapshot
    shown = view(books)
    whole = receivables(snapshot, DAY, customer="C1").items.to_pylist()
    assert [(row["item_id"], row["open_amount"]) for row in shown.items] == [
        (row["item_id"], row["open_amount"]) for row in whole
    ]
    told = statement(snapshot, "C1", DAY, from_date=date(2025, 3, 30)).lines.to_pylist()
    assert [row["balance"] for row in shown.statement] == [row["balance"] for row in told]


def test_exposure_stands_against_the_limit_in_the_customers_own_currency_alone(books: Books) -> None:
    own, other = view(books).exposures
    assert (own.currency, own.open, own.limit) == ("SGD", 60, 500)
    assert (own.unbilled, own.undelivered, own.total, own.room) == (0, 0, 60, 440)
    assert (other.currency, other.open, other.limit, other.room) == ("JPY", 700, None, None)


def test_days_to_pay_are_weighted_by_the_money(books: Books) -> None:
    (row,) = view(books).parts["payments"]
    assert (row["month"], row["amount"]) == (date(2025, 5, 1), 90)
    assert (row["amount_days"] / row["amount"], row["amount_days_late"] / row["amount_due"]) == (57, 27)


def test_findings_are_told_by_control_and_currency_in_both_directions(books: Books) -> None:
    rows = [
        finding(finding_id="a"),
        finding(finding_id="b", billed_amount=Decimal(70), direction="under_billed"),
        finding(finding_id="c", currency="JPY"),
        finding(finding_id="d", suppressed_by="approved"),
        finding(finding_id="e", customer_id="C2"),
    ]
    jpy, sgd = customer(books, "C1", found(*rows)).told or ()
    assert (jpy.currency, jpy.over, jpy.under) == ("JPY", 10, 0)
    assert (sgd.findings, sgd.over, sgd.under, sgd.suppressed) == (2, 10, -20, 1)


def test_a_customer_without_a_master_record_is_shown_by_its_documents(books: Books) -> None:
    shown = view(books, "C9")
    assert shown.master is None and "No master record has this id" in shown._repr_html_()
    assert [row["item_id"] for row in shown.items] == ["R9"]


def test_a_customer_that_nothing_names_offers_the_nearest(books: Books) -> None:
    with pytest.raises(WorkbenchError, match="There is no customer 'C11'") as error:
        customer(books, "C11")
    assert error.value.fix == "did you mean C1, C2?"
    with pytest.raises(UnknownNameError, match="There is no clock 'late'"):
        customer(books, "C1", clock="late")


@pytest.mark.parametrize("gone", [name for name in CHAIN if name not in {"invoices", "price_list"}])
def test_a_missing_table_is_named_and_the_rest_is_shown(tmp_path: Path, gone: str) -> None:
    rows = {name: some for name, some in CHAIN.items() if name != gone}
    with Books(open_snapshot(write(tmp_path, rows))) as kept:
        shown = view(kept)
        assert shown.missing == ((gone,) if gone in TABLES else ())
        html = shown._repr_html_()
        assert (f"so not shown: {gone}." in html) == (gone in TABLES) and "Statement" in html


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_and_never_run(tmp_path: Path, text: str) -> None:
    rows = yaml.safe_load(yaml.safe_dump(CHAIN))
    for some in rows.values():
        for row in some:
            row |= {name: text for name in ("name", "invoice_number", "category", "segment") if name in row}
    rows["customers"][0] |= {"tax_id": text, "tier": text, "country": text}
    with Books(open_snapshot(write(tmp_path, rows))) as kept:
        page = parsed(customer(kept, "C1", found(finding(reason=text))).page())
    assert text in "".join(page.words)
    assert not page.tags & {"script", "img", "h1", "b", "a", "iframe"}
    assert not [name for name in page.attributes if name.startswith("on")]
