"""Every control does what its cases say."""

from __future__ import annotations

import pytest

from tests.cases import FOLDER, Case, all_cases, difference, holding, outcome, read_cases
from workbench.controls import Control, control, controls


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: f"{case.control}-{case.name}")
def test_case(case: Case) -> None:
    with holding(case) as engine:
        assert not difference(outcome(engine, control(case.control), case), case.expected)


@pytest.mark.parametrize("entry", controls().values(), ids=lambda entry: entry.id)
def test_control_has_cases_that_fire_stay_silent_and_need_each_suppression(entry: Control) -> None:
    cases = read_cases(entry.id)
    assert any(case.finds for case in cases), f"tests/controls/{entry.id}.yml needs a case that fires"
    assert any(not case.expected for case in cases), f"tests/controls/{entry.id}.yml needs a case that stays silent"
    shown = {row["suppressed_by"] for case in cases for row in case.suppresses}
    assert shown == set(entry.suppressions), f"tests/controls/{entry.id}.yml and the control name other suppressions"


def test_every_file_of_cases_has_its_control() -> None:
    named = {file.stem for file in FOLDER.glob("*.yml")} - {"_defaults"}
    assert named == set(controls()), "a control is queries/3_controls/<family>/<name>.sql and tests/controls/<ID>.yml"
