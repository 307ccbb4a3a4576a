"""Verify an audit pack with the Python standard library alone: python verify.py [PACK]."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import stat
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

MANIFEST = "manifest.json"
LARGEST_MANIFEST = 64 * 1024 * 1024
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Verification:
    """The verdict on one pack: paths of what was changed, is missing or was added, or why it is refused whole."""

    pack: str
    pack_id: str = ""
    files: int = 0
    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    refused: str = ""

    @property
    def holds(self) -> bool:
        """True when every file is as it was when the pack was made, and there is no other."""
        return not (self.refused or self.changed or self.missing or self.added)

    def as_text(self) -> str:
        """The verdict in words, one line per file that differs."""
        return "\n".join(self.lines())

    def as_json(self) -> str:
        """The same as JSON."""
        return json.dumps({"holds": self.holds, **asdict(self)}, indent=2)

    def lines(self) -> list[str]:
        """The same as lines."""
        if self.refused:
            return [f"NOT VERIFIED: {self.refused}"]
        if self.holds:
            return [
                f"VERIFIED: all {self.files} files are as they were when the pack was made.",
                f"Pack id {self.pack_id}",
            ]
        kinds = (("changed", self.changed), ("missing", self.missing), ("added", self.added))
        counts = ", ".join(f"{len(names)} {kind}" for kind, names in kinds if names)
        return [f"NOT VERIFIED: {counts}.", *(f"{kind}: {name!r}" for kind, names in kinds for name in names)]


class RefusedError(Exception):
    """What is there is no pack that could be verified; the message says why."""


@dataclass(frozen=True)
class Entry:
    """One file of a pack: its size in bytes and how to read it."""

    size: int
    open: Callable[[], IO[bytes]]


def examine(pack: Path) -> Verification:
    """Compare a pack, a folder or a zip of one, with its own manifest. What it holds is read, never run or unpacked."""
    try:
        with ExitStack() as stack:
            entries = _zipped(pack, stack) if pack.is_file() else _in_folder(pack)
            manifest = _manifest(entries)
            return _compare(pack.name, entries, manifest)
    except RefusedError as error:
        return Verification(pack.name, refused=str(error))
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        return Verification(pack.name, refused=f"it cannot be read: {error}.")


def _in_folder(folder: Path) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    for path in _walk(folder):
        name, status = path.relative_to(folder).as_posix(), path.lstat()
        if stat.S_ISLNK(status.st_mode):
            raise RefusedError(f"{name!r} is a link, and a pack holds none.")
        if stat.S_ISDIR(status.st_mode):
            entries[name + "/"] = Entry(0, io.BytesIO)
        elif stat.S_ISREG(status.st_mode):
            entries[name] = Entry(status.st_size, lambda path=path: path.open("rb"))  # type: ignore[misc]
        else:
            raise RefusedError(f"{name!r} is neither a file nor a folder.")
    return entries


def _walk(folder: Path) -> Iterator[Path]:
    if folder.is_symlink() or not folder.is_dir():
        raise RefusedError("it is neither a folder nor a zip file.")
    for root, folders, files in os.walk(folder, onerror=_unreadable):
        yield from (Path(root, name) for name in sorted(folders + files))


def _unreadable(error: OSError) -> None:
    raise error


def _zipped(file: Path, stack: ExitStack) -> dict[str, Entry]:
    if not zipfile.is_zipfile(file):
        raise RefusedError("it is neither a folder nor a zip file.")
    archive = stack.enter_context(zipfile.ZipFile(file))
    members = archive.infolist()
    tops = {member.filename.split("/")[0] for member in members}
    if len(tops) != 1:
        raise RefusedError("the zip does not hold exactly one folder.")
    entries: dict[str, Entry] = {}
    for member in members:
        if stat.S_ISLNK(member.external_attr >> 16):
            raise RefusedError(f"{member.filename!r} is a link, and a pack holds none.")
        name = _inside(member.orig_filename).partition("/")[2]
        if name in entries:
            raise RefusedError(f"{name!r} is in the zip twice.")
        entries[name] = Entry(member.file_size, lambda member=member: archive.open(member))  # type: ignore[misc]
    entries.pop("", None)
    return entries


def _inside(name: str) -> str:
    """The name itself; refused where it would lead out of the pack or means another place on another system."""
    parts = name.rstrip("/").split("/")
    if (
        name != name.strip()
        or "\\" in name
        or ":" in name
        or "\0" in name
        or any(part in {"", ".", ".."} for part in parts)
    ):
        raise RefusedError(f"{name!r} is no path inside a pack.")
    return name


def _manifest(entries: dict[str, Entry]) -> dict[str, Any]:
    if MANIFEST not in entries:
        raise RefusedError(f"it has no {MANIFEST}, so it is no pack.")
    if entries[MANIFEST].size > LARGEST_MANIFEST:
        raise RefusedError(f"{MANIFEST} is too large to be one.")
    with entries[MANIFEST].open() as stream:
        content = stream.read(LARGEST_MANIFEST)
    try:
        manifest: dict[str, Any] = json.loads(content.decode("utf-8"), object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"{MANIFEST} is no JSON: {error}.") from error
    files = manifest.get("files") if isinstance(manifest, dict) else None
    if not isinstance(files, dict) or not files or not isinstance(manifest.get("pack_id"), str):
        raise RefusedError(f"{MANIFEST} does not list the files and the id of a pack.")
    for name, entry in files.items():
        _inside(name)
        known = isinstance(entry, dict) and isinstance(entry.get("bytes"), int)
        if name == MANIFEST or not known or not SHA256.fullmatch(str(entry.get("sha256"))):
            raise RefusedError(f"{MANIFEST} does not give size and SHA-256 of {name!r}.")
    return manifest


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands in it twice")
    return found


def _compare(pack: str, entries: dict[str, Entry], manifest: dict[str, Any]) -> Verification:
    listed: dict[str, dict[str, Any]] = manifest["files"]
    folders = {"/".join(name.split("/")[:depth]) + "/" for name in listed for depth in range(1, name.count("/") + 1)}
    here = [name for name in listed if name in entries]
    changed = [name for name in here if _differs(entries[name], listed[name])]
    identity = listed.get("parameters.json", {}).get("sha256")
    if manifest["pack_id"] != identity:
        changed.append(MANIFEST)
    return Verification(
        pack=pack,
        pack_id=manifest["pack_id"],
        files=len(listed),
        changed=tuple(sorted(changed)),
        missing=tuple(sorted(set(listed) - set(here))),
        added=tuple(sorted(set(entries) - set(listed) - folders - {MANIFEST})),
    )


def _differs(entry: Entry, listed: dict[str, Any]) -> bool:
    if entry.size != listed["bytes"]:
        return True
    found = hashlib.sha256()
    try:
        with entry.open() as stream:
            while piece := stream.read(1 << 20):
                found.update(piece)
    except zipfile.BadZipFile:
        return True
    return found.hexdigest() != str(listed["sha256"])


def main(arguments: list[str]) -> int:
    """Exit code 0: verified. 1: not."""
    verdict = examine(Path(arguments[0]) if arguments else Path(__file__).resolve().parent)
    sys.stdout.write(verdict.as_text() + "\n")
    return 0 if verdict.holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
