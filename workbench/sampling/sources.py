"""Where a population comes from: a table of a snapshot less what the controls found, or a file of one's own."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.engine import Engine, open_engine
from workbench.errors import UnknownNameError, WorkbenchError, nearest
from workbench.findings import Findings
from workbench.sampling.amounts import total
from workbench.sampling.cells import from_text
from workbench.sampling.population import Item, Line, Population, make_population
from workbench.sampling.wording import ALL_ROWS, LEFT_OVER, NAMED, NO_FINDINGS, NOT_LIVE, OTHERS, REVERSED, TAKEN_OUT
from workbench.snapshot import Snapshot, open_snapshot, sha256

IDS = ("item_id", "id", "invoice_line_id", "invoice_id", "receipt_id", "key")
AMOUNTS = ("book_value", "amount", "net_amount", "gross_amount")
SHOWN = ("invoice_number", "customer_id", "invoice_date", "description")

DOCUMENTS = """
select
    document.invoice_id as item_id, document.invoice_id as parent_id, document.entity_id, document.currency,
    document.{amount} as book_value, live.invoice_id is not null as is_live,
    document.invoice_number, document.customer_id, cast(document.invoice_date as varchar) as invoice_date
from invoices as document
left join live_invoices as live on document.invoice_id = live.invoice_id
where
    ($first::date is null or (document.invoice_date >= $first::date and document.invoice_date < $end::date))
    and ($entity = '' or document.entity_id = $entity)
"""
LINES = """
select
    line.invoice_line_id as item_id, line.invoice_id as parent_id, document.entity_id, document.currency,
    line.{amount} as book_value, live.invoice_id is not null as is_live,
    document.invoice_number, document.customer_id, cast(document.invoice_date as varchar) as invoice_date,
    line.description
from invoice_lines as line
left join invoices as document on line.invoice_id = document.invoice_id
left join live_invoices as live on line.invoice_id = live.invoice_id
where
    ($first::date is null or (document.invoice_date >= $first::date and document.invoice_date < $end::date))
    and ($entity = '' or document.entity_id = $entity)
"""
RECEIPTS = """
select
    receipt.receipt_id as item_id, receipt.receipt_id as parent_id, receipt.entity_id, receipt.currency,
    receipt.{amount} as book_value, receipt.status <> 'reversed' as is_live,
    receipt.reference as invoice_number, receipt.customer_id, cast(receipt.received_on as varchar) as invoice_date
from receipts as receipt
where
    ($first::date is null or (receipt.received_on >= $first::date and receipt.received_on < $end::date))
    and ($entity = '' or receipt.entity_id = $entity)
