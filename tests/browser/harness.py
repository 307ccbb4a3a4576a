"""Drive a real JupyterLab in a real browser: open a notebook, run it, look at the page and at the kernel."""

from __future__ import annotations

import os
import secrets
import socket
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

import pytest

from workbench.lab import start_lab, stop_lab

CHROMIUM = Path(os.environ.get("WORKBENCH_CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
SIZE = {"width": 1680, "height": 1300}
PATIENCE = 90_000
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


@dataclass
class Lab:
    """A page on a running JupyterLab; `strays` are requests that left this machine, `errors` what the page threw."""

    page: Any
    address: str
    token: str
    strays: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def open(self, notebook: str) -> None:
        """Open a notebook and wait until its kernel is idle."""
        self.page.goto(f"{self.address}/lab/tree/{notebook}?token={self.token}&reset", timeout=PATIENCE)
        self.page.wait_for_function(IDLE, timeout=PATIENCE)

    def run_all(self) -> None:
        """Run every cell and wait until the last has ended; fail with what a cell raised."""
        self.page.evaluate("() => void window.jupyterapp.commands.execute('notebook:run-all-cells')")
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
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.is_file():
        pytest.skip(f"there is no browser at {CHROMIUM}: apt-get install chromium")
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
        with playwright.sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
            page = browser.new_page(viewport=SIZE)
            lab = Lab(page, address, token)
            page.on("request", lambda request: lab.strays.append(request.url) if leaves(request.url) else None)
            page.on("pageerror", lambda error: lab.errors.append(str(error)))
            yield lab
            browser.close()
    finally:
        stop_lab(server)


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


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_for(url: str, server: Any) -> None:
    """Wait until an address answers; fail when the server ended first or a minute has passed."""
    for _ in range(300):
        if server.poll() is not None:
            pytest.fail(f"JupyterLab ended with code {server.returncode} before it answered")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    pytest.fail("JupyterLab did not answer within a minute")
