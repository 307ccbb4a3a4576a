"""One pass over a file's bytes: its hash, its encoding, and how many records it holds by its quotes."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from workbench.errors import WorkbenchError
from workbench.sources.cutting import NEWLINE, QUOTE, RETURN, Cutter, Segment

BLOCK = 1 << 18
LONGEST = 16 << 20
# A lone surrogate is invalid UTF-8, so a record that holds one is rejected; the bytes themselves follow as \xNN.
UNREADABLE = "\udcff"
TRIED = ("gb18030", "shift_jis", "cp1252")


@dataclass(frozen=True)
class Scan:
    """What one pass tells. `plain` holds the same records in UTF-8: the file itself, or a copy of it.

    `records` counts neither header nor blank lines and holds only where `clean` is true: every quote opens or
    closes a field or is doubled, lines end alike, all is UTF-8 and no byte is NUL. So does `delimiters`, the count of
    those outside quotes, with the header's.
    """

    plain: Path
    sha256: str
    size: int
    encoding: str
    clean: bool
    records: int
    delimiters: int
    multiline: bool
    line_end: bytes


class Hashed(io.RawIOBase):
    """A file that is hashed and counted as it is read."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self.digest = hashlib.sha256()
        self.count = 0

    def readable(self) -> bool:
        """True: this is for reading."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fill a buffer from the file."""
        view = memoryview(cast("bytearray", buffer))
        size = self._file.readinto(view) or 0
        self.digest.update(view[:size])
        self.count += size
        return size

    def close(self) -> None:
        """Close the file too."""
        self._file.close()
        super().close()


def scan(
    path: Path, copy: Path, *, delimiter: str, encoding: str, progress: Callable[[int, int], None] | None = None
) -> Scan:
    """Read a CSV file once; write `copy` where the file is compressed or not UTF-8.

    Raises WorkbenchError for broken compression, a wrong encoding or lines without end.
    """
    hashed = Hashed(path)
    size = path.stat().st_size
    with io.BufferedReader(hashed, BLOCK) as stream:
        compressed = path.name.lower().endswith(".gz")
        unpacked = cast("BinaryIO", gzip.GzipFile(fileobj=stream)) if compressed else stream
        blocks = _read(unpacked, path)
        first = next(blocks, b"")
        encoding = encoding or _marked(first, path.name)
        inner = _recoded(first, blocks, encoding, path.name) if encoding else _joined(first, blocks)
        shape = Shape(ord(delimiter))
        with copy.open("wb") if compressed or encoding else nullcontext() as out:
            for block in inner:
                if out:
                    out.write(block)
                shape.take(block)
                if progress:
                    progress(hashed.count, size)
        shape.finish()
    plain = copy if compressed or encoding else path
    shape.refuse(path.name, plain, encoding)
    return Scan(
        plain=plain,
        sha256=hashed.digest.hexdigest(),
        size=hashed.count,
        encoding=encoding or "utf-8",
        clean=shape.clean,
        records=max(shape.records - 1, 0),
        delimiters=shape.delimiters,
        multiline=shape.multiline,
        line_end=shape.line_end,
    )


def _read(stream: BinaryIO, path: Path) -> Iterator[bytes]:
    try:
        while block := stream.read(BLOCK):
            yield block
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise WorkbenchError(f"{path.name} is cut short or is no gzip file.", "export or copy it again") from error