"""
PARENTS = """
select invoice_id from invoice_lines where invoice_line_id in (select unnest(cast($keys as varchar[])))
"""
TABLES = {
    "invoices": (DOCUMENTS, ("net_amount", "tax_amount", "gross_amount")),
    "invoice_lines": (LINES, ("net_amount", "tax_amount")),
    "receipts": (RECEIPTS, ("amount",)),
}


def sample_population(
    source: str | Path | Snapshot,
    *,
    table: str = "invoices",
    period: str = "",
    entity: str | None = "",
    currency: str = "",
    findings: str | Path | Findings | pa.Table | None = None,
    id_column: str = "",
    amount_column: str = "",
) -> Population:
    """What is there to sample from.

    `source` is a .csv or .parquet of one's own, or a snapshot, then with `table` (invoices, invoice_lines, receipts),
    `period` "YYYY-MM", `entity` and the `findings` whose subjects are taken out. Raises WorkbenchError for more than
    one currency, an amount that is no number, an id that is empty or comes twice, and a tie that does not hold.
    """
    path = None if isinstance(source, Snapshot) else Path(source)
    if path is not None and (path.is_file() or path.suffix in {".csv", ".parquet"}):
        return _of_file(path, currency, id_column, amount_column)
    snapshot = source if isinstance(source, Snapshot) else open_snapshot(source)
    return _of_snapshot(snapshot, table, period, entity or "", currency, findings, amount_column)


def _of_file(file: Path, currency: str, id_column: str, amount_column: str) -> Population:
    names, rows = _read_rows(file)
    key = _column(names, id_column, IDS, "ids", file)
    amount = _column(names, amount_column, AMOUNTS, "book values", file)
    shown = tuple(name for name in SHOWN if name in names and name not in {key, amount})
    if any(isinstance(row[amount], float) for row in rows):
        raise WorkbenchError(
            f"The book values in {file.name} are binary fractions, which have lost digits.",
            f"save {amount} as a decimal or as text",
        )
    numbers, wrong = [], []
    for place, row in enumerate(rows, 2):
        value = _decimal(row[amount])
        numbers.append(value)
        if value is None:
            wrong.append((place, row[amount]))
    if wrong:
        raise WorkbenchError(
            f"{len(wrong):,} book values in {file.name} are no numbers, first '{wrong[0][1]}' in row {wrong[0][0]}.",
            "correct them; an item without a book value cannot be sampled",
        )
    unit = _one_currency(Counter(str(row.get("currency") or "") for row in rows), currency)
    kept = [
        Item(str(row[key] if row[key] is not None else ""), value, tuple(_shown(row[name]) for name in shown))
        for row, value in zip(rows, numbers, strict=True)
        if value is not None and ("currency" not in names or str(row["currency"] or "") == unit)
    ]
    source = {"file": file.name, "sha256": sha256(file), "id_column": key, "amount_column": amount, "currency": unit}
    return make_population(kept, unit, source, names=shown)


def _read_rows(file: Path) -> tuple[list[str], list[dict[str, Any]]]:
    try:
        if file.suffix == ".parquet":
            read = pq.read_table(file)
            return read.column_names, read.to_pylist()
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            return list(reader.fieldnames or ()), list(reader)
    except FileNotFoundError as error:
        raise WorkbenchError(f"There is no population '{file}'.", "give a .csv, a .parquet or a snapshot") from error
    except (OSError, pa.ArrowException, UnicodeDecodeError, csv.Error) as error:
        raise WorkbenchError(f"'{file.name}' cannot be read: {error}.", "save it as CSV in UTF-8") from error


def _column(names: list[str], given: str, usual: Iterable[str], what: str, file: Path) -> str:
    wanted = given or next((name for name in usual if name in names), "")
    if wanted not in names:
        option = "--id" if what == "ids" else "--amount"
        raise WorkbenchError(
            f"{file.name} has no column '{wanted or next(iter(usual))}' of {what}.",
            f"name it with {option}; {nearest(wanted, names)}",
        )
    return wanted


def _decimal(value: object) -> Decimal | None:
    """A finite decimal; None for what is none. A float is none: it has lost the digits that a sample needs."""
    try:
        found = Decimal(str(value).strip()) if isinstance(value, str | int | Decimal) else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() else None


def _shown(value: object) -> str:
    return "" if value is None else str(value)


def _one_currency(counts: Mapping[str, int], wanted: str) -> str:
    """The one currency of a population, or the one asked for; WorkbenchError for a mix."""
    found = {name: number for name, number in counts.items() if name}
    if wanted:
        if found and wanted not in found:
            raise UnknownNameError("currency in this population", wanted, sorted(found))
        return wanted
    if len(counts) > 1:
        listed = ", ".join(f"{name or 'none'} {number:,}" for name, number in sorted(counts.items()))
        raise WorkbenchError(
            f"The population holds items in {len(counts)} currencies ({listed}), and currencies are never added.",
            "choose one with --currency",
        )
    return next(iter(counts), "")


def _of_snapshot(
    snapshot: Snapshot,
    table: str,
    period: str,
    entity: str,
    currency: str,
    findings: str | Path | Findings | pa.Table | None,
    amount_column: str,
) -> Population:
    if table not in TABLES:
        raise UnknownNameError("table to sample from", table, TABLES)
    sql, amounts = TABLES[table]
    amount = amount_column or amounts[0]
    if amount not in amounts:
        raise UnknownNameError(f"amount of {table}", amount, amounts)
    first, end = _month(period)
    subjects, fingerprint = _subjects(findings)
    with closing(open_engine("duckdb", snapshot.folder)) as database:
        rows = database.query(sql.format(amount=amount), {"first": first, "end": end, "entity": entity}).to_pylist()
        parents = _parents(database, subjects) if table == "invoices" else set()
    unit = _one_currency(Counter(row["currency"] or "" for row in rows), currency)
    rows = [row for row in rows if (row["currency"] or "") == unit]
    without = [row["item_id"] for row in rows if row["book_value"] is None]
    if without:
        raise WorkbenchError(
            f"{len(without):,} rows of {table} have no {amount}, the first is '{without[0]}'.",
            "choose another --amount",
        )
    dead = [row for row in rows if not row["is_live"]]
    found = [row for row in rows if row["is_live"] and (_keys(row, table) & subjects or row["item_id"] in parents)]
    taken = {id(row) for row in (*dead, *found)}
    left = [row for row in rows if id(row) not in taken]
    tie = (
        _line(LEFT_OVER, left),
        _line(TAKEN_OUT, found),
        _line(NOT_LIVE if table != "receipts" else REVERSED, dead),
        _line(ALL_ROWS.format(table=table), rows),
    )
    shown = tuple(name for name in SHOWN if rows and name in rows[0])
    source = {
        "snapshot": snapshot.fingerprint, "table": table, "amount_column": amount, "period": period, "entity": entity,
        "currency": unit, "findings": fingerprint,
    }  # fmt: skip
    items = (Item(row["item_id"], row["book_value"], tuple(_shown(row[name]) for name in shown)) for row in left)
    return make_population(items, unit, source, names=shown, tie=tie, notes=_notes(findings, subjects, found, table))


def _parents(database: Engine, subjects: set[tuple[str, str]]) -> set[str]:
    """The documents of the lines that findings name."""
    keys = [name for place, name in subjects if place == "invoice_lines"]
    return set(database.query(PARENTS, {"keys": keys})["invoice_id"].to_pylist()) if keys else set()


def _notes(
    findings: object, subjects: set[tuple[str, str]], found: list[dict[str, Any]], table: str
) -> tuple[str, ...]:
    if findings is None:
        return (NO_FINDINGS,)
    return (NAMED.format(subjects=f"{len(subjects):,}", found=f"{len(found):,}", table=table), OTHERS)


def _line(what: str, rows: list[dict[str, Any]]) -> Line:
    return Line(what, len(rows), total(row["book_value"] for row in rows))


def _month(period: str) -> tuple[date | None, date | None]:
    if not period:
        return None, None
    try:
        first = date.fromisoformat(f"{period}-01")
    except ValueError as error:
        raise WorkbenchError(f"The period '{period}' is no month.", "give it as YYYY-MM, e.g. 2025-03") from error
    return first, date(first.year + first.month // 12, first.month % 12 + 1, 1)


def _subjects(findings: str | Path | Findings | pa.Table | None) -> tuple[set[tuple[str, str]], str]:
    """Table and id of every finding that nothing suppressed, and the SHA-256 of the file they came from."""
    if findings is None:
        return set(), ""
    fingerprint = ""
    if isinstance(findings, str | Path):
        file = Path(findings)
        fingerprint = sha256(file) if file.is_file() else ""
        names, rows = _read_rows(file)
        missing = {"subject_table", "subject_id", "suppressed_by"} - set(names)
        if missing:
            raise WorkbenchError(
                f"{file.name} has no column {', '.join(sorted(missing))}, so it holds no findings.",
                "make it with: workbench run SNAPSHOT --out findings.parquet",
            )
    else:
        rows = (findings.table if isinstance(findings, Findings) else findings).to_pylist()
    found = {(row["subject_table"], from_text(row["subject_id"])) for row in rows if not row["suppressed_by"]}
    return found, fingerprint


def _keys(row: Mapping[str, Any], table: str) -> set[tuple[str, str]]:
    """The subjects that take a row out: itself, and for a line its document."""
    own = {(table, row["item_id"])}
    return own | {("invoices", row["parent_id"])} if table == "invoice_lines" else own
