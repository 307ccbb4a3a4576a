"""Benford and last two digits: known constants, sequences that follow the law or not, and refusals."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal

import pytest

from tests.screen_books import Books, documents
from workbench.screens.digits import LAWS, DigitTest, set_against, verdict, z_of

BOOKS = Books()


def judged(law: str, numbers: Iterable[int]) -> DigitTest:
    """Whole numbers against a law, without a database."""
    values = list(numbers)
    cut = {"first": slice(0, 1), "second": slice(1, 2), "first_two": slice(0, 2), "last_two": slice(-2, None)}[law]
    found = Counter(str(value)[cut] for value in values)
    return set_against(LAWS[law], found, Decimal(min(values)), Decimal(max(values)))


def fibonacci(many: int) -> Iterator[int]:
    before, number = 13, 21
    for _ in range(many):
        yield number
        before, number = number, before + number


@pytest.mark.parametrize(("law", "constant"), [("first", 18.131), ("second", 17.518), ("first_two", 158.833)])
def test_expected_mad_has_the_known_constant(law: str, constant: float) -> None:
    assert round(LAWS[law].constant, 3) == constant


def test_shares_are_benfords() -> None:
    assert [round(share, 4) for share in LAWS["first"].shares.values()] == [
        0.3010, 0.1761, 0.1249, 0.0969, 0.0792, 0.0669, 0.0580, 0.0512, 0.0458,
    ]  # fmt: skip
    assert [round(share, 4) for share in LAWS["second"].shares.values()] == [
        0.1197, 0.1139, 0.1088, 0.1043, 0.1003, 0.0967, 0.0934, 0.0904, 0.0876, 0.0850,
    ]  # fmt: skip
    assert round(LAWS["first_two"].shares["10"], 5) == 0.04139
    for law in LAWS.values():
        assert math.isclose(sum(law.shares.values()), 1)


@pytest.mark.parametrize("law", ["first", "second", "first_two"])
@pytest.mark.parametrize("numbers", [list(fibonacci(1000)), [2**n for n in range(7, 1007)]], ids=["fibonacci", "two"])
def test_fibonacci_numbers_and_powers_of_two_conform(law: str, numbers: list[int]) -> None:
    found = judged(law, numbers)
    assert found.verdict == "close conformity"
    assert found.excess_mad is not None and found.excess_mad < 0


def test_uniform_numbers_do_not_conform() -> None:
    first, pairs = judged("first", range(10, 10_000)), judged("first_two", range(10, 10_000))
    assert first.verdict == pairs.verdict == "nonconformity"
    assert first.mad is not None and round(first.mad, 4) == 0.0597
    assert first.above[0].digits == "9"


def test_two_hundred_and_ninety_nine_values_are_refused_and_three_hundred_are_not() -> None:
    numbers = [2**n for n in range(300)]
    refused = judged("first", numbers[:299])
    assert refused.refusal == "not applicable: 299 values, fewer than 300"
    assert (refused.mad, refused.expected_mad, refused.excess_mad, refused.verdict) == (None, None, None, "")
    assert judged("first", numbers).refusal == ""


def test_values_of_less_than_two_orders_of_magnitude_are_refused() -> None:
    narrow = [*range(1, 100)] * 4
    assert judged("first", narrow).refusal == "not applicable: the values span less than two orders of magnitude"
    assert judged("first", [*narrow, 100]).refusal == ""


@pytest.mark.parametrize(
    ("law", "mad", "word"),
    [
        ("first", 0.006, "close conformity"),
        ("first", 0.0061, "acceptable conformity"),
        ("first", 0.012, "acceptable conformity"),
        ("first", 0.015, "marginally acceptable conformity"),
        ("first", 0.0151, "nonconformity"),
        ("second", 0.0101, "marginally acceptable conformity"),
        ("first_two", 0.0022, "marginally acceptable conformity"),
        ("first_two", 0.0023, "nonconformity"),
        ("last_two", 0.5, ""),
    ],
)
def test_words_are_nigrinis(law: str, mad: float, word: str) -> None:
    assert verdict(LAWS[law], mad) == word


def test_z_has_the_continuity_correction_only_where_it_is_smaller_than_the_distance() -> None:
    error = math.sqrt(0.3 * 0.7 / 1000)
    assert math.isclose(z_of(0.35, 0.3, 1000), (0.05 - 0.0005) / error)
    assert math.isclose(z_of(0.3004, 0.3, 1000), 0.0004 / error)


def test_documents_are_counted_by_their_leading_digits_in_sql() -> None:
    amounts = [Decimal(2**n) / 100 for n in range(4, 37)] * 10
    results = {result.part: result for result in BOOKS.fill(invoices=documents(amounts)).ask("benford")}
    assert list(results) == [f"billed documents, {law.title}" for law in LAWS.values() if law.limits]
    for part, law in zip(results, ("first", "second", "first_two"), strict=True):
        expected = judged(law, [2**n for n in range(4, 37)] * 10)
        assert results[part].digits == expected
        assert results[part].examined == 330
        assert "excess" in results[part].sentence
    first = results["billed documents, first digit"]
    assert first.digits is not None
    assert first.table["digits"].to_pylist() == [digit.digits for digit in first.digits.above]


def test_amounts_of_one_digit_have_no_second_one_in_any_currency() -> None:
    small = {"SGD": ("0.09", "0.10"), "JPY": ("9", "10"), "KWD": ("0.009", "0.010")}
    rows = [
        {"invoice_id": f"{currency} {amount}", "currency": currency, "net_amount": amount}
        for currency, amounts in small.items()
        for amount in amounts
    ]
    results = BOOKS.fill(invoices=rows).ask("SCR-01")
    counts = {(result.currency, result.part.split(", ")[1]): result.examined for result in results}
    assert {counts[unit, "first digit"] for unit in ("SGD", "JPY", "KWD")} == {2}
    assert {counts[unit, "second digit"] for unit in ("SGD", "JPY", "KWD")} == {1}


def test_credit_memos_are_a_population_of_their_own_and_zero_is_none() -> None:
    rows = [*documents([100, 0]), {"invoice_id": "C1", "kind": "credit_memo", "net_amount": -250, "gross_amount": -250}]
    parts = {result.part: result.examined for result in BOOKS.fill(invoices=rows).ask("SCR-01")}
    assert parts["billed documents, first digit"] == parts["credited documents, first digit"] == 1


@pytest.mark.parametrize(
    ("currency", "amount", "digits"),
    [("SGD", "12.34", "34"), ("SGD", "1200.00", "00"), ("JPY", "1234", "34"), ("KWD", "1.205", "05")],
)
def test_last_two_digits_are_those_of_the_minor_unit(currency: str, amount: str, digits: str) -> None:
    books = BOOKS.fill(invoices=documents([amount], currency=currency))
    test = books.only("last_two_digits").digits
    assert test is not None
    assert {digit.digits for digit in test.digits if digit.found} == {digits}


def test_last_two_digits_leave_out_amounts_too_short_or_too_fine() -> None:
    result = BOOKS.fill(invoices=documents(["0.99", "1.00", "5.123"])).only("SCR-03")
    assert result.examined == 1
    assert result.refusal == "not applicable: 1 value, fewer than 500"


def test_a_favoured_pair_of_last_digits_stands_first() -> None:
    even = [Decimal(10_000 + n) / 100 for n in range(1000)]
    result = BOOKS.fill(invoices=documents([*even, *["123.45"] * 40])).only("SCR-03")
    first = result.table.to_pylist()[0]
    assert (first["digits"], first["found"], result.flagged) == ("45", 50, 1)
    assert first["z"] > 10
