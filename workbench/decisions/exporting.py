"""decisions.xlsx going out: findings with what was decided on them, lists to choose from, and a record of it all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from xlsxwriter.exceptions import XlsxWriterException
from xlsxwriter.worksheet import Worksheet

from workbench.decisions import sheet as layout
from workbench.decisions.authority import authority_of
from workbench.decisions.cells import Book
from workbench.decisions.chain import Head
from workbench.decisions.entry import Standing, moment, readable, standings_of
from workbench.decisions.explaining import products_of, suppress_in
from workbench.decisions.gathering import found_of, gather
from workbench.decisions.rows import Places, write_evidence, write_field, write_link
from workbench.decisions.scope import explanations_of
from workbench.decisions.store import Store
from workbench.decisions.totals import write_totals
from workbench.decisions.words import REMEDIES, ROOT_CAUSES, STATES
from workbench.errors import WorkbenchError
from workbench.progress import Report, quiet

GUIDE = (
    "Fill in the coloured columns of the sheet Decisions, save, and bring the file back:",
    "    workbench decisions import FILE --by YOUR-ID",
    "Sort and filter whole rows as you like; leave rows out or away. What you do not change stays as it is.",
    "A confirmed finding needs a remedy, a root cause, an owner and a due date.",
    "Amount: empty means the whole impact of the finding; 0 means that no money moves. The remedy says which way.",
    "An amount is a proposal. Somebody else with the authority approves it: choose approve in the column Approval.",
    "An explained or accepted finding needs a remark, or a root cause.",
    "What somebody else decided in the meantime is never written over: the import names those rows.",
)


@dataclass(frozen=True)
class Outgoing:
    """What an export says of itself: its id, who made it, when and for whom (empty: anybody), the chain, the owners."""

    export_id: str
    made_at: datetime
    made_by: str
    head: Head
    addressee: str = ""
    owners: Sequence[str] = ()
    snapshot: str = ""

    @property
    def heads(self) -> dict[str, str]:
        """The record's own lines."""
        return {
            "format": layout.FORMAT,
            "export_id": self.export_id,
            "made_at": moment(self.made_at),
            "made_by": self.made_by,
            "addressee": self.addressee,
            "store_id": self.head.store_id,
            "count": str(self.head.count),
            "hash": self.head.hash,
            "snapshot": self.snapshot,
        }


@dataclass(frozen=True)
class Exported:
    """What went out: the export's id, how many findings, and the head of the chain at that moment."""

    export_id: str
    findings: int
    head: Head


def export_decisions(
    store: Store,
    source: Path,
    out: Path,
    *,
    export_id: str,
    made_by: str,
    ids: tuple[str, ...] = (),
    as_of: date | None = None,
    snapshot: str = "",
    addressee: str = "",
    progress: Report = quiet,
) -> Exported:
    """Write the findings of a snapshot, a pack or a findings file as a workbook to decide in.

    What an explanation in force covers does not go out, as it is no finding then. Raises what gather() and
    write_decisions() raise.
    """
    made_at = store.clock()
    gathered = gather(source, ids=ids, as_of=as_of, snapshot=snapshot, progress=progress)
    known = gathered.snapshot
    authority = authority_of(known) if known else None
    entries = store.entries()
    standings = standings_of(entries)
    table, _ = suppress_in(
        gathered.table,
        explanations_of(entries),
        gathered.as_of or made_at.date(),
        standings=standings,
        products=products_of(known) if known else None,
    )
    outgoing = Outgoing(
        export_id=export_id,
        made_at=made_at,
        made_by=made_by,
        head=Head(store.store_id, entries[-1].number, entries[-1].hash) if entries else Head(store.store_id),
        addressee=addressee,
        owners=authority.owners(made_at.date()) if authority else (),
        snapshot=authority.snapshot if authority else "",
    )
    found = found_of(table)
    write_decisions(found, standings, outgoing, out)
    return Exported(export_id, found.num_rows, outgoing.head)


def write_decisions(found: pa.Table, standings: Mapping[str, Standing], outgoing: Outgoing, file: Path) -> None:
    """Write findings (a table with the columns of findings, none of them suppressed) as a workbook to decide in.

    Raises WorkbenchError where the file is there already, cannot be written, or Excel holds no so many rows.
    """
    if file.suffix.lower() != ".xlsx":
        raise WorkbenchError(f"'{file.name}' does not end in .xlsx.", "name it decisions.xlsx")
    if file.exists():
        raise WorkbenchError(f"'{file}' exists already, and may hold somebody's decisions.", "choose another --out")
    if found.num_rows > layout.LARGEST:
        raise WorkbenchError(
            f"There are {found.num_rows:,} findings, and a sheet of Excel holds {layout.LARGEST:,}.",
            "export some controls at a time: --control",
        )
    rows = found.to_pylist()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(prefix=f".{file.stem}-", suffix=".xlsx", dir=file.parent)
        os.close(handle)
        try:
            _write(rows, standings, outgoing, Path(partial))
            Path(partial).chmod(0o644)
            Path(partial).replace(file)
        finally:
            Path(partial).unlink(missing_ok=True)
    except (OSError, XlsxWriterException) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise WorkbenchError(f"'{file}' cannot be written: {said}.", "choose another --out") from error


