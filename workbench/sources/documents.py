"""The documents of an input: files of folders and members of archives, each read once, hashed and never unpacked."""

from __future__ import annotations

import gzip
import hashlib
import io
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from workbench.errors import WorkbenchError

HEAD = 1 << 16
MOST_BYTES = 8 << 30
MOST_MEMBERS = 1_000_000
MOST_RATIO = 250
ALWAYS_FINE = 64 << 20
DAMAGED = (zipfile.BadZipFile, gzip.BadGzipFile, EOFError, NotImplementedError, RuntimeError, zlib.error)


@dataclass(frozen=True)
class Document:
    """One document: a file, or a member of an archive. `name` is what every row read from it carries as _source.

    `packed` is how many bytes it takes where it lies.
    """

    path: Path
    name: str
    packed: int
    member: str = ""


class Opener:
    """Opens documents one after another; an archive stays open while its members follow each other."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._archive: zipfile.ZipFile | None = None

    @contextmanager
    def open(self, document: Document) -> Iterator[Bounded]:
        """A document's bytes; raises WorkbenchError where they cannot be unpacked, or to far too much."""
        try:
            with self._stream(document) as stream:
                yield Bounded(stream, document.name, document.packed)
        except DAMAGED as error:
            raise WorkbenchError(
                f"{document.name} cannot be unpacked.", "send or copy it again, without a password"
            ) from error

    def _stream(self, document: Document) -> BinaryIO:
        if document.member:
            if self._archive is None or self._path != document.path:
                self.close()
                self._path, self._archive = document.path, zipfile.ZipFile(document.path)
            return cast("BinaryIO", self._archive.open(document.member))
        if document.path.suffix.lower() == ".gz":
            return cast("BinaryIO", gzip.open(document.path))
        return document.path.open("rb")

    def close(self) -> None:
        """Close the archive that is open."""
        if self._archive:
            self._archive.close()
            self._archive = None


class Bounded(io.RawIOBase):
    """A stream that hashes and counts what is read, and ends with an error where it unpacks to far too much."""

    def __init__(self, stream: BinaryIO, name: str, packed: int) -> None:
        self._stream, self._name = stream, name
        self._limit = min(MOST_BYTES, max(ALWAYS_FINE, packed * MOST_RATIO))
        self._digest = hashlib.sha256()
        self.count = 0

    def readable(self) -> bool:
        """True: this is for reading."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fill a buffer."""
        view = memoryview(cast("bytearray", buffer))
        block = self._stream.read(len(view))
        self.count += len(block)
        if self.count > self._limit:
            raise WorkbenchError(
                f"{self._name} unpacks to more than {self._limit >> 20} MB, far more than it should.",
                "unpack it and look at what it holds",
            )
        self._digest.update(block)
        view[: len(block)] = block
        return len(block)

    def drain(self) -> str:
        """Read what a reader has left unread; the SHA-256 of the whole."""
        block = bytearray(1 << 20)
        while self.readinto(block):
            continue
        return self._digest.hexdigest()


def documents(inputs: Sequence[Path]) -> list[Document]:
    """Every document of files, folders (with the folders in them) and .zip archives, in the order of their names.

    Raises WorkbenchError for an input that does not exist, two documents of one name and an archive nobody should
    trust.
    """
    found: dict[str, Document] = {}
    for given in inputs:
        for path, name in _files(given):
            for document in _members(path, name) if path.suffix.lower() == ".zip" else [_file(path, name)]:
                if document.name in found:
                    raise WorkbenchError(
                        f"Two of the documents are named {document.name}.", "rename one, so that rows can be traced"
                    )
                found[document.name] = document
    return [found[name] for name in sorted(found)]


def _files(given: Path) -> Iterator[tuple[Path, str]]:
    if not given.exists():
        raise WorkbenchError(f"There is no source '{given}'.", "give a folder or file that exists")
    if not given.is_dir():
        yield given, given.name
        return
    for path in sorted(given.rglob("*")):
        name = path.relative_to(given)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            yield path, name.as_posix()


def _file(path: Path, name: str) -> Document:
    return Document(path, name, path.stat().st_size)


def _members(path: Path, name: str) -> Iterator[Document]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except DAMAGED as error:
        raise WorkbenchError(f"{name} is no archive that can be read.", "send or copy it again") from error
    if len(members) > MOST_MEMBERS:
        raise WorkbenchError(f"{name} holds {len(members):,} files.", f"split it; at most {MOST_MEMBERS:,} are read")
    for member in members:
        parts = PurePosixPath(member.filename.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or ":" in parts.parts[0]:
            raise WorkbenchError(
                f"{name} holds a file that climbs out of its folder: {member.filename[:80]!r}.", "do not trust it"
            )
        if stat.S_ISLNK(member.external_attr >> 16):
            raise WorkbenchError(f"{name} holds a link, {member.filename[:80]!r}.", "pack the file itself")
        if not member.is_dir() and not parts.name.startswith(".") and parts.parts[0] != "__MACOSX":
            yield Document(path, f"{name}/{parts.as_posix()}", member.compress_size, member.filename)
