"""The month-on-month bridge: hand-made ones, and the promise that its parts add up exactly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.screen_books import Books
from workbench.money import minor_units
from workbench.screens.results import PARTS, Bridge

BOOKS = Books()
FEBRUARY, THIS = "2025-02-10", "2025-03-10"


def line(day: str, quantity: object, net: object, **more: Any) -> dict[str, Any]:
    return {"day": day, "quantity": quantity, "net": net, **more}


def bridges(lines: list[dict[str, Any]], units: Mapping[str, str] | None = None) -> dict[tuple[str, str], Bridge]:
    """The bridge of each entity and currency; every line is on a document of its own."""
    invoices = [
        {
            "invoice_id": f"I{number}",
            "kind": row.get("kind", "invoice"),
            "invoice_date": row["day"],
            "currency": row.get("currency", "SGD"),
            "customer_id": row.get("customer", "C1"),
            "status": row.get("status", "issued"),
        }
        for number, row in enumerate(lines)
    ]
    own = [
        {
            "invoice_line_id": f"L{number}",
            "invoice_id": f"I{number}",
            "product_id": row.get("product", "P1"),
            "quantity": row["quantity"],
            "net_amount": row["net"],
        }
        for number, row in enumerate(lines)
    ]
    products = [{"product_id": name, "unit": unit} for name, unit in (units or {}).items()]
    found = BOOKS.fill(invoices=invoices, invoice_lines=own, products=products).ask("month_on_month")
    return {(str(result.entity_id), str(result.currency)): result.bridge for result in found if result.bridge}


def parts(lines: list[dict[str, Any]], units: Mapping[str, str] | None = None) -> dict[str, Decimal]:
    """The parts that are not zero of the one bridge there is."""
    (bridge,) = bridges(lines, units).values()
    assert bridge.before + sum(bridge.parts.values()) == bridge.after
    return {name: amount for name, amount in bridge.parts.items() if amount}


def test_a_dearer_price_alone_is_price() -> None:
    assert parts([line(FEBRUARY, 10, 100), line(THIS, 10, 110)]) == {"price": Decimal(10)}


def test_more_of_the_same_alone_is_quantity() -> None:
    assert parts([line(FEBRUARY, 10, 100), line(THIS, 13, 130)]) == {"quantity": Decimal(30)}


def test_a_dearer_product_gaining_on_a_cheaper_one_is_mix() -> None:
    lines = [
        line(FEBRUARY, 10, 100, product="cheap"), line(FEBRUARY, 10, 500, product="dear"),
        line(THIS, 5, 50, product="cheap"), line(THIS, 15, 750, product="dear"),
    ]  # fmt: skip
    assert parts(lines, {"cheap": "piece", "dear": "piece"}) == {"mix": Decimal(200)}


def test_quantities_of_two_units_are_never_added() -> None:
    lines = [
        line(FEBRUARY, 10, 100, product="hours"), line(FEBRUARY, 10, 500, product="pieces"),
        line(THIS, 5, 50, product="hours"), line(THIS, 15, 750, product="pieces"),
    ]  # fmt: skip
    assert parts(lines, {"hours": "hour", "pieces": "piece"}) == {"quantity": Decimal(200)}
    assert parts(lines) == {"quantity": Decimal(200)}


def test_price_quantity_and_mix_together() -> None:
    lines = [
        line(FEBRUARY, 100, 1000, product="a"), line(FEBRUARY, 100, 3000, product="b"),
        line(THIS, 90, 990, product="a"), line(THIS, 150, 4350, product="b"),
    ]  # fmt: skip
    found = parts(lines, {"a": "piece", "b": "piece"})
    assert found == {"quantity": Decimal(800), "mix": Decimal(600), "price": Decimal(-60)}


def test_new_ended_and_credits_stand_apart() -> None:
    lines = [
        line(FEBRUARY, 1, 70, product="old"),
        line(THIS, 1, 90, product="fresh"),
        line(FEBRUARY, -1, -5, kind="credit_memo"),
        line(THIS, -1, -25, kind="credit_memo"),
    ]
    assert parts(lines) == {"ended": Decimal(-70), "new": Decimal(90), "credits": Decimal(-20)}


def test_a_customer_product_that_changed_its_currency_is_currency_in_both() -> None:
    found = bridges([line(FEBRUARY, 1, 100), line(THIS, 1, 75, currency="USD")])
    assert found["E1", "SGD"].parts["currency"] == Decimal(-100)
    assert found["E1", "USD"].parts["currency"] == Decimal(75)
    assert not found["E1", "SGD"].parts["ended"] and not found["E1", "USD"].parts["new"]


def test_a_second_currency_beside_the_first_is_new() -> None:
    found = bridges([line(FEBRUARY, 1, 100), line(THIS, 1, 100), line(THIS, 1, 75, currency="USD")])
    assert found["E1", "USD"].parts["new"] == Decimal(75)
    assert not any(found["E1", "SGD"].parts.values())


def test_a_lump_against_pieces_is_price_and_so_is_a_line_without_quantity() -> None:
    assert parts([line(FEBRUARY, 1, "150.48"), line(THIS, 37424, "374.24")]) == {"price": Decimal("223.76")}
    assert parts([line(FEBRUARY, 0, 100), line(THIS, 5, 130)]) == {"price": Decimal(30)}
    assert parts([line(FEBRUARY, 1, 100), line(THIS, 10, 100)]) == {"quantity": Decimal(900), "price": Decimal(-900)}


def test_drafts_cancelled_documents_and_other_months_do_not_count() -> None:
    lines = [line("2025-01-31", 1, 10), line("2025-04-01", 1, 10)]
    assert bridges([*lines, line(THIS, 1, 10, status="draft"), line(THIS, 1, 10, status="cancelled")]) == {}
    (found,) = bridges([*lines, line("2025-02-28", 1, 10), line("2025-03-31", 2, 20)]).values()
    assert (found.before, found.after) == (Decimal(10), Decimal(20))


def test_the_customer_products_that_moved_most_stand_first() -> None:
    lines = [line(THIS, 1, amount, product=f"P{amount}") for amount in (10, 30, 20)]
    bridges(lines)
    result = BOOKS.only("month_on_month", most=2)
    assert [(row["part"], row["product_id"]) for row in result.table.to_pylist()] == [("new", "P30"), ("new", "P20")]
    assert result.bridge is not None and result.bridge.parts["new"] == Decimal(60)
    assert result.sentence == (
        "Invoiced net went from 0.00 in 2025-02 to 60.00 SGD in 2025-03, +60.00; the largest part is new, +60.00."
    )


def rounded(value: Fraction, currency: str) -> Decimal:
    """Half away from zero in the minor unit, by whole numbers alone."""
    scale = 10 ** minor_units(currency)
    size = (abs(value) * scale * 2 + 1) // 2
    return Decimal(size if value >= 0 else -size) / scale


def by_hand(lines: list[dict[str, Any]], units: Mapping[str, str]) -> dict[tuple[str, str], dict[str, Decimal]]:
    """The same bridge in fractions, one customer-product after the other."""
    sums: dict[tuple[str, str, str], list[list[Fraction]]] = defaultdict(lambda: [[], [], [], []])
    found: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(PARTS, Decimal(0)))
    for row in lines:
        later = row["day"] == THIS
        if row["kind"] == "credit_memo":
            found["E1", row["currency"]]["credits"] += row["net"] if later else -row["net"]
            continue
        found["E1", row["currency"]]["credits"] += 0
        entry = sums[row["currency"], row["customer"], row["product"]]
        entry[2 if later else 0].append(Fraction(row["net"]))
        entry[3 if later else 1].append(Fraction(row["quantity"]))
    figures = {key: [sum(part) for part in entry] for key, entry in sums.items()}
    kept = {key for key, entry in sums.items() if entry[0] and entry[2]}

    def measured(key: tuple[str, str, str]) -> bool:
        n0, q0, n1, q1 = figures[key]
        if key not in kept or q0 <= 0 or q1 <= 0:
            return False
        was, now = abs(n0 / q0), abs(n1 / q1)
        return now <= 10 * was and was <= 10 * now

    for key, entry in sums.items():
        currency, customer, product = key
        n0, q0, n1, q1 = figures[key]
        into = found["E1", currency]
        if key in kept:
            grown = repriced = as_decimal(n0)
            if measured(key):
                same = [other for other in kept if measured(other) and other[0] == currency
                        and units.get(other[2], other[2]) == units.get(product, product)]  # fmt: skip
                before, after = (sum(figures[other][place] for other in same) for place in (1, 3))
                grown = rounded(Fraction(n0) * after / before, currency)
                repriced = rounded(Fraction(n0) * q1 / q0, currency)
            into["quantity"] += grown - as_decimal(n0)
            into["mix"] += repriced - grown
            into["price"] += as_decimal(n1) - repriced
            continue
        others = [other for other in sums if other[1:] == (customer, product)]
        left = any(sums[other][0] and not sums[other][2] for other in others)
        taken = any(sums[other][2] and not sums[other][0] for other in others)
        fate = "currency" if left and taken else "new" if entry[2] else "ended"
        into[fate] += as_decimal(n1) - as_decimal(n0)
    return found


def as_decimal(value: Fraction | int) -> Decimal:
    return Decimal(Fraction(value).numerator) / Decimal(Fraction(value).denominator)


@st.composite
def made_up(draw: st.DrawFn) -> dict[str, Any]:
    currency = draw(st.sampled_from(["SGD", "JPY", "KWD"]))
    kind = draw(st.sampled_from(["invoice", "invoice", "debit_memo", "credit_memo"]))
    minor = draw(st.integers(-1_000, 10_000_000))
    net = Decimal(-abs(minor) if kind == "credit_memo" else minor).scaleb(-minor_units(currency))
    return line(
        draw(st.sampled_from([FEBRUARY, THIS])),
        Decimal(draw(st.integers(-3_000, 3_000_000))).scaleb(-3),
        net,
        currency=currency,
        kind=kind,
        customer=draw(st.sampled_from(["C1", "C2"])),
        product=draw(st.sampled_from(["P1", "P2", "P3"])),
    )


@settings(max_examples=20, deadline=None)
@given(st.lists(made_up(), min_size=1, max_size=14))
def test_parts_add_up_to_the_minor_unit_and_are_those_made_by_hand(lines: list[dict[str, Any]]) -> None:
    prove(lines)


@pytest.mark.prove
@settings(max_examples=150, deadline=None)
@given(st.lists(made_up(), min_size=1, max_size=30))
def test_parts_of_many_companies_add_up(lines: list[dict[str, Any]]) -> None:
    prove(lines)


def prove(lines: list[dict[str, Any]]) -> None:
    """The parts are exact, in the minor unit, and those of by_hand."""
    units = {"P1": "piece", "P2": "piece"}
    found = bridges(lines, units)
    wanted = by_hand(lines, units)
    assert found.keys() == wanted.keys()
    for (entity, currency), bridge in found.items():
        own = [row for row in lines if row["currency"] == currency]
        assert bridge.before == sum(row["net"] for row in own if row["day"] == FEBRUARY)
        assert bridge.after == sum(row["net"] for row in own if row["day"] == THIS)
        assert bridge.before + sum(bridge.parts.values()) == bridge.after
        assert bridge.parts == wanted[entity, currency]
        smallest = Decimal(1).scaleb(-minor_units(currency))
        assert all(amount % smallest == 0 for amount in bridge.parts.values())


@pytest.mark.parametrize("currency", ["SGD", "JPY", "KWD"])
def test_parts_add_up_in_every_minor_unit(currency: str) -> None:
    unit = Decimal(1).scaleb(-minor_units(currency))
    lines = [
        line(day, quantity, unit * net, currency=currency, product=product)
        for day, quantity, net, product in (
            (FEBRUARY, 3, 1000, "a"), (FEBRUARY, 7, 1001, "b"), (FEBRUARY, 11, 999, "c"),
            (THIS, 4, 1335, "a"), (THIS, 9, 1288, "b"), (THIS, 10, 907, "c"),
        )
    ]  # fmt: skip
    found = parts(lines, dict.fromkeys("abc", "piece"))
    # By hand, 1 unit each: all grow by 23/21, 3000 in all to 1095 + 1096 + 1094; own quantities give 1333 + 1287 + 908.
    assert {name: amount / unit for name, amount in found.items()} == {"quantity": 285, "mix": 243, "price": 2}
