"""The documents of an input: files of folders and members of archives, each read once, hashed and never unpacked."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import stat
import struct
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
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2}
# What zipfile, gzip and what they unpack with raise for bytes that somebody else made.
DAMAGED = (
    zipfile.BadZipFile,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True)
class Document:
    """One document: a file, or a member of an archive. `name` is what every row read from it carries as _source.

    `packed` is how many bytes it takes where it lies; `problem` is why an archive among other files holds no document.
    """

    path: Path
    name: str
    packed: int
    member: str = ""
    problem: str = ""


class Opener:
    """Opens documents one after another; an archive stays open while its members follow each other."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._archive: zipfile.ZipFile | None = None

    @contextmanager
    def open(self, document: Document) -> Iterator[Bounded]:
        """A document's bytes; raises WorkbenchError where they cannot be read or unpacked, or to far too much."""
        if document.problem:
            raise WorkbenchError(document.problem)
        try:
            stream = self._stream(document)
        except DAMAGED as error:
            raise _unreadable(document.name, error) from error
        with stream:
            yield Bounded(stream, document.name, document.packed)

    def _stream(self, document: Document) -> BinaryIO:
        if document.member:
            if self._archive is None or self._path != document.path:
                self.close()
                self._path, self._archive = document.path, zipfile.ZipFile(document.path)
            member = self._archive.getinfo(document.member)
            if member.compress_type not in METHODS:
                raise NotImplementedError
            return cast("BinaryIO", self._archive.open(member))
        if document.path.suffix.lower() == ".gz":
            return cast("BinaryIO", gzip.open(document.path))
        return document.path.open("rb")

    def close(self) -> None:
        """Close the archive that is open."""
        if self._archive:
            self._archive.close()
            self._archive = None


def _unreadable(name: str, error: Exception) -> WorkbenchError:
    if isinstance(error, OSError) and error.errno and error.strerror:
        return WorkbenchError(f"{name} cannot be read: {error.strerror}.", "look at its permissions")
    return WorkbenchError(f"{name} cannot be unpacked.", "send or copy it again, without a password")


class Bounded(io.RawIOBase):
    """A stream that hashes and counts what is read, and ends with an error where it is damaged or unpacks to far more.

    Only reading is watched: what goes wrong with the records is no damage of the document.
    """

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
        try:
            block = self._stream.read(len(view))
        except DAMAGED as error:
            raise _unreadable(self._name, error) from error
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

    An archive in a folder that cannot be read is a document with a problem. Raises WorkbenchError for an input that
    does not exist, two documents of one name and an archive nobody should trust.
    """
    found: dict[str, Document] = {}
    for given in inputs:
        for path, name in _files(given):
            for document in (
                _members(path, name, alone=path == given) if path.suffix.lower() == ".zip" else [_file(path, name)]
            ):
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
        if path.is_file() and not _is_hidden(name.parts):
            yield path, name.as_posix()


def _is_hidden(parts: tuple[str, ...]) -> bool:
    return parts[0] == "__MACOSX" or any(part.startswith(".") for part in parts)


def _file(path: Path, name: str) -> Document:
    return Document(path, _plain(name), path.stat().st_size)


def _plain(name: str) -> str:
    """A name that every file can hold: a byte that is no text is written as \\udcNN."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _members(path: Path, name: str, *, alone: bool) -> Iterator[Document]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
    except DAMAGED as error:
        problem = WorkbenchError(f"{name} is no archive that can be read.", "send or copy it again")
        if alone:
            raise problem from error
        yield Document(path, _plain(name), path.stat().st_size, problem=problem.problem)
        return
    _distrust(name, path.stat().st_size, members)
    for member in members:
        parts = PurePosixPath(member.filename.replace("\\", "/"))
        if not _is_hidden(parts.parts):
            yield Document(path, _plain(f"{name}/{parts.as_posix()}"), member.compress_size, member.filename)


def _distrust(name: str, size: int, members: list[zipfile.ZipInfo]) -> None:
    """Raise WorkbenchError for an archive that unpacks to far too much, climbs out of its folder or holds links."""
    if len(members) > MOST_MEMBERS:
        raise WorkbenchError(f"{name} holds {len(members):,} files.", f"split it; at most {MOST_MEMBERS:,} are read")
    unpacked = sum(member.file_size for member in members)
    if unpacked > max(ALWAYS_FINE, size * MOST_RATIO):
        raise WorkbenchError(
            f"{name} unpacks to {unpacked >> 20:,} MB, far more than it should.", "unpack it and look at what it holds"
        )
    for member in members:
        parts = PurePosixPath(member.filename.replace("\\", "/"))
        if not parts.parts or parts.is_absolute() or ".." in parts.parts or re.match("[A-Za-z]:", parts.parts[0]):
            raise WorkbenchError(
                f"{name} holds a file that climbs out of its folder: {member.filename[:80]!r}.", "do not trust it"
            )
        if stat.S_ISLNK(member.external_attr >> 16):
            raise WorkbenchError(f"{name} holds a link, {member.filename[:80]!r}.", "pack the file itself")
