"""Open an old workbook in a process of its own: a broken one makes its reader ask for all memory, and die."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import python_calamine

SECONDS = 120


def survives(path: Path) -> bool:
    """Whether every sheet of a workbook can be read without harm to the process that reads it."""
    words = [sys.executable, "-m", "workbench.sources.probe", str(path.resolve())]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(words, capture_output=True, timeout=SECONDS, check=False, env=environment)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def read(path: str) -> None:
    """Read every sheet and keep nothing."""
    book = python_calamine.CalamineWorkbook.from_path(path)
    for name in book.sheet_names:
        for _ in book.get_sheet_by_name(name).iter_rows():
            pass


if __name__ == "__main__":
    read(sys.argv[1])
