"""The notebooks as pages: listed, behind a token, without code, as clickable as in JupyterLab."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests import synthetic
from tests.browser.harness import PATIENCE, Driven, voila
from workbench.app import free_port, has_voila, open_app
from workbench.app_command import command
from workbench.errors import WorkbenchError
from workbench.settings import NOTEBOOKS

pytestmark = pytest.mark.skipif(not has_voila(), reason="voila is not installed")


@pytest.fixture(scope="module", params=["dark", pytest.param("light", marks=pytest.mark.prove)])
def theme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def app(theme: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driven]:
    scratch = tmp_path_factory.mktemp("app")
    notebooks = scratch / "notebooks"
    notebooks.mkdir()
    for name in ("0_start_here", "4_investigate"):
        shutil.copy(NOTEBOOKS / f"{name}.ipynb", notebooks)
    books = synthetic.snapshot(scratch / "books", 600)
    own = {"WORKBENCH_SNAPSHOT": str(books.folder), "WORKBENCH_WORKSPACE": str(scratch / "workspace")}
    with voila(notebooks, scratch, theme, **own) as running:
        yield running


@pytest.fixture(scope="module")
def page(app: Driven) -> Any:
    app.page.goto(f"{app.address}/?token={app.token}", timeout=PATIENCE)
    return app.page


def test_without_the_token_nothing_is_shown(app: Driven) -> None:
    app.page.goto(f"{app.address}/", timeout=PATIENCE)
    assert "/login" in app.page.url
    assert app.page.locator(".workbench-pages").count() == 0


def test_the_pages_are_listed_by_their_names(app: Driven, page: Any, theme: str) -> None:
    assert page.locator(".workbench-pages a").all_inner_texts() == ["0 start here", "4 investigate"]
    assert app.grave("body") == []
    app.picture(f"app-list-{theme}")


def test_a_page_has_no_code_and_is_as_clickable_as_the_notebook(app: Driven, page: Any, theme: str) -> None:
    page.get_by_text("4 investigate").click()
    page.wait_for_selector(".wbx-row[data-finding]", timeout=PATIENCE)
    assert page.locator(".jp-InputArea-editor, .jp-CodeCell .jp-InputArea").count() == 0
    before = page.locator(".wbx-shown").inner_text()
    page.locator("[data-facet=control] .wbx-value", has_text="ACC-01").click()
    app.until("(before) => document.querySelector('.wbx-shown').textContent !== before", before)
    app.until("() => document.querySelector('.wbx-grid').getAttribute('aria-busy') === null")
    row = page.locator(".wbx-row[data-finding]").first
    row.click()
    app.until("(id) => document.querySelector('.wbp').dataset.finding === id", row.get_attribute("data-finding"))
    paper = page.locator(".wbx").evaluate("(node) => getComputedStyle(node).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (theme == "light")
    assert app.grave("body") == []
    app.picture(f"app-investigate-{theme}")


def test_nothing_ran_and_nothing_left_this_machine(app: Driven, page: Any) -> None:
    assert page.evaluate("() => window.stolen") is None
    assert app.strays == []
    assert app.errors == []


def test_a_snapshot_that_is_not_there_is_said_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match="workbench load"):
        open_app(str(tmp_path / "nothing"))


def test_a_port_that_is_taken_is_said() -> None:
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(WorkbenchError, match="leave --port out"):
            free_port(other.getsockname()[1])


def test_the_command_says_its_address_and_ends_when_stopped(tmp_path: Path) -> None:
    # Who runs the tests in the background has Ctrl+C ignored, and what is started inherits that.
    hears = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    starter = f"{hears}; from workbench.app_command import command; command()"
    books = synthetic.snapshot(tmp_path / "books", 6)
    words = [sys.executable, "-c", starter, str(books.folder), "--no-browser"]
    running = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        assert "/?token=" in running.stdout.readline()
    finally:
        running.send_signal(signal.SIGINT)
        assert running.wait(PATIENCE / 1000) == 0


def test_the_help_has_an_example() -> None:
    assert "workbench app snapshots/2025-03" in CliRunner().invoke(command, ["--help"]).output
