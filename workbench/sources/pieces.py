"""Cut a CSV file into pieces of whole records, hashing it on the way, and find single records of a piece again."""

from __future__ import annotations

import codecs
import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from workbench.sources.cutting import NEWLINE, NOWHERE, QUOTE, RETURN, Cutter, Places, Segment
from workbench.sources.records import (
    LONGEST_RECORD,
    NOT_CLOSED,
    RESCANS,
    Batch,
    after_line,
    shown,
    without_end,
)
from workbench.sources.scan import LONGEST

PIECE = 8 << 20
Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]


class Irregular(Exception):  # noqa: N818 - no fault: it says that a file is to be read in the other, careful way
    """The line ends or bytes of a file do not let it be cut into pieces that are read one by one."""


@dataclass(frozen=True)
class Odd:
    """A record whose quotes or returns are not in order: its number in the piece, and what is wrong with it if so."""

    number: int
    raw: bytes
    problem: str


@dataclass(frozen=True)
class Piece:
    """Whole records as bytes, line ends and blank lines included, and where in the file they begin and how far they go.

    The records of `odd` are not among the bytes, whose quotes are all in order.
    """

    data: bytes
    offset: int
    size: int
    odd: tuple[Odd, ...] = ()

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
        """Its records but the odd ones; None where it has none."""
        return Cutter().take(self.data) if self.data else None


class Pieces:
    """The pieces of a file in their order; after the last one `sha256` and `size` are those of the whole file.

    The first piece begins after `start`, the header's end; raises Irregular where no record ends for too long.
    """

    def __init__(self, file: Path, start: int, delimiter: str) -> None:
        self._file, self._start, self._delimiter = file, start, delimiter
        self._digest = hashlib.sha256()
        self._read_again = 0
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
                piece = self._piece(whole, offset, is_last=False)
                if piece.size:
                    yield piece
                    offset += piece.size
                rest = whole[piece.size :]
                if len(rest) > 2 * LONGEST:
                    raise Irregular
        if rest:
            yield self._piece(rest + b"\n", offset, is_last=True)

    def _piece(self, text: bytes, offset: int, *, is_last: bool) -> Piece:
        end = len(text) if is_last else _last_end(text)
        # A quote that is never closed would keep all that follows waiting.
        if (end or len(text) < LONGEST_RECORD) and is_regular(text[:end], ord(self._delimiter)):
            return Piece(text[:end], offset, end)
        cut = cut_lines(text, self._delimiter, is_last=is_last)
        self._read_again += cut.read_again
        if self._read_again > RESCANS:
            raise Irregular
        return Piece(cut.without_odd(text), offset, cut.end, cut.odd(text))

    def _read(self, block: bytes) -> bytes:
        self._digest.update(block)
        self.size += len(block)
        return block


def is_regular(text: bytes, delimiter: int) -> bool:
    """Whether every quote opens or closes a field or is doubled, and a return outside quotes is before a line's end."""
    text = text if text.endswith(b"\n") else text + b"\n"
    data = np.frombuffer(text, np.uint8)
    quotes = np.flatnonzero(data == QUOTE) if b'"' in text else NOWHERE
    if len(quotes) % 2:
        return False
    if len(quotes) and not (_opens(data, quotes[::2], delimiter) & _closes(data, quotes[1::2], delimiter)).all():
        return False
    if b"\r" not in text:
        return True
    returns = np.flatnonzero(data == RETURN)
    returns = returns[np.searchsorted(quotes, returns) % 2 == 0]
    return bool((data[returns + 1] == NEWLINE).all())


def _opens(data: Bytes, quotes: Places, delimiter: int) -> Mask:
    before = np.where(quotes > 0, data[quotes - 1], NEWLINE)
    found: Mask = (before == delimiter) | (before == NEWLINE) | (before == QUOTE)
    return found


def _closes(data: Bytes, quotes: Places, delimiter: int) -> Mask:
    after = data[quotes + 1]
    found: Mask = (after == delimiter) | (after == NEWLINE) | (after == RETURN) | (after == QUOTE)
    return found


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
class Cut:
    """The records of a text: where each begins and ends (its line end), and how far they go.

    `problems` maps the place of each odd one to what is wrong with it, empty where nothing is.
    """

    starts: Places
    ends: Places
    end: int
    problems: dict[int, str]
    read_again: int

    def odd(self, text: bytes) -> tuple[Odd, ...]:
        """The odd records."""
        return tuple(
            Odd(at + 1, without_end(text[self.starts[at] : self.ends[at] + 1]), said)
            for at, said in self.problems.items()
        )

    def without_odd(self, text: bytes) -> bytes:
        """The text without them."""
        kept, after = [], 0
        for at in self.problems:
            kept.append(text[after : self.starts[at]])
            after = int(self.ends[at]) + 1
        return b"".join([*kept, text[after : self.end]])


