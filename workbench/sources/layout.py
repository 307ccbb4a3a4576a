"""Where the header of a sheet is, how its columns are called, and which rows are no data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.sources.headers import JOIN, is_known, looks_like_data, normal
from workbench.sources.records import fields, records
from workbench.sources.scan import scan
from workbench.sources.sheets import BOOKS, Range, open_book
from workbench.sources.staging import DELIMITERS, HAS_NUL, MOST_COLUMNS, NO_TEXT

SUFFIXES = (*BOOKS, ".csv")
HEADER_WITHIN = 30
LONGEST_HEADER = 120

Row = tuple[list[str], str]


@dataclass(frozen=True)
class Grid:
    """One sheet, or a whole CSV file, whose sheet is empty; `rows` gives its texts and what is wrong, from row 1."""

    path: Path
    sheet: str
    rows: Callable[[], Iterator[Row]]
    hidden: bool = False
    merged: tuple[Range, ...] = ()
    from_1904: bool = False
    encoding: str = ""


def grids(path: Path, scratch: Path, encoding: str = "", delimiter: str = "") -> list[Grid]:
    """The sheets of a workbook or the one of a CSV file; raises WorkbenchError where it is neither."""
    if path.name.lower().endswith(BOOKS):
        book = open_book(path)
        return [
            Grid(path, each.name, _rows(book.rows, each.name), each.hidden, each.merged, book.from_1904)
            for each in book.sheets
        ]
    return [_csv(path, scratch, encoding, delimiter)]


def _rows(rows: Callable[[str], Iterator[list[str]]], sheet: str) -> Callable[[], Iterator[Row]]:
    def read() -> Iterator[Row]:
        for row in rows(sheet):
            yield row, HAS_NUL if "\0" in "".join(row) else ""

    return read


def _csv(path: Path, scratch: Path, encoding: str, delimiter: str) -> Grid:
    copy = scratch / f"{len(list(scratch.iterdir()))}.csv"
    shape = scan(path, copy, delimiter=delimiter or ",", encoding=encoding)
    if not delimiter:
        first = next(records(shape, ","), None)
        line = first.raw if first else b""
        seen = {each: line.count(each.encode()) for each in (",", *DELIMITERS)}
        delimiter = max(seen, key=lambda each: seen[each])
        if delimiter != ",":
            shape = scan(path, copy, delimiter=delimiter, encoding=encoding)

    def read() -> Iterator[Row]:
        for record in records(shape, delimiter):
            try:
                texts = fields(record.raw.decode(), delimiter) if not record.problem else []
            except UnicodeDecodeError:
                yield [record.raw.decode("utf-8", "backslashreplace")], NO_TEXT
                continue
            problem = record.problem or (HAS_NUL if b"\0" in record.raw else "")
            yield texts or [record.raw.decode("utf-8", "backslashreplace")], problem

    return Grid(path, "", read, encoding=shape.encoding)


def header_names(rows: Sequence[Sequence[str]], where: str) -> list[str]:
    """The name of each column under one header row or two, each unlike the others; empty columns have none.

    Of two rows the upper one goes on to the right, as merged cells do, where it has no text and the lower one has.
    """
    width = max(map(len, rows), default=0)
    while width and not any(_cell(row, width - 1) for row in rows):
        width -= 1
    if width > MOST_COLUMNS:
        raise WorkbenchError(f"{where} has {width:,} columns; no table has.", "look at its header")
    names: list[str] = []
    above = ""
    for column in range(width):
        parts = [_cell(row, column) for row in rows]
        if len(parts) > 1:
            above = parts[0] or (above if parts[1] else "")
            parts = [above, parts[1]]
        names.append(JOIN.join(part for part in dict.fromkeys(parts) if part)[:LONGEST_HEADER])
    seen: dict[str, int] = {}
    for column, name in enumerate(names):
        seen[name] = seen.get(name, 0) + 1
        if name and seen[name] > 1:
            names[column] = f"{name} ({seen[name]})"
    return names


def _cell(row: Sequence[str], column: int) -> str:
    return " ".join(row[column].split()) if column < len(row) else ""


def find_header(rows: Sequence[Sequence[str]], merged: Sequence[Range] = ()) -> tuple[int, ...]:
    """The numbers, from 1, of the row or the two rows that are the header; empty where the sheet has no table."""
    best: tuple[float, tuple[int, ...]] = (0.0, ())
    for at in range(min(len(rows), HEADER_WITHIN)):
        for some in ((at,), (at, at + 1)):
            if some[-1] < len(rows) and (worth := _worth([rows[each] for each in some], some, merged)) > best[0]:
                best = (worth, tuple(each + 1 for each in some))
    if best[1]:
        return best[1]
    filled = [sum(bool(text.strip()) and not looks_like_data(text) for text in row) for row in rows[:HEADER_WITHIN]]
    most = max(filled, default=0)
    return (filled.index(most) + 1,) if most > 1 else ()


def _worth(rows: Sequence[Sequence[str]], numbers: Sequence[int], merged: Sequence[Range]) -> float:
    """How much rows look like a header: each known word counts, each number or day against it."""
    lower = [text for text in rows[-1] if text.strip()]
    if len(lower) < 2 or any(looks_like_data(text.strip()) for text in lower[:50]):
        return 0
    if len(rows) > 1:
        top = [bool(text.strip()) for text in rows[0]]
        gap = any(not above and _cell(rows[1], column) for column, above in enumerate(top))
        joined = any(first[0] == numbers[0] for first, _ in merged)
        if sum(top) < 2 or not (gap or joined):
            return 0
    names = list(dict.fromkeys(name for name in header_names(rows, "") if name))[:200]
    known = sum(is_known(name) for name in names)
    # A title has one text; a second row that says nothing new is the first row of data.
    return known + (0.01 * len(names)) - (0.3 * (len(rows) - 1)) if known else 0


def is_total(texts: Sequence[str], words: Sequence[str], needed: Sequence[int], amounts: Sequence[int]) -> bool:
    """Whether a row is a total: it says so, has a number in a column of amounts, and not all that a row needs."""
    if not any(_says(text, words) for text in texts if text):
        return False
    others = [text for text in (_cell(texts, column) for column in needed) if not _says(text, words)]
    return (not others or not all(others)) and any(looks_like_data(_cell(texts, column)) for column in amounts)


def _says(text: str, words: Sequence[str]) -> bool:
    if len(text) > 60:
        return False
    plain = normal(text)
    for word in words:
        if plain == word or (plain.startswith(word) and (not word[-1].isascii() or plain[len(word)] == " ")):
            return True
        if not word.isascii() and plain.endswith(word):
            return True
        if word.isascii() and plain.endswith(f" {word}"):
            return True
    return False


def is_header_again(texts: Sequence[str], header: Sequence[Sequence[str]]) -> bool:
    """Whether a row repeats a row of the header."""
    plain = [text for text in (_cell(texts, column) for column in range(len(texts))) if text]
    return len(plain) > 1 and any(plain == [text for text in map(_joined, row) if text] for row in header)


def _joined(text: str) -> str:
    return " ".join(text.split())
