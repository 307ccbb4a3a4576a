"""What was open on any day: published cases, bad input, the ledger, buckets and the reporting currency."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cases import QUICK
from tests.receivable_books import DEBIT, INVOICE, MARCH, Books
from workbench.errors import GateError, WorkbenchError
from workbench.receivables.buckets import Bucket, definition
from workbench.receivables.identities import FAILS, HOLDS, NOT_SHOWN, assert_identities
from workbench.receivables.section import section_text

CASES = Path(__file__).parent / "figures" / "receivables_cases.yml"


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    made = Books(tmp_path_factory.mktemp("books"))
    yield made
    made.engine.close()


@dataclass(frozen=True)
class Case:
    """One day of one case of the file."""

    name: str
    given: dict[str, list[dict[str, Any]]]
    find: dict[str, Any]


def cases() -> list[Case]:
    document = yaml.load(CASES.read_text(encoding="utf-8"), QUICK)
    return [Case(name, entry["given"], find) for name, entry in document.items() for find in entry["finds"]]


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.name}-{case.find['as_of']}")
def test_published_case(books: Books, case: Case) -> None:
    how = {name: case.find[name] for name in ("clock", "by", "buckets") if name in case.find}
    found = books.fill(**case.given).ask(case.find["as_of"], **how)
    ageing = found.ageing(("currency",))
    columns = {
        name: amount for row in ageing for name, amount in row.items() if isinstance(amount, Decimal) and amount != 0
    }
    expected = {name: Decimal(value) for name, value in case.find["ageing"].items() if Decimal(value)}
    assert columns == expected
    if "open" in case.find:
        items = {
            row["item_id"] + (f"/{row['part']}" if row["part"] else ""): row["open_amount"]
            for row in found.items.to_pylist()
        }
        assert items == {name: Decimal(value) for name, value in case.find["open"].items()}
    assert sorted(note.code for note in found.notes) == case.find.get("notes", sorted(n.code for n in found.notes))
    failing = sorted({identity.name for identity in found.identities if identity.state == FAILS})
    assert failing == case.find.get("fails", [])


def test_open_items_tie_to_the_ledger_and_a_failing_identity_stops_a_notebook_with_its_difference(books: Books) -> None:
    assert_identities(books.fill(invoices=[INVOICE], gl_lines=[DEBIT]).ask(MARCH))
    apart = books.fill(invoices=[INVOICE], gl_lines=[DEBIT | {"amount": "90"}]).ask(MARCH)
    failing = [identity for identity in apart.identities if identity.state == FAILS]
    assert [identity.difference for identity in failing] == [Decimal(10)]
    assert not apart.holds
    with pytest.raises(GateError, match=r"100\.00 is not 90\.00 in SGD of E1 on 2025-03-31, 10\.00 apart"):
        apart.assert_identities()


def test_ledger_without_lines_of_a_currency_is_nothing_and_a_snapshot_without_a_ledger_cannot_be_shown(
    books: Books,
) -> None:
    other = books.fill(invoices=[INVOICE, INVOICE | {"invoice_id": "I2", "currency": "USD"}], gl_lines=[DEBIT]).ask(
        MARCH
    )
    assert [(i.currency, i.difference) for i in other.identities if i.state == FAILS] == [("USD", Decimal(100))]
    none = books.fill(invoices=[INVOICE]).ask(MARCH)
    assert [identity.state for identity in none.identities] == [HOLDS, HOLDS, NOT_SHOWN]
    assert none.holds


def test_dated_clock_ties_to_the_ledger_with_what_was_posted_on_the_other_side_of_the_day(books: Books) -> None:
    late = INVOICE | {"posted_on": "2025-04-02"}
    found = books.fill(invoices=[late], gl_lines=[DEBIT | {"posted_on": "2025-04-02"}]).ask(MARCH, clock="dated")
    assert found.total("SGD") == 100
    assert found.holds
    assert "100.00 dated by then and posted later" in found.identities[-1].note


def test_ledger_counts_what_was_posted_on_the_day_itself_by_either_clock(books: Books) -> None:
    early = INVOICE | {"invoice_date": "2025-04-02", "posted_on": "2025-03-31"}
    books.fill(invoices=[early], gl_lines=[DEBIT | {"posted_on": "2025-03-31"}])
    assert books.ask(MARCH).holds and books.ask(MARCH).total("SGD") == 100
    dated = books.ask(MARCH, clock="dated")
    assert dated.holds and dated.total("SGD") == 0
    assert "100.00 posted by then and dated later" in dated.identities[-1].note


def test_reversed_receipt_that_is_still_applied_is_named_where_the_ledger_still_has_it(books: Books) -> None:
    rows = {
        "invoices": [INVOICE],
        "receipts": [{"receipt_id": "R1", "received_on": "2025-03-10", "amount": "100", "status": "reversed"}],
        "applications": [{"application_id": "P1", "receipt_id": "R1", "invoice_id": "I1", "amount": "100"}],
        "gl_lines": [DEBIT, DEBIT | {"gl_line_id": "G2", "amount": "-100"}],
    }
    failing = [identity for identity in books.fill(**rows).ask(MARCH).identities if identity.state == FAILS]
    assert [identity.difference for identity in failing] == [Decimal(100)]
    assert "100.00 was applied from receipts that were reversed" in failing[0].note


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("1-30,45-60,over 60", "leave out the days 31 to 44, between '1-30' and '45-60'"),
        ("1-30,32-60,over 60", "leave out day 31,"),
        ("1-30,30-60,over 60", "'1-30' and '30-60' both hold day 30"),
        ("5-30,over 30", "leave out the days 1 to 4, before '5-30'"),
        ("0-30,over 30", "begins on day 0"),
        ("1-30,31-60", "leave out every day after day 60"),
        ("over 0,31-60", "'over 0' and '31-60' both hold day 31"),
        ("30,30,90", "end on day 30 and then on day 30"),
        ("60,30", "end on day 60 and then on day 30"),
        ("0,30", "end on day 0 and then on day 0"),
        ("-5,30", "'-5' is no bucket"),
        ("a month", "'a month' is no bucket"),
        ("", "have no day"),
        ([Bucket("early", 1, 30), Bucket("early", 31)], "The name 'early' is taken"),
        ([Bucket("credits", 1)], "The name 'credits' is taken"),
        ([Bucket("x", 1, 0), Bucket("y", 1)], "'x' ends before it begins"),
        ([], "have no day"),
    ],
)
def test_buckets_with_a_hole_or_an_overlap_are_refused_in_a_sentence(given: Any, said: str) -> None:
    with pytest.raises(WorkbenchError) as refused:
        definition(given)
    assert said in refused.value.problem
    assert refused.value.fix


def test_buckets_may_be_ends_or_spans() -> None:
    assert (
        definition("30, 60") == definition([30, 60]) == definition("1-30,31-60,over 60") == definition("1-30,31-60,61+")
    )
    assert [bucket.name for bucket in definition()] == ["1-30", "31-60", "61-90", "91-120", "over 120"]


@pytest.mark.parametrize("offset", [*range(-2, 3), *range(28, 33), *range(58, 63), *range(88, 93), *range(118, 123)])
def test_default_buckets_are_the_same_by_either_of_two_queries(books: Books, offset: int) -> None:
    due = date.fromordinal(MARCH.toordinal() - offset)
    books.fill(invoices=[INVOICE | {"invoice_date": "2024-01-01", "due_date": due.isoformat()}])
    same = [*definition()[:-1], Bucket("beyond", 121)]
    quick, general = books.ask(MARCH), books.ask(MARCH, buckets=same)
    assert quick.items["bucket"].to_pylist() == [
        name.replace("beyond", "over 120") for name in general.items["bucket"].to_pylist()
    ]


def test_a_day_before_the_first_row_has_nothing_open_and_says_so(books: Books) -> None:
    found = books.fill(invoices=[INVOICE]).ask(date(2020, 1, 1))
    assert found.items.num_rows == 0
    assert found.sentences == ("The first row is of 2025-03-05; nothing was open before, on 2020-01-01.",)
    assert "Nothing was open." in section_text(found)


RATE = {"currency": "JPY", "quote_currency": "SGD", "rate_date": "2025-03-30", "rate": "0.009"}
YEN = INVOICE | {"invoice_id": "J1", "currency": "JPY", "gross_amount": "10001"}


def test_reporting_currency_takes_the_newest_rate_by_the_day_direct_or_inverse_and_states_it(books: Books) -> None:
    later = RATE | {"rate_date": "2025-04-01", "rate": "5"}
    found = books.fill(invoices=[INVOICE, YEN], fx_rates=[RATE, later]).ask(MARCH, currency="SGD").reported
    assert found is not None
    assert found.total(MARCH) == found.total(MARCH, "E1")
    assert found.total(MARCH, "E1") is not None and found.total(MARCH)["not due"] == Decimal("190.01")  # type: ignore[index]
    assert found.lines[0].rate is not None and found.lines[0].rate.words == "1 JPY = 0.009 SGD, rate of 2025-03-30"
    inverse = RATE | {"currency": "SGD", "quote_currency": "JPY", "rate": "111"}
    turned = books.fill(invoices=[YEN], fx_rates=[inverse]).ask(MARCH, currency="SGD").reported
    assert turned is not None and turned.total(MARCH)["not due"] == Decimal("90.10")  # type: ignore[index]
    assert turned.lines[0].rate is not None and turned.lines[0].rate.words == "1 SGD = 111 JPY, rate of 2025-03-30"


def test_rate_of_the_day_itself_counts_and_a_direct_one_goes_before_an_inverse_one(books: Books) -> None:
    today = RATE | {"rate_date": "2025-03-31", "rate": "0.008"}
    inverse = today | {"currency": "SGD", "quote_currency": "JPY", "rate": "100"}
    found = books.fill(invoices=[YEN], fx_rates=[RATE, inverse, today]).ask(MARCH, currency="SGD").reported
    assert found is not None and found.lines[0].rate is not None
    assert (found.lines[0].rate.rate, found.lines[0].rate.is_inverse) == (Decimal("0.008"), False)


def test_currency_without_a_rate_has_no_figure_and_says_which_rate_lacks(books: Books) -> None:
    chain = [RATE | {"quote_currency": "USD"}, RATE | {"currency": "USD"}]
    found = books.fill(invoices=[INVOICE, YEN], fx_rates=chain).ask(MARCH, currency="SGD")
    assert found.reported is not None and found.reported.total(MARCH) is None
    assert "There is no rate from JPY to SGD on or before 2025-03-31" in found.reported.lacking[0]
    stated = books.ask(MARCH, currency="SGD", rates={"JPY": Decimal("0.01")})
    assert stated.reported is not None and stated.reported.total(MARCH)["not due"] == Decimal("200.01")  # type: ignore[index]
    with pytest.raises(WorkbenchError, match="The rate of JPY is 0"):
        books.ask(MARCH, currency="SGD", rates={"JPY": Decimal(0)})


def test_application_across_currencies_moves_each_side_in_its_own_and_is_noted(books: Books) -> None:
    rows = {
        "invoices": [YEN],
        "receipts": [{"receipt_id": "R1", "received_on": "2025-03-10", "amount": "10001"}],
        "applications": [{"application_id": "P1", "receipt_id": "R1", "invoice_id": "J1", "amount": "10001"}],
    }
    found = books.fill(**rows).ask(MARCH)
    assert found.items.num_rows == 0
    assert [note.code for note in found.notes] == ["application_across_currencies"]


def test_exchange_differences_are_of_the_rate_and_leave_nothing_open_of_what_was_paid(books: Books) -> None:
    """As ERPNext's revaluation: 100 USD are 80.00 at one month's end and 85.00 at the next; paid, they are nothing."""
    dollars = INVOICE | {"currency": "USD", "invoice_date": "2025-01-10"}
    money = {"receipt_id": "R1", "currency": "USD", "received_on": "2025-03-05", "amount": "100"}
    rates = [
        {"currency": "USD", "quote_currency": "SGD", "rate_date": day, "rate": rate}
        for day, rate in (("2025-01-31", "0.8"), ("2025-02-28", "0.85"), ("2025-03-31", "0.9"))
    ]
    applied = [
        {"application_id": "P1", "receipt_id": "R1", "invoice_id": "I1", "applied_on": "2025-03-06", "amount": "100"}
    ]
    books.fill(invoices=[dollars], receipts=[money], applications=applied, fx_rates=rates)
    days = [date(2025, 1, 31), date(2025, 2, 28), date(2025, 3, 5), date(2025, 3, 31)]
    found = books.ask(*days, currency="SGD")
    assert found.reported is not None
    totals = [sum((found.reported.total(day) or {}).values()) for day in days]
    assert totals == [Decimal(80), Decimal(85), Decimal(0), Decimal(0)]
    assert found.items.num_rows == 4


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"clock": "posted"}, "There is no clock 'posted'"),
        ({"by": "post"}, "There is no way of counting days 'post'"),
        ({"entity": "E9"}, "There is no entity 'E9'"),
        ({"customer": "C9"}, "There is no customer 'C9'"),
    ],
)
def test_a_name_that_is_none_is_refused(books: Books, how: dict[str, Any], said: str) -> None:
    books.fill(invoices=[INVOICE])
    with pytest.raises(WorkbenchError, match=said):
        books.ask(MARCH, **how)


def test_part_of_the_books_is_shown_and_the_whole_is_proved(books: Books) -> None:
    second = INVOICE | {"invoice_id": "I2", "customer_id": "C2", "gross_amount": "7"}
    found = books.fill(invoices=[INVOICE, second], gl_lines=[DEBIT | {"amount": "107"}]).ask(MARCH, customer="C2")
    assert found.total("SGD") == 7
    assert found.holds
