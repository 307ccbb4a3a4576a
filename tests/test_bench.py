"""The comparison with pandas: both find the same, each way is measured apart, and what fails is shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.analyst import LIBRARIES, analyst
from bench.analyst.in_pandas.repeats import one_edit
from bench.analyst.in_pandas.rounding import rounded, rounded_even, truncated
from bench.measure import Measurement, Task, measure
from bench.report import HEAD, Size, as_json, text
from workbench.controls import Control, controls
from workbench.detect import run
from workbench.example import make_company
from workbench.snapshot import Snapshot, open_snapshot

ROOT = Path(__file__).parent.parent
COLUMNS = ["subject_id", "expected_amount", "billed_amount", "suppressed_by"]
AMOUNTS = COLUMNS[1:3]


def written() -> list[tuple[str, Control]]:
    """The versions there are: a new control needs none."""
    found = []
    for library in LIBRARIES:
        for control in controls().values():
            try:
                analyst(library, control.id)
            except LookupError:
                continue
            found.append((library, control))
    return found


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("bench") / "company"
    make_company(folder, lines=20_000, form="parquet")
    return open_snapshot(folder)


@pytest.mark.prove
@pytest.mark.parametrize(("library", "control"), written(), ids=lambda value: getattr(value, "id", value))
def test_an_analyst_and_the_control_agree_on_every_candidate(library: str, control: Control, company: Snapshot) -> None:
    ours = run(company, ids=(control.id,))
    day, own = ours.parameters.as_of, ours.parameters.own[control.id]
    answer = analyst(library, control.id)(company.folder, pd.Timestamp(day) if library == "pandas" else day, **own)
    theirs = answer if library == "pandas" else answer.to_pandas()
    assert ours.funnel[0].findings == theirs["suppressed_by"].isna().sum() > 0
    expected = ours.table.select(COLUMNS).to_pandas()
    expected = expected.astype(dict.fromkeys(AMOUNTS, "float64")).sort_values("subject_id", ignore_index=True)
    found = theirs[COLUMNS].astype(dict.fromkeys(AMOUNTS, "float64")).sort_values("subject_id", ignore_index=True)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=0, atol=0.00005)


@pytest.mark.prove
def test_bench_runs_from_end_to_end_and_prints_every_column(tmp_path: Path) -> None:
    file = tmp_path / "bench.json"
    command = [sys.executable, "-m", "bench", "--lines", "20000", "--control", "VAL-03", "--json", str(file)]
    environment = {**os.environ, "WORKBENCH_WORKSPACE": str(tmp_path / "workspace")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    title, head, row, total = done.stdout.splitlines()[:4]
    assert "invoice lines" in title
    assert head.split("  ")[0] == "control"
    assert [name for name in HEAD if name not in head] == []
    cells = dict(zip(HEAD, row.split(), strict=True))
    assert cells["control"] == "VAL-03"
    assert cells["found ours"] == cells["found sql"] == cells["found pandas"] != "0"
    assert total.split() == ["total", *row.split()[1:]]
    ways = json.loads(file.read_text(encoding="utf-8"))["sizes"][0]["controls"]["VAL-03"]
    assert all(ways[way]["seconds"] > 0 and ways[way]["peak"] > 10_000_000 for way in ("ours", "sql", "scan", "pandas"))
    assert ways["ratios"]["pandas/ours"] == ways["pandas"]["seconds"] / ways["ours"]["seconds"]


@pytest.mark.parametrize(
    ("option", "value"), [("--control", "ACC-99"), ("--lines", "7"), ("--json", "missing/bench.json")]
)
def test_bench_names_what_is_wrong_in_the_call(option: str, value: str, tmp_path: Path) -> None:
    environment = {**os.environ, "WORKBENCH_WORKSPACE": str(tmp_path)}
    command = [sys.executable, "-m", "bench", option, value]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert value in done.stderr
    assert "Fix: " in done.stderr


def task(company: Snapshot, way: str = "scan", control_id: str = "AUT-02", memory: int = 0) -> Task:
    return Task(way, control_id, str(company.folder), "2025-12-31", {}, memory)


def test_a_control_without_a_pandas_version_says_so(company: Snapshot) -> None:
    assert "nobody has written ACC-99 in pandas" in measure(task(company, "pandas", "ACC-99")).problem


def test_a_process_without_enough_memory_is_reported(company: Snapshot) -> None:
    found = measure(task(company, "pandas", memory=30_000_000))
    assert found.problem
    assert found.findings is None


def test_a_process_that_takes_too_long_is_stopped(company: Snapshot) -> None:
    assert measure(task(company), patience=0.01).problem == "stopped after 0 s"


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="only Linux passes a parent's peak on")
def test_the_memory_of_the_parent_is_not_counted(company: Snapshot) -> None:
    held = np.ones(60_000_000)
    assert measure(task(company)).peak < held.nbytes


def test_failures_and_disagreements_are_told_below_the_table() -> None:
    done = {way: Measurement(2.0, 100_000_000, 7) for way in ("ours", "sql", "pandas", "polars")}
    done["scan"] = Measurement(0.5, 50_000_000)
    results = {
        "ACC-01": done | {"pandas": Measurement(problem="killed by signal 9")},
        "ACC-02": done | {"pandas": Measurement(6.0, 400_000_000, 8)},
    }
    size = Size(lines=1000, bytes=5000, as_of="2025-12-31", runs=1, results=results)
    lines = list(text(size))
    rows = {row.split()[0]: dict(zip(HEAD, row.split(), strict=True)) for row in lines[2:5]}
    assert rows["ACC-01"]["s pandas"] == "failed"
    assert rows["ACC-01"]["pandas/ours"] == "-"
    assert rows["ACC-02"]["pandas/ours"] == rows["total"]["pandas/ours"] == "3.0"
    assert rows["total"]["pandas/ours MB"] == "4.0"
    assert rows["total"]["ours/scan"] == "4.0"
    assert rows["total"]["s ours"] == "4.00"
    assert "ACC-01 pandas: killed by signal 9" in lines
    assert "ACC-02: the ways disagree, ours finds 7, sql finds 7, pandas finds 8, polars finds 7" in lines
    assert as_json([size])["sizes"][0]["controls"]["ACC-01"]["ratios"]["pandas/ours"] is None


def test_floats_are_rounded_as_decimals_would_be() -> None:
    amount = pd.Series([1.005, -1.005, 2.675, 0.5, 1.0005, 8.0])
    currency = pd.Series(["SGD", "SGD", "EUR", "JPY", "KWD", "SGD"])
    assert rounded(amount, currency).tolist() == [1.01, -1.01, 2.68, 1.0, 1.001, 8.0]
    assert rounded_even(amount, currency).tolist() == [1.0, -1.0, 2.68, 0.0, 1.0, 8.0]
    assert truncated(amount, currency).tolist() == [1.0, -1.0, 2.67, 0.0, 1.0, 8.0]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("inv12", "inv13", True),
        ("inv12", "inv21", True),
        ("inv12", "inv123", True),
        ("inv12", "nv12", True),
        ("inv12", "inv12", False),
        ("inv12", "inv34", False),
        ("inv12", "inv1234", False),
        ("", "1", False),
    ],
)
def test_one_edit_is_one_keystroke(one: str, other: str, expected: bool) -> None:
    assert one_edit(one, other) is expected
    assert one_edit(other, one) is expected
