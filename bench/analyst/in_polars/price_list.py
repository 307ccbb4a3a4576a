"""The price list and the signed exceptions from it, in polars."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from bench.analyst.in_polars.reading import scan

PRICED_ON = pl.col("period_from").fill_null(pl.col("invoice_date"))


def priced(folder: Path, line: pl.DataFrame) -> pl.DataFrame:
    """Lines with unit_price_listed and floor_price of the list: of the customer, else of the segment, else everybody's.

    Takes product_id, currency, customer_id, priced_on, order_line_id and quantity. In force is, of the largest quantity
    reached, the youngest price.
    """
    ordered = scan(folder, "order_lines", "order_line_id quantity").rename({"quantity": "ordered"})
    customer = scan(folder, "customers", "customer_id segment").drop_nulls().unique()
    customer = customer.unique("customer_id", keep="none")
    wanted = "price_id product_id customer_id segment currency min_quantity unit_price floor_price valid_from valid_to"
    own, of_segment = pl.col("customer_id").is_not_null(), pl.col("segment").is_not_null()
    price = scan(folder, "price_list", wanted).with_columns(pl.col("min_quantity").fill_null(0))
    price = price.sort(own, own | of_segment, "min_quantity", "valid_from", "price_id").with_row_index("rank")
    wanted_price = (
        line.lazy()
        .select("product_id", "currency", "customer_id", "priced_on", "order_line_id", "quantity")
        .with_row_index("place")
        .join(ordered, on="order_line_id", how="left")
        .join(customer, on="customer_id", how="left")
        .with_columns(pl.col("ordered").fill_null(pl.col("quantity")).abs())
    )
    same = ["product_id", "currency"]
    ways = [
        wanted_price.join(price.filter(own), on=[*same, "customer_id"]),
        wanted_price.join(price.filter(~own & of_segment), on=[*same, "segment"]),
        wanted_price.join(price.filter(~own & ~of_segment), on=same),
    ]
    day, is_over = pl.col("priced_on"), pl.col("valid_to") <= pl.col("priced_on")
    is_in_force = (pl.col("valid_from") <= day) & ~is_over.fill_null(value=False)
    is_reached = pl.col("min_quantity") <= pl.col("ordered")
    found = pl.concat([way.filter(is_in_force, is_reached).select("place", "rank") for way in ways])
    best = found.group_by("place").agg(pl.col("rank").max())
    listed = price.select("rank", "floor_price", unit_price_listed="unit_price")
    return line.lazy().with_row_index("place").join(best.join(listed, on="rank"), on="place", how="left").collect()


def approved(folder: Path, off: pl.DataFrame, is_enough: pl.Expr) -> pl.Series:
    """The lines whose price (unit_price_signed) somebody signed as an exception in time."""
    wanted = "customer_id product_id order_line_id unit_price approved_on valid_from valid_to status"
    approval = scan(folder, "price_approvals", wanted).filter(status="approved").collect()
    found = off.join(approval, on=["customer_id", "product_id"], suffix="_signed")
    is_other_order = pl.col("order_line_id_signed").is_not_null() & pl.col("order_line_id").ne_missing(
        pl.col("order_line_id_signed")
    )
    is_outside = (pl.col("valid_from") > pl.col("priced_on")) | (pl.col("valid_to") <= pl.col("priced_on"))
    is_signed = is_enough & (pl.col("approved_on") <= pl.col("invoice_date"))
    return found.filter(is_signed, ~is_other_order, ~is_outside.fill_null(value=False))["invoice_line_id"]
