"""Valuation in polars: what was written off too early or in vain."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.reading import result, scan


def val_06(folder: Path, as_of: date, min_days: int = 180) -> pl.DataFrame:
    """Written off too early or in vain; the whole control."""
    adjustment = scan(folder, "adjustments", "adjustment_id invoice_id kind amount adjusted_on")
    adjustment = adjustment.filter(pl.col("amount") < 0, pl.col("adjusted_on") <= as_of, kind="write_off")
    invoice = scan(folder, "invoices", "invoice_id kind customer_id invoice_date due_date")
    invoice = invoice.filter(pl.col("kind") != "credit_memo")
    write_off = adjustment.drop("kind").join(invoice.drop("kind"), on="invoice_id").collect().lazy()
    due_on = pl.col("due_date").fill_null(pl.col("invoice_date"))
    early = write_off.filter((pl.col("adjusted_on") - due_on).dt.total_days() < min_days)

    receipt = scan(folder, "receipts", "receipt_id customer_id received_on amount status")
    receipt = receipt.filter(pl.col("status") != "reversed")
    application = scan(folder, "applications", "receipt_id invoice_id applied_on amount")
    idle = waiting(receipt.join(write_off, on="customer_id", how="semi"), application)
    idle = write_off.join(idle, on="customer_id").filter(
        pl.col("waits_from") <= pl.col("adjusted_on"), ~(pl.col("waits_to") <= pl.col("adjusted_on")).fill_null(False)
    )
    paid = (
        application.filter(pl.col("amount") > 0, pl.col("applied_on") <= as_of)
        .join(write_off, on="invoice_id")
        .filter(pl.col("applied_on") > pl.col("adjusted_on"))
        .join(receipt, on="receipt_id", how="semi")
    )
    off = pl.concat([found.select("adjustment_id") for found in (early, idle, paid)])
    return result(write_off.join(off, on="adjustment_id", how="semi"), "adjustment_id", pl.lit(0), "amount")


def waiting(receipt: pl.LazyFrame, application: pl.LazyFrame) -> pl.LazyFrame:
    """From when to when something of a receipt was not applied: customer_id, waits_from, waits_to (null: still)."""
    came = receipt.select("receipt_id", "customer_id", "amount", day="received_on")
    went = application.join(receipt.select("receipt_id", "customer_id"), on="receipt_id")
    went = went.select("receipt_id", "customer_id", amount=-pl.col("amount"), day="applied_on")
    step = pl.concat([came, went], how="vertical_relaxed").sort("receipt_id", "day")
    return step.select(
        "customer_id",
        waits_from="day",
        waits_to=pl.col("day").shift(-1).over("receipt_id"),
        left=pl.col("amount").cum_sum().over("receipt_id"),
    ).filter(pl.col("left") > 0)
