"""A snapshot: the canonical tables as Parquet, what was rejected, where it came from, and a manifest of it all."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from workbench.engine.duck import parquet_files
from workbench.errors import WorkbenchError
from workbench.schema import tables

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Snapshot:
    """A folder that is never changed after it was written."""

    folder: Path

    @cached_property
    def tables(self) -> dict[str, list[str]]:
        """The canonical tables that are there, each with the canonical columns it has."""
        found = {}
        for name, table in tables().items():
            files = parquet_files(self.folder, name)
            if files:
                present = set(pq.read_schema(files[0]).names)
                found[name] = [column for column in table.columns if column in present]
        return found

    def rows(self, name: str) -> int:
        """Rows of one table, from the Parquet footers; 0 where it is absent."""
        return sum(pq.read_metadata(file).num_rows for file in parquet_files(self.folder, name))

    @cached_property
    def sources(self) -> dict[str, Any]:
        """What sources.json says of every input; empty where there is none."""
        file = self.folder / "sources.json"
        return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the manifest: one number for all that the snapshot holds."""
        file = self.folder / MANIFEST
        return sha256(file) if file.is_file() else digest(manifest_of(self.folder))


def open_snapshot(folder: str | Path) -> Snapshot:
    """The snapshot in a folder.

    Raises WorkbenchError when the folder is missing or holds no canonical table.
    """
    path = Path(folder).expanduser().resolve()
    if not path.is_dir():
        raise WorkbenchError(f"There is no snapshot '{folder}'.", "make one: workbench load FOLDER --out SNAPSHOT")
    snapshot = Snapshot(path)
    if not snapshot.tables:
        raise WorkbenchError(
            f"'{folder}' holds no canonical table as Parquet, so it is no snapshot.",
            f"make one: workbench load {folder} --system canonical --out SNAPSHOT",
        )
    return snapshot


def sha256(file: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal, read in pieces."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digest(value: object) -> str:
    """SHA-256 of a value's canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def canonical_json(value: object) -> str:
    """JSON that is the same bytes for the same value: sorted keys, two blanks, one closing newline."""
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def manifest_of(folder: Path) -> dict[str, dict[str, Any]]:
    """SHA-256 and size of every file below a folder but the manifest itself, by path with forward slashes."""
    files = (file for file in sorted(folder.rglob("*")) if file.is_file() and file != folder / MANIFEST)
    return {
        file.relative_to(folder).as_posix(): {"sha256": sha256(file), "bytes": file.stat().st_size} for file in files
    }


def write_manifest(folder: Path, **more: object) -> None:
    """Write manifest.json: every file with hash and size, and what else is to be said."""
    (folder / MANIFEST).write_text(canonical_json({"files": manifest_of(folder), **more}), encoding="utf-8")


def read_manifest(folder: Path) -> dict[str, dict[str, Any]]:
    """The files that a manifest lists, with hash and size.

    Raises WorkbenchError when it is not there or is no manifest.
    """
    try:
        files: dict[str, dict[str, Any]] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
    except FileNotFoundError as error:
        raise WorkbenchError(f"'{folder}' has no {MANIFEST}.", "make the snapshot again") from error
    except (ValueError, KeyError, TypeError) as error:
        raise WorkbenchError(f"{MANIFEST} in '{folder}' is no manifest: {error}.", "make the snapshot again") from error
    return files


def _remove_left_over(target: Path) -> None:
    """Remove what a process that was killed had begun for the same target."""
    for partial in target.parent.glob(f".{glob.escape(target.name)}.partial-*-*"):
        process = partial.name.removeprefix(f".{target.name}.partial-").split("-")[0]
        if process.isdecimal() and not _is_running(int(process)):
            shutil.rmtree(partial, ignore_errors=True)


def _is_running(process: int) -> bool:
    """Whether a process of this number is there, as far as this system can be asked without doing it harm."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def whole_or_not_at_all(target: Path, kind: str) -> Iterator[Path]:
    """A folder to fill, beside `target`, that takes its name when all went well and goes when not.

    Raises WorkbenchError when `target` exists: a finished snapshot or pack is never changed.
    """
    if target.exists():
        raise WorkbenchError(f"'{target}' exists already and a {kind} is never changed.", "choose another --out")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_left_over(target)
        partial = Path(tempfile.mkdtemp(prefix=f".{target.name}.partial-{os.getpid()}-", dir=target.parent))
    except OSError as error:
        raise WorkbenchError(f"No {kind} can be written to '{target}': {error.strerror}.", "choose --out") from error
    try:
        yield partial
        partial.chmod(0o755)
        partial.replace(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
