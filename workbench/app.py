"""The notebooks as pages without code, on this machine alone: Voila with what it would ask the outside left out."""

from __future__ import annotations

import os
import runpy
import secrets
import socket
import subprocess
import sys
import webbrowser
from collections.abc import Callable, Mapping
from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.lab import check_snapshot, end_with_parent, stop_lab
from workbench.settings import NOTEBOOKS, PACKAGE

PAGES = PACKAGE / "app_pages"
THEMES = ("light", "dark")


def open_app(
    snapshot: str,
    port: int | None = None,
    browser: bool = True,
    theme: str = "light",
    told: Callable[[str], None] = lambda _address: None,
) -> int:
    """Serve the notebooks as pages until stopped; the exit code, 0 when it was stopped by hand.

    `snapshot` (a folder, empty: the example company) reaches the notebooks as WORKBENCH_SNAPSHOT. A free port is taken
    where none is given; `told` hears the address with its token, which nobody else can guess. Raises WorkbenchError for
    a snapshot that is missing, a port that is taken, and where Voila is not installed.
    """
    check_snapshot(snapshot)
    environment = {**os.environ, **({"WORKBENCH_SNAPSHOT": str(Path(snapshot).resolve())} if snapshot else {})}
    wanted, token = free_port(port), secrets.token_hex(24)
    app = start_app(NOTEBOOKS, {**environment, "JUPYTER_TOKEN": token}, wanted, theme)
    address = f"http://127.0.0.1:{wanted}/?token={token}"
    try:
        told(address)
        if browser:
            webbrowser.open(address)
        return app.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        stop_lab(app)


def start_app(
    notebooks: Path, environment: Mapping[str, str], port: int, theme: str = "light"
) -> subprocess.Popen[bytes]:
    """A Voila process on the loopback address, in a process group of its own.

    The token is JUPYTER_TOKEN of the environment, so that no list of processes shows it. Raises WorkbenchError where
    Voila is not installed.
    """
    if not has_voila():
        raise WorkbenchError("The pages are served by Voila, which is not installed.", "pip install voila")
    paths = [str(PAGES), *filter(None, [environment.get("JUPYTER_PATH", "")])]
    command = [
        sys.executable, "-m", "workbench.app", str(notebooks), "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1",
        "--Voila.port_retries=0", "--Voila.auto_token=True", "--Voila.log_level=ERROR", "--template=workbench",
        f"--theme={theme}", "--VoilaConfiguration.classic_tree=True", "--VoilaConfiguration.strip_sources=True",
        # An error of ours is two lines that say the way out; hiding it would leave an empty page.
        "--VoilaConfiguration.show_tracebacks=True",
    ]  # fmt: skip
    own = {**environment, "JUPYTER_PATH": os.pathsep.join(paths)}
    return subprocess.Popen(command, env=own, start_new_session=True)


def has_voila() -> bool:
    """Whether Voila is installed."""
    from importlib.util import find_spec

    return find_spec("voila") is not None


def free_port(wanted: int | None = None) -> int:
    """The port of the loopback address that is asked for, else one that nobody listens on; WorkbenchError if taken."""
    with socket.socket() as listener:
        try:
            listener.bind(("127.0.0.1", wanted or 0))
        except (OSError, OverflowError) as error:
            raise WorkbenchError(f"Port {wanted} is taken or not allowed.", "leave --port out") from error
        port: int = listener.getsockname()[1]
        return port


def serve() -> None:
    """Be the Voila process: end with the parent, then hand over to Voila with the same options."""
    end_with_parent()
    runpy.run_module("voila", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    serve()
