"""Cut a CSV file into pieces of whole records, hashing it on the way, and find single records of a piece again."""

from __future__ import annotations

import codecs
import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workbench.sources.cutting import NEWLINE, NOWHERE, QUOTE, RETURN, Cutter, Places, Segment
from workbench.sources.records import Batch, shown
from workbench.sources.scan import LONGEST

PIECE = 8 << 20


class Irregular(Exception):  # noqa: N818 - no fault: it says that a file is to be read in the other, careful way
    """The quotes, line ends or bytes of a file do not let it be cut into pieces that are read one by one."""


@dataclass(frozen=True)
class Piece:
    """Whole records as bytes, line ends and blank lines included, and where in the file they begin."""

    data: bytes
    offset: int

    @property
    def quotes(self) -> Places:
        """The places of the quotes."""
        return np.flatnonzero(self._bytes == QUOTE) if b'"' in self.data else NOWHERE

    @property
    def lines(self) -> int:
        """How many line ends there are, in quotes or not."""
        return int(np.count_nonzero(self._bytes == NEWLINE))

    @property
    def _bytes(self) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
        return np.frombuffer(self.data, np.uint8)

    def cut(self) -> Segment | None:
        """Its records; None where it has none."""
        return Cutter().take(self.data) if self.data else None

    def check(self, delimiter: int) -> int:
        """Count the carriage returns at the ends of records.

        Raises Irregular for a quote that neither opens nor closes a field nor is doubled, and for a return elsewhere.
        """
        quotes, data = self.quotes, self._bytes
        if len(quotes):
            before = np.where(quotes[::2] > 0, data[quotes[::2] - 1], NEWLINE)
            after = data[quotes[1::2] + 1]
            opens = (before == delimiter) | (before == NEWLINE) | (before == QUOTE)
            closes = (after == delimiter) | (after == NEWLINE) | (after == RETURN) | (after == QUOTE)
            if not (opens.all() and closes.all()):
                raise Irregular
        if b"\r" not in self.data:
            return 0
        returns = np.flatnonzero(data == RETURN)
        returns = returns[np.searchsorted(quotes, returns) % 2 == 0]
        if not (data[returns + 1] == NEWLINE).all():
            raise Irregular
        return len(returns)


class Pieces:
    """The pieces of a file in their order; after the last one `sha256` and `size` are those of the whole file.

    The first piece begins after `start`, the header's end; raises Irregular where no record ends for too long.
    """

    def __init__(self, file: Path, start: int) -> None:
        self._file, self._start = file, start
        self._digest = hashlib.sha256()
        self.size = 0

    @property
    def sha256(self) -> str:
        """SHA-256 of what was read, in hexadecimal."""
        return self._digest.hexdigest()

    def __iter__(self) -> Iterator[Piece]:
        with self._file.open("rb", buffering=0) as stream:
            rest = self._read(stream.read(self._start))[self._start :]
            offset = self._start
            while block := self._read(stream.read(PIECE)):
                whole = rest + block
                end = _last_end(whole)
                if end:
                    yield Piece(whole[:end], offset)
                    offset += end
                rest = whole[end:]
                if len(rest) > LONGEST:
                    raise Irregular
        if rest.count(b'"') % 2:
            raise Irregular
        if rest:
            yield Piece(rest + b"\n", offset)

    def _read(self, block: bytes) -> bytes:
        self._digest.update(block)
        self.size += len(block)
        return block


def _last_end(text: bytes) -> int:
    """Where the last whole record of a text that begins with one ends; 0 where none does."""
    end = text.rfind(b"\n")
    if b'"' not in text:
        return end + 1
    quotes = np.flatnonzero(np.frombuffer(text, np.uint8) == QUOTE)
    while end >= 0 and (before := int(np.searchsorted(quotes, end))) % 2:
        end = text.rfind(b"\n", 0, int(quotes[before - 1]))
    return end + 1


@dataclass(frozen=True)
class Place:
    """Where a piece is in its file, and the number of its first record."""

    offset: int
    size: int
    first: int


def records_at(file: Path, places: list[Place], wanted: Iterable[int]) -> Iterator[str]:
    """The text of the records with these numbers, which ascend; only the pieces that hold one are read."""
    firsts = [place.first for place in places]
    at, batch = -1, Batch(b"", (), ())
    with file.open("rb") as stream:
        for number in wanted:
            found = bisect_right(firsts, number) - 1
            if found != at:
                at, place = found, places[found]
                stream.seek(place.offset)
                data = stream.read(place.size)
                batch = _batch(Piece(data if data.endswith(b"\n") else data + b"\n", place.offset))
            yield shown(batch.at(number - places[at].first))


def _batch(piece: Piece) -> Batch:
    segment = piece.cut()
    if segment is None:
        return Batch(b"", (), ())
    ends = (end - (segment.text[end - 1] == RETURN) for end in segment.ends.tolist())
    return Batch(segment.text, segment.starts.tolist(), ends)


def header_end(file: Path) -> int:
    """Where the first record of a UTF-8 file ends that has lines as they should be; raises Irregular for any other."""
    with file.open("rb") as stream:
        block = stream.read(PIECE)
    odd = block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)) or b"\0" in block[:2]
    text = block.removeprefix(codecs.BOM_UTF8)
    segment = None if odd else Cutter().take(text if text.endswith(b"\n") else text + b"\n")
    if b"\n" not in text or segment is None or not len(segment.ends):
        raise Irregular
    return min(len(block) - len(text) + int(segment.ends[0]) + 1, len(block))
