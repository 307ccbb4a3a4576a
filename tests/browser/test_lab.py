"""JupyterLab as workbench lab starts it: it answers on this machine alone and ends with whoever started it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.browser.harness import wait_for
from workbench.app import free_port
from workbench.errors import WorkbenchError
from workbench.lab import open_lab, start_lab, stop_lab, writable_notebooks
from workbench.settings import NOTEBOOKS

STARTER = """
import os, sys
from pathlib import Path
from workbench.lab import start_lab
lab = start_lab(Path(sys.argv[1]), Path(sys.argv[1]) / "lab", os.environ, f"--port={sys.argv[2]}", "--allow-root",
                "--IdentityProvider.token=")
lab.wait()
"""


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def falls_silent(port: int) -> bool:
    """Whether nobody listens on a port any more, within half a minute."""
    for _ in range(150):
        if not answers(port):
            return True
        time.sleep(0.2)
    return False


def test_stopping_ends_the_server(tmp_path: Path) -> None:
    port = free_port()
    lab = start_lab(
        tmp_path, tmp_path / "lab", os.environ, f"--port={port}", "--allow-root", "--IdentityProvider.token="
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/api", lab)
    finally:
        stop_lab(lab)
    assert lab.poll() is not None
    assert falls_silent(port)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child whose parent was killed")
def test_the_server_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    port = free_port()
    starter = subprocess.Popen([sys.executable, "-c", STARTER, str(tmp_path), str(port)])
    try:
        wait_for(f"http://127.0.0.1:{port}/api", starter)
    finally:
        starter.send_signal(signal.SIGKILL)
        starter.wait()
    assert falls_silent(port)


def test_a_snapshot_that_is_not_there_is_said_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match="workbench load"):
        open_lab(str(tmp_path / "nothing"))


def test_notebooks_of_a_checkout_are_opened_in_place(tmp_path: Path) -> None:
    assert writable_notebooks(tmp_path) == NOTEBOOKS


def test_notebooks_that_cannot_be_written_are_copied_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / "site-packages" / "notebooks"
    installed.mkdir(parents=True)
    (installed / "0_start_here.ipynb").write_text("{}", encoding="utf-8")
    monkeypatch.setattr("workbench.lab.NOTEBOOKS", installed)
    copy = writable_notebooks(tmp_path / "workspace") / "0_start_here.ipynb"
    copy.write_text('{"mine": 1}', encoding="utf-8")
    assert writable_notebooks(tmp_path / "workspace") == copy.parent
    assert copy.read_text(encoding="utf-8") == '{"mine": 1}'
