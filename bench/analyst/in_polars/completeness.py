"""Completeness in polars: consignments and orders that were never billed, numbers that are missing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.ledgers import com_06, com_07
from bench.analyst.in_polars.reading import live_lines, result, scan
from bench.analyst.in_polars.rounding import EXACT, product, rounded
from bench.analyst.in_polars.unbilled_days import com_04
from bench.analyst.in_polars.unbilled_usage import com_03

__all__ = ["com_01", "com_02", "com_03", "com_04", "com_05", "com_06", "com_07"]

QUANTITY, RETURNED, KEPT = pl.col("quantity"), pl.col("returned"), pl.col("kept")
# The consignments of an order line are one chain; what was not sold on one is a chain of its own.
CHAIN = ["sold_line_id", "lone_line_id"]
DIRECT, OPEN, NEEDED, BILLED = pl.col("direct"), pl.col("open"), pl.col("needed"), pl.col("billed")


def com_01(folder: Path, as_of: date, grace_days: int = 5) -> pl.DataFrame:
    """Consignment delivered, not invoiced; the whole control."""
    short = uncovered(handed_over(folder, as_of), billed(folder, as_of))
    wanted = "order_line_id order_id quantity unit_price discount_amount"
    ordered = scan(folder, "order_lines", wanted).rename({"quantity": "ordered"})
    order = scan(folder, "orders", "order_id currency").rename({"order_id": "purchase_id"})
    short = (
        short.join(ordered, on="order_line_id", how="left", suffix="_ordered")
        .with_columns(purchase_id=pl.coalesce("order_id_ordered", "order_id"))
        .join(order, on="purchase_id", how="left")
    )
    explained = {
        "not_for_sale": pl.col("kind") != "sale",
        "returned": KEPT <= BILLED,
        "free_of_charge": cost_of(QUANTITY) <= 0,
        "billed_by_order": pl.col("chain_quantity") - pl.col("chain_returned") <= pl.col("order_quantity"),
        "in_grace": (pl.lit(as_of) - pl.col("handed_over_on")).dt.total_days() < grace_days,
    }
    return result(short, "delivery_line_id", rounded(cost_of(KEPT)), rounded(cost_of(BILLED)), explained)


def cost_of(part: pl.Expr) -> pl.Expr:
    """What a part of an order line costs: its price less the discount in proportion to the quantity `ordered`."""
    whole = pl.col("ordered")
    discount = product(pl.col("discount_amount"), part) / pl.when(whole != 0).then(whole.cast(EXACT))
    return product(part, pl.col("unit_price")) - discount.fill_null(0)


def handed_over(folder: Path, as_of: date) -> pl.LazyFrame:
    """Delivery lines that are on their way or there by as_of: what went out and what came back."""
    delivery = scan(folder, "deliveries", "delivery_id order_id kind status shipped_on delivered_on")
    is_there = pl.col("delivered_on") <= as_of
    delivery = delivery.filter(
        pl.col("status").is_in(["shipped", "delivered"]),
        (pl.min_horizontal("shipped_on", "delivered_on") <= as_of).fill_null(True),
    ).with_columns(handed_over_on=pl.when(is_there).then("delivered_on").otherwise("shipped_on"))
    item = scan(folder, "delivery_lines", "delivery_line_id delivery_id order_line_id quantity")
    item = item.join(delivery.drop("status", "shipped_on", "delivered_on"), on="delivery_id").drop("delivery_id")
    is_return, is_sale = pl.col("kind") == "return", pl.col("kind") == "sale"
    back = pl.when(is_return).then(QUANTITY.abs()).when(is_sale).then((-QUANTITY).clip(lower_bound=0)).otherwise(0)
    out = pl.when(is_return).then(0).otherwise(QUANTITY.clip(lower_bound=0))
    sold_line_id = pl.when(is_return | is_sale).then("order_line_id")
    lone_line_id = pl.when(sold_line_id.is_null()).then("delivery_line_id")
    return item.with_columns(quantity=out, returned=back, sold_line_id=sold_line_id, lone_line_id=lone_line_id)


def billed(folder: Path, as_of: date) -> pl.LazyFrame:
    """Live billed quantity by delivery line and order line; the delivery line is missing where none is linked."""
    line = live_lines(folder, "delivery_line_id order_line_id quantity", "", as_of, billed=True)
    link = scan(folder, "delivery_lines", "delivery_line_id order_line_id").with_columns(is_linked=True)
    line = line.join(link, on="delivery_line_id", how="left", suffix="_linked")
    return line.select(
        "quantity",
        delivery_line_id=pl.when("is_linked").then("delivery_line_id"),
        order_line_id=pl.coalesce("order_line_id_linked", "order_line_id"),
    )


def uncovered(item: pl.LazyFrame, line: pl.LazyFrame) -> pl.LazyFrame:
    """Delivery lines of which not all was billed.

    Returns are taken off the newest consignment of an order line; what names the order line alone covers the oldest.
    """
    direct = line.group_by("delivery_line_id").agg(direct=QUANTITY.sum())
    unlinked = QUANTITY.filter(pl.col("delivery_line_id").is_null()).sum()
    by_order = line.group_by(sold_line_id="order_line_id").agg(order_quantity=QUANTITY.sum(), open=unlinked)
    item = item.join(direct, on="delivery_line_id", how="left").join(by_order, on="sold_line_id", how="left")
    item = item.with_columns(DIRECT.fill_null(0), OPEN.fill_null(0))
    missing = (QUANTITY - DIRECT).clip(lower_bound=0).sum()
    line_id = pl.coalesce(CHAIN)
    unsettled = item.group_by(line_id=line_id).agg(is_short=missing > OPEN.min()).filter("is_short")

    item = item.join(unsettled, left_on=line_id, right_on="line_id", how="semi")
    item = item.sort(*CHAIN, "handed_over_on", "delivery_line_id", nulls_last=True)
    so_far = QUANTITY.cum_sum().over(CHAIN)
    newer = pl.col("chain_quantity") - so_far
    off = pl.min_horizontal("quantity", pl.col("chain_returned") - newer).clip(lower_bound=0)
    older = NEEDED.cum_sum().over(CHAIN) - NEEDED
    return (
        item.with_columns(chain_quantity=QUANTITY.sum().over(CHAIN), chain_returned=RETURNED.sum().over(CHAIN))
        .with_columns(kept=QUANTITY - off)
        .with_columns(needed=(KEPT - DIRECT).clip(lower_bound=0))
        .with_columns(billed=DIRECT + (OPEN - older).clip(lower_bound=0))
        .filter(BILLED.clip(lower_bound=0) < QUANTITY)
    )


def com_02(folder: Path, as_of: date, grace_days: int = 5) -> pl.DataFrame:
    """Order completed, not invoiced; the whole control."""
    order = scan(folder, "orders", "order_id order_date currency status")
    order = order.filter(pl.col("order_date") <= as_of, status="completed").drop("status")
    order = order.join(scan(folder, "deliveries", "order_id"), on="order_id", how="anti")
    ordered = scan(folder, "order_lines", "order_line_id order_id quantity unit_price discount_amount")
    ordered = ordered.rename({"quantity": "ordered"}).join(order, on="order_id")
    item = scan(folder, "delivery_lines", "order_line_id")
    handed_over = ordered.join(item, on="order_line_id", how="semi").select("order_id")
    line = live_lines(folder, "order_line_id quantity", "", as_of, billed=True)
    line = line.group_by("order_line_id").agg(billed=QUANTITY.sum())
    short = (
        ordered.join(handed_over, on="order_id", how="anti")
        .join(line, on="order_line_id", how="left")
        .with_columns(BILLED.fill_null(0))
        .filter(pl.col("ordered") > BILLED)
    )
    amount = product(pl.col("ordered"), pl.col("unit_price")) - pl.col("discount_amount").fill_null(0)
    explained = {
        "free_of_charge": amount <= 0,
        "in_grace": (pl.lit(as_of) - pl.col("order_date")).dt.total_days() < grace_days,
    }
    return result(short, "order_line_id", rounded(amount), rounded(cost_of(BILLED)), explained)


def com_05(folder: Path, as_of: date, systemic_share: str = "0.05") -> pl.DataFrame:
    """Numbers missing from an invoice series; the whole control."""
    keys, number = ["entity_id", "series"], pl.col("number")
    invoice = scan(folder, "invoices", "invoice_number series entity_id invoice_date")
    digits = pl.col("invoice_number").str.strip_chars().str.extract(r"([0-9]{1,18})$").cast(pl.Int64)
    invoice = invoice.select(*keys, "invoice_date", number=digits).drop_nulls(["series", "number"])
    known = invoice.filter(pl.col("invoice_date") <= as_of)
    span = known.group_by(keys).agg(lowest=number.min(), highest=number.max())
    gap = (
        invoice.sort(*keys, "number")
        .with_columns(before=number.shift().over(keys))
        .filter(number > pl.col("before") + 1)
        .join(span, on=keys)
        .filter(pl.col("before") >= pl.col("lowest"), number <= pl.col("highest"))
        .with_columns(missing=number - pl.col("before") - 1)
    )
    share = pl.lit(Decimal(systemic_share))
    is_systemic = pl.col("missing").sum().over(keys) > share * (pl.col("highest") - pl.col("lowest") + 1)
    found = gap.with_columns(is_systemic=is_systemic).collect()
    series = pl.concat_str(keys, separator="/")
    gaps = found.select("is_systemic", subject_id=pl.concat_str(series, pl.col("before") + 1, separator="/"))
    systemic = found.filter("is_systemic").select(is_systemic=False, subject_id=series)
    both = pl.concat([gaps, systemic]).lazy()
    return result(both, "subject_id", None, None, {"systemic": pl.col("is_systemic")})
