"""Totals that come beside an export in a file of their own, control_totals.csv, set against what came."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

import duckdb

from workbench.engine.duck import quoted
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.schema import tables
from workbench.sources.accept import Parts, Tie
from workbench.sources.files import listed

NAME = "control_totals.csv"
COLUMNS = ("table", "column", "currency", "total")
ROWS = "rows"
TITLE = "totals of control_totals.csv"
MOST = 1 << 20
SUMMED = ("money", "quantity", "int")


@dataclass(frozen=True)
class Stated:
    """One total: of a canonical table's column (per currency, where it says one), or rows of a table or file."""

    table: str
    column: str
    currency: str
    total: Decimal


def totals_file(inputs: Sequence[Path]) -> Path | None:
    """The file of totals among the inputs; None where there is none."""
    return next((path for path in listed(inputs) if path.name.lower() == NAME and path.is_file()), None)


def read_totals(file: Path) -> list[Stated]:
    """What a file of totals says; raises WorkbenchError with the row that is not understood."""
    if file.stat().st_size > MOST:
        raise WorkbenchError(f"{file.name} is larger than a file of totals can be.", "a row per table and currency")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise WorkbenchError(f"{file.name} is no UTF-8 text.", "save it as CSV UTF-8") from error
    rows = csv.DictReader(io.StringIO(text, newline=""))
    missing = {"table", "column", "total"} - set(rows.fieldnames or ())
    if missing:
        raise WorkbenchError(f"{file.name} has no column {', '.join(sorted(missing))}.", f"head: {','.join(COLUMNS)}")
    return [_stated(row, number, file.name) for number, row in enumerate(rows, 2)]


def _stated(row: dict[str, str | None], number: int, name: str) -> Stated:
    texts = {column: (row.get(column) or "").strip() for column in COLUMNS}
    try:
        total = Decimal(texts["total"])
    except InvalidOperation:
        total = Decimal("NaN")
    if not total.is_finite():
        raise WorkbenchError(
            f"Row {number} of {name} has the total '{texts['total'][:40]}', which is no number.", "write it as 1234.56"
        )
    column = texts["column"] or ROWS
    if column != ROWS:
        if texts["table"] not in tables():
            raise UnknownNameError(f"table in row {number} of {name}", texts["table"], tables())
        wanted = tables()[texts["table"]].columns
        summed = [key for key, entry in wanted.items() if entry.type in SUMMED]
        if column not in summed:
            raise UnknownNameError(f"column of {texts['table']} that can be added up", column, summed)
    return Stated(texts["table"], column, texts["currency"], total)


def ties(database: duckdb.DuckDBPyConnection, folder: Path, parts: Parts, stated: Sequence[Stated]) -> Iterator[Tie]:
    """Each total beside what came: rows as they were read, sums as they were accepted into the snapshot's folder."""
    read = {staged.file.name: staged.records for _, staged in parts.staged}
    read |= {entry.table: entry.read for entry in (*parts.exports, *parts.tables)}
    for line in stated:
        if line.column == ROWS:
            found = Decimal(read.get(line.table, 0))
        else:
            found = _sum(database, folder / f"{line.table}.parquet", line)
        texts = f"{line.total:f}", f"{found:f}"
        yield Tie(TITLE, line.table, line.column, line.currency, *texts, line.total == found)


def _sum(database: duckdb.DuckDBPyConnection, file: Path, line: Stated) -> Decimal:
    if not file.is_file():
        return Decimal(0)
    scope = ""
    if line.currency:
        scope = "where currency = $currency"
        if "currency" not in tables()[line.table].columns:
            document = next(iter(_documents(line.table)), "")
            if not document or not (file.parent / f"{document}.parquet").is_file():
                return Decimal(0)
            key = tables()[document].key[0]
            scope = (
                f"where {key} in (select {key} from read_parquet({quoted(str(file.parent / f'{document}.parquet'))}) "
                "where currency = $currency)"
            )
    bound = {"currency": line.currency} if line.currency else {}
    row = database.execute(
        f'select coalesce(sum("{line.column}"), 0) from read_parquet({quoted(str(file))}) {scope}', bound
    ).fetchone()
    found = Decimal(row[0]) if row else Decimal(0)
    return found.normalize() if found else Decimal(0)


def _documents(table: str) -> Iterator[str]:
    """The table whose rows say the currency of this one's."""
    for name in ("invoices", "orders", "settlements", "contracts"):
        if tables()[name].key[0] in tables()[table].columns:
            yield name