def _joined(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _marked(first: bytes, name: str) -> str:
    """The encoding that a byte order mark names; empty for UTF-8, with its mark or without."""
    if first.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in first[:2]:
        ending = "le" if first[1:2] == b"\0" else "be"
        raise WorkbenchError(f"{name} is UTF-16 without a mark that says so.", f"--encoding utf-16-{ending}")
    return ""


def _show_bytes(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    seen = "".join(f"\\x{byte:02x}" for byte in error.object[error.start : error.end])
    return UNREADABLE + seen, error.end


codecs.register_error("workbench.show_bytes", _show_bytes)


def _recoded(first: bytes, rest: Iterator[bytes], encoding: str, name: str) -> Iterator[bytes]:
    """The same text as UTF-8; a character that cannot be read becomes UNREADABLE and its bytes."""
    try:
        decoder = codecs.getincrementaldecoder(encoding)("workbench.show_bytes")
        b"".decode(encoding)
    except LookupError as error:
        raise WorkbenchError(f"There is no encoding '{encoding}'.", "try gb18030, shift_jis or cp1252") from error
    try:
        for block in _joined(first, rest):
            yield decoder.decode(block).encode("utf-8", "surrogatepass")
        yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")
    except UnicodeError as error:
        ends = f", or {encoding}-le and {encoding}-be where it has no mark" if encoding[-2:] in {"16", "32"} else ""
        raise WorkbenchError(
            f"{name} cannot be read as {encoding}: {str(error)[:120]}.", f"name another --encoding{ends}"
        ) from error


class Shape:
    """Looks at every byte: whether the structure is clean, how many records, which lines are not UTF-8."""

    def __init__(self, delimiter: int) -> None:
        self.clean, self.multiline = True, False
        self.records = self.delimiters = self.lines = self.bad_lines = self.first_bad = 0
        self.line_end = b""
        self._delimiter = delimiter
        self._returns = self._line_ends = 0
        self._cutter = Cutter()

    def take(self, block: bytes) -> None:
        """Look at the next block."""
        if not self.line_end:
            block = block.removeprefix(codecs.BOM_UTF8)
            old_mac = b"\n" not in block and b"\r" in block
            self.line_end, self._cutter.end = (b"\r", RETURN) if old_mac else (b"\n", NEWLINE)
            self.clean = not old_mac
        segment = self._cutter.take(block)
        if segment:
            self._look(segment)
        elif self._cutter.waiting > LONGEST:
            if not self._cutter.quotes:
                raise WorkbenchError(
                    f"Line {self.lines + 1} is longer than {LONGEST >> 20} MB, so this is no table of text.",
                    "export it again as CSV",
                )
            self._give_up()

    def finish(self) -> None:
        """Look at what is left after the last block."""
        segment = self._cutter.finish()
        if segment:
            self._look(segment)
        self.clean = self.clean and self._returns in (0, self._line_ends)

    def _give_up(self) -> None:
        self.clean, self._cutter.quotes = False, False

    def _look(self, segment: Segment) -> None:
        text = segment.text
        if self.clean and not self._is_regular(segment):
            self._give_up()
        self.records += len(segment.ends)
        self._line_ends += segment.line_ends
        self.multiline = self.multiline or segment.lines > segment.line_ends
        if b"\0" in text:
            self.clean = False
        if not _is_utf8(text):
            self.clean = False
            self._count_bad_lines(text)
        self.lines += segment.lines

    def _is_regular(self, segment: Segment) -> bool:
        data, quotes = np.frombuffer(segment.text, np.uint8), segment.quotes
        if len(quotes) % 2:
            return False
        self.delimiters += segment.text.count(self._delimiter)
        if len(quotes):
            self.delimiters -= b"".join(segment.text.split(b'"')[1::2]).count(self._delimiter)
            before = np.where(quotes[::2] > 0, data[quotes[::2] - 1], NEWLINE)
            after = data[quotes[1::2] + 1]
            opens = (before == self._delimiter) | (before == NEWLINE) | (before == QUOTE)
            closes = (after == self._delimiter) | (after == NEWLINE) | (after == RETURN) | (after == QUOTE)
            if not (opens.all() and closes.all()):
                return False
        if b"\r" in segment.text:
            returns = np.flatnonzero(data == RETURN)
            returns = returns[np.searchsorted(quotes, returns) % 2 == 0]
            self._returns += len(returns)
            return bool((data[returns + 1] == NEWLINE).all())
        return True

    def _count_bad_lines(self, text: bytes) -> None:
        for number, line in enumerate(text.split(self.line_end)):
            if not _is_utf8(line):
                self.bad_lines += 1
                self.first_bad = self.first_bad or self.lines + number + 1

    def refuse(self, name: str, plain: Path, encoding: str) -> None:
        """Raise WorkbenchError where so much cannot be read that the encoding must be another one."""
        if self.bad_lines * 100 <= self.lines:
            return
        fitting = [] if encoding else [tried for tried in TRIED if _decodes(plain, tried)]
        fits = f"; {', '.join(fitting)} can read it" if fitting else ""
        raise WorkbenchError(
            f"{name} is not {encoding or 'UTF-8'}: {self.bad_lines:,} of {self.lines:,} lines, the first is line "
            f"{self.first_bad}{fits}.",
            f"--encoding {fitting[0]}" if fitting else "name the encoding it was exported in: --encoding NAME",
        )


def _is_utf8(text: bytes) -> bool:
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _decodes(file: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with file.open("rb") as stream:
            while block := stream.read(BLOCK):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
