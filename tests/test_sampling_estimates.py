"""Estimates and bounds: worked by hand, and what has to hold for any errors."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_sampling_paper import LEVEL
from workbench.sampling.bounds import bound
from workbench.sampling.estimators import Part, estimate


def part(books: list[int], audited: list[int], items: int, book: int) -> Part:
    return Part("all", items, Decimal(book), tuple(map(Decimal, books)), tuple(map(Decimal, audited)))


def test_estimators_by_hand() -> None:
    # x = 10 20 30 40, y = 8 20 27 41; N = 100, X = 2,600.
    own = part([10, 20, 30, 40], [8, 20, 27, 41], 100, 2600)
    mean = estimate([own], "mean-per-unit", LEVEL)
    assert mean.audited == Decimal(2400)
    assert mean.error**2 == pytest.approx(Decimal(100 * 96) / 4 * Decimal(570) / 3)
    difference = estimate([own], "difference", LEVEL)
    assert difference.misstatement == Decimal(100)
    assert difference.error**2 == pytest.approx(Decimal(100 * 96) / 4 * Decimal(10) / 3)
    assert estimate([own], "ratio", LEVEL).audited == Decimal(2496)
    # b = 530 / 500 = 1.06; 24 + 1.06 x (26 - 25) = 25.06 an item; residual squares 570 - 1.06 x 530 = 8.2 over 2.
    line = estimate([own], "regression", LEVEL)
    assert line.audited == Decimal(2506)
    assert line.error**2 == pytest.approx(Decimal(100 * 96) / 4 * Decimal("8.2") / 2)
    assert line.freedom == 2


def test_a_stratified_estimate_adds_strata_and_knows_what_was_taken_whole() -> None:
    low = part([10, 20, 30, 40], [8, 20, 27, 41], 100, 2600)
    whole = Part("top", 2, Decimal(900), (Decimal(400), Decimal(500)), (Decimal(400), Decimal(450)))
    both = estimate([low, whole], "difference", LEVEL)
    assert both.misstatement == Decimal(150)
    assert both.error == estimate([low], "difference", LEVEL).error
    assert both.freedom == 3


TAINTS = st.lists(st.decimals("0.0001", "1", places=4), max_size=12)


@settings(max_examples=80, deadline=None)
@given(
    TAINTS,
    st.decimals("0.0001", "1", places=4),
    st.sampled_from(["stringer", "cell"]),
    st.sampled_from(["binomial", "poisson"]),
)
def test_a_bound_is_above_its_projection_and_grows_with_errors(
    taints: list[Decimal], more: Decimal, name: str, distribution: str
) -> None:
    before = bound(taints, 40, Decimal(10_000), LEVEL, name, distribution)
    after = bound([*taints, more], 40, Decimal(10_000), LEVEL, name, distribution)
    assert before.projected <= before.limit
    assert before.limit < after.limit
    assert before.projected < after.projected
    assert bound(taints[::-1], 40, Decimal(10_000), LEVEL, name, distribution) == before


def test_a_taint_above_one_widens_the_basic_precision() -> None:
    usual = bound([Decimal(1)], 40, Decimal(100), LEVEL, "stringer")
    assert bound([Decimal(2)], 40, Decimal(100), LEVEL, "stringer").basic == 2 * usual.basic
