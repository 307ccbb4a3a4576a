"""Online Retail, a system that is read as it is: a shared range of numbers, and invoices that came twice."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_DOWN, Decimal

import pytest

from tests.real_data.sets import data_set, facts, found_by
from workbench.detect import run
from workbench.findings import Findings
from workbench.load import load
from workbench.snapshot import open_snapshot

NAME = "online_retail_h1"


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    out = tmp_path_factory.mktemp("online_retail") / "snapshot"
    load([data_set(NAME)], "online_retail", out)
    return run(open_snapshot(out), ids=("COM-05", "OCC-01"))


def test_a_shared_range_of_numbers_is_one_finding_with_its_rate_and_its_gaps_are_suppressed(findings: Findings) -> None:
    measured = facts(NAME)["facts"]
    lowest, highest = measured["number_range"]
    numbers = highest - lowest + 1
    rate = (Decimal(measured["unexplained_gaps"]) * 100 / numbers).quantize(Decimal("0.1"), ROUND_DOWN)
    (found,) = found_by(findings, "COM-05")
    assert found["subject_id"] == "UK/main"
    assert f"{measured['unexplained_gaps']} of {numbers} numbers from {lowest} to {highest}" in found["reason"]
    assert f"({rate} %)" in found["reason"]
    gaps = found_by(findings, "COM-05", "systemic")
    assert found["reason"].endswith(f"in {len(gaps)} gaps")
    (line,) = (line for line in findings.funnel if line.control.id == "COM-05")
    assert line.candidates == len(gaps) + 1


def test_the_same_lines_to_the_same_customer_are_found_within_the_days_that_count(findings: Findings) -> None:
    subjects = {row["subject_id"] for row in found_by(findings, "OCC-01")}
    days = int(str(findings.parameters.own["OCC-01"]["near_days"]))
    measured = facts(NAME)
    groups = measured["identical_invoice_groups_3_or_more_lines"]
    near = [
        group
        for group in groups
        if (date.fromisoformat(group["timestamps"][1][:10]) - date.fromisoformat(group["timestamps"][0][:10])).days
        <= days
    ]
    assert 0 < len(near) < len(groups)
    for group in groups:
        earlier, later = group["invoices"]
        assert earlier not in subjects
        assert (later in subjects) == (group in near)
    counted = measured["facts"]
    repeats = counted["invoices_with_identical_lines_same_customer"] - counted["groups_of_identical_invoices"]
    assert len(near) < len(subjects) <= repeats