def _write(rows: list[dict[str, Any]], standings: Mapping[str, Standing], outgoing: Outgoing, file: Path) -> None:
    book = Book(file, outgoing.made_at)
    names = (layout.DECISIONS, layout.TOTALS, layout.EVIDENCE, layout.GUIDE, layout.LISTS, layout.RECORD)
    sheets = {name: book.book.add_worksheet(name) for name in names}
    known = {row["finding_id"]: standings.get(row["finding_id"]) or Standing(row["finding_id"]) for row in rows}
    places = write_evidence(book, sheets[layout.EVIDENCE], rows, layout.LARGEST)
    _decisions(book, sheets[layout.DECISIONS], rows, known, places)
    _choices(sheets[layout.DECISIONS], sheets[layout.LISTS], len(rows), outgoing.owners)
    write_totals(book, sheets[layout.TOTALS], rows, known)
    _guide(book, sheets[layout.GUIDE], outgoing)
    _record(sheets[layout.RECORD], [layout.record_row(row, known[row["finding_id"]]) for row in rows], outgoing)
    sheets[layout.LISTS].hide()
    sheets[layout.RECORD].very_hidden()
    book.book.close()


def _decisions(
    book: Book,
    sheet: Worksheet,
    rows: list[dict[str, Any]],
    known: Mapping[str, Standing],
    places: Places,
) -> None:
    book.native(sheet, layout.DECISIONS, layout.HEADS, layout.WIDTHS, len(rows))
    for place, row in enumerate(rows, 1):
        for column, field in enumerate(layout.FINDING):
            write_field(book, sheet, place, column, field, row)
        write_link(book, sheet, place, layout.column(layout.EVIDENCE_LINK[0]), row["finding_id"], places)
        _typed_cells(book, sheet, place, row, known[row["finding_id"]])


def _typed_cells(book: Book, sheet: Worksheet, place: int, row: Mapping[str, Any], standing: Standing) -> None:
    shown = layout.edited_of(standing)
    for field, (head, _) in layout.EDITED.items():
        column = layout.column(head)
        if field == "amount":
            amount = Decimal(shown["amount"]) if shown["amount"] else None
            book.money(sheet, place, column, amount, row["currency"], typed=True)
        elif field == "due_on":
            if standing.due_on is None:
                sheet.write_blank(place, column, None, book.typed_day)
            book.date(sheet, place, column, standing.due_on, book.typed_day)
        elif shown[field]:
            sheet.write_string(place, column, shown[field], book.typed)
        else:
            sheet.write_blank(place, column, None, book.typed)
    before = f"{standing.by}, {readable(standing.at)}: {standing.words}" if standing.at else "nobody decided"
    book.text(sheet, place, layout.column(layout.KNOWN["standing"][0]), before)
    book.text(sheet, place, layout.column(layout.KNOWN["check_id"][0]), standing.finding_id)


def _choices(sheet: Worksheet, lists: Worksheet, rows: int, owners: Sequence[str]) -> None:
    """Drop-downs from lists on a hidden sheet; a day and an amount are held to their kind."""
    words: dict[str, Sequence[str]] = {
        "state": list(STATES),
        "remedy": list(REMEDIES),
        "root_cause": list(ROOT_CAUSES),
        "owner": owners,
        "approval": ["waiting", layout.APPROVE, "approved"],
    }
    last = max(rows, 1)
    for place, (field, known) in enumerate(words.items()):
        head = layout.EDITED[field][0]
        column = layout.column(head)
        lists.write_string(0, place, head)
        for row, word in enumerate(known, 1):
            lists.write_string(row, place, word)
        if known:
            letter = "ABCDE"[place]
            source = f"={layout.LISTS}!${letter}$2:${letter}${len(known) + 1}"
            said = {"error_title": head, "error_message": "Choose one from the list, or leave it empty."}
            sheet.data_validation(1, column, last, column, {"validate": "list", "source": source, **said})
    column = layout.column(layout.EDITED["due_on"][0])
    day = {"validate": "date", "criteria": ">=", "value": datetime(2000, 1, 1)}  # noqa: DTZ001 - a day
    sheet.data_validation(1, column, last, column, {**day, "error_message": "Give a day, as 2025-03-31."})
    column = layout.column(layout.EDITED["amount"][0])
    amount = {"validate": "decimal", "criteria": ">=", "value": 0}
    sheet.data_validation(1, column, last, column, {**amount, "error_message": "Give an amount of zero or more."})


def _guide(book: Book, sheet: Worksheet, outgoing: Outgoing) -> None:
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, 1, 90)
    book.text(sheet, 0, 0, "Decisions", book.title)
    place = 2
    for line in GUIDE:
        book.text(sheet, place, 0, line)
        place += 1
    for head, words in (("State", STATES), ("Remedy", REMEDIES), ("Root cause", ROOT_CAUSES)):
        place += 1
        book.text(sheet, place, 0, head, book.head)
        for word, meaning in words.items():
            place += 1
            book.text(sheet, place, 0, word)
            book.text(sheet, place, 1, meaning)
        place += 1
    known = {
        "Export": outgoing.export_id,
        "Made": f"{readable(moment(outgoing.made_at))} by {outgoing.made_by}",
        "For": outgoing.addressee or "anybody",
        "Chain": outgoing.head.words,
    }
    for head, value in known.items():
        place += 1
        book.text(sheet, place, 0, head, book.bold)
        book.text(sheet, place, 1, value)


def _record(sheet: Worksheet, rows: list[list[str]], outgoing: Outgoing) -> None:
    """All as text, since a spreadsheet would round a number."""
    owners = [["owner", name] for name in outgoing.owners]
    lines = [*outgoing.heads.items(), ("sha256", layout.record_hash(outgoing.heads, [*owners, *rows]))]
    for place, (name, value) in enumerate([*lines, *owners]):
        sheet.write_string(place, 0, name)
        sheet.write_string(place, 1, value)
    for column, head in enumerate(layout.RECORD_HEADS, 3):
        sheet.write_string(0, column, head)
    for place, cells in enumerate(rows, 1):
        for column, cell in enumerate(cells, 3):
            sheet.write_string(place, column, cell)
