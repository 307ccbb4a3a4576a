"""Cut a CSV file into its records exactly, one at a time, however broken it is; and find single records again."""

from __future__ import annotations

import codecs
import re
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from typing import BinaryIO, NamedTuple

from workbench.errors import WorkbenchError
from workbench.sources.cutting import RETURN, Cutter, Segment
from workbench.sources.scan import BLOCK, LONGEST, UNREADABLE, Scan

LONGEST_RECORD = 16 << 20
RESCANS = 256 << 20
NOT_CLOSED = "opens a quote that is not closed, or has text after a closing one"
MARK = UNREADABLE.encode("utf-8", "surrogatepass")


class Record(NamedTuple):
    """The bytes of one record without its line end, and what is wrong with its quotes, empty where nothing is."""

    raw: bytes
    problem: str


def records(scan: Scan, delimiter: str) -> Iterator[Record]:
    """Every record of a file, header first, blank lines left out.

    A field is quoted when its first character is a quote; it then ends at the next quote that is not doubled, and
    the delimiter or the line's end follows. A record that breaks this is one line long: what follows is read anew.
    Raises WorkbenchError where bytes would be lost or stray quotes make the rows impossible to tell apart.
    """
    with scan.plain.open("rb") as stream:
        marked = stream.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
        stream.seek(len(codecs.BOM_UTF8) if marked else 0)
        start = stream.tell()
        used = yield from _records(_lines(stream, scan.line_end), delimiter.encode(), scan.plain.name)
        lost = scan.plain.stat().st_size - start - used
    if lost:
        raise WorkbenchError(f"{scan.plain.name} holds {lost} bytes that are in no row.", "please report this fault")


def _records(source: Iterator[bytes], delimiter: bytes, name: str) -> Generator[Record, None, int]:
    again: deque[bytes] = deque()
    used = read_again = 0
    while (line := again.popleft() if again else next(source, None)) is not None:
        used += len(line)
        if b'"' not in line:
            if bare := without_end(line):
                yield Record(bare, "")
            continue
        lines, size = [line], len(line)
        state = after_line(line, False, delimiter)
        while state == "inside" and size < LONGEST_RECORD:
            following = again.popleft() if again else next(source, None)
            if following is None:
                break
            lines.append(following)
            size += len(following)
            state = after_line(following, True, delimiter)
        if state == "complete":
            used += size - len(line)
            yield Record(without_end(b"".join(lines)), "")
            continue
        again.extendleft(reversed(lines[1:]))
        read_again += size - len(line)
        if read_again > RESCANS:
            raise WorkbenchError(f"{name} has so many stray quotes that its rows cannot be told apart.", "export again")
        yield Record(without_end(line), NOT_CLOSED)
    return used


def _lines(stream: BinaryIO, end: bytes) -> Iterator[bytes]:
    rest = b""
    while block := stream.read(BLOCK):
        pieces = (rest + block).split(end)
        rest = pieces.pop()
        yield from (piece + end for piece in pieces)
        if len(rest) > LONGEST:
            raise WorkbenchError(f"A line is longer than {LONGEST >> 20} MB.", "export it again as CSV")
    pieces = rest.split(end)
    rest = pieces.pop()
    yield from (piece + end for piece in pieces)
    if rest:
        yield rest


def without_end(record: bytes) -> bytes:
    """A record without its line end."""
    return record.removesuffix(b"\n").removesuffix(b"\r")


def after_line(line: bytes, inside: bool, delimiter: bytes) -> str:
    """Where a record stands after this line: "inside" quotes, "complete" or "broken"."""
    at = 0
    while True:
        if not inside:
            if line[at : at + 1] != b'"':
                opens = line.find(delimiter + b'"', at)
                if opens < 0:
                    return "complete"
                at = opens + 1
            inside, at = True, at + 1
        close = line.find(b'"', at)
        if close < 0:
            return "inside"
        following = line[close + 1 : close + 2]
        if following == b'"':
            at = close + 2
        elif following == delimiter:
            inside, at = False, close + 2
        else:
            return "complete" if line[close + 1 :] in (b"", b"\n", b"\r", b"\r\n") else "broken"


def fields(text: str, delimiter: str) -> list[str]:
    """The fields of a record whose quotes are in order, doubled quotes made single."""
    if '"' not in text:
        return text.split(delimiter)
    mark = re.escape(delimiter)
    found = re.findall(rf'(?:\A|{mark})(?:"([^"]*+(?:""[^"]*+)*+)"|([^{mark}]*+))', text)
    return [quoted.replace('""', '"') or bare for quoted, bare in found]


def raw_records(scan: Scan, delimiter: str, wanted: Iterable[int]) -> Iterator[str]:
    """The text of the records with these numbers (1 is the first after the header), which must ascend.

    A number that comes twice yields its record twice. Bytes that are no text are shown as \\xNN.
    """
    rows = iter(wanted)
    row = next(rows, None)
    first = 0
    for batch in _clean_batches(scan) if scan.clean else _careful_batches(scan, delimiter):
        while row is not None and row < first + batch.count:
            yield shown(batch.at(row - first))
            row = next(rows, None)
        if row is None:
            return
        first += batch.count


class Batch:
    """Some records that follow each other: slices of one text, or records already cut."""

    def __init__(self, text: bytes, starts: Iterable[int], ends: Iterable[int]) -> None:
        self._text, self._starts, self._ends = text, list(starts), list(ends)
        self.count = len(self._starts)

    def at(self, index: int) -> bytes:
        """One record."""
        return self._text[self._starts[index] : self._ends[index]]


def _clean_batches(scan: Scan) -> Iterator[Batch]:
    cutter = Cutter()
    with scan.plain.open("rb") as stream:
        block = stream.read(BLOCK).removeprefix(codecs.BOM_UTF8)
        while block:
            if segment := cutter.take(block):
                yield _slices(segment)
            block = stream.read(BLOCK)
    if segment := cutter.finish():
        yield _slices(segment)


def _slices(segment: Segment) -> Batch:
    ends = (end - (segment.text[end - 1] == RETURN) for end in segment.ends.tolist())
    return Batch(segment.text, segment.starts.tolist(), ends)


def _careful_batches(scan: Scan, delimiter: str) -> Iterator[Batch]:
    for record in records(scan, delimiter):
        yield Batch(record.raw, [0], [len(record.raw)])


def shown(raw: bytes) -> str:
    """A record as text: what is no UTF-8 and every NUL as \\xNN."""
    return raw.replace(MARK, b"").decode("utf-8", "backslashreplace").replace("\0", "\\x00")
