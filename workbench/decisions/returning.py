"""decisions.xlsx coming back: its record, its rows, and what is wrong with a row before anything is decided."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import python_calamine

from workbench.decisions import sheet as layout
from workbench.decisions.cells import fits
from workbench.decisions.chain import Head
from workbench.errors import WorkbenchError

LARGEST_BYTES = 4 << 30
FIRST_DAY = date(1899, 12, 30)
AGAIN = "export again: workbench decisions export"


@dataclass(frozen=True)
class Known:
    """What the record keeps of one finding: the last entry when it went out, and what the columns said."""

    number: int
    hash: str
    currency: str
    impact: Decimal | None
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Row:
    """One row as it came back: its number in the sheet, its finding, its typed cells as texts, and what is wrong."""

    place: int
    finding_id: str
    fields: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True)
class Returned:
    """A workbook that came back: what its record says, and its rows in order."""

    heads: Mapping[str, str]
    owners: frozenset[str]
    known: Mapping[str, Known]
    rows: tuple[Row, ...]

    @property
    def head(self) -> Head:
        """The head of the chain when the file went out."""
        return Head(self.heads["store_id"], int(self.heads["count"]), self.heads["hash"])


def read_decisions(file: Path) -> Returned:
    """Read a workbook that `workbench decisions export` made and people filled in.

    Raises WorkbenchError where it is no workbook, was not made by an export, or its hidden record was touched. What is
    wrong with single rows is in them.
    """
    book = _opened(file)
    record = _sheet(book, layout.RECORD, file)
    heads, owners, known = _record(record, file)
    rows = _sheet(book, layout.DECISIONS, file)
    return Returned(heads, owners, known, tuple(_rows(rows, known, file)))


def head_of(file: Path) -> Head:
    """The head of the chain that an exported workbook wrote down."""
    return read_decisions(file).head


def _opened(file: Path) -> python_calamine.CalamineWorkbook:
    try:
        with zipfile.ZipFile(file) as packed:
            size = sum(entry.file_size for entry in packed.infolist())
        if size > LARGEST_BYTES:
            raise WorkbenchError(f"'{file.name}' would unpack to {size:,} bytes.", AGAIN)
        return python_calamine.CalamineWorkbook.from_path(str(file))
    except OSError as error:
        raise WorkbenchError(
            f"'{file}' cannot be read: {error.strerror}.", "look at the name and the rights"
        ) from error
    except (zipfile.BadZipFile, python_calamine.CalamineError, ValueError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise WorkbenchError(
            f"'{file.name}' is no Excel workbook (.xlsx): {said}.", "save it as .xlsx, without a password"
        ) from error


def _sheet(book: python_calamine.CalamineWorkbook, name: str, file: Path) -> list[list[Any]]:
    if name not in book.sheet_names:
        raise WorkbenchError(f"'{file.name}' has no sheet {name}, so no export of decisions made it.", AGAIN)
    try:
        rows: list[list[Any]] = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, IndexError, ValueError) as error:
        raise WorkbenchError(f"Sheet {name} of '{file.name}' cannot be read: {error}.", "save it again") from error
    return rows


def _record(rows: Sequence[Sequence[Any]], file: Path) -> tuple[dict[str, str], frozenset[str], dict[str, Known]]:
    wide = [[text_of(cell) for cell in row] + [""] * (12 - len(row)) for row in rows]
    lines = [row[:2] for row in wide if row[0]]
    owners = [line for line in lines if line[0] == "owner"]
    heads = {name: value for name, value in lines if name != "owner"}
    cells = [row[3 : 3 + len(layout.RECORD_HEADS)] for row in wide[1:] if row[3]]
    stated = heads.pop("sha256", "")
    if heads.get("format", layout.FORMAT) != layout.FORMAT:
        raise WorkbenchError(
            f"'{file.name}' has form {heads['format'][:20]}, and this release reads form {layout.FORMAT}.",
            "import it with the release that exported it",
        )
    if layout.record_hash(heads, [*owners, *cells]) != stated:
        raise WorkbenchError(
            f"The hidden record of '{file.name}' was touched, so nobody can tell what its rows stood for.", AGAIN
        )
    known = {
        finding_id: Known(
            number=int(number),
            hash=entry_hash,
            currency=currency,
            impact=Decimal(impact) if impact else None,
            fields=json.loads(fields),
        )
        for finding_id, number, entry_hash, currency, impact, _, fields in cells
    }
    return heads, frozenset(name for _, name in owners), known


def _rows(sheet: Sequence[Sequence[Any]], known: Mapping[str, Known], file: Path) -> list[Row]:
    heads = [text_of(cell) for cell in sheet[0]] if sheet else []
    missing = [head for head in layout.HEADS if head not in heads]
    if missing:
        raise WorkbenchError(
            f"The sheet {layout.DECISIONS} of '{file.name}' has no column {', '.join(missing)} in its first row.",
            "put the heads back as they were exported, in row 1",
        )
    places = {head: heads.index(head) for head in layout.HEADS}
    cells = [
        (number, {head: row[place] if place < len(row) else "" for head, place in places.items()})
        for number, row in enumerate(sheet[1:], 2)
    ]
    filled = [(number, row) for number, row in cells if any(text_of(cell) for cell in row.values())]
    times = Counter(text_of(row["Finding"]) for _, row in filled)
    return [_row(number, row, known, times) for number, row in filled]


def _row(place: int, cells: Mapping[str, Any], known: Mapping[str, Known], times: Mapping[str, int]) -> Row:
    finding_id = text_of(cells["Finding"])
    problem = _misplaced(finding_id, cells, known)
    if finding_id and times[finding_id] > 1:
        problem = f"finding {finding_id} is there {times[finding_id]} times; keep the row that holds"
    if problem:
        return Row(place, finding_id, problem=problem)
    try:
        fields = {name: _typed(name, cells[head]) for name, (head, _) in layout.EDITED.items()}
    except ValueError as error:
        return Row(place, finding_id, problem=str(error))
    return Row(place, finding_id, fields)


def _misplaced(finding_id: str, cells: Mapping[str, Any], known: Mapping[str, Known]) -> str:
    """What shows that a row's cells do not belong together; empty where they do."""
    if not finding_id:
        return "the row names no finding; its id was removed"
    if finding_id not in known:
        return f"finding {finding_id} did not go out in this file"
    parts = [text_of(cells[layout.FINDING[name][0]]) for name in ("control_id", "subject_table", "subject_id")]
    again = text_of(cells[layout.KNOWN["check_id"][0]])
    if layout.finding_id_of(*parts) != finding_id or again != finding_id:
        found = layout.finding_id_of(*parts)
        other = again if again != finding_id else found if found in known else f"{parts[0]} {parts[2]}"
        return (
            f"the row begins with finding {finding_id} and goes on with that of {other}: it was not sorted as a whole"
        )
    went = known[finding_id]
    impact, shown = went.impact, cells[layout.FINDING["impact_amount"][0]]
    if text_of(cells[layout.FINDING["currency"][0]]) != (went.currency or layout.NONE):
        return f"the currency is not that of finding {finding_id}: the row was changed, or not sorted as a whole"
    if impact is not None and fits(impact) and _decimal(shown) != impact:
        return f"the impact is not that of finding {finding_id}: the row was changed, or not sorted as a whole"
    return ""


def _typed(name: str, cell: Any) -> str:
    """A typed cell as the store would show it; ValueError in words where it can mean nothing."""
    if name == "amount":
        if text_of(cell) == "":
            return ""
        amount = _decimal(cell)
        if amount is None:
            raise ValueError(f"the amount '{text_of(cell)}' is no number; write digits and a decimal point")
        return f"{amount:f}"
    if name == "due_on":
        return _day(cell)
    text = text_of(cell)
    return text.strip().lower().replace(" ", "_") if name in {"state", "remedy", "root_cause", "approval"} else text


def _decimal(cell: Any) -> Decimal | None:
    try:
        number = Decimal(cell.strip()) if isinstance(cell, str) else Decimal(repr(cell))
    except (InvalidOperation, AttributeError):
        return None
    return number if number.is_finite() else None


def _day(cell: Any) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, int | float) and 0 < cell < 100_000:
        return (FIRST_DAY + timedelta(days=int(cell))).isoformat()
    text = text_of(cell)
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise ValueError(f"the due date '{text}' is no date; write YYYY-MM-DD") from None


def text_of(cell: Any) -> str:
    """A cell as text, without blanks around it: whole numbers without a point, nothing as nothing."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).replace("\r\n", "\n").replace("\r", "\n").strip()
