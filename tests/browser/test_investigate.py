"""A specialist in a real JupyterLab: narrows, follows, marks, decides, saves, and nothing stands in the way."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.explorer import notebook
from tests import synthetic
from tests.browser.harness import PATIENCE, Lab, jupyterlab
from workbench.decisions import Decision, open_store
from workbench.settings import NOTEBOOKS

LINES = 600
PARTS = (".wbx", ".wbp")


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="module")
def lab(scratch: Path) -> Iterator[Lab]:
    """The real notebook on a made-up company whose names and remarks try to do harm."""
    notebooks = scratch / "notebooks"
    notebooks.mkdir()
    shutil.copy(NOTEBOOKS / "4_investigate.ipynb", notebooks)
    books = synthetic.snapshot(scratch / "books", LINES)
    own = {"WORKBENCH_WORKSPACE": str(scratch / "workspace"), "WORKBENCH_USER": "U-1"}
    with jupyterlab(notebooks, scratch, WORKBENCH_SNAPSHOT=str(books.folder), **own) as running:
        yield running


@pytest.fixture(scope="module")
def opened(lab: Lab) -> Any:
    lab.open("4_investigate.ipynb")
    lab.quiet()
    lab.run_all()
    lab.page.wait_for_selector(".wbx-row[data-finding]", timeout=PATIENCE)
    return lab.page


@pytest.fixture
def page(lab: Lab, opened: Any) -> Any:
    """Where a specialist starts: nothing chosen, nothing marked, in order of severity."""
    lab.kernel("investigation.show()")
    settled(lab)
    if opened.locator(".wbx-marked button", has_text="Unmark").count():
        opened.locator(".wbx-marked button", has_text="Unmark").click()
        lab.until("() => !document.querySelector('.wbx-marked-count')")
    return opened


def settled(lab: Lab) -> None:
    lab.until("() => document.querySelector('.wbx-grid').getAttribute('aria-busy') === null")


def changed(lab: Lab, before: str) -> None:
    """Wait until the totals are no longer what they were, and the rows are there."""
    lab.until("(before) => document.querySelector('.wbx-shown').textContent !== before", before)
    settled(lab)


def shown(page: Any) -> str:
    text: str = page.locator(".wbx-shown").inner_text()
    return text


def follows(lab: Lab, finding: str | None) -> None:
    lab.until("(id) => document.querySelector('.wbp').dataset.finding === id", finding)


def test_a_facet_narrows_the_grid_and_a_row_brings_its_evidence(lab: Lab, page: Any) -> None:
    before, was = shown(page), page.locator(".wbp").get_attribute("data-finding")
    page.locator("[data-facet=control] .wbx-value", has_text="ACC-01").click()
    changed(lab, before)
    assert {cell.inner_text() for cell in page.locator(".wbx-row .wbx-is-control").all()} == {"ACC-01"}
    assert lab.kernel("investigation.view.as_json()['facets']") == "{'control': ['ACC-01']}"
    row = page.locator(".wbx-row[data-finding]").nth(3)
    finding = row.get_attribute("data-finding")
    assert finding != was
    row.click()
    follows(lab, finding)
    assert lab.kernel("investigation.selected") == repr(finding)
    assert repr(page.locator(".wbp-reason").inner_text()) == lab.kernel("investigation.finding['reason']")
    subject = lab.kernel("investigation.finding['subject_id']").strip("'")
    assert subject in page.locator(".wbp section").first.inner_text()
    assert lab.kernel("len(investigation.evidence.sources)") == str(page.locator(".wbp section").count())


def test_what_is_found_within_a_facet_can_be_chosen(lab: Lab, page: Any) -> None:
    before = shown(page)
    page.locator("[data-facet=customer] .wbx-find").fill("baltic")
    lab.until("() => document.querySelectorAll('[data-facet=customer] .wbx-value').length === 1")
    page.locator("[data-facet=customer] .wbx-value").click()
    changed(lab, before)
    assert lab.kernel("set(investigation.table['customer_id'].to_pylist())") == "{'C-7'}"
    narrowed = shown(page)
    page.locator(".wbx-clear").click()
    changed(lab, narrowed)


def test_the_keyboard_alone_reaches_the_last_row_and_the_search(lab: Lab, page: Any) -> None:
    total = int(page.locator(".wbx-grid").get_attribute("aria-rowcount")) - 1
    page.locator(".wbx-grid").focus()
    page.keyboard.press("End")
    lab.until("(n) => document.querySelector(`.wbx-row[aria-rowindex='${n + 1}'][data-finding]`)", total)
    page.keyboard.press("Enter")
    last = page.locator(f".wbx-row[aria-rowindex='{total + 1}']")
    finding = last.get_attribute("data-finding")
    follows(lab, finding)
    assert lab.kernel(f"investigation.store.page(investigation.view, {total - 1}, 1)[0]['finding_id']") == repr(finding)
    assert last.get_attribute("aria-current") == "true"
    page.keyboard.press("/")
    assert page.evaluate("() => document.activeElement.className") == "wbx-search"
    page.keyboard.press("Escape")
    assert page.evaluate("() => document.activeElement.className") == "wbx-grid"


def test_rows_are_marked_by_keyboard_and_all_at_once(lab: Lab, page: Any) -> None:
    page.locator(".wbx-grid").focus()
    page.keyboard.press("Home")
    page.keyboard.press(" ")
    lab.until("() => document.querySelector('.wbx-marked-count')?.textContent === '1 marked'")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    lab.until("() => document.querySelector('.wbx-marked-count').textContent === '3 marked'")
    assert page.locator(".wbx-row[aria-selected=true]").count() == 3
    assert lab.kernel("investigation.marked.num_rows") == "3"
    page.locator(".wbx-marked button", has_text="Mark all").click()
    lab.until("() => !document.querySelector('.wbx-marked').textContent.includes('Mark all')")
    assert lab.kernel("investigation.marked.num_rows == investigation.table.num_rows") == "True"
    page.locator(".wbx-marked button", has_text="Unmark").click()
    lab.until("() => !document.querySelector('.wbx-marked-count')")
    page.locator(".wbx-grid").focus()
    page.keyboard.press("Control+a")
    lab.until("() => !document.querySelector('.wbx-marked').textContent.includes('Mark all')")
    assert lab.kernel("investigation.marked.num_rows == investigation.table.num_rows") == "True"


def test_what_the_snapshot_lacks_is_said(lab: Lab, page: Any) -> None:
    assert "Not in this snapshot: owner" in page.locator(".wbx-facets").inner_text()


def test_columns_are_chosen_and_put_in_order(lab: Lab, page: Any) -> None:
    page.locator(".wb-menu button", has_text="Columns").click()
    assert lab.grave(".wbx") == []
    page.locator("[data-wb-key='show billed']").uncheck()
    lab.until("() => !document.querySelector('[data-column=billed]')")
    page.locator("[data-wb-key='left control']").click()
    lab.until("() => document.querySelectorAll('.wbx-head [data-column]')[0].dataset.column === 'control'")
    assert lab.kernel("investigation.view.columns[0], 'billed' in investigation.view.columns") == "('control', False)"
    page.keyboard.press("Escape")
    assert page.locator(".wb-sheet:visible").count() == 0


def test_a_view_is_saved_and_comes_back(lab: Lab, page: Any, scratch: Path) -> None:
    before = shown(page)
    page.locator("[data-facet=control] .wbx-value", has_text="ACC-02").click()
    changed(lab, before)
    narrowed = shown(page)
    page.locator(".wb-menu button", has_text="Views").click()
    page.locator("[data-wb-key=name]").fill("lines that do not multiply")
    page.keyboard.press("Enter")
    page.wait_for_selector(".wbx-saved", timeout=PATIENCE)
    saved = json.loads(
        (scratch / "workspace" / "views" / "lines that do not multiply.json").read_text(encoding="utf-8")
    )
    assert saved["facets"] == {"control": ["ACC-02"]}
    page.locator(".wbx-clear").click()
    changed(lab, narrowed)
    page.locator(".wb-menu button", has_text="Views").click()
    page.locator(".wbx-saved", has_text="lines that").click()
    changed(lab, before)
    assert shown(page) == narrowed


def test_the_code_to_copy_shows_the_same_rows(lab: Lab, page: Any) -> None:
    before = shown(page)
    page.locator("[data-facet=entity] .wbx-facet-head").click()
    page.locator("[data-facet=month] .wbx-value").first.click()
    changed(lab, before)
    code = page.locator(".wbx-code").first.inner_text()
    assert code.startswith("wb.explore(findings, books, view=")
    assert lab.kernel(f"({code}).table.equals(investigation.table)") == "True"
    assert page.locator("[data-facet=entity] .wbx-facet-head").get_attribute("aria-expanded") == "true"


def test_searching_for_nothing_that_is_there_says_so(lab: Lab, page: Any) -> None:
    page.locator(".wbx-search").fill("no such words anywhere")
    page.wait_for_selector(".wbx-empty", timeout=PATIENCE)
    assert lab.grave(".wbx") == []
    assert "No finding fits" in page.locator(".wbx-empty").inner_text()
    page.locator(".wbx-clear").click()
    page.wait_for_selector(".wbx-row[data-finding]", timeout=PATIENCE)
    assert lab.kernel("investigation.view.search") == "''"


def test_what_code_shows_is_what_the_page_shows(lab: Lab, page: Any) -> None:
    lab.kernel("investigation.show(sort='impact', descending=True, control='OCC-01')")
    lab.until("() => document.querySelector('[data-column=impact]').getAttribute('aria-sort') === 'descending'")
    first = page.locator(".wbx-row[data-finding]").first.get_attribute("data-finding")
    assert lab.kernel("investigation.select_first()") == repr(first)
    follows(lab, first)
    page.locator(".wbp-bar button", has_text="Next").click()
    second = page.locator(".wbx-row[data-finding]").nth(1).get_attribute("data-finding")
    follows(lab, second)
    assert page.locator(".wbp-place").inner_text().startswith("2 of ")


def test_a_decision_is_made_conflicts_are_told_and_undo_adds_an_entry(lab: Lab, page: Any, scratch: Path) -> None:
    rows = page.locator(".wbx-row[data-finding]")
    first, second = (rows.nth(place).get_attribute("data-finding") for place in (0, 1))
    rows.nth(0).locator(".wbx-box").click()
    rows.nth(1).locator(".wbx-box").click()
    lab.until("() => document.querySelector('.wbx-marked-count')?.textContent === '2 marked'")
    assert [rows.nth(place).get_attribute("aria-selected") for place in (0, 1, 2)] == ["true", "true", "false"]
    (scratch / "workspace").mkdir(exist_ok=True)
    with_store = open_store(f"sqlite:///{scratch / 'workspace' / 'decisions.sqlite'}")
    with_store.decide(Decision(second or "", "accepted", by="U-2", remark="seen elsewhere"))
    if page.locator(".wbp-decide").get_attribute("open") is None:
        page.locator(".wbp-decide summary").click()
    page.locator(".wbp [name=whom]").select_option("marked")
    page.locator(".wbp [name=state]").select_option("explained")
    page.locator(".wbp [name=remark]").fill("<img src=x onerror='window.stolen=1'>")
    page.locator(".wbp-decide button[type=submit]").click()
    lab.until("() => document.querySelector('.wbp-said').textContent.includes('1 in conflict')")
    page.locator(".wbp-said").scroll_into_view_if_needed()
    lab.picture("decide-conflict")
    assert "decided by U-2" in page.locator(".wbp-said").inner_text()
    assert with_store.standing(first or "").state == "explained"
    assert with_store.standing(second or "").by == "U-2"
    page.locator(".wbp-decide button", has_text="Undo").click()
    lab.until("() => document.querySelector('.wbp-said').textContent.startsWith('Taken back')")
    assert [entry.state for entry in with_store.entries(first)] == ["explained", "open"]
    with_store.close()


def test_an_xray_opens_beside_the_finding_and_runs_nothing(lab: Lab, page: Any) -> None:
    page.locator(".wbx-row[data-finding]").nth(0).click()
    page.locator(".wbp-bar button", has_text="X-ray").click()
    page.wait_for_selector(".wbp-page iframe", timeout=PATIENCE)
    assert page.locator(".wbp-page iframe").get_attribute("sandbox") == ""
    assert "2025-" in page.frame_locator(".wbp-page iframe").locator("h2").first.inner_text()
    for theme in ("Dark", "Light"):
        lab.theme(f"JupyterLab {theme}")
        page.wait_for_selector(f".wbp-page iframe[data-scheme={theme.lower()}]", timeout=PATIENCE)
        lab.picture(f"xray-{theme.lower()}")
        assert lab.grave(".wbp") == []
    page.locator(".wbp-page button", has_text="Close").click()
    assert page.locator(".wbp-page iframe").count() == 0


def test_the_customer_behind_a_finding_opens_beside_it(lab: Lab, page: Any) -> None:
    row = page.locator(".wbx-row[data-finding]").nth(0)
    row.click()
    follows(lab, row.get_attribute("data-finding"))
    page.locator(".wbp-bar button", has_text="Customer").click()
    page.wait_for_selector(".wbp-page iframe", timeout=PATIENCE)
    assert page.locator(".wbp-page iframe").get_attribute("sandbox") == ""
    for theme in ("Dark", "Light"):
        lab.theme(f"JupyterLab {theme}")
        page.wait_for_selector(f".wbp-page iframe[data-scheme={theme.lower()}]", timeout=PATIENCE)
        lab.picture(f"customer-{theme.lower()}")
        assert lab.grave(".wbp") == []
    page.locator(".wbp-page button", has_text="Close").click()


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_each_theme_is_readable_by_everybody(lab: Lab, page: Any, theme: str) -> None:
    lab.theme(f"JupyterLab {theme}")
    page.locator(".wbx-row[data-finding]").nth(1).click()
    page.locator(".wbx").first.scroll_into_view_if_needed()
    lab.picture(f"investigate-{theme.lower()}")
    if page.locator(".wbp-decide").get_attribute("open") is None:
        page.locator(".wbp-decide summary").click()
    page.locator(".wbp-decide").evaluate("(node) => node.scrollIntoView({block: 'end'})")
    lab.picture(f"decide-{theme.lower()}")
    assert [problem for part in PARTS for problem in lab.grave(part)] == []
    dark = page.locator(".wbx").first.evaluate("(node) => getComputedStyle(node).backgroundColor")
    assert (dark == "rgb(255, 255, 255)") == (theme == "Light")


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


def test_a_lost_kernel_is_said_and_the_saved_notebook_shows_its_tables(lab: Lab, page: Any, scratch: Path) -> None:
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    file = scratch / "notebooks" / "4_investigate.ipynb"
    lab.until("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    assert "widgets" not in json.loads(file.read_text(encoding="utf-8"))["metadata"]
    page.evaluate(
        "() => void window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()",
    )
    lab.until("() => document.querySelector('.wbx-problem').textContent.includes('run this cell again')")
    lab.open("4_investigate.ipynb")
    static = page.locator(".workbench-static").first
    static.wait_for(state="visible", timeout=PATIENCE)
    assert "candidates = " in static.inner_text()
    assert page.get_by_text("Error displaying widget").locator("visible=true").count() == 0


SLOW = (
    "import time\nfrom workbench.widgets import start",
    "def slow(progress):\n    for step in range(600):\n        progress('step', step, 600), time.sleep(0.1)",
    "run = start(slow)\nrun",
    "try:\n    said = await run\nexcept Exception as error:\n    said = str(error)",
)


def test_long_work_says_how_far_it_is_and_is_cancelled_while_a_cell_waits(lab: Lab, opened: Any, scratch: Path) -> None:
    (scratch / "notebooks" / "slow.ipynb").write_text(json.dumps(notebook(list(SLOW))), encoding="utf-8")
    lab.open("slow.ipynb")
    lab.start_all()
    opened.get_by_text("left").wait_for(timeout=PATIENCE)
    opened.locator("button", has_text="Cancel").click()
    lab.finish()
    assert lab.kernel("said.splitlines()[0]") == "'slow was cancelled.'"
    opened.get_by_text("slow was cancelled").wait_for(timeout=PATIENCE)
