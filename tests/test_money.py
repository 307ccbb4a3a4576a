"""Money as people read it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from workbench.money import grouped, in_minor_unit


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1234.5", "SGD", "1234.50"),
        ("1234.0000", "JPY", "1234"),
        ("1.2", "KWD", "1.200"),
        ("0.0050", "SGD", "0.005"),
        ("-0.0000", "SGD", "0.00"),
        ("9999999999999999999999999999999999.9900", "SGD", "9999999999999999999999999999999999.99"),
        ("9999999999999999999999999999999999.9999", "SGD", "9999999999999999999999999999999999.9999"),
        ("5", None, "5.00"),
    ],
)
def test_an_amount_has_the_digits_of_its_currency_and_loses_none(amount: str, currency: str | None, text: str) -> None:
    assert in_minor_unit(Decimal(amount), currency) == text


def test_thousands_are_grouped_and_small_negatives_keep_their_sign() -> None:
    assert grouped(Decimal("-1234567.8"), "SGD") == "-1,234,567.80"
    assert grouped(Decimal("-0.5"), "SGD") == "-0.50"
    assert grouped(None, "SGD") == ""
