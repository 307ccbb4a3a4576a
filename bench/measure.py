"""Measure one way of answering one control: a fresh process, its seconds, its peak memory, its findings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parent.parent
PATIENCE = 1800.0


@dataclass(frozen=True)
class Task:
    """What to measure: a way (one of WAYS) of answering a control on a snapshot, `memory` bytes allowed (0: any)."""

    way: str
    control_id: str
    folder: str
    as_of: str
    own: dict[str, Any]
    memory: int = 0


@dataclass(frozen=True)
class Measurement:
    """What came out: seconds, peak memory in bytes, findings (None for a scan), or the problem that ended it."""

    seconds: float = 0.0
    peak: int = 0
    findings: int | None = None
    problem: str = ""


def allowance() -> int:
    """Bytes a measurement may take: four fifths of the machine's memory, what DuckDB allows itself."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * 4 // 5


def measure(task: Task, runs: int = 1, patience: float = PATIENCE) -> Measurement:
    """The quickest of some runs, each in a process of its own; the first problem ends them."""
    best = Measurement(problem="not run")
    for _ in range(runs):
        found = _apart(task, patience)
        if found.problem:
            return found
        if best.problem or found.seconds < best.seconds:
            best = found
    return best


def _apart(task: Task, patience: float) -> Measurement:
    command = [sys.executable, "-m", "bench.child", json.dumps(asdict(task))]
    # A process that is killed cannot remove what it spilled to disk.
    with TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as spill:
        place = {**os.environ, "TMPDIR": spill}
        try:
            done = subprocess.run(
                command, cwd=ROOT, env=place, capture_output=True, text=True, timeout=patience, check=False
            )
        except subprocess.TimeoutExpired:
            return Measurement(problem=f"stopped after {patience:.0f} s")
    if done.returncode == 0:
        return Measurement(**json.loads(done.stdout))
    return Measurement(problem=_problem(done.returncode, done.stderr))


def _problem(code: int, stderr: str) -> str:
    """Why a process ended badly, in few words: out of memory, killed, or the last thing it said."""
    said = [line for line in stderr.splitlines() if line.strip() and not line.startswith(" ")]
    last = said[-1] if said else ""
    if any(word in stderr for word in ("MemoryError", "ArrowMemoryError", "OutOfMemory", "bad_alloc", "Out of Memory")):
        return f"out of memory: {last}"
    if code < 0:
        return f"killed by signal {-code}, which is how a machine out of memory ends a process"
    return last or f"ended with {code}"
