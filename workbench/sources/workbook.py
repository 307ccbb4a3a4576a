"""Read workbooks: a sheet per table, every cell as the text that it shows."""

from __future__ import annotations

import zipfile
import zlib
from datetime import date, datetime, time, timedelta
from pathlib import Path

import python_calamine

from workbench.errors import WorkbenchError

MOST_BYTES = 2 << 30
MOST_RATIO = 250
ALWAYS_FINE = 64 << 20
EXCEL_DIGITS = 15
# What zipfile raises for bytes that are no archive: a place before its beginning is an OSError.
BROKEN = (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error, OSError, ValueError)
Cell = int | float | str | bool | time | date | datetime | timedelta


def sheet_names(path: Path) -> list[str]:
    """The sheets of a workbook, in its order; WorkbenchError where it is none or unpacks to far too much."""
    return list(_opened(path).sheet_names)


def as_written(cell: Cell) -> str:
    """A cell as text: dates as ISO, numbers with the 15 digits that a workbook keeps, whole ones without a point."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else f"{cell:.{EXCEL_DIGITS}g}"
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def _opened(path: Path) -> python_calamine.CalamineWorkbook:
    refuse_bomb(path)
    try:
        return python_calamine.CalamineWorkbook.from_path(str(path))
    except (python_calamine.CalamineError, ValueError) as error:
        raise no_workbook(path) from error


def no_workbook(path: Path) -> WorkbenchError:
    """The error that says so."""
    return WorkbenchError(f"{path.name} is no workbook that can be read.", "save it again as .xlsx, or export as CSV")


def refuse_bomb(path: Path) -> None:
    """Unpack every part piece by piece before a reader does it in memory: what a part says of its size may lie."""
    limit = min(MOST_BYTES, max(ALWAYS_FINE, path.stat().st_size * MOST_RATIO))
    total = 0
    try:
        with zipfile.ZipFile(path) as archive:
            for part in archive.infolist():
                with archive.open(part) as stream:
                    while piece := stream.read(1 << 20):
                        total += len(piece)
                        if total > limit:
                            raise WorkbenchError(
                                f"{path.name} unpacks to more than {limit >> 20} MB, far more than a workbook holds.",
                                "export the tables as CSV",
                            )
    except BROKEN as error:
        raise no_workbook(path) from error
