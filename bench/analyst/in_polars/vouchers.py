"""Accuracy in polars: vouchers that were redeemed, and whether they could be."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.reading import live_lines, result, scan
from bench.analyst.in_polars.rounding import CURRENCY, product, rounded


def vouchers(folder: Path) -> pl.LazyFrame:
    """One row per voucher, the youngest, and whether somebody signed it; where nobody's name is kept, all are."""
    wanted = "voucher_id customer_id product_id kind value currency max_redemptions max_amount is_stackable"
    voucher = scan(folder, "vouchers", f"{wanted} valid_from valid_to approved_by approved_on")
    signer = pl.col("approved_by")
    voucher = voucher.with_columns(is_signed=signer.is_not_null() | signer.is_null().all())
    return voucher.sort("valid_from").unique("voucher_id", keep="last")


def acc_10(folder: Path, as_of: date) -> pl.DataFrame:
    """Voucher misused; the whole control."""
    of_line = "invoice_line_id line_number product_id quantity unit_price discount_amount voucher_id net_amount"
    line = live_lines(folder, of_line, "customer_id invoice_date currency", as_of, billed=True)
    line = line.filter(pl.col("voucher_id").is_not_null(), pl.col("quantity") > 0)
    line = line.join(vouchers(folder), on="voucher_id", how="left", suffix="_of", coalesce=False)
    line = line.sort("voucher_id", "invoice_date", "invoice_id", "line_number", "invoice_line_id")
    document = pl.struct("invoice_date", "invoice_id")
    line = line.with_columns(
        redemption=document.rank("dense").over("voucher_id"),
        taken=pl.col("discount_amount").fill_null(0).cum_sum().over("voucher_id", "currency"),
        vouchers=pl.col("voucher_id").n_unique().over("invoice_id"),
        is_exclusive=(~pl.col("is_stackable")).any().over("invoice_id"),
    )
    day = pl.col("invoice_date")
    is_known = pl.col("voucher_id_of").is_not_null()
    is_approved = (pl.col("approved_on") <= day) & pl.col("is_signed")
    misuses = [
        ~is_known,
        day < pl.col("valid_from"),
        day >= pl.col("valid_to"),
        pl.col("customer_id") != pl.col("customer_id_of"),
        pl.col("product_id") != pl.col("product_id_of"),
        pl.col("redemption") > pl.col("max_redemptions"),
        (pl.col("taken") > pl.col("max_amount")) & (pl.col("currency_of").fill_null(CURRENCY) == CURRENCY),
        (pl.col("vouchers") > 1) & pl.col("is_exclusive"),
        ~is_approved.fill_null(value=False),
    ]
    misused = line.filter(pl.any_horizontal(misuses))
    price = rounded(product(pl.col("quantity"), pl.col("unit_price")))
    return result(misused, "invoice_line_id", price, "net_amount")