def cut_lines(text: bytes, delimiter: str, *, is_last: bool) -> Cut:
    """Cut a text that ends with a line as `records` does: line by line only where quotes or returns are not in order.

    A record that is open at its end is left for the next text, unless this is the last or it is beyond measure.
    """
    data = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero(data == NEWLINE)
    starts = np.concatenate((np.zeros(1, np.int64), ends[:-1] + 1)) if len(ends) else NOWHERE
    record = (ends - starts > 1) | ((ends - starts == 1) & (data[starts] != RETURN))
    stops, end, read_again = ends.copy(), int(ends[-1]) + 1 if len(ends) else 0, 0
    said: dict[int, str] = {}
    after = 0
    for line in np.flatnonzero(_not_alone(data, starts, ends, ord(delimiter))).tolist():
        if line < after:
            continue
        after, problem, seen = _one(text, starts, ends, line, delimiter.encode())
        if after == len(ends) and problem and not is_last and seen < LONGEST_RECORD:
            end, record[line:] = int(starts[line]), False
            break
        read_again += seen if problem else 0
        after = line + 1 if problem else after
        record[line], record[line + 1 : after] = True, False
        stops[line], said[line] = ends[after - 1], problem
    numbers = np.cumsum(record) - 1
    return Cut(starts[record], stops[record], end, {int(numbers[at]): each for at, each in said.items()}, read_again)


def _not_alone(data: Bytes, starts: Places, ends: Places, delimiter: int) -> Mask:
    """Which lines are no record by themselves, or one that only `records` reads for sure."""
    odd = np.zeros(len(ends), np.bool_)
    quotes = np.flatnonzero(data == QUOTE)
    line = np.searchsorted(ends, quotes)
    line, quotes = line[line < len(ends)], quotes[line < len(ends)]
    is_open = (np.arange(len(quotes)) - np.searchsorted(quotes, starts)[line]) % 2 == 0
    odd[line[is_open & ~_opens(data, quotes, delimiter)]] = True
    odd[line[~is_open & ~_closes(data, quotes, delimiter)]] = True
    odd |= np.bincount(line, minlength=len(ends)) % 2 == 1
    returns = np.flatnonzero(data[: ends[-1] + 1 if len(ends) else 0] == RETURN)
    odd[np.searchsorted(ends, returns[data[returns + 1] != NEWLINE])] = True
    return odd


def _one(text: bytes, starts: Places, ends: Places, line: int, delimiter: bytes) -> tuple[int, str, int]:
    """Read one record from the beginning of a line: the line after it, its problem, and how many bytes were seen."""
    state, after = after_line(text[starts[line] : ends[line] + 1], False, delimiter), line + 1
    while state == "inside" and after < len(ends) and ends[after - 1] + 1 - starts[line] < LONGEST_RECORD:
        state, after = after_line(text[starts[after] : ends[after] + 1], True, delimiter), after + 1
    return after, "" if state == "complete" else NOT_CLOSED, int(ends[after - 1] + 1 - starts[line])


@dataclass(frozen=True)
class Place:
    """Where a piece is in its file, the number of its first record, and whether some of its records are odd."""

    offset: int
    size: int
    first: int
    has_odd: bool


def records_at(file: Path, places: list[Place], wanted: Iterable[int], delimiter: str) -> Iterator[str]:
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
                batch = _batch(data if data.endswith(b"\n") else data + b"\n", delimiter, place.has_odd)
            yield shown(batch.at(number - places[at].first))


def _batch(text: bytes, delimiter: str, has_odd: bool) -> Batch:
    cut = cut_lines(text, delimiter, is_last=True) if has_odd else Cutter().take(text)
    if cut is None:
        return Batch(b"", (), ())
    ends = (end - (text[end - 1] == RETURN) for end in cut.ends.tolist())
    return Batch(text, cut.starts.tolist(), ends)


def header_end(file: Path) -> int:
    """Where the first record of a UTF-8 file ends that has lines as they should be; raises Irregular for any other."""
    with file.open("rb") as stream:
        block = stream.read(LONGEST)
    odd = block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)) or b"\0" in block[:2]
    text = block.removeprefix(codecs.BOM_UTF8)
    ended = text if text.endswith(b"\n") or len(block) == LONGEST else text + b"\n"
    segment = None if odd else Cutter().take(ended)
    if b"\n" not in text or segment is None or not len(segment.ends):
        raise Irregular
    return min(len(block) - len(text) + int(segment.ends[0]) + 1, len(block))
