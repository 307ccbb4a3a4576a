"""A topic in a real JupyterLab: its conditions are buttons that narrow the explorer, its charts read in both themes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.harness import PATIENCE, Lab, jupyterlab
from tests.test_causes import line, shop
from workbench.settings import NOTEBOOKS

pytestmark = pytest.mark.prove

CONDITIONS = ".wbw button"
# The least contrast of what is written beside the marks of all charts, against the page behind them.
CONTRAST = """() => {
    const parts = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
    const light = (colour) => parts(colour).map((part) => part / 255)
        .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
        .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
    const behind = (node) => {
        const colour = getComputedStyle(node).backgroundColor;
        return colour.endsWith(', 0)') ? behind(node.parentElement) : colour;
    };
    const written = '.gtitle, .xtick text, .ytick text, .legendtext, .xtitle, .ytitle';
    return [...document.querySelectorAll('.js-plotly-plot')].map((plot) => {
        const paper = light(behind(plot));
        return Math.min(...[...plot.querySelectorAll(written)].map((text) => {
            const ink = light(getComputedStyle(text).fill);
            return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
        }));
    });
}"""


def books(folder: Path) -> Path:
    """One customer and one product that are billed at prices of their own, and many that are billed as agreed."""
    lines = [line("C1", f"P{number}", "12.00") for number in range(12)]
    lines += [line(f"C{number}", "P77", "9.00") for number in range(2, 10)]
    lines += [line(f"C{number}", f"Q{number}", "11.00") for number in range(2, 6)]
    lines += [line(f"C{number}", f"P{number % 9}", "10.00") for number in range(2, 90)]
    return shop(folder, lines).folder


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    scratch = tmp_path_factory.mktemp("topics")
    notebooks = scratch / "notebooks"
    notebooks.mkdir()
    shutil.copy(NOTEBOOKS / "investigate_prices.ipynb", notebooks)
    own = {"WORKBENCH_SNAPSHOT": str(books(scratch / "books")), "WORKBENCH_WORKSPACE": str(scratch / "workspace")}
    with jupyterlab(notebooks, scratch, **own) as running:
        running.open("investigate_prices.ipynb")
        running.quiet()
        running.run_all()
        running.page.wait_for_selector(".wbx-row[data-finding]", timeout=PATIENCE)
        running.page.wait_for_selector(CONDITIONS, timeout=PATIENCE)
        yield running


def clicked(lab: Lab, place: int) -> str:
    """What is said beside the conditions once one of them was clicked and the explorer shows its findings."""
    page: Any = lab.page
    lab.kernel("investigation.show()")
    lab.until("() => document.querySelector('.wbx-grid').getAttribute('aria-busy') === null")
    said = page.locator(".wbw [role=status]").inner_text()
    page.locator(CONDITIONS).nth(place).click()
    lab.until("(place) => document.querySelectorAll('.wbw button')[place].ariaPressed === 'true'", place)
    lab.until("(said) => document.querySelector('.wbw [role=status]').textContent !== said", said)
    lab.until("() => document.querySelector('.wbx-grid').getAttribute('aria-busy') === null")
    return str(page.locator(".wbw [role=status]").inner_text())


def test_each_condition_is_a_button_that_shows_its_findings_in_the_explorer(lab: Lab) -> None:
    page: Any = lab.page
    buttons = page.locator(CONDITIONS)
    assert buttons.count() > 1
    lab.kernel("investigation.show()")
    whole = lab.kernel("investigation.table.num_rows")
    for place in range(min(buttons.count(), 3)):
        clicked(lab, place)
        rows = int(page.locator(".wbx-grid").get_attribute("aria-rowcount")) - 1
        assert str(rows) == lab.kernel("investigation.table.num_rows")
        assert 0 < rows < int(whole)
        assert page.locator(f"{CONDITIONS}[aria-pressed=true]").count() == 1


def test_the_condition_that_was_clicked_says_the_code_that_does_the_same(lab: Lab) -> None:
    codes = []
    for place in range(min(lab.page.locator(CONDITIONS).count(), 3)):
        codes.append(clicked(lab, place).splitlines()[-1])
        assert codes[-1].startswith("wb.explore(topic.findings, books, view=")
        assert lab.kernel(f"({codes[-1]}).table.equals(investigation.table)") == "True"
    # Two conditions at once are a view that only the topic can give.
    assert any("view=topic.why.view(" in code for code in codes)


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_charts_are_drawn_and_read_in_either_theme(lab: Lab, theme: str) -> None:
    lab.theme(f"JupyterLab {theme}")
    page: Any = lab.page
    page.wait_for_selector(".js-plotly-plot .gtitle", timeout=PATIENCE)
    # The theme's own transition of colours has to be over.
    lab.until(f"() => ({CONTRAST})().every((least) => least >= 4.5)")
    assert len(page.evaluate(CONTRAST)) >= 4
    for name, part in (("why", ".wbw"), ("charts", ".js-plotly-plot")):
        page.locator(part).first.evaluate("(node) => node.scrollIntoView({block: 'start'})")
        lab.picture(f"topic-{name}-{theme.lower()}")
    assert [problem for part in (".wbw", ".wbx") for problem in lab.grave(part)] == []


def test_nothing_left_this_machine(lab: Lab) -> None:
    assert lab.strays == []
    assert lab.errors == []
