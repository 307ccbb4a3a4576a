"""Findings in the rows of a workbook, and the sheet of their evidence that each row leads to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from xlsxwriter.worksheet import Worksheet

from workbench.decisions.cells import Book
from workbench.decisions.sheet import EVIDENCE, NONE
from workbench.findings import AMOUNTS, evidence_keys

LINKS = 65_000

# Where the evidence of a finding begins on its sheet, and how many keys it has.
Places = Mapping[str, tuple[int, int]]


def write_field(
    book: Book, sheet: Worksheet, place: int, column: int, field: str, row: Mapping[str, Any], *, wrap: bool = False
) -> None:
    """Write one column of the findings table; with `wrap` a reason may take several lines."""
    value = row[field]
    if field in AMOUNTS:
        book.money(sheet, place, column, value, row["currency"])
    elif field == "event_date":
        book.date(sheet, place, column, value, book.day)
    elif field == "currency":
        book.text(sheet, place, column, value or NONE)
    elif field == "direction":
        book.text(sheet, place, column, value.replace("_", "-"), book.indented)
    else:
        book.text(sheet, place, column, value, book.wrapped if wrap and field == "reason" else None)


def write_link(book: Book, sheet: Worksheet, place: int, column: int, finding_id: str, places: Places) -> None:
    """Write a link to a finding's evidence, or where it stands when the sheet holds no more links or no more keys."""
    start, keys = places.get(finding_id, (0, 0))
    words = f"{keys} source row{'' if keys == 1 else 's'}"
    if keys and place <= LINKS:
        sheet.write_url(place, column, f"internal:'{EVIDENCE}'!A{start + 1}", book.link, string=words)
    elif keys:
        book.text(sheet, place, column, f"{words}, row {start + 1}")
    else:
        book.text(sheet, place, column, words if finding_id in places else "see findings.parquet")


def write_evidence(
    book: Book, sheet: Worksheet, rows: Iterable[Mapping[str, Any]], limit: int, *, frozen: int = 1
) -> dict[str, tuple[int, int]]:
    """Write a row per finding and source key, whole findings up to `limit` rows, and say where each stands."""
    keys: list[tuple[str, str, str, str]] = []
    places: dict[str, tuple[int, int]] = {}
    for row in rows:
        own = [(name, key) for name, held in sorted(evidence_keys(row["evidence"]).items()) for key in held or ()]
        if len(keys) + len(own) > limit:
            break
        places[row["finding_id"]] = (len(keys) + 1, len(own))
        keys += [(row["finding_id"], row["control_id"], name, key) for name, key in own]
    heads = ["Finding", "Control", "Source table", "Source key"]
    book.native(sheet, EVIDENCE, heads, [19, 10, 22, 44], len(keys), frozen=frozen)
    for place, cells in enumerate(keys, 1):
        for column, cell in enumerate(cells):
            book.text(sheet, place, column, cell)
    return places
