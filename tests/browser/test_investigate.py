"""A specialist in a real JupyterLab: opens the notebook, narrows, selects, and the evidence follows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import synthetic
from tests.browser.harness import PATIENCE, Lab, jupyterlab
from workbench.settings import NOTEBOOKS

LINES = 600
BRIEF = 20_000


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(os.environ.get("WORKBENCH_SCREENSHOTS") or tmp_path_factory.mktemp("pictures"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The real notebook on a made-up company whose names and remarks try to do harm."""
    scratch = tmp_path_factory.mktemp("lab")
    notebooks = scratch / "notebooks"
    notebooks.mkdir()
    (notebooks / "4_investigate.ipynb").write_bytes((NOTEBOOKS / "4_investigate.ipynb").read_bytes())
    books = synthetic.snapshot(scratch / "books", LINES)
    with jupyterlab(notebooks, scratch, WORKBENCH_SNAPSHOT=str(books.folder)) as running:
        yield running


@pytest.fixture(scope="module")
def page(lab: Lab) -> Any:
    lab.open("4_investigate.ipynb")
    lab.quiet()
    lab.run_all()
    lab.page.wait_for_selector(".wbx-row[data-finding]", timeout=PATIENCE)
    return lab.page


def shown(page: Any) -> str:
    text: str = page.locator(".wbx-shown").inner_text()
    return text


def until(page: Any, script: str, value: object = None) -> None:
    page.wait_for_function(script, arg=value, timeout=BRIEF)


def settled(page: Any) -> None:
    until(page, "() => document.querySelector('.wbx-grid').getAttribute('aria-busy') === null")


def clear(lab: Lab, page: Any) -> None:
    """Back to where a specialist starts: nothing chosen, in order of severity."""
    lab.kernel("investigation.show()")
    until(page, "() => document.querySelector('.wbx-clear').disabled")
    settled(page)


def test_a_facet_narrows_the_grid_and_a_row_brings_its_evidence(lab: Lab, page: Any) -> None:
    clear(lab, page)
    before, was = shown(page), page.locator(".wbp").get_attribute("data-finding")
    page.locator("[data-facet=control_id] .wbx-value", has_text="ACC-01").click()
    until(page, "(before) => document.querySelector('.wbx-shown').textContent !== before", before)
    settled(page)
    assert {cell.inner_text() for cell in page.locator(".wbx-row .wbx-is-control").all()} == {"ACC-01"}
    assert lab.kernel("investigation.view.chosen") == "{'control_id': ('ACC-01',)}"

    row = page.locator(".wbx-row[data-finding]").nth(3)
    finding = row.get_attribute("data-finding")
    assert finding != was
    row.click()
    until(page, "(id) => document.querySelector('.wbp').dataset.finding === id", finding)
    assert lab.kernel("investigation.selected") == repr(finding)
    reason = lab.kernel("investigation.finding['reason']")
    assert repr(page.locator(".wbp-reason").inner_text()) == reason
    subject = lab.kernel("investigation.finding['subject_id']").strip("'")
    assert subject in page.locator(".wbp section").first.inner_text()
    assert lab.kernel("len(investigation.evidence.sources)") == str(page.locator(".wbp section").count())


def test_the_keyboard_alone_reaches_the_last_row(lab: Lab, page: Any) -> None:
    clear(lab, page)
    total = int(page.locator(".wbx-grid").get_attribute("aria-rowcount")) - 1
    page.locator(".wbx-grid").focus()
    page.keyboard.press("End")
    until(page, "(n) => document.querySelector(`.wbx-row[aria-rowindex='${n + 1}'][data-finding]`)", total)
    page.keyboard.press("Enter")
    last = page.locator(f".wbx-row[aria-rowindex='{total + 1}']")
    finding = last.get_attribute("data-finding")
    until(page, "(id) => document.querySelector('.wbp').dataset.finding === id", finding)
    assert lab.kernel("investigation.selected") == repr(finding)
    assert lab.kernel(f"investigation.store.page(investigation.view, {total - 1}, 1)[0]['finding_id']") == repr(finding)
    assert last.get_attribute("aria-selected") == "true"


def test_searching_for_nothing_that_is_there_says_so(lab: Lab, page: Any) -> None:
    clear(lab, page)
    page.locator(".wbx-search").fill("no such words anywhere")
    page.wait_for_selector(".wbx-empty", timeout=BRIEF)
    assert "No finding fits" in page.locator(".wbx-empty").inner_text()
    page.locator(".wbx-clear").click()
    page.wait_for_selector(".wbx-row[data-finding]", timeout=BRIEF)
    assert lab.kernel("investigation.view.search") == "''"


def test_what_code_shows_is_what_the_page_shows(lab: Lab, page: Any) -> None:
    clear(lab, page)
    lab.kernel("investigation.show(sort='impact', descending=True, control_id='OCC-01')")
    until(page, "() => document.querySelector('[data-column=impact]').getAttribute('aria-sort') === 'descending'")
    first = page.locator(".wbx-row[data-finding]").first.get_attribute("data-finding")
    assert lab.kernel("investigation.select_first()") == repr(first)
    until(page, "(id) => document.querySelector('.wbp').dataset.finding === id", first)


def test_both_themes_look_as_they_should(lab: Lab, page: Any, pictures: Path) -> None:
    clear(lab, page)
    page.locator(".wbx-row[data-finding]").nth(1).click()
    backgrounds = []
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        lab.theme(theme)
        until(page, "() => document.fonts.status === 'loaded'")
        page.locator(".wbx").first.scroll_into_view_if_needed()
        page.screenshot(path=pictures / f"investigate-{theme.split()[1].lower()}.png")
        backgrounds.append(page.locator(".wbx").first.evaluate("(node) => getComputedStyle(node).backgroundColor"))
    assert backgrounds[0] != backgrounds[1]


def test_hostile_names_did_nothing_and_nothing_left_this_machine(lab: Lab, page: Any) -> None:
    assert page.evaluate("() => window.stolen") is None
    assert page.locator(".wbx img, .wbp img, .wbx script, .wbp script, .wbx h1").count() == 0
    assert lab.strays == []
    assert lab.errors == []


def test_widget_messages_stay_on_the_main_thread(lab: Lab, page: Any) -> None:
    settings = "@jupyterlab/apputils-extension:kernels-settings"
    found = page.evaluate(
        """async (id) => {
            const settings = await window.jupyterapp.serviceManager.settings.fetch(id);
            return JSON.parse(JSON.stringify(settings.schema.properties.commsOverSubshells.default));
        }""",
        settings,
    )
    assert found == "disabled"
