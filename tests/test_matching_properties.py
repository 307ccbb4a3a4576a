"""What holds of every matching: nothing twice, nothing lost, no order, and brute force agrees on what is certain."""

from __future__ import annotations

import random
from decimal import Decimal
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.matching_items import automatic, item, matched, sides
from workbench.errors import WorkbenchError
from workbench.matching.applications import applications
from workbench.matching.compiled import threads
from workbench.matching.rules import PASSES, Rules
from workbench.matching.run import match_sides
from workbench.matching.sums import Pools, solve

# Two minutes of random companies.
pytestmark = pytest.mark.prove

SOME = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SMALL = st.integers(1, 12)
NUMBERS = [f"INV-{number}" for number in range(1001, 1009)]


def both(lefts: list[int], rights: list[int]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    return (
        [item(f"R{place}", str(amount)) for place, amount in enumerate(lefts)],
        [item(f"I{place}", str(amount)) for place, amount in enumerate(rights)],
    )


def only_ways(lefts: list[int], rights: list[int]) -> set[tuple[tuple[str, ...], tuple[str, ...]]]:
    """By brute force: the ways in which amounts add up that share no item with another way."""
    ways = [
        ({left}, set(some))
        for left in range(len(lefts))
        for size in range(1, len(rights) + 1)
        for some in combinations(range(len(rights)), size)
        if sum(rights[place] for place in some) == lefts[left]
    ] + [
        (set(some), {right})
        for right in range(len(rights))
        for size in range(2, len(lefts) + 1)
        for some in combinations(range(len(lefts)), size)
        if sum(lefts[place] for place in some) == rights[right]
    ]
    return {
        (tuple(sorted(f"R{place}" for place in mine)), tuple(sorted(f"I{place}" for place in its)))
        for mine, its in ways
        if not any((mine & other[0] or its & other[1]) and (mine, its) != other for other in ways)
    }


@SOME
@given(st.lists(SMALL, max_size=4), st.lists(st.integers(-4, 12).filter(bool), max_size=6))
def test_brute_force_finds_the_same_only_ways(lefts: list[int], rights: list[int]) -> None:
    found = matched(*both(lefts, rights), rules=Rules(chance=0))
    assert {(mine, its) for mine, (_, its) in automatic(found).items()} == only_ways(lefts, rights)


@st.composite
def items(draw: st.DrawFn, side: str) -> list[dict[str, Any]]:
    count = draw(st.integers(0, 7))
    made = []
    for place in range(count):
        says = draw(st.lists(st.sampled_from([*NUMBERS, "1003", "INV-1O04", "hello"]), max_size=2))
        if side == "I":
            says = says[:1]
        amount = str(draw(st.integers(1 if side == "R" else -3, 9)))
        of = draw(st.sampled_from(["C1", "C2", "P", None] if side == "R" else ["C1", "C2", "P"]))
        made.append(item(f"{side}{place}", amount, *says, of=of, currency=draw(st.sampled_from(["SGD", "JPY"]))))
        if side == "I" and draw(st.booleans()):
            made[-1] |= {"discount": Decimal(1), "discount_until": made[-1]["day"]}
    return made


@SOME
@given(items("R"), items("I"), st.randoms())
def test_nothing_is_used_twice_sums_are_kept_and_order_does_not_matter(
    lefts: list[dict[str, Any]], rights: list[dict[str, Any]], order: random.Random
) -> None:
    parents = {"C1": "P", "C2": "P"}
    found = matched(lefts, rights, parents)
    taken = automatic(found)
    for used in ([name for mine in taken for name in mine], [name for _, its in taken.values() for name in its]):
        assert len(used) == len(set(used))
    for row in found.automatic.to_pylist():
        left = next(entry for entry in lefts if entry["id"] == row["left_id"])
        right = next(entry for entry in rights if entry["id"] == row["right_id"])
        assert left["currency"] == right["currency"] == row["currency"]
        assert row["reason"].endswith(".") and row["pass"] in PASSES
    for side, given_items in (("left", lefts), ("right", rights)):
        for currency, figure in found.figures[side].items():
            whole = sum((entry["amount"] for entry in given_items if entry["currency"] == currency), Decimal(0))
            assert figure["total"] == whole * 10000
            assert (
                figure["total"] == figure["matched"] + figure["discount"] + figure["difference"] + figure["unmatched"]
            )
    applied = {row["left_id"] for row in found.automatic.to_pylist()}
    assert not applied & {row["left_id"] for row in found.proposals.to_pylist()}
    shuffled = matched(order.sample(lefts, len(lefts)), order.sample(rights, len(rights)), parents)
    assert shuffled.matches.equals(found.matches)
    assert shuffled.figures == found.figures


@SOME
@given(items("R"), items("I"), st.sampled_from(["R", "I"]))
def test_of_two_that_are_alike_none_is_taken_without_the_other(
    lefts: list[dict[str, Any]], rights: list[dict[str, Any]], side: str
) -> None:
    doubled = [entry | {"id": entry["id"] + "b"} for entry in (lefts if side == "R" else rights)]
    found = matched(lefts + doubled, rights) if side == "R" else matched(lefts, rights + doubled)
    for mine, (name, its) in automatic(found).items():
        taken = mine if side == "R" else its
        alone = {key for key in taken if (key.removesuffix("b") if key.endswith("b") else f"{key}b") not in taken}
        assert not alone, f"{name} took one of two that are alike: {alone}"


@SOME
@given(items("R"), items("I"))
def test_applications_pay_no_more_than_there_is(lefts: list[dict[str, Any]], rights: list[dict[str, Any]]) -> None:
    found = matched(lefts, rights, {"C1": "P"})
    rows = applications(found.matches, found.sides, frozenset(), lefts[0]["day"] if lefts else None, "U").to_pylist()
    money = {entry["id"]: abs(entry["amount"]) for entry in [*lefts, *rights]}
    for source in ("receipt_id", "credit_invoice_id", "invoice_id"):
        paid: dict[str, Decimal] = {}
        for row in rows:
            if row[source] is not None:
                off = row["discount_amount"] if source == "invoice_id" else Decimal(0)
                paid[row[source]] = paid.get(row[source], Decimal(0)) + row["amount"] + off
        assert all(amount <= money[name] for name, amount in paid.items())
    assert all((row["receipt_id"] is None) != (row["credit_invoice_id"] is None) for row in rows)
    assert all(row["amount"] > 0 for row in rows)


@SOME
@given(st.lists(st.integers(-5, 9), min_size=1, max_size=10), st.integers(-3, 25))
def test_every_combination_is_counted(amounts: list[int], wanted: int) -> None:
    pools = Pools(
        np.array([0, 1]), np.array([wanted]), np.zeros(1, np.int32),
        np.array([0, len(amounts)]), np.array(amounts), np.zeros(len(amounts), np.int32),
    )  # fmt: skip
    ways = [
        set(some)
        for size in range(1, len(amounts) + 1)
        for some in combinations(range(len(amounts)), size)
        if sum(amounts[place] for place in some) == wanted
    ]
    solved = solve(pools, keep=2000)
    assert solved.count[0] == len(ways)
    assert [place for place, touched in enumerate(solved.touched) if touched] == sorted(set().union(*ways))
    listed = solve(pools, keep=2000, counts=solved.count)
    rows = np.arange(len(listed.codes))
    places = [sorted(row[row >= 0].tolist()) for row in listed.places(rows * 0, rows)]
    assert sorted(row for row in places if row) == sorted(sorted(way) for way in ways)


@SOME
@given(st.lists(st.integers(1, 9), min_size=4, max_size=12), st.integers(1, 20))
def test_a_pool_that_is_too_large_has_its_sums_of_three_counted(amounts: list[int], wanted: int) -> None:
    pools = Pools(
        np.array([0, 1]), np.array([wanted]), np.zeros(1, np.int32),
        np.array([0, len(amounts)]), np.array(amounts), np.zeros(len(amounts), np.int32),
    )  # fmt: skip
    ways = [
        some
        for size in (1, 2, 3)
        for some in combinations(range(len(amounts)), size)
        if sum(amounts[place] for place in some) == wanted
    ]
    solved = solve(pools, most=2, keep=2000)
    assert solved.count[0] == len(ways)
    rows = np.arange(len(ways))
    places = [tuple(sorted(row[row >= 0].tolist())) for row in solved.places(rows * 0, rows)]
    assert sorted(places) == sorted(ways)


def test_the_number_of_threads_changes_nothing() -> None:
    from bench.matching_company import labelled

    made = labelled(3_000, 6_000, 600, seed=3)
    first = match_sides(made.sides)
    threads(1)
    try:
        alone = match_sides(made.sides)
    finally:
        threads(numba_threads())
    assert alone.matches.equals(first.matches)


def numba_threads() -> int:
    import numba

    return int(numba.config.NUMBA_NUM_THREADS)


def test_nine_in_ten_are_automatic_and_right() -> None:
    from bench.matching_company import labelled

    made = labelled(30_000, 60_000, 6_000, seed=2)
    rows = match_sides(made.sides).automatic
    pairs = {
        (int(left[1:]), int(right[1:]))
        for left, right in zip(rows["left_id"].to_pylist(), rows["right_id"].to_pylist(), strict=True)
    }
    truth = set(zip(made.receipt.tolist(), made.invoice.tolist(), strict=True))
    wrong = {left for left, _ in pairs - truth} | {left for left, _ in truth - pairs if left in dict(pairs)}
    matched_receipts, answers = {left for left, _ in pairs}, {left for left, _ in truth}
    assert len(matched_receipts & answers) >= 0.9 * len(answers)
    assert len(wrong) <= 0.001 * len(matched_receipts)


def test_a_side_without_currency_or_money_is_refused() -> None:
    good = sides([item("R", "5")], [item("I", "5")])
    with pytest.raises(WorkbenchError, match="no column 'currency'"):
        type(good)(good.left.drop_columns(["currency"]), good.right)
    floats = good.left.set_column(5, "amount", good.left["amount"].cast("float64"))
    with pytest.raises(WorkbenchError, match="floats"):
        type(good)(floats, good.right)
