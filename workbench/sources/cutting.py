"""Cut blocks of bytes into whole records by the parity of their quotes, at the speed of the disk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

NEWLINE, RETURN, QUOTE = 10, 13, 34
Places = npt.NDArray[np.int64]
NOWHERE: Places = np.empty(0, np.int64)


@dataclass(frozen=True)
class Segment:
    """Whole records: their bytes, and where each begins and ends (the line end is at `ends`), blank lines left out.

    `lines` counts every line end, `line_ends` those outside quotes; `quotes` are the places of the quotes.
    """

    text: bytes
    starts: Places
    ends: Places
    lines: int
    line_ends: int
    quotes: Places


class Cutter:
    """Cuts blocks into segments of whole records by the parity of quotes; by lines where `quotes` is off."""

    def __init__(self, end: int = NEWLINE, quotes: bool = True) -> None:
        self.end = end
        self.quotes = quotes
        self._rest = b""

    def take(self, block: bytes) -> Segment | None:
        """The whole records of what was not yet cut and this block; None where no record ends."""
        buffer = self._rest + block
        segment = self._cut(buffer)
        self._rest = buffer[len(segment.text) :] if segment else buffer
        return segment

    @property
    def waiting(self) -> int:
        """How many bytes wait for their record to end."""
        return len(self._rest)

    def finish(self) -> Segment | None:
        """What is left, a last line without its end; None where nothing is."""
        text, self._rest = self._rest, b""
        if not text:
            return None
        whole = text + bytes([self.end])
        data = np.frombuffer(whole, np.uint8)
        starts, ends = _not_blank(data, np.array([len(text)], np.int64))
        return Segment(whole, starts, ends, whole.count(self.end), 1, self._quotes(whole, data))

    def _quotes(self, text: bytes, data: npt.NDArray[np.uint8]) -> Places:
        return np.flatnonzero(data == QUOTE) if self.quotes and b'"' in text else NOWHERE

    def _cut(self, buffer: bytes) -> Segment | None:
        data = np.frombuffer(buffer, np.uint8)
        lines = ends = np.flatnonzero(data == self.end)
        quotes = self._quotes(buffer, data)
        if len(quotes):
            ends = lines[np.searchsorted(quotes, lines) % 2 == 0]
        if not len(ends):
            return None
        last = int(ends[-1])
        starts, stops = _not_blank(data, ends)
        return Segment(
            text=buffer[: last + 1],
            starts=starts,
            ends=stops,
            lines=int(np.searchsorted(lines, last, side="right")),
            line_ends=len(ends),
            quotes=quotes[: np.searchsorted(quotes, last)],
        )


def _not_blank(data: npt.NDArray[np.uint8], ends: Places) -> tuple[Places, Places]:
    starts = np.concatenate((np.zeros(1, np.int64), ends[:-1] + 1))
    length = ends - starts
    some = (length > 1) | ((length == 1) & (data[starts] != RETURN))
    return starts[some], ends[some]
