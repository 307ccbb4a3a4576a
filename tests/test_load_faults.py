"""A load that is killed, or finds the disk full, leaves nothing that looks finished; run again, it completes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workbench.check import check
from workbench.example import make_company
from workbench.snapshot import open_snapshot

PROGRAM = Path(sys.executable).parent / "workbench"
LATEST = 6.0
HELD = """import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
os.execv(sys.argv[2], sys.argv[2:])
"""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faults") / "company"
    make_company(folder, lines=20_000, form="csv")
    (folder / "planted.csv").unlink()
    return folder


def start(company: Path, out: Path, limit: int = 0) -> subprocess.Popen[str]:
    """A load in a process of its own, which may write no file of more than `limit` bytes (0: any)."""
    command = [str(PROGRAM), "load", str(company), "--out", str(out)]
    if limit:
        command = [sys.executable, "-c", HELD, str(limit), *command]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def is_whole(out: Path) -> bool:
    return check(open_snapshot(out)).holds


@pytest.mark.prove
def test_a_load_that_is_killed_leaves_no_snapshot_and_completes_when_run_again(company: Path, tmp_path: Path) -> None:
    out, moments = tmp_path / "snapshot", random.Random(4)
    killed = 0
    for _ in range(6):
        running = start(company, out)
        time.sleep(moments.uniform(0.1, LATEST))
        running.send_signal(signal.SIGKILL)
        running.communicate()
        if out.exists():
            # It was finished before the signal came: then it is whole.
            assert is_whole(out)
            out.rename(tmp_path / f"whole-{killed}")
        killed += running.returncode == -signal.SIGKILL
    assert killed
    done = start(company, out)
    assert "accepted" in done.communicate()[0]
    assert done.returncode == 0
    assert is_whole(out)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("limit", [1, 4_096, 100_000, 400_000])
def test_a_load_that_finds_no_space_says_so_and_leaves_nothing(limit: int, company: Path, tmp_path: Path) -> None:
    out = tmp_path / "snapshot"
    running = start(company, out, limit)
    _, said = running.communicate()
    assert running.returncode == 2, said
    assert "Traceback" not in said
    assert "Fix: " in said
    assert list(tmp_path.iterdir()) == []


def test_what_another_load_has_begun_is_left_alone(company: Path, tmp_path: Path) -> None:
    other = tmp_path / f".snapshot.partial-{os.getpid()}-x"
    other.mkdir()
    done = start(company, tmp_path / "snapshot")
    done.communicate()
    assert done.returncode == 0
    assert other.is_dir()
