"""The first five minutes of a stranger with a list of his own: from the file to a finding, in a real JupyterLab."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.harness import PATIENCE, Lab, jupyterlab, pictures
from tests.test_intake import german_rows, text
from workbench.settings import NOTEBOOKS

HOSTILE = "<img src=x onerror=window.stolen=1>"


def write_notebook(folder: Path, **parameters: object) -> None:
    """The notebook with its parameters said, as a person types them."""
    notebook = json.loads((NOTEBOOKS / "0_start_here.ipynb").read_text(encoding="utf-8"))
    cell = next(each for each in notebook["cells"] if "parameters" in each["metadata"].get("tags", []))
    cell["source"] = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    (folder / "0_start_here.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    scratch = tmp_path_factory.mktemp("start")
    notebooks = scratch / "notebooks"
    notebooks.mkdir()
    rows = german_rows()
    rows[0][7], rows[4][6], rows[5][3] = "je", "drei", HOSTILE
    file = text(scratch / "Rechnungen.csv", ";", "cp1252", rows)
    write_notebook(notebooks, file=str(file), corrections={"unit_price": "je", "currency": "EUR"})
    own = {"WORKBENCH_WORKSPACE": str(scratch / "workspace")}
    with jupyterlab(notebooks, scratch, WORKBENCH_SNAPSHOT="", **own) as running:
        began = time.monotonic()
        running.open("0_start_here.ipynb")
        running.quiet()
        running.run_all()
        running.page.wait_for_selector(".wbx-row[data-finding]", timeout=PATIENCE)
        seconds = round(time.monotonic() - began, 1)
        pictures().mkdir(parents=True, exist_ok=True)
        told = {"seconds_from_opening_the_notebook_to_the_findings": seconds}
        (pictures() / "start.json").write_text(json.dumps(told), encoding="utf-8")
        yield running


@pytest.fixture
def page(lab: Lab) -> Any:
    return lab.page


def test_what_was_read_and_what_was_refused_is_said(page: Any) -> None:
    said = page.locator(".jp-Notebook").inner_text()
    for words in ("cp1252, by semicolon", "decimal comma", "as you said", "quantity is 'drei'", "controls can run"):
        assert words in said


def test_the_first_finding_is_the_one_that_was_planted_with_its_line(lab: Lab, page: Any) -> None:
    assert lab.kernel("findings.found['subject_id'][0].as_py()") == "'R-9116'"
    table = page.locator("table", has_text="R-9116").filter(has_text="Rechnungs-Nr.").first
    assert "32" in table.inner_text()
    assert "6,377.80 EUR" in page.locator(".jp-Notebook").inner_text()


def test_a_row_of_the_explorer_brings_its_evidence(lab: Lab, page: Any) -> None:
    row = page.locator(".wbx-row[data-finding]").first
    row.click()
    lab.until("(id) => document.querySelector('.wbp').dataset.finding === id", row.get_attribute("data-finding"))
    assert "Rechnungen.csv" in page.locator(".wbp").inner_text()


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_it_is_readable_by_everybody(lab: Lab, page: Any, theme: str) -> None:
    lab.theme(f"JupyterLab {theme}")
    for name, words in (("read", "What was read"), ("finding", "The first finding"), ("next", "What to add next")):
        page.locator("h2", has_text=words).first.evaluate("(node) => node.scrollIntoView({block: 'start'})")
        lab.picture(f"start-{name}-{theme.lower()}")
    assert lab.grave(".jp-OutputArea-output") == []


def test_hostile_names_did_nothing_and_nothing_left_this_machine(lab: Lab, page: Any) -> None:
    assert page.evaluate("() => window.stolen") is None
    assert lab.strays == []
    assert lab.errors == []
