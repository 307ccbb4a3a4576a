"""The notebooks as pages without code, on this machine alone: Voila with what it would ask the outside left out."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import webbrowser
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from workbench.errors import WorkbenchError
from workbench.lab import check_snapshot, end_with_parent, stop_lab
from workbench.language import ENGLISH, html_language, language, say
from workbench.language.notebooks import translated_copies
from workbench.settings import NOTEBOOKS, PACKAGE, read_settings

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
    app = start_app(pages(), {**environment, "JUPYTER_TOKEN": token}, wanted, theme)
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


def pages() -> Path:
    """The notebooks to serve: the project's own, or in another language copies of them in the workspace."""
    if language() == ENGLISH:
        return NOTEBOOKS
    workspace = Path(read_settings().workspace).resolve()
    folder = translated_copies(NOTEBOOKS, workspace / f"pages-{language()}", again=True)
    for file in folder.glob("*.ipynb"):
        notebook = json.loads(file.read_text(encoding="utf-8"))
        # What the browser's tab says.
        notebook["metadata"]["title"] = heading(notebook) or file.stem
        file.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return folder


def heading(notebook: Mapping[str, Any]) -> str:
    """The first heading of a notebook; empty where it has none."""
    prose = ("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    lines = (line for text in prose for line in text.splitlines())
    return next((line.removeprefix("# ").strip() for line in lines if line.startswith("# ")), "")


def words_of_pages(notebooks: Path) -> dict[str, Any]:
    """What the pages around the notebooks say, and in another language than English what each notebook is called."""
    files = [] if language() == ENGLISH else sorted(notebooks.glob("*.ipynb"))
    headings = {file.name: heading(json.loads(file.read_text(encoding="utf-8"))) for file in files}
    return {
        "language": html_language(),
        "intro": say(
            "Each page runs its notebook on the snapshot that this app was started with. Nothing here changes the "
            "data; decisions go to the decision store."
        ),
        "all_pages": say("All pages"),
        "pages": say("Pages"),
        "cell": say("Executing {cell} of {all}"),
        "headings": {name: title for name, title in headings.items() if title},
    }


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
    """Be the Voila process: end with the parent, then hand over to Voila with its options and what its pages say."""
    end_with_parent()
    from traitlets.config import Config
    from voila.app import Voila  # type: ignore[import-untyped]

    words = {"workbench": words_of_pages(Path(sys.argv[1]))}
    spoken = {
        # It takes the first part alone; the template says the whole.
        "HTMLExporter": {"language_code": html_language().split("-")[0]},
        "Voila": {"tornado_settings": {"jinja_template_vars": words}},
        "VoilaConfiguration": {"resources": words},
    }
    Voila.launch_instance(config=Config(spoken))


if __name__ == "__main__":
    serve()
