"""Settlement in polars: payouts at risk."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.reading import NOT_LIVE, live_invoices, result, scan
from bench.analyst.in_polars.statements import paid_settlements


def set_05(folder: Path, as_of: date, days: int = 10, refund_days: int = 35) -> pl.DataFrame:
    """Payout at risk; the whole control."""
    paid = paid_settlements(folder, "settlement_id partner_id direction net_amount paid_on", as_of)
    out = paid.filter(direction="payable")
    partner = scan(folder, "partners", "partner_id bank_changed_on")
    age = (pl.col("paid_on") - pl.col("bank_changed_on")).dt.total_days()
    changed = out.join(partner, on="partner_id").filter(age.is_between(0, days))

    moved = moved_orders(folder)
    refund = moved.filter(~pl.col("status").is_in(NOT_LIVE), kind="refund")
    refunded_on = pl.min_horizontal("paid_on", "period_to").min()
    refund = refund.group_by("partner_id", "order_id").agg(refunded_on=refunded_on)
    came_back_in = (pl.col("refunded_on") - pl.col("invoice_date")).dt.total_days()
    kept = (
        moved.select("settlement_id", "order_id")
        .join(out, on="settlement_id")
        .join(credited(folder, as_of), on="order_id")
        .filter(
            pl.col("invoice_date") > pl.col("paid_on"),
            (as_of - pl.col("invoice_date")).dt.total_days() > refund_days,
        )
        .join(refund, on=["partner_id", "order_id"], how="left")
        .filter((came_back_in > refund_days).fill_null(True))
    )
    negative = paid.filter(pl.col("net_amount") < 0)
    at_risk = pl.concat([found.select("settlement_id") for found in (negative, changed, kept)])
    return result(paid.join(at_risk, on="settlement_id", how="semi"), "settlement_id", pl.lit(0), "net_amount")


def moved_orders(folder: Path) -> pl.LazyFrame:
    """Sale and refund lines with their settlement; the order is the line's own, else its delivery's."""
    line = scan(folder, "settlement_lines", "settlement_id kind order_id delivery_id")
    line = line.filter(pl.col("kind").is_in(["sale", "refund"]))
    unnamed = line.filter(pl.col("order_id").is_null()).drop("order_id")
    named = unnamed.join(scan(folder, "deliveries", "delivery_id order_id"), on="delivery_id")
    line = pl.concat([line.drop("delivery_id"), named.drop("delivery_id")], how="diagonal").drop_nulls("order_id")
    return line.join(
        scan(folder, "settlements", "settlement_id partner_id status paid_on period_to"), on="settlement_id"
    )


def credited(folder: Path, as_of: date) -> pl.LazyFrame:
    """Orders that live credit memos name in their head, else in the invoice they correct, else in their lines."""
    credit = live_invoices(folder, "invoice_id kind invoice_date order_id original_invoice_id", as_of)
    original = scan(folder, "invoices", "invoice_id order_id")
    original = original.select(original_invoice_id="invoice_id", original_order_id="order_id")
    credit = (
        credit.filter(kind="credit_memo")
        .join(original, on="original_invoice_id", how="left")
        .with_columns(pl.col("order_id").fill_null(pl.col("original_order_id")))
    )
    rest = credit.filter(pl.col("order_id").is_null()).select("invoice_id", "invoice_date")
    line = (
        scan(folder, "invoice_lines", "invoice_id order_line_id")
        .drop_nulls()
        .join(rest, on="invoice_id")
        .join(scan(folder, "order_lines", "order_line_id order_id"), on="order_line_id")
    )
    return pl.concat([found.select("order_id", "invoice_date") for found in (credit, line)]).drop_nulls()
