"""The bridge from expected to billed adds up, whatever the findings say, and adds nothing twice."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.controls import control
from workbench.settlement.waterfall import Step
from workbench.xray.bridge import COUNTED, Bridge, bridge
from workbench.xray.facts import Facts
from workbench.xray.fired import Fired
from workbench.xray.staircase import staircase

PARTS = ("agreed", "credits", "documents", "applications", "receipts", "order_lines")
AMOUNTS = st.integers(-20_000, 20_000).map(lambda cents: Decimal(cents) / 100)
CONTROLS = ("ACC-01", "ACC-03", "ACC-06", "ACC-09", "OCC-01", "OCC-03", "OCC-04", "CUT-01", "AUT-01", "PRO-04")


def facts(nets: list[Decimal], net: Decimal | None = None, kind: str = "invoice") -> Facts:
    """A document with a line per net."""
    total = sum(nets, Decimal(0)) if net is None else net
    document = {
        "invoice_id": "I1", "currency": "SGD", "kind": kind, "net_amount": total, "gross_amount": total + 1,
        "original_invoice_id": None, "status": "issued",
    }  # fmt: skip
    lines = [
        {"invoice_line_id": f"L{n}", "line_number": n, "net_amount": each, "tax_amount": Decimal("0.07")}
        for n, each in enumerate(nets, 1)
    ]
    return Facts(document, {"lines": lines, **{name: [] for name in PARTS}})


def fired(name: str, expected: Any, billed: Any, *lines: str, **more: Any) -> Fired:
    """One candidate of a control of the catalogue."""
    known = expected is not None and billed is not None
    row = {
        "control_id": name, "finding_id": f"{name}/{expected}/{billed}/{lines}", "currency": "SGD",
        "subject_table": "invoice_lines" if lines else "invoices", "subject_id": lines[0] if lines else "I1",
        "expected_amount": Decimal(expected) if known else None, "billed_amount": Decimal(billed) if known else None,
        "impact_amount": Decimal(billed) - Decimal(expected) if known else None, "suppressed_by": None,
        "evidence": "{}", **{key: value for key, value in more.items() if key != "is_shared"},
    }  # fmt: skip
    return Fired(row, control(name), lines, more.get("is_shared", False))


def adds_up(made: Bridge) -> None:
    """Each step begins where the one before ends, and the last ends at what was billed."""
    steps = made.waterfall.steps
    assert steps[0].is_total and steps[-1].is_total and steps[0].after == made.expected
    stands = steps[0].after
    for step in steps[1:-1]:
        stands += step.amount
        assert step.after == stands and step.amount != 0 and not step.is_total
    assert stands == steps[-1].after == made.billed
    assert made.expected + sum(each.amount for each in made.counted) + made.remainder == made.billed


@st.composite
def _candidate(draw: st.DrawFn) -> Fired:
    lines = draw(st.lists(st.sampled_from(["L1", "L2", "L3"]), max_size=2, unique=True))
    expected, billed = draw(st.none() | AMOUNTS), draw(st.none() | AMOUNTS)
    currency = draw(st.sampled_from(["SGD", "SGD", "SGD", "JPY", None]))
    code = draw(st.sampled_from([None, None, "approved"]))
    name = draw(st.sampled_from(CONTROLS))
    shared = draw(st.booleans())
    return fired(name, expected, billed, *lines, currency=currency, suppressed_by=code, is_shared=shared)


@given(st.lists(AMOUNTS, min_size=3, max_size=3), AMOUNTS, st.lists(_candidate(), max_size=40))
def test_the_steps_add_up_for_any_findings(nets: list[Decimal], off: Decimal, candidates: list[Fired]) -> None:
    made = bridge(facts(nets, sum(nets, Decimal(0)) + off), candidates)
    adds_up(made)
    real = [each for each in candidates if each.is_finding]
    assert len(made.counted) + len(made.beside) == len(real)
    for line in ("L1", "L2", "L3", None):
        mine = [each.amount for each in made.counted if each.line == line]
        assert len([amount for amount in mine if amount > 0]) <= 1
        assert len([amount for amount in mine if amount < 0]) <= 1
    assert all(each.fired.row["currency"] == "SGD" for each in made.counted)
    assert all(each.amount == 0 and each.why != COUNTED for each in made.beside)


@given(st.lists(AMOUNTS.filter(bool), min_size=20, max_size=60))
def test_many_steps_are_grouped_and_still_add_up(impacts: list[Decimal]) -> None:
    nets = [Decimal(500)] * len(impacts)
    made = bridge(facts(nets), [fired("ACC-03", 500 - each, 500, f"L{n}") for n, each in enumerate(impacts, 1)])
    adds_up(made)
    assert len(made.counted) == len(impacts) and len(made.waterfall.steps) <= 16


def test_a_finding_that_takes_the_whole_line_holds_the_others() -> None:
    both = [fired("ACC-03", 80, 100, "L1"), fired("OCC-04", 0, 100, "L1"), fired("ACC-09", 130, 100, "L1")]
    made = bridge(facts([Decimal(100), Decimal(50)]), both)
    assert made.expected == 50
    assert [each.fired.row["control_id"] for each in made.counted] == ["OCC-04"]
    assert [each.why for each in made.beside] == ["within OCC-04", "within OCC-04"]


def test_of_one_direction_the_largest_counts_and_the_other_direction_too() -> None:
    some = [fired("ACC-03", 80, 100, "L1"), fired("ACC-02", 95, 100, "L1"), fired("ACC-10", 110, 100, "L1")]
    made = bridge(facts([Decimal(100)]), some)
    assert {each.fired.row["control_id"]: each.amount for each in made.counted} == {"ACC-03": 20, "ACC-10": -10}
    assert made.expected == 90 and made.beside[0].why == "within ACC-03"


def test_a_document_that_is_not_owed_takes_everything() -> None:
    made = bridge(facts([Decimal(100)], Decimal(103)), [fired("ACC-03", 80, 100, "L1"), fired("OCC-01", 0, 104)])
    assert (made.expected, made.remainder) == (0, 0)
    assert [each.amount for each in made.counted] == [103]
    adds_up(made)


def test_what_no_line_gives_is_a_step_of_its_own() -> None:
    made = bridge(facts([Decimal(100)], Decimal(103)), [fired("ACC-01", 101, 104)])
    assert [step.words for step in made.waterfall.steps] == ["Net expected", "Net that no line gives", "Net billed"]
    assert (made.expected, made.remainder) == (100, 3)
    adds_up(made)


@pytest.mark.parametrize(
    ("candidate", "why"),
    [
        (fired("CUT-01", 0, 100, "L1"), "cut off: not about the net"),
        (fired("AUT-01", 0, 101), "authority: not about the net"),
        (fired("ACC-06", "0.05", "0.07", "L1"), "of the tax"),
        (fired("ACC-07", None, None), "no amount"),
        (fired("OCC-03", 0, 100, "L1", is_shared=True), "shared with other documents"),
        (fired("ACC-12", 0, 100, "L1", "L2"), "of no single line"),
        (fired("OCC-01", 0, 101, subject_id="I9"), "of another document"),
        (fired("ACC-01", 50, 101), "of the gross: see the lines"),
        (fired("PRO-04", 0, 55), "not about the net"),
        (fired("ACC-03", 90, 100, "L1", currency="EUR"), "in EUR"),
    ],
)
def test_what_is_not_about_the_net_stands_beside_with_its_reason(candidate: Fired, why: str) -> None:
    made = bridge(facts([Decimal(100)]), [candidate])
    assert not made.counted and [each.why for each in made.beside] == [why]
    assert made.expected == made.billed == 100


@given(st.lists(AMOUNTS, min_size=2, max_size=8), st.integers(1, 1000))
def test_every_bar_of_the_picture_stays_inside_it(moves: list[Decimal], size: int) -> None:
    stands, steps = Decimal(size * 100), [Step("Net expected", Decimal(0), Decimal(size * 100), is_total=True)]
    for move in moves:
        stands += move
        steps.append(Step("step", move, stands))
    picture = staircase(steps, "SGD", "title")
    for x, wide in re.findall(r'<rect x="([-0-9.]+)" y="[^"]*" width="([-0-9.]+)"', picture):
        assert float(x) >= 229.9 and float(x) + float(wide) <= 1080 - 190 + 1.1


def test_an_axis_that_does_not_begin_at_0_says_so() -> None:
    steps = [Step("a", Decimal(0), Decimal(1000), is_total=True), Step("b", Decimal(5), Decimal(1005))]
    assert "not at 0" in staircase(steps, "SGD", "t") and "+5.00" in staircase(steps, "SGD", "t")
    assert "not at 0" not in staircase([*steps, Step("c", Decimal(-900), Decimal(105))], "SGD", "t")


def test_a_credit_memo_counts_with_its_own_sign() -> None:
    made = bridge(facts([Decimal(-100)], kind="credit_memo"), [fired("ACC-11", -40, -100, "L1")])
    assert made.expected == -40
    adds_up(made)
