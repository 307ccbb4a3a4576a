"""Every notebook runs from top to bottom on the example company, live and unattended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from workbench.pack.notebook import run_notebook
from workbench.settings import NOTEBOOKS
from workbench.topics import TOPICS as TOPIC_NAMES
from workbench.workspace import example_folder, example_snapshot

# The topics are alike, and what they call has tests of its own: one runs by parameter each time, all in make prove.
TOPICS = {f"investigate_{name}.ipynb" for name in TOPIC_NAMES}
FILES = [
    pytest.param(file, marks=pytest.mark.prove if file.name in TOPICS else [])
    for file in sorted(NOTEBOOKS.glob("*.ipynb"))
]
WIDGET = "application/vnd.jupyter.widget-view+json"


class Cells:
    """A plugin that counts the cells that ran as they should."""

    passed = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.passed += report.when == "call" and report.passed


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_cell_runs(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if file.name.startswith("1_"):
        # It makes a new snapshot each time it runs, of exports that are there.
        exports = example_folder()
        monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path))
        (tmp_path / exports.name).symlink_to(exports)
    if file.name in TOPICS:
        # It writes its conclusion, which is nobody's here.
        monkeypatch.setenv("WORKBENCH_SNAPSHOT", str(example_snapshot()))
        monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path))
    cells = Cells()
    nbval = ["--nbval-lax", "-q", "-o", "addopts=", "-p", "no:cacheprovider", "-p", "no:xdist"]
    assert pytest.main([*nbval, str(file)], [cells]) == pytest.ExitCode.OK
    assert cells.passed


def test_an_unattended_run_saves_static_pages_and_no_widget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_MODE", "batch")
    notebook: Any = nbformat.read(NOTEBOOKS / "4_investigate.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    shown = [output["data"] for output in outputs if "data" in output]
    assert any("candidates = " in data.get("text/html", "") for data in shown)
    assert not [data for data in shown if WIDGET in data]
    assert "widgets" not in notebook.metadata
    assert not [output for output in outputs if output.output_type == "stream"]


def test_a_topic_runs_by_parameter_and_hands_on_its_conclusion(tmp_path: Path) -> None:
    parameters = {"snapshot": str(example_snapshot()), "period": "2025", "entity": "SG01", "out": str(tmp_path)}
    notebook = run_notebook(NOTEBOOKS / "investigate_duplicates.ipynb", parameters, "SG01")
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if set(output.get("data", {})) - {"text/html", "text/plain"}]
    assert {file.name for file in tmp_path.iterdir()} == {
        "duplicates-2025-SG01.json", "duplicates-2025-SG01.md",
    }  # fmt: skip
