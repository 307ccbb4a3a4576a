"""What is dear to make is made once for all processes that run tests at the same time."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Path]) -> Path:
    """What `make` makes in a folder of that name, by the first process that asks; the others wait for it."""
    base = factory.getbasetemp()
    place = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / name
    with _locked(place.with_name(f"{place.name}.lock")):
        told = place / "made.txt"
        if not told.is_file():
            place.mkdir()
            told.write_text(str(make(place)), encoding="utf-8")
        return Path(told.read_text(encoding="utf-8"))


class _locked:  # noqa: N801 - it reads as a word
    """One process at a time, by a file that goes with its holder."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __enter__(self) -> None:
        self.stream = self.file.open("w", encoding="utf-8")
        if os.name == "posix":
            import fcntl

            fcntl.flock(self.stream, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self.stream.close()
