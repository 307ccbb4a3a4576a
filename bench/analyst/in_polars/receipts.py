"""Occurrence in polars: receipts booked twice, and bounced ones that are still applied."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.reading import result, scan
from bench.analyst.in_polars.rounding import MONEY

NOTHING = pl.lit(0, MONEY)


def occ_07(folder: Path, as_of: date, near_days: int = 3) -> pl.DataFrame:
    """Receipt booked twice; the whole control."""
    wanted = "receipt_id customer_id received_on posted_on currency amount status bank_reference reference"
    receipt = scan(folder, "receipts", wanted).filter(pl.col("received_on") <= as_of)
    receipt = receipt.with_columns(
        payer=pl.col("customer_id").fill_null(""),
        booked_on=pl.col("posted_on").fill_null(pl.col("received_on")),
        is_reversed=pl.col("status") == "reversed",
    )
    found = pl.concat([repeated(receipt, mark, near_days) for mark in ("bank_reference", "reference")])
    found = found.sort("is_booked_twice", descending=True, maintain_order=True)
    return result(found, "receipt_id", NOTHING, "amount", {"reversed": ~pl.col("is_booked_twice")})


def repeated(receipt: pl.LazyFrame, mark: str, near_days: int) -> pl.LazyFrame:
    """Receipts shortly after one of the same payer, amount and mark, and whether neither of two was reversed."""
    keys = ["payer", "currency", "amount", "mark"]
    near = timedelta(days=near_days)
    received = pl.col("received_on")
    some = receipt.with_columns(mark=pl.col(mark).str.strip_chars(" ")).filter(pl.col("mark") != "")
    some = some.filter(pl.len().over(keys) > 1).sort("received_on", "booked_on", "receipt_id")
    before, standing_before = received.shift().over(keys), received.shift().over(*keys, "is_reversed")
    is_near = (received - standing_before <= near).fill_null(False)
    some = some.with_columns(is_booked_twice=is_near & ~pl.col("is_reversed"), before=before)
    return some.filter(received - pl.col("before") <= near).select("receipt_id", "amount", "is_booked_twice")


def occ_08(folder: Path, as_of: date) -> pl.DataFrame:
    """Bounced receipt still applied; the whole control."""
    receipt = scan(folder, "receipts", "receipt_id received_on status")
    bounced = receipt.filter(pl.col("received_on") <= as_of, status="reversed")
    application = scan(folder, "applications", "receipt_id applied_on amount").filter(pl.col("applied_on") <= as_of)
    applied = application.join(bounced, on="receipt_id", how="semi").group_by("receipt_id").agg(pl.col("amount").sum())
    return result(applied.filter(pl.col("amount") > 0), "receipt_id", NOTHING, "amount")
