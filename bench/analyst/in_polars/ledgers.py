"""Completeness in polars: two books that should say the same, revenue and invoices, sub-ledger and ledger."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.reading import NOT_LIVE, live_invoices, result, scan
from bench.analyst.in_polars.rounding import rounded

AMOUNT = pl.col("amount")


def com_06(folder: Path, as_of: date) -> pl.DataFrame:
    """Offline revenue and invoices disagree; the whole control."""
    offline = scan(folder, "products", "product_id is_offline").filter("is_offline").drop("is_offline")
    revenue = scan(folder, "revenue", "entity_id customer_id product_id month currency amount")
    revenue = revenue.filter(pl.col("month") <= as_of).join(offline, on="product_id", how="semi")
    line = scan(folder, "invoice_lines", "invoice_id product_id net_amount").join(offline, on="product_id", how="semi")
    document = live_invoices(folder, "invoice_id entity_id customer_id invoice_date currency", as_of)
    line = line.join(document, on="invoice_id").rename({"invoice_date": "month", "net_amount": "invoiced"})

    both = pl.concat([revenue.rename({"amount": "recognised"}), line.drop("invoice_id")], how="diagonal")
    customer = ["entity_id", "customer_id", "product_id"]
    subject, kind = [*customer, "month"], [*customer, "currency"]
    summed = both.group_by(*kind, pl.col("month").dt.month_start()).agg(
        recognised=pl.col("recognised").sum(), invoiced=pl.col("invoiced").sum()
    )
    summed = summed.with_columns(rounded(pl.col("recognised")), rounded(pl.col("invoiced")))
    off = summed.with_columns(difference=pl.col("invoiced") - pl.col("recognised"))
    off = off.filter(pl.col("difference") != 0).sort("month")

    is_timing = pl.lit(False)
    for step in (1, -1):
        difference, month = (pl.col(column).shift(step).over(kind) for column in ("difference", "month"))
        is_next = month.dt.offset_by(f"{step}mo") == pl.col("month")
        is_timing |= (is_next & (difference == -pl.col("difference"))).fill_null(False)
    # Of a month's currencies those that nothing explains go first; two of them have no amount.
    off = off.with_columns(is_timing=is_timing)
    off = off.filter(pl.col("is_timing") == pl.col("is_timing").min().over(subject))
    is_one = pl.len().over(subject) == 1
    off = off.with_columns(pl.when(is_one).then(pl.col("recognised", "invoiced")))
    subject_id = pl.concat_str(*customer, pl.col("month").dt.strftime("%Y-%m"), separator="/")
    return result(off, subject_id, "recognised", "invoiced", {"timing": pl.col("is_timing")})


def com_07(folder: Path, as_of: date) -> pl.DataFrame:
    """Sub-ledger and ledger disagree; the whole control."""
    keys = ["entity_id", "currency"]
    entry = scan(folder, "gl_lines", "entity_id account_kind posted_on currency amount")
    entry = entry.filter(pl.col("posted_on") <= as_of, account_kind="receivable")
    ledger = entry.group_by(keys).agg(ledger=AMOUNT.sum())
    items = movements(folder, as_of).group_by(keys).agg(items=AMOUNT.sum())
    both = items.join(ledger, on=keys, how="full", coalesce=True)
    both = both.with_columns(pl.col("items").fill_null(0), pl.col("ledger").fill_null(0))
    off = both.filter(pl.col("items") != pl.col("ledger"))
    return result(off, pl.concat_str(keys, separator="/"), "ledger", "items")


def movements(folder: Path, as_of: date) -> pl.LazyFrame:
    """What opened and closed the sub-ledger's items, as the books knew it: entity_id, currency, amount."""
    document = scan(folder, "invoices", "invoice_id entity_id invoice_date posted_on currency gross_amount status")
    document = document.filter(~pl.col("status").is_in(NOT_LIVE))
    receipt = scan(folder, "receipts", "receipt_id entity_id received_on posted_on currency amount status")
    receipt = receipt.filter(pl.col("status") != "reversed")
    wanted = "receipt_id credit_invoice_id invoice_id applied_on posted_on amount discount_amount"
    application = known(scan(folder, "applications", wanted), "applied_on", as_of)
    settled = application.with_columns(amount=-AMOUNT - pl.col("discount_amount").fill_null(0))
    credit = application.select("amount", invoice_id="credit_invoice_id")
    adjustment = known(scan(folder, "adjustments", "invoice_id adjusted_on posted_on amount"), "adjusted_on", as_of)

    columns = ["entity_id", "currency", AMOUNT.cast(pl.Decimal(38, 4))]
    by_document = document.select("invoice_id", "entity_id", "currency")
    by_receipt = receipt.select("receipt_id", "entity_id", "currency")
    moved = [
        known(document, "invoice_date", as_of).with_columns(amount="gross_amount"),
        known(receipt, "received_on", as_of).with_columns(amount=-AMOUNT),
        pl.concat(
            [settled.select("invoice_id", "amount"), credit.select("invoice_id", "amount")], how="vertical_relaxed"
        ).join(by_document, on="invoice_id"),
        application.join(by_receipt, on="receipt_id"),
        adjustment.join(by_document, on="invoice_id"),
    ]
    return pl.concat([rows.select(columns) for rows in moved])


def known(frame: pl.LazyFrame, dated: str, as_of: date) -> pl.LazyFrame:
    """Rows that had entered the books by as_of; a row that does not say when, by its business date."""
    return frame.filter(pl.coalesce("posted_on", dated) <= as_of)
