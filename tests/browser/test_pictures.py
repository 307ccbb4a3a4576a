"""The notebooks that no other test opens in a browser: they run, read in both themes, and leave a picture of each."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.browser.harness import Lab, jupyterlab
from workbench.settings import NOTEBOOKS
from workbench.workspace import example_snapshot

NAMES = ("1_load_sources", "2_check_canonical", "3_run_controls", "investigate_settlement", "investigate_sample")

pytestmark = pytest.mark.prove


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    scratch = tmp_path_factory.mktemp("pictures")
    notebooks = scratch / "notebooks"
    notebooks.mkdir()
    for name in NAMES:
        shutil.copy(NOTEBOOKS / f"{name}.ipynb", notebooks)
    own = {"WORKBENCH_SNAPSHOT": str(example_snapshot()), "WORKBENCH_WORKSPACE": str(scratch / "workspace")}
    with jupyterlab(notebooks, scratch, **own) as running:
        yield running


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_runs_and_reads_in_both_themes(lab: Lab, name: str) -> None:
    lab.open(f"{name}.ipynb")
    lab.quiet()
    lab.run_all()
    for theme in ("Dark", "Light"):
        lab.theme(f"JupyterLab {theme}")
        lab.page.locator(".jp-Notebook .jp-OutputArea-output").first.evaluate(
            "(node) => node.scrollIntoView({block: 'start'})"
        )
        lab.picture(f"{name}-{theme.lower()}")
        # The browser itself lets the keyboard into a wide table that scrolls.
        found = [each for each in lab.grave(".jp-OutputArea-output") if not each.startswith("scrollable-region")]
        assert found == []
    assert lab.strays == []
    assert lab.errors == []
