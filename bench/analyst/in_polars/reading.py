"""Scan a snapshot's tables with polars: lazily, only the columns asked for, decimals as they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.rounding import MONEY

NOT_LIVE = ["cancelled", "draft"]


def scan(folder: Path, name: str, columns: str) -> pl.LazyFrame:
    """Columns (their names with blanks between) of one table."""
    file = folder / f"{name}.parquet"
    found = pl.scan_parquet(file if file.is_file() else folder / name / "*.parquet")
    return found.select(columns.split())


def live_invoices(folder: Path, columns: str, as_of: date) -> pl.LazyFrame:
    """Documents up to as_of that are no drafts, not cancelled and not one half of a cancelled pair."""
    own = "invoice_id kind status currency invoice_date gross_amount reason_code original_invoice_id"
    document = scan(folder, "invoices", " ".join(dict.fromkeys(f"{columns} {own}".split())))
    issued = document.filter(~pl.col("status").is_in(NOT_LIVE))
    credit = issued.filter(kind="credit_memo", reason_code="cancel").select(own.split())
    original = document.filter(pl.col("kind") != "credit_memo").select("invoice_id", "currency", "gross_amount")
    pair = (
        credit.join(original, left_on=["original_invoice_id", "currency"], right_on=["invoice_id", "currency"])
        .filter(pl.col("gross_amount") == -pl.col("gross_amount_right"))
        .sort("invoice_date", "invoice_id")
        .unique("original_invoice_id", keep="first", maintain_order=True)
    )
    cancelled = pl.concat([pair.select("invoice_id"), pair.select(invoice_id="original_invoice_id")])
    live = issued.filter(pl.col("invoice_date") <= as_of).join(cancelled, on="invoice_id", how="anti")
    return live.select(columns.split())


def live_lines(folder: Path, columns: str, of_document: str, as_of: date, billed: bool = False) -> pl.LazyFrame:
    """Lines of live documents with columns of the line and of the document; `billed` leaves out credit memos."""
    document = live_invoices(folder, f"invoice_id kind {of_document}", as_of)
    if billed:
        document = document.filter(pl.col("kind") != "credit_memo")
    return scan(folder, "invoice_lines", f"invoice_id {columns}").join(document, on="invoice_id")


def result(
    frame: pl.LazyFrame,
    subject: str | pl.Expr,
    expected: pl.Expr | str | None,
    billed: pl.Expr | str | None,
    explained: Mapping[str, pl.Expr] | None = None,
) -> pl.DataFrame:
    """Candidates as every analyst returns them, one row per subject; the first explanation that holds is its own.

    An amount of None is missing on every row; explanations are yes, no or missing, which is no.
    """
    codes = [pl.when(holds).then(pl.lit(code)) for code, holds in (explained or {}).items()]
    columns = {
        "subject_id": subject,
        "expected_amount": pl.lit(None, MONEY) if expected is None else expected,
        "billed_amount": pl.lit(None, MONEY) if billed is None else billed,
        "suppressed_by": pl.coalesce(codes) if codes else pl.lit(None, pl.String),
    }
    return frame.select(**columns).unique("subject_id", keep="first", maintain_order=True).collect()
