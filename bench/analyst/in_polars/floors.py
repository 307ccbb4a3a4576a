"""Accuracy in polars: what was sold below the floor of its price."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.price_list import PRICED_ON, approved, priced
from bench.analyst.in_polars.reading import live_lines, result, scan
from bench.analyst.in_polars.rounding import HUNDREDTH, product, rounded
from bench.analyst.in_polars.vouchers import vouchers


def acc_09(folder: Path, as_of: date) -> pl.DataFrame:
    """Sold below the floor without approval; the whole control."""
    of_line = (
        "invoice_line_id product_id contract_line_id order_line_id quantity unit_price discount_amount net_amount"
        " voucher_id period_from"
    )
    line = live_lines(folder, of_line, "customer_id invoice_date currency", as_of, billed=True)
    line = line.filter(pl.col("quantity") > 0, pl.col("contract_line_id").is_null()).with_columns(priced_on=PRICED_ON)
    # Most lines are above every floor of their product, and need no look-up.
    highest = scan(folder, "price_list", "product_id currency floor_price").group_by("product_id", "currency").max()
    line = line.join(highest, on=["product_id", "currency"])
    floor = rounded(product(pl.col("quantity"), pl.col("floor_price")))
    low = line.filter(pl.col("net_amount") < floor).drop("floor_price").collect()
    below = priced(folder, low).with_columns(floor_amount=floor).filter(pl.col("net_amount") < pl.col("floor_amount"))

    is_enough = rounded(product(pl.col("quantity"), pl.col("unit_price_signed"))) <= pl.col("net_amount")
    taken_off = pl.min_horizontal("worth", pl.col("discount_amount").fill_null(0))
    explained = {
        "approved": pl.col("invoice_line_id").is_in(approved(folder, below, is_enough).implode()),
        "promoted": pl.col("worth").is_not_null() & (pl.col("net_amount") + taken_off >= pl.col("floor_amount")),
    }
    voucher = vouchers(folder).filter("is_signed").rename({"currency": "voucher_currency", "kind": "voucher_kind"})
    below = below.join(voucher.collect(), on="voucher_id", how="left").with_columns(worth=worth())
    return result(below.lazy(), "invoice_line_id", "floor_amount", "net_amount", explained)


def worth() -> pl.Expr:
    """What the voucher of a line takes off it on the day of the invoice; missing where it does not hold."""
    day = pl.col("invoice_date")
    is_over = (day >= pl.col("valid_to")).fill_null(value=False)
    is_in_force = (day >= pl.col("approved_on")) & (day >= pl.col("valid_from")) & ~is_over
    percent = product(product(pl.col("quantity"), pl.col("unit_price")), pl.col("value")) * HUNDREDTH
    is_usable = pl.col("voucher_currency").fill_null(pl.col("currency")) == pl.col("currency")
    value = pl.when(voucher_kind="percent").then(rounded(percent)).when(is_usable).then("value").otherwise(0)
    return pl.when(is_in_force).then(value)
