"""Verify a pack: the code that is copied into every pack, behind an error for a path that is not there."""

from __future__ import annotations

from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.pack.verify_standalone import Verification, examine


def verify(pack: str | Path) -> Verification:
    """The verdict on a pack, a folder or the zip of one; names every changed, missing and added file.

    Raises WorkbenchError when there is nothing at that path.
    """
    path = Path(pack).expanduser()
    if not path.exists() and not path.is_symlink():
        raise WorkbenchError(
            f"There is no pack '{pack}'.", "make one: workbench review SNAPSHOT --period YYYY-MM --out DIR"
        )
    return examine(path)
