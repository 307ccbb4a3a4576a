"""Every notebook runs from top to bottom on the example company, live and unattended."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from workbench.settings import NOTEBOOKS

FILES = sorted(NOTEBOOKS.glob("*.ipynb"))
WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_cell_runs(file: Path, tmp_path: Path) -> None:
    environment = dict(os.environ)
    if file.name.startswith("1_"):
        # It makes a new snapshot each time it runs.
        environment["WORKBENCH_WORKSPACE"] = str(tmp_path)
    nbval = ["--nbval-lax", "-q", "-o", "addopts=", "-p", "no:cacheprovider", "-p", "no:xdist"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *nbval, str(file)],
        env=environment, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    assert " passed" in done.stdout


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
