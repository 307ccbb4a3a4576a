"""What of a snapshot is matched with what: the canonical tables as the two sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pyarrow as pa

from workbench.detect import newest_day
from workbench.engine import open_engine
from workbench.engine.duck import DuckEngine
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.frontmatter import read_sql
from workbench.matching.items import MONEY, Sides
from workbench.matching.joins import check_sums
from workbench.matching.outcome import Matching
from workbench.matching.rules import Rules
from workbench.matching.run import match_sides
from workbench.progress import Report, quiet
from workbench.settings import QUERIES
from workbench.snapshot import Snapshot

FOLDER = QUERIES / "5_matching"
# A bank books within days, and every amount is there again in another month.
WHAT = {
    "receipts": Rules(),
    "bank": Rules(days_before=7, days_after=7, most=12),
    "settlements": Rules(),
    "ledger": Rules(),
}
# What went into a side, and must come out of it: open money and open documents, bank lines, lines of the ledger.
FED_BY = {
    ("receipts", "left"): "select currency, -open_amount as amount from open_items where item_kind = 'receipt'",
    ("receipts", "right"): "select currency, open_amount as amount from open_items where item_kind <> 'receipt'",
    ("bank", "left"): "select currency, amount from bank_lines where booked_on <= $as_of",
    (
        "ledger",
        "left",
    ): "select currency, amount from gl_lines where account_kind = 'receivable' and posted_on <= $as_of",
}


def match(
    snapshot: Snapshot,
    what: str = "receipts",
    as_of: date | None = None,
    passes: Sequence[str] | None = None,
    rules: Rules | None = None,
    clock: str = "known",
    progress: Report = quiet,
) -> Matching:
    """Match what a snapshot holds: receipts with open invoices, bank lines with receipts, payouts and refunds,
    settlement lines with orders, or the ledger with the sub-ledger.

    `as_of` is the newest business date by default and `clock` says which of its two dates a movement counts from
    ("known" or "dated", for receipts). `passes` and `rules` limit what is matched. Raises UnknownNameError for another
    `what` or pass, and WorkbenchError where tables are missing or sums do not foot.

    Example:
        >>> matching = wb.match(wb.open(), what="receipts")
        >>> print(matching.as_text())
    """  # noqa: D205
    if what not in WHAT:
        raise UnknownNameError("matching", what, WHAT)
    if clock not in {"known", "dated"}:
        raise UnknownNameError("clock", clock, ("known", "dated"))
    engine = open_engine("duckdb", snapshot.folder)
    try:
        progress("reading items", 0, 0)
        day = as_of or newest_day(engine)
        sides = read_sides(engine, snapshot, what, day, clock)
    finally:
        engine.close()
    found = match_sides(sides, rules or WHAT[what], passes, progress)
    return replace(found, what=what, as_of=day)


def read_sides(engine: DuckEngine, snapshot: Snapshot, what: str, as_of: date, clock: str = "known") -> Sides:
    """The two sides of a matching on a day; raises WorkbenchError where the snapshot lacks what they need."""
    if what == "receipts":
        _, sql = read_sql(QUERIES / "5_figures" / "open_items.sql")
        _need(snapshot, what, ("receipts", "invoices"))
        values = {"days": [as_of], "clock": clock}
        engine.connection.execute(f"create or replace temp table open_items as {sql}", values)
    left, right = (_side(engine, snapshot, what, side, as_of) for side in ("left", "right"))
    payers = engine.query(read_sql(FOLDER / "payers.sql")[1]) if what == "receipts" else None
    return Sides(left, right, payers)


def _side(engine: DuckEngine, snapshot: Snapshot, what: str, side: str, as_of: date) -> pa.Table:
    metadata, sql = read_sql(FOLDER / f"{what}_{side}.sql")
    _need(snapshot, what, tuple(metadata["needs"]))
    # The name of a column of ITEM is a word of SQL as well, so the order of columns is that of the file.
    items = engine.query(
        f"select * replace (cast(amount as {_sql(MONEY)}) as amount) from ({sql}) as item", {"as_of": as_of}
    )
    fed_by = FED_BY.get((what, side))
    if fed_by:
        check_sums(engine.query(fed_by, {"as_of": as_of}), items, f"the {side} items of {what}")
    return items


def _sql(kind: pa.DataType) -> str:
    return f"decimal({kind.precision}, {kind.scale})"


def _need(snapshot: Snapshot, what: str, names: tuple[str, ...]) -> None:
    missing = [name for name in names if name not in snapshot.tables]
    if missing:
        raise WorkbenchError(
            f"'{snapshot.folder.name}' has no {', '.join(missing)}, so {what} cannot be matched.", "load them"
        )
