"""Drive a real JupyterLab and real Voila pages in a real browser: look at the page, at the kernel, at what leaves."""

from __future__ import annotations

import os
import secrets
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import URLError
from urllib.parse import urlsplit

import pytest

from workbench.app import free_port, start_app
from workbench.lab import start_lab, stop_lab

ROOT = Path(__file__).parent.parent.parent
CHROMIUM = Path(os.environ.get("WORKBENCH_CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
SIZE = {"width": 1680, "height": 1300}
PATIENCE = 90_000
BRIEF = 20_000
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
TRACKER = "@jupyterlab/notebook-extension:tracker"

IDLE = """() => {
    const panel = window.jupyterapp?.shell?.currentWidget;
    return panel?.context?.isReady && panel.sessionContext?.session?.kernel?.status === 'idle';
}"""
UNFINISHED = """() => {
    const cells = [...window.jupyterapp.shell.currentWidget.content.widgets];
    const code = cells.filter((cell) => cell.model.type === 'code');
    return code.filter((cell) => !cell.model.executionCount || cell.model.executionState !== 'idle').length;
}"""
STOPPED = """() => {
    const cells = [...window.jupyterapp.shell.currentWidget.content.widgets].map((cell) => cell.model.toJSON());
    const outputs = cells.flatMap((cell) => cell.outputs ?? []).filter((output) => output.output_type === 'error');
    return outputs.map((output) => output.traceback.join('\\n'));
}"""
EVALUATE = """async (expression) => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const request = kernel.requestExecute({code: '', silent: true, user_expressions: {answer: expression}});
    const reply = await request.done;
    const answer = reply.content.user_expressions.answer;
    return answer.status === 'ok' ? answer.data['text/plain'] : `${answer.ename}: ${answer.evalue}`;
}"""


# What a person who relies on a keyboard or a screen reader would meet in one part of the page.
JUDGE = """async (part) => {
    const found = await axe.run(part, {resultTypes: ['violations']});
    const grave = found.violations.filter((entry) => ['serious', 'critical'].includes(entry.impact));
    return grave.map((entry) => `${entry.id}: ${entry.nodes.map((node) =>
        `${node.target} ${node.any.map((check) => check.message)}`).slice(0, 3).join(' | ')}`);
}"""


@dataclass
class Driven:
    """A page of a running server; `strays` are requests that left this machine, `errors` what the page threw."""

    page: Any
    address: str
    token: str
    strays: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def until(self, script: str, value: object = None) -> None:
        """Wait until a script of the page says yes."""
        self.page.wait_for_function(script, arg=value, timeout=BRIEF)

    def grave(self, part: str) -> list[str]:
        """What axe-core finds serious or critical in one part of the page."""
        if not self.page.evaluate("() => Boolean(window.axe)"):
            self.page.add_script_tag(path=AXE)
        found: list[str] = self.page.evaluate(JUDGE, part)
        return found

    def picture(self, name: str) -> None:
        """Keep a picture of the page where CI collects them."""
        folder = pictures()
        folder.mkdir(parents=True, exist_ok=True)
        self.page.evaluate("() => document.fonts.ready.then(() => true)")
        self.page.screenshot(path=folder / f"{name}.png")


@dataclass
class Lab(Driven):
    """A page on a running JupyterLab."""

    def open(self, notebook: str) -> None:
        """Open a notebook and wait until its kernel is idle."""
        self.page.goto(f"{self.address}/lab/tree/{notebook}?token={self.token}&reset", timeout=PATIENCE)
        self.page.wait_for_function(IDLE, timeout=PATIENCE)

    def run_all(self) -> None:
        """Run every cell and wait until the last has ended; fail with what a cell raised."""
        self.start_all()
        self.finish()

    def start_all(self) -> None:
        """Begin to run every cell."""
        self.page.evaluate("() => void window.jupyterapp.commands.execute('notebook:run-all-cells')")

    def finish(self) -> None:
        """Wait until the last cell has ended; fail with what a cell raised."""
        ended = f"() => ({UNFINISHED})() === 0 || ({STOPPED})().length > 0"
        self.page.wait_for_function(ended, timeout=PATIENCE)
        stopped = self.page.evaluate(STOPPED)
        assert not stopped, "\n".join(stopped)

    def kernel(self, expression: str) -> str:
        """The repr of an expression in the notebook's kernel."""
        answer: str = self.page.evaluate(EVALUATE, expression)
        return answer

    def theme(self, name: str) -> None:
        """Switch to "JupyterLab Light" or "JupyterLab Dark"."""
        self.page.evaluate("(theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", name)
        is_light = "true" if "Light" in name else "false"
        self.page.wait_for_selector("#jupyterlab-splash", state="detached", timeout=PATIENCE)
        self.page.wait_for_selector(f'body[data-jp-theme-light="{is_light}"]', state="attached", timeout=PATIENCE)

    def quiet(self) -> None:
        """Fold the side bar away, so that a picture shows the notebook."""
        self.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")


@contextmanager
def jupyterlab(notebooks: Path, scratch: Path, **environment: str) -> Iterator[Lab]:
    """A JupyterLab on a free port of the loopback address with a page on it; both are gone afterwards."""
    needs_browser()
    port, token = free_port(), secrets.token_hex(16)
    settings = _settings(scratch)
    own = {
        name: str(scratch / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    }
    options = [
        f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}",
        "--LabApp.expose_app_in_browser=True", f"--LabApp.user_settings_dir={settings}",
        f"--LabApp.workspaces_dir={scratch / 'workspaces'}", "--ServerApp.log_level=ERROR", "--allow-root",
    ]  # fmt: skip
    server = start_lab(notebooks, scratch / "lab", {**os.environ, **own, **environment}, *options)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/api?token={token}", server)
        with browsing() as page:
            yield watched(Lab(page, address, token))
    finally:
        stop_lab(server)


@contextmanager
def voila(notebooks: Path, scratch: Path, theme: str = "light", **environment: str) -> Iterator[Driven]:
    """The notebooks as Voila pages on a free port of the loopback address; gone afterwards."""
    needs_browser()
    port, token = free_port(), secrets.token_hex(16)
    own = {
        name: str(scratch / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    }
    server = start_app(notebooks, {**os.environ, **own, **environment, "JUPYTER_TOKEN": token}, port, theme)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/?token={token}", server)
        with browsing() as page:
            yield watched(Driven(page, address, token))
    finally:
        stop_lab(server)


def needs_browser() -> Any:
    """Playwright, where it and a browser are there; the test is skipped visibly where not."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.is_file():
        pytest.skip(f"there is no browser at {CHROMIUM}: apt-get install chromium")
    return playwright


@contextmanager
def browsing() -> Iterator[Any]:
    """A page of the browser, gone afterwards."""
    with needs_browser().sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser.new_page(viewport=SIZE)
        browser.close()


Page = TypeVar("Page", bound=Driven)


def watched(driven: Page) -> Page:
    """The same, with what leaves the machine and what the page throws written down."""
    driven.page.on("request", lambda request: driven.strays.append(request.url) if leaves(request.url) else None)
    driven.page.on("pageerror", lambda error: driven.errors.append(str(error)))
    return driven


def pictures() -> Path:
    """Where the pictures of the screens are kept: $WORKBENCH_PICTURES, else reports/out/pictures."""
    return Path(os.environ.get("WORKBENCH_PICTURES") or ROOT / "reports" / "out" / "pictures")


def _settings(scratch: Path) -> Path:
    folder = scratch / "settings"
    plugin, _, name = TRACKER.partition(":")
    (folder / plugin).mkdir(parents=True)
    # Cells outside the window are not in the document otherwise.
    (folder / plugin / f"{name}.jupyterlab-settings").write_text('{"windowingMode": "none"}', encoding="utf-8")
    return folder


def leaves(url: str) -> bool:
    """Whether a request leaves this machine."""
    parts = urlsplit(url)
    return parts.scheme not in {"data", "blob", "about"} and parts.hostname != "127.0.0.1"


def wait_for(url: str, server: Any) -> None:
    """Wait until an address answers; fail when the server ended first or a minute has passed."""
    for _ in range(300):
        if server.poll() is not None:
            pytest.fail(f"the server ended with code {server.returncode} before it answered")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    pytest.fail("the server did not answer within a minute")
