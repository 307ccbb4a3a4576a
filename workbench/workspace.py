"""The folder people work in: the example company, made once, and the snapshot that notebooks open by default."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.settings import PACKAGE, QUERIES, read_settings
from workbench.snapshot import Snapshot, open_snapshot, whole_or_not_at_all


def workspace() -> Path:
    """The workspace folder of the settings: below the project in a checkout, else below the working folder."""
    base = PACKAGE.parent if (PACKAGE.parent / "queries").is_dir() else Path.cwd()
    return base / read_settings().workspace


def example_folder() -> Path:
    """The example company's exports as CSV, one file per canonical table and planted.csv; made once."""
    # Who opens a snapshot of their own needs neither the example company nor what loads it.
    from workbench.example import make_company

    return _made_once(workspace() / f"example-{_example_version()}", make_company)


def example_snapshot() -> Path:
    """The snapshot of the example company; made once."""
    target = workspace() / f"example-{_example_version()}.snapshot"
    if not target.exists():
        from workbench.load import load

        try:
            load([example_folder()], "canonical", target)
        except WorkbenchError:
            # Another kernel may have made it in the meantime.
            if not target.exists():
                raise
    return target


def open(name: str | Path = "") -> Snapshot:  # noqa: A001 - the notebooks say wb.open
    """The snapshot in a folder; without a name that of the settings (WORKBENCH_SNAPSHOT), else the example company's.

    Example:
        >>> snapshot = wb.open("snapshots/2025-03")
    """
    return open_snapshot(name or read_settings().snapshot or example_snapshot())


def _made_once(target: Path, make: Callable[[Path], object]) -> Path:
    if not target.exists():
        try:
            with whole_or_not_at_all(target, "example company") as partial:
                make(partial)
        except (OSError, WorkbenchError):
            if not target.exists():
                raise
    return target


def _example_version() -> str:
    """Changes with everything that decides what the example company and its snapshot look like."""
    seen = hashlib.sha256()
    patterns = (
        "example/**/*.py", "example/**/*.sql", "power/*.py", "sources/**/*.py", "load.py", "schema.py", "snapshot.py",
    )  # fmt: skip
    files = [file for pattern in patterns for file in PACKAGE.glob(pattern)]
    files += [*QUERIES.glob("1_sources/*.sql"), *QUERIES.glob("2_canonical/*.yml")]
    files += [*QUERIES.glob("2_canonical/**/*.sql"), *QUERIES.glob("6_power/**/*.sql")]
    for file in sorted(files):
        seen.update(file.read_bytes())
    return seen.hexdigest()[:8]
