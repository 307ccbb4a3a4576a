"""Open JupyterLab on the notebooks, with the snapshot set and nothing that asks the outside."""

from __future__ import annotations

import ctypes
import json
import os
import runpy
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.errors import WorkbenchError
from workbench.language import ENGLISH, language
from workbench.language.notebooks import translated_copies
from workbench.settings import NOTEBOOKS, read_settings

OVERRIDES: dict[str, dict[str, Any]] = {
    # Messages of widgets stay on the kernel's main thread, the one that runs the cells.
    "@jupyterlab/apputils-extension:kernels-settings": {"commsOverSubshells": "disabled"},
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
}
# What JupyterLab calls the languages that it has a language pack for; without the pack it stays English itself.
LAB_LOCALES = {"en": "default", "zh_CN": "zh_CN", "ja": "ja_JP"}
PATIENCE = 10
PR_SET_PDEATHSIG = 1


def open_lab(snapshot: str, port: int | None = None, browser: bool = True) -> int:
    """Run JupyterLab on the notebooks until it ends; its exit code, 0 when it was stopped by hand.

    `snapshot` (a folder, empty: the example company) reaches the notebooks as WORKBENCH_SNAPSHOT. A free port is
    taken where none is given. What it started, kernels included, ends with it. Raises WorkbenchError for a snapshot
    folder that is missing.
    """
    check_snapshot(snapshot)
    workspace = Path(read_settings().workspace).resolve()
    environment = {**os.environ, **({"WORKBENCH_SNAPSHOT": str(Path(snapshot).resolve())} if snapshot else {})}
    options = [f"--port={port}"] if port else []
    lab = start_lab(writable_notebooks(workspace), workspace / "lab", environment, *options, browser=browser)
    try:
        return lab.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        stop_lab(lab)


def check_snapshot(snapshot: str) -> None:
    """Raise WorkbenchError where a snapshot is named and there is no such folder."""
    if snapshot and not Path(snapshot).expanduser().is_dir():
        raise WorkbenchError(f"There is no snapshot '{snapshot}'.", "make one: workbench load FOLDER --out SNAPSHOT")


def writable_notebooks(workspace: Path) -> Path:
    """The notebooks to open: the project's own where they can be written and speak English, else a copy.

    A notebook that is in the workspace already is left as it is: someone may have worked on it.
    """
    if language() != ENGLISH:
        return translated_copies(NOTEBOOKS, workspace / f"notebooks-{language()}")
    if os.access(NOTEBOOKS, os.W_OK) and "site-packages" not in NOTEBOOKS.parts:
        return NOTEBOOKS
    folder = workspace / "notebooks"
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted(NOTEBOOKS.glob("*.ipynb")):
        if not (folder / file.name).exists():
            shutil.copyfile(file, folder / file.name)
            (folder / file.name).chmod(0o644)
    return folder


def start_lab(
    notebooks: Path, settings: Path, environment: Mapping[str, str], *options: str, browser: bool = False
) -> subprocess.Popen[bytes]:
    """A JupyterLab process on the loopback address, in a process group of its own; `settings` takes its overrides."""
    settings.mkdir(parents=True, exist_ok=True)
    spoken = {"@jupyterlab/translation-extension:plugin": {"locale": LAB_LOCALES[language()]}}
    (settings / "overrides.json").write_text(json.dumps({**OVERRIDES, **spoken}, indent=2), encoding="utf-8")
    command = [
        sys.executable, "-m", "workbench.lab", str(notebooks),
        "--ServerApp.ip=127.0.0.1", "--LabApp.extension_manager=readonly",
        f"--LabApp.app_settings_dir={settings}", *options, *([] if browser else ["--no-browser"]),
    ]  # fmt: skip
    return subprocess.Popen(command, env=dict(environment), start_new_session=True)


def stop_lab(lab: subprocess.Popen[bytes]) -> None:
    """End a JupyterLab process and all that it started, asking first."""
    for ask in (signal.SIGTERM, signal.SIGKILL):
        if lab.poll() is None:
            _signal_group(lab.pid, ask)
            try:
                lab.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                continue
    _signal_group(lab.pid, signal.SIGKILL)


def _signal_group(group: int, what: signal.Signals) -> None:
    try:
        os.killpg(group, what)
    except ProcessLookupError:
        return


def end_with_parent() -> None:
    """Let this process end when the one that started it does."""
    # Linux alone can promise that a child ends when its parent is killed; elsewhere stop_lab has to do.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def serve() -> None:
    """Be the JupyterLab process: end with the parent, then hand over to JupyterLab with the same options."""
    end_with_parent()
    runpy.run_module("jupyterlab", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    serve()
