"""The sheets of workbooks as people make them: hidden ones, merged cells, error cells, days counted from 1904."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import python_calamine
from lxml import etree

from workbench.errors import WorkbenchError
from workbench.sources.probe import survives
from workbench.sources.workbook import BROKEN, as_written, no_workbook, refuse_bomb

BOOKS = (".xlsx", ".xlsm", ".xls")
MOST_AREA = 50_000_000
MOST_XLS = 256 << 20
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
SAFE = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}
ERRORS = frozenset("#N/A #DIV/0! #REF! #NAME? #VALUE! #NUM! #NULL! #SPILL! #CALC! #GETTING_DATA".split())

PIECE = 1 << 20
ERROR_CELL = re.compile(rb"\bt\s*=\s*[\"']e[\"']|&#")
CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
REFERENCE = re.compile(rb"<(?:\w+:)?c\s+r=\"([A-Z]{1,3})([0-9]{1,7})\"")

Range = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class Sheet:
    """One sheet; `merged` are its merged ranges as ((row, column), (row, column)) from 0."""

    name: str
    hidden: bool = False
    merged: tuple[Range, ...] = ()


@dataclass(frozen=True)
class Book:
    """A workbook that was found fit to be read; `from_1904` where its serial days count from there.

    `errors` are the error cells of each sheet by row and column; the older form shows its own as empty.
    """

    path: Path
    sheets: tuple[Sheet, ...]
    from_1904: bool = False
    errors: dict[str, dict[int, dict[int, str]]] = field(default_factory=dict)

    def rows(self, sheet: str) -> Iterator[list[str]]:
        """Every row of a sheet from its first, blank ones too, as texts; an error cell as its error, e.g. #N/A."""
        errors = self.errors.get(sheet, {})
        with _readable(self.path):
            cells = python_calamine.CalamineWorkbook.from_path(str(self.path)).get_sheet_by_name(sheet)
            left = [""] * (cells.start or (0, 0))[1]
            for at, row in enumerate(cells.iter_rows()):
                texts = left + [as_written(cell) for cell in row]
                for column, word in errors.get(at, {}).items():
                    texts += [""] * (column + 1 - len(texts))
                    texts[column] = word
                yield texts


def open_book(path: Path) -> Book:
    """Open a workbook; raises WorkbenchError where it is none, or would take far more memory than any needs."""
    parts: dict[str, str] = {}
    from_1904 = False
    with path.open("rb") as stream:
        old = stream.read(len(OLE)) == OLE
    if old and path.stat().st_size > MOST_XLS:
        raise WorkbenchError(f"{path.name} is larger than a workbook of its form can be.", "save it as .xlsx")
    if old and not survives(path):
        raise no_workbook(path)
    if not old:
        refuse_bomb(path)
        parts, from_1904 = _parts(path)
    sheets: list[Sheet] = []
    errors: dict[str, dict[int, dict[int, str]]] = {}
    with _readable(path):
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        for entry in book.sheets_metadata:
            if entry.typ != python_calamine.SheetTypeEnum.WorkSheet:
                continue
            if not old and entry.name not in parts:
                raise no_workbook(path)
            if not old:
                errors[entry.name] = {} if _is_plain(path, parts[entry.name]) else _look(path, parts[entry.name])
            merged = book.get_sheet_by_name(entry.name).merged_cell_ranges or []
            hidden = entry.visible != python_calamine.SheetVisibleEnum.Visible
            sheets.append(Sheet(entry.name, hidden, tuple(merged)))
    return Book(path, tuple(sheets), from_1904, errors)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (python_calamine.CalamineError, ValueError, IndexError, OverflowError, OSError) as error:
        raise no_workbook(path) from error
    except BaseException as error:
        # A panic of the reader is derived from no class that can be named here.
        if type(error).__name__ == "PanicException":
            raise no_workbook(path) from error
        raise


