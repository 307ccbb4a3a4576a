"""The example company at the size that is measured, made once and kept in the workspace."""

from __future__ import annotations

import hashlib
import shutil
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from workbench.example import make_company
from workbench.settings import PACKAGE
from workbench.snapshot import whole_or_not_at_all
from workbench.workspace import workspace

PIECE = 1 << 24


def company(lines: int) -> Path:
    """The folder of a company of about so many invoice lines, as Parquet; made when it is not there.

    One that an older version made is removed. Raises WorkbenchError for a size the example company cannot have.
    """
    target = workspace() / f"bench-{lines}-{_version()}"
    if not target.exists():
        for old in workspace().glob(f"bench-{lines}-*"):
            shutil.rmtree(old)
        # In a process of its own, so that what it took is free again when the measuring begins.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            pool.submit(_make, target, lines).result()
    return target


def warm(folder: Path) -> int:
    """Read every file once, so that all ways find them in the operating system's cache; returns their bytes."""
    size = 0
    for file in sorted(folder.rglob("*.parquet")):
        with file.open("rb") as stream:
            while piece := stream.read(PIECE):
                size += len(piece)
    return size


def _make(target: Path, lines: int) -> None:
    with whole_or_not_at_all(target, "company") as partial:
        make_company(partial, lines=lines, form="parquet")


def _version() -> str:
    """Changes with everything that decides what the example company looks like."""
    seen = hashlib.sha256()
    for file in sorted(file for file in (PACKAGE / "example").rglob("*") if file.suffix in {".py", ".sql"}):
        seen.update(file.read_bytes())
    return seen.hexdigest()[:8]
