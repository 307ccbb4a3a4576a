"""Cut-off in polars: revenue that was recognised in another month than it was earned in."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.reading import result, scan

MONTH = pl.col("month")


def cut_03(folder: Path, as_of: date) -> pl.DataFrame:
    """Revenue in the wrong month; the whole control."""
    item = consignments(folder)
    booked = (
        billed_revenue(folder)
        .filter(pl.min_horizontal("month", "invoice_date") <= as_of)
        .with_columns(MONTH.dt.month_start(), billed_in=pl.col("invoice_date").dt.month_start())
        .join(item.select("delivery_line_id", "delivered_in", is_linked=True), on="delivery_line_id", how="left")
    )
    # A line that names its consignment is not asked about its order line; nor is a contract's charge.
    asking = booked.filter(pl.col("is_linked").is_null(), pl.col("contract_line_id").is_null())
    delivered = item.filter(pl.col("delivered_in").is_not_null()).select("order_line_id", "kind", then="delivered_in")
    is_sale, is_then = pl.col("kind") == "sale", pl.col("then") == MONTH
    by_order = (
        asking.select("revenue_id", "order_line_id", "month")
        .join(delivered, on="order_line_id")
        .group_by("revenue_id")
        .agg(is_sold=is_sale.any(), is_sold_then=(is_sale & is_then).any(), is_moved_then=is_then.any())
    )
    is_billed_then = pl.col("billed_in") == MONTH
    is_right = (
        pl.when(pl.col("delivered_in").is_not_null())
        .then(pl.col("delivered_in") == MONTH)
        .when(pl.col("is_sold"))
        .then(pl.col("is_sold_then"))
        .when(pl.col("period_from").is_not_null())
        .then(touches("period_from", "period_to"))
        .otherwise(is_billed_then | touches("period_from_document", "period_to_document").fill_null(False))
    )
    is_correction = (pl.col("kind") == "credit_memo") & (is_billed_then | pl.col("is_moved_then").fill_null(False))
    off = booked.join(by_order, on="revenue_id", how="left").filter(~is_right, ~is_correction)
    return result(off, "revenue_id", pl.lit(0), "amount")


def billed_revenue(folder: Path) -> pl.LazyFrame:
    """Revenue with what its invoice line and, under names that end in _document, that line's document say."""
    booked = scan(folder, "revenue", "revenue_id month amount invoice_line_id")
    wanted = "invoice_line_id invoice_id contract_line_id delivery_line_id order_line_id period_from period_to"
    document = scan(folder, "invoices", "invoice_id kind invoice_date period_from period_to")
    booked = booked.join(scan(folder, "invoice_lines", wanted), on="invoice_line_id")
    return booked.join(document, on="invoice_id", suffix="_document")


def consignments(folder: Path) -> pl.LazyFrame:
    """Delivery lines with the month in which they were delivered; missing where they were not."""
    delivery = scan(folder, "deliveries", "delivery_id kind status delivered_on")
    is_out = pl.col("status").is_in(["shipped", "delivered"])
    delivered_in = pl.when(is_out).then(pl.col("delivered_on").dt.month_start())
    delivery = delivery.select("delivery_id", "kind", delivered_in=delivered_in)
    item = scan(folder, "delivery_lines", "delivery_line_id delivery_id order_line_id")
    return item.join(delivery, on="delivery_id").drop("delivery_id")


def touches(day_from: str, day_to: str) -> pl.Expr:
    """Whether a day of [day_from, day_to) is in the month; without an end that is the first day alone."""
    last = pl.max_horizontal(pl.col(day_to) - pl.duration(days=1), day_from)
    return (pl.col(day_from).dt.month_start() <= MONTH) & (last >= MONTH)