def _parts(path: Path) -> tuple[dict[str, str], bool]:
    """Where each sheet is in the archive, and whether its days count from 1904."""
    try:
        with zipfile.ZipFile(path) as archive:
            start = "xl/workbook.xml"
            for _, entry in _elements(archive, "_rels/.rels", "{*}Relationship"):
                if entry.get("Type", "").endswith("/officeDocument"):
                    start = entry.get("Target", "").lstrip("/")
            folder, name = posixpath.split(start)
            targets = {
                entry.get("Id"): posixpath.normpath(posixpath.join("/" + folder, entry.get("Target", ""))).lstrip("/")
                for _, entry in _elements(archive, f"{folder}/_rels/{name}.rels", "{*}Relationship")
            }
            parts, from_1904 = {}, False
            for _, entry in _elements(archive, start, "{*}sheet", "{*}workbookPr"):
                from_1904 |= entry.get("date1904") in {"1", "true"}
                relations = [str(value) for key, value in entry.attrib.items() if str(key).endswith("}id")]
                if relations and entry.get("name"):
                    parts[entry.get("name", "")] = targets[relations[0]]
            return parts, from_1904
    except (KeyError, etree.XMLSyntaxError, *BROKEN) as error:
        raise no_workbook(path) from error


def _elements(archive: zipfile.ZipFile, part: str, *names: str) -> Iterator[tuple[str, etree._Element]]:
    with archive.open(part) as stream:
        yield from etree.iterparse(stream, tag=names, **SAFE)


def _is_plain(path: Path, part: str) -> bool:
    """Whether a sheet has no error cell and nothing far out, seen without parsing it; False where that is not clear."""
    cells = referred = row = column = 0
    rest = b""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(part) as stream:
            while piece := stream.read(PIECE):
                whole, bracket, rest = (rest + piece).rpartition(b"<")
                rest = bracket + rest
                if b"\0" in whole or ERROR_CELL.search(whole) or len(rest) > PIECE:
                    return False
                cells += len(CELL.findall(whole))
                found = REFERENCE.findall(whole)
                referred += len(found)
                row = max([row, *map(int, {number for _, number in found})])
                column = max([column, *(_place(f"{each.decode()}1", 0, 0)[0] for each in {each for each, _ in found})])
    except (KeyError, *BROKEN) as error:
        raise no_workbook(path) from error
    return cells == referred and row * column <= MOST_AREA


def _look(path: Path, part: str) -> dict[int, dict[int, str]]:
    """The error cells of a sheet by row and column, which its reader shows as empty.

    Raises WorkbenchError where its filled cells lie so far apart that the reader, which keeps all between them, would
    take all memory.
    """
    errors: dict[int, dict[int, str]] = {}
    row, widest, column = 0, 0, 0
    try:
        with zipfile.ZipFile(path) as archive:
            for event, entry in _cells(archive, part):
                if event == "start":
                    row, column = _number(entry.get("r"), row + 1), 0
                    continue
                column, row = _place(entry.get("r"), column + 1, row)
                if len(entry):
                    widest = max(widest, column)
                    if row * widest > MOST_AREA:
                        raise WorkbenchError(
                            f"A sheet of {path.name} has cells as far out as row {row:,} and column {widest:,}, far "
                            "more than a table needs.",
                            "delete what lies far out, or save the table as CSV",
                        )
                if entry.get("t") == "e":
                    errors.setdefault(row - 1, {})[column - 1] = (entry.findtext("{*}v") or "#N/A")[:40]
                entry.clear()
    except (KeyError, etree.XMLSyntaxError, *BROKEN) as error:
        raise no_workbook(path) from error
    return errors


def _cells(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[str, etree._Element]]:
    """The starts of rows and the ends of cells; what was read is let go."""
    with archive.open(part) as stream:
        for event, entry in etree.iterparse(stream, ("start", "end"), tag=("{*}row", "{*}c"), **SAFE):
            is_row = entry.tag.endswith("row")
            if is_row == (event == "start"):
                yield event, entry
            elif is_row:
                entry.clear()
                while entry.getprevious() is not None:
                    del entry.getparent()[0]


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else otherwise


def _place(reference: str | None, column: int, row: int) -> tuple[int, int]:
    """The column and row, from 1, of a reference like BC12; those given where it is none."""
    letters = (reference or "").rstrip("0123456789")
    if not reference or not letters.isascii() or not letters.isalpha() or len(letters) > 3:
        return column, row
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number, _number(reference[len(letters) :], row)
