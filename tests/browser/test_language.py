"""Widgets in a real JupyterLab speak what JupyterLab itself is set to, and say nothing past the catalogues."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests import synthetic
from tests.browser.harness import PATIENCE, ROOT, Lab, jupyterlab, voila
from tests.language.pseudo import unsaid, words_of
from tests.receivable_books import write_snapshot
from tests.test_causes import line, shop
from workbench.app import has_voila
from workbench.language import say, speaking
from workbench.snapshot import Snapshot

PLUGIN = "@jupyterlab/translation-extension:plugin"
CHOOSE = "([plugin, locale]) => window.jupyterapp.serviceManager.settings.save(plugin, JSON.stringify({ locale }))"
LANGUAGES = "() => [...document.querySelectorAll('.wbx, .wbp, .wbc, .wbw')].map((part) => part.closest('[lang]').lang)"
MARKUP = "() => [...document.querySelectorAll('.wbx, .wbp, .wbc, .wbw')].map((part) => part.outerHTML).join('')"
PARTS = (".wbx", ".wbp", ".wbc", ".wbw")
CELLS = (
    "import workbench as wb",
    "books = wb.open('../books')\nfindings = wb.run(books)\ninvestigation = wb.explore(findings, books)\ninvestigation",
    "shop = wb.open('../shop')\nsold = wb.run(shop, ids=('ACC-03',))\nseller = wb.explore(sold, shop)",
    "wb.causes(sold, shop).why().to(seller)",
    "wb.cash(wb.open('../cash')).open()",
)
# Every text in brackets, those of the scripts too.
PSEUDO = """
import workbench.language.page
from tests.language import gather
from tests.language.pseudo import Pseudo, known_words
from workbench.language import speaking

every = [text if isinstance(text, tuple) else (text,) for text in gather.all_said()["page"]]
brackets = {text[0]: [f"\\u27e6{text[-1]}\\u27e7"] if len(text) > 1 else f"\\u27e6{text[0]}\\u27e7" for text in every}
workbench.language.page._texts = lambda _name: brackets
spoken = speaking("ja", Pseudo())
spoken.__enter__()
"""
KNOWN = "' '.join(known_words(books, findings.table) | known_words(shop, sold.table) | known_words(wb.open('../cash')))"


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("language")
    synthetic.snapshot(folder / "books", 600)
    lines = [line("C1", f"P{number}", "12.00") for number in range(8)]
    shop(folder / "shop", lines + [line(f"C{number}", "P9", "10.00") for number in range(2, 60)])
    cash(folder / "cash")
    (folder / "notebooks").mkdir()
    for name, cells in (("spoken", CELLS), ("pseudo", (PSEUDO, *CELLS))):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, folder / f"notebooks/{name}.ipynb")
    return folder


def cash(folder: Path) -> Snapshot:
    """Two receipts that fit two invoices each."""
    owner = {"customer_id": "C1", "entity_id": "E1", "currency": "SGD"}
    days = {"invoice_date": "2025-03-01", "due_date": "2025-03-31"}
    invoices = [{"invoice_id": f"I{side}", "gross_amount": "100", **days, **owner} for side in "AB"]
    money = {"received_on": "2025-03-20", "status": "unapplied", "amount": "100"}
    receipts = [{"receipt_id": f"R{side}", **money, **owner} for side in "AB"]
    return write_snapshot(
        folder,
        invoices=invoices,
        receipts=receipts,
        customers=[{"customer_id": "C1", "name": "Aurora"}],
        applications=[],
    )


# Before JupyterLab is started: two browsers at once cannot be driven.
@pytest.mark.prove
@pytest.mark.skipif(not has_voila(), reason="voila is not installed")
@pytest.mark.parametrize(("name", "intro"), [("zh-CN", "每个页面")])
def test_pages_speak_the_language_that_was_asked_for(scratch: Path, tmp_path: Path, name: str, intro: str) -> None:
    with speaking(name), voila(scratch / "notebooks", tmp_path) as app:
        page = app.page
        page.goto(f"{app.address}/?token={app.token}", timeout=PATIENCE)
        assert page.locator("html").get_attribute("lang") == name
        assert page.locator("p").first.inner_text().startswith(intro)
        page.goto(f"{app.address}/voila/render/spoken.ipynb", timeout=PATIENCE)
        page.wait_for_selector(".wbx-row[data-finding]", timeout=PATIENCE)
        assert page.locator("html").get_attribute("lang") == name
        assert page.locator(".workbench-back").inner_text() == say("All pages")
        assert set(page.evaluate(LANGUAGES)) == {name}
        app.picture(f"language-pages-{name}")


@pytest.fixture(scope="module")
def lab(scratch: Path) -> Iterator[Lab]:
    own = {"WORKBENCH_WORKSPACE": str(scratch / "workspace"), "WORKBENCH_USER": "U-1", "PYTHONPATH": str(ROOT)}
    with jupyterlab(
        scratch / "notebooks", scratch, JUPYTERLAB_SETTINGS_DIR=str(scratch / "settings"), **own
    ) as running:
        yield running


def opened(lab: Lab, notebook: str) -> Any:
    """A notebook that was run, with a finding open, the form unfolded and something marked."""
    lab.open(f"{notebook}.ipynb")
    lab.quiet()
    lab.run_all()
    for part in PARTS:
        lab.page.wait_for_selector(part, timeout=PATIENCE)
    row = lab.page.locator(".wbx-row[data-finding]").first
    row.click()
    lab.until("(id) => document.querySelector('.wbp').dataset.finding === id", row.get_attribute("data-finding"))
    lab.page.locator(".wbx-grid").first.press(" ")
    lab.page.wait_for_selector(".wbx-marked-count", timeout=PATIENCE)
    lab.page.locator(".wbp-decide summary").first.click()
    return lab.page


@pytest.mark.parametrize(("locale", "name"), [("ja_JP", "ja"), pytest.param("zh_CN", "zh-CN", marks=pytest.mark.prove)])
def test_widgets_speak_what_jupyterlab_is_set_to(lab: Lab, locale: str, name: str) -> None:
    lab.open("spoken.ipynb")
    lab.page.evaluate(CHOOSE, [PLUGIN, locale])
    page = opened(lab, "spoken")
    assert lab.kernel("__import__('workbench.language').language.language()") == repr(name.replace("-", "_"))
    assert set(page.evaluate(LANGUAGES)) == {name}
    with speaking(name):
        assert page.locator(".wbx-clear").first.inner_text() == say("Clear all")
        assert page.locator(".wbp-decide summary").first.inner_text() == say("Decide")
        assert page.locator("[data-facet=severity] .wbx-facet-head").first.inner_text() == say("Severity")
        assert page.locator(".wbc h4").inner_text() == say("What {receipt} may be for", receipt="RA")
        assert page.locator(".wbw [role=group]").get_attribute("aria-label") == say(
            "Show the findings of a line in the explorer"
        )
    assert [problem for part in PARTS for problem in lab.grave(part)] == []
    lab.picture(f"language-{name}")


@pytest.mark.prove
def test_scripts_say_nothing_past_the_catalogue(lab: Lab, scratch: Path) -> None:
    page = opened(lab, "pseudo")
    page.locator(".wb-menu button").first.click()
    markup = f"<div>{page.evaluate(MARKUP)}</div>"
    # A repr: its quotes stand beside the first and the last word.
    known = set(lab.kernel(KNOWN).strip("'").split())
    assert unsaid(markup, known | words_of(["JSON applications.csv", str(scratch)])) == []
    assert lab.errors == []
    assert lab.strays == []
