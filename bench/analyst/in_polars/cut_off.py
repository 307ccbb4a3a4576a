"""Cut-off in polars: what was invoiced, credited, entered or recognised in a period it does not belong to."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.reading import NOT_LIVE, live_lines, result, scan
from bench.analyst.in_polars.recognition import cut_03

__all__ = ["cut_01", "cut_02", "cut_03", "cut_04", "cut_05"]

PERIODS = {"month": "1mo", "quarter": "1q", "year": "1y"}
DAY = pl.duration(days=1)
NOTHING = pl.lit(0)


def cut_01(folder: Path, as_of: date) -> pl.DataFrame:
    """Invoiced before delivery; the whole control."""
    line = live_lines(
        folder,
        "invoice_line_id net_amount delivery_line_id order_line_id",
        "invoice_date reason_code order_id",
        as_of,
        billed=True,
    )
    item = scan(folder, "delivery_lines", "delivery_line_id delivery_id order_line_id")
    delivery = scan(folder, "deliveries", "delivery_id status shipped_on delivered_on order_id")
    delivery = delivery.filter(pl.col("status") != "cancelled").drop("status")
    early = (
        line.join(item, on="delivery_line_id", suffix="_delivered")
        .join(delivery, on="delivery_id", suffix="_delivered")
        .filter(pl.col("invoice_date") < pl.coalesce("shipped_on", "delivered_on"))
        .with_columns(ordered_line_id=pl.coalesce("order_line_id", "order_line_id_delivered"))
    )
    ordered = scan(folder, "order_lines", "order_line_id order_id")
    ordered = ordered.select(ordered_line_id="order_line_id", ordered_id="order_id")
    early = early.join(ordered, on="ordered_line_id", how="left")

    order = scan(folder, "orders", "order_id reason_code").filter(reason_code="prepayment")
    prepaid = order.select("order_id").collect().to_series().implode()
    is_prepaid = pl.col("reason_code").eq_missing("prepayment")
    for column in ("order_id", "order_id_delivered", "ordered_id"):
        is_prepaid |= pl.col(column).is_in(prepaid).fill_null(False)
    return result(early, "invoice_line_id", NOTHING, "net_amount", {"prepayment": is_prepaid})


def cut_02(folder: Path, as_of: date, late_days: int = 14) -> pl.DataFrame:
    """Invoiced late; the whole control."""
    line = live_lines(folder, "delivery_line_id order_line_id", "invoice_date", as_of, billed=True)
    item = scan(folder, "delivery_lines", "delivery_line_id delivery_id order_line_id")
    delivery = scan(folder, "deliveries", "delivery_id kind status delivered_on").filter(
        pl.col("status").is_in(["shipped", "delivered"]), kind="sale"
    )
    first = pl.min("invoice_date")
    direct = line.group_by("delivery_line_id").agg(direct=first)
    by_order = line.join(item, on="delivery_line_id", how="anti").group_by("order_line_id").agg(by_order=first)
    late = (
        item.join(delivery, on="delivery_id")
        .join(direct, on="delivery_line_id", how="left")
        .join(by_order, on="order_line_id", how="left")
        .filter((pl.coalesce("direct", "by_order") - pl.col("delivered_on")).dt.total_days() > late_days)
    )
    return result(late, "delivery_line_id", None, None)


def cut_04(folder: Path, as_of: date, days: int = 45, close: str = "month", min_amount: str = "0") -> pl.DataFrame:
    """Credit after the close for before it; the whole control."""
    wanted = "invoice_id kind status invoice_date gross_amount original_invoice_id"
    credit = scan(folder, "invoices", wanted).filter(
        pl.col("invoice_date") <= as_of,
        ~pl.col("status").is_in(NOT_LIVE),
        pl.col("gross_amount").abs() > Decimal(min_amount),
        kind="credit_memo",
    )
    original = scan(folder, "invoices", "invoice_id invoice_date")
    original = original.select(original_invoice_id="invoice_id", billed_on="invoice_date")
    opened_on = pl.col("invoice_date").dt.truncate(PERIODS[close])
    found = credit.join(original, on="original_invoice_id").filter(
        pl.col("billed_on") < opened_on, (pl.col("invoice_date") - (opened_on - DAY)).dt.total_days() <= days
    )
    return result(found, "invoice_id", NOTHING, "gross_amount")


def cut_05(folder: Path, as_of: date, close_days: int = 5) -> pl.DataFrame:
    """Back-dated into a closed month; the whole control."""
    document = scan(folder, "invoices", "invoice_id status invoice_date created_at posted_on")
    entered_on = pl.max_horizontal(pl.col("created_at").dt.date(), "posted_on")
    opened_on = pl.col("invoice_date").dt.month_end() + DAY
    # Working days are counted for the few that entered another month at all.
    found = document.filter(
        ~pl.col("status").is_in(NOT_LIVE), pl.col("invoice_date") <= as_of, entered_on >= opened_on
    ).filter(pl.business_day_count(opened_on, entered_on + DAY) > close_days)
    return result(found, "invoice_id", None, None)
