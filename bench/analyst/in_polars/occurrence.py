"""Occurrence in polars: billed and not delivered, billed to nobody."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.reading import live_invoices, live_lines, result, scan
from bench.analyst.in_polars.receipts import NOTHING, occ_07, occ_08
from bench.analyst.in_polars.repeats import occ_01
from bench.analyst.in_polars.rounding import product, rounded
from bench.analyst.in_polars.services import occ_02, occ_05

__all__ = ["occ_01", "occ_02", "occ_03", "occ_04", "occ_05", "occ_06", "occ_07", "occ_08"]


def occ_03(folder: Path, as_of: date) -> pl.DataFrame:
    """More billed than delivered; the whole control."""
    line = live_lines(
        folder,
        "invoice_line_id order_line_id delivery_line_id quantity unit_price net_amount",
        "currency invoice_date",
        as_of,
    )
    is_credit = pl.col("kind") == "credit_memo"
    quantity = pl.col("quantity")
    line = with_order_line(folder, line).with_columns(
        quantity=pl.when(is_credit).then(0).otherwise(quantity),
        credited=pl.when(is_credit).then(-pl.col("net_amount").sign() * quantity.abs()).otherwise(0),
    )
    billed = line.group_by("ordered_line_id").agg(billed=quantity.sum(), credited=pl.col("credited").sum())
    surplus = billed.join(delivered(folder, as_of), left_on="ordered_line_id", right_on="order_line_id")
    surplus = surplus.filter(pl.col("billed") > pl.col("delivered"))
    found = surplus.join(valued(line, surplus), on="ordered_line_id", how="left")
    is_credited = (pl.col("billed") - pl.col("credited") <= pl.col("delivered")) & (pl.col("kept") <= pl.col("owed"))
    explained = {"in_transit": pl.col("billed") <= pl.col("shipped"), "credited": is_credited}
    return result(found, "ordered_line_id", "owed", "stated", explained)


def with_order_line(folder: Path, line: pl.LazyFrame) -> pl.LazyFrame:
    """Invoice lines with ordered_line_id: the order line that they name, else that of their delivery line."""
    link = scan(folder, "delivery_lines", "delivery_line_id order_line_id").rename({"order_line_id": "linked"})
    line = line.join(link, on="delivery_line_id", how="left")
    return line.with_columns(ordered_line_id=pl.coalesce("order_line_id", "linked"))


def consigned(folder: Path, as_of: date, kinds: list[str]) -> pl.LazyFrame:
    """Delivery lines of some kinds that are on their way or there by as_of."""
    delivery = scan(folder, "deliveries", "delivery_id kind status shipped_on delivered_on")
    first = pl.min_horizontal("shipped_on", "delivered_on")
    is_there = (pl.col("status") == "delivered") & (pl.col("delivered_on") <= as_of).fill_null(True)
    delivery = delivery.filter(
        pl.col("kind").is_in(kinds),
        pl.col("status").is_in(["shipped", "delivered"]),
        (first <= as_of).fill_null(True),
    ).select("delivery_id", "kind", is_delivered=is_there)
    item = scan(folder, "delivery_lines", "delivery_line_id delivery_id order_line_id quantity")
    return item.join(delivery, on="delivery_id")


def delivered(folder: Path, as_of: date) -> pl.LazyFrame:
    """Delivered and shipped quantity, net of returns, of every order line that something was sent for."""
    is_return = pl.col("kind") == "return"
    quantity = pl.col("quantity")
    item = consigned(folder, as_of, ["sale", "return"])
    item = item.with_columns(quantity=pl.when(is_return).then(-quantity.abs()).otherwise(quantity))
    counts = pl.col("is_delivered") | (quantity < 0)
    moved = item.group_by("order_line_id").agg(
        delivered=quantity.filter(counts).sum().clip(lower_bound=0), shipped=quantity.sum(), sold=(~is_return).any()
    )
    return moved.filter("sold").drop("sold")


def valued(line: pl.LazyFrame, surplus: pl.LazyFrame) -> pl.LazyFrame:
    """What is owed, stated and kept per order line; what was delivered is set against the oldest invoice lines."""
    limit, quantity = pl.col("delivered"), pl.col("quantity")
    some = line.join(surplus.select("ordered_line_id", "delivered"), on="ordered_line_id")
    some = some.sort("invoice_date", "invoice_line_id")
    some = some.with_columns(so_far=quantity.cum_sum().over("ordered_line_id"))
    before = pl.col("so_far") - quantity
    owed = pl.min_horizontal("so_far", limit) - pl.min_horizontal(before, limit)
    summed = some.group_by("ordered_line_id").agg(
        owed=product(owed, pl.col("unit_price")).sum(),
        stated=product(quantity, pl.col("unit_price")).sum(),
        kept=pl.col("net_amount").sum(),
        currency=pl.col("currency").min(),
        currencies=pl.col("currency").n_unique(),
    )
    summed = summed.filter(pl.col("currencies") == 1)
    return summed.with_columns(owed=rounded(pl.col("owed")), stated=rounded(pl.col("stated")))


def occ_04(folder: Path, as_of: date, grace_days: int = 10, transit_days: int = 30) -> pl.DataFrame:
    """Billed, never delivered; the whole control."""
    item = consigned(folder, as_of, ["sale"]).filter(pl.col("quantity") > 0)
    there = item.filter("is_delivered")
    line = live_lines(
        folder,
        "invoice_line_id order_line_id delivery_line_id product_id net_amount",
        "invoice_date order_id reason_code",
        as_of,
    )
    bill = line.filter(pl.col("kind") != "credit_memo", pl.col("net_amount") >= 0)
    bill = with_order_line(folder, bill).filter(pl.col("ordered_line_id").is_not_null())
    missing = bill.join(there, left_on="ordered_line_id", right_on="order_line_id", how="anti")
    missing = physical(folder, missing.join(there, on="delivery_line_id", how="anti"))

    order = scan(folder, "orders", "order_id reason_code").filter(reason_code="prepayment")
    prepaid = order.select("order_id", is_prepaid=pl.lit(True))
    item = item.join(lost(folder, as_of, transit_days), on="delivery_id", how="anti")
    sent = item.select("order_line_id", is_sent=pl.lit(True)).unique()
    own = item.select("delivery_line_id", is_own_sent=pl.lit(True))
    kept = line.group_by("order_line_id").agg(
        credited=pl.col("net_amount").filter(kind="credit_memo").sum(), kept=pl.col("net_amount").sum()
    )
    missing = (
        missing.join(prepaid, on="order_id", how="left")
        .join(prepaid, left_on="order_id_ordered", right_on="order_id", how="left", suffix="_ordered")
        .join(sent, left_on="ordered_line_id", right_on="order_line_id", how="left")
        .join(own, on="delivery_line_id", how="left")
        .join(kept, left_on="ordered_line_id", right_on="order_line_id", how="left")
    )
    explained = {
        "in_grace": (pl.lit(as_of) - pl.col("invoice_date")).dt.total_days() < grace_days,
        "prepayment": pl.any_horizontal(pl.col("reason_code") == "prepayment", "is_prepaid", "is_prepaid_ordered"),
        "in_transit": pl.any_horizontal("is_sent", "is_own_sent"),
        "credited": (pl.col("credited") < 0) & (pl.col("kept") <= 0),
    }
    return result(missing, "invoice_line_id", NOTHING, "net_amount", explained)


def lost(folder: Path, as_of: date, transit_days: int) -> pl.LazyFrame:
    """Deliveries sent too long ago, where some that the entity sent later have arrived."""
    delivery = scan(folder, "deliveries", "delivery_id entity_id kind status shipped_on delivered_on")
    there = delivery.filter(pl.col("delivered_on") <= as_of, kind="sale", status="delivered")
    newest = there.group_by("entity_id").agg(newest=pl.col("shipped_on").max())
    moved_on = pl.min_horizontal("shipped_on", "delivered_on")
    is_old = (pl.lit(as_of) - moved_on).dt.total_days() > transit_days
    return delivery.join(newest, on="entity_id").filter(is_old, moved_on < pl.col("newest")).select("delivery_id")


def physical(folder: Path, line: pl.LazyFrame) -> pl.LazyFrame:
    """Those lines that bill goods, with the order of their order line as order_id_ordered."""
    goods = scan(folder, "products", "product_id is_physical").filter("is_physical")
    ordered = scan(folder, "order_lines", "order_line_id order_id product_id")
    line = line.join(ordered, left_on="ordered_line_id", right_on="order_line_id", how="left", suffix="_ordered")
    line = line.with_columns(pl.coalesce("product_id", "product_id_ordered"))
    return line.join(goods, on="product_id", how="semi")


def occ_06(folder: Path, as_of: date) -> pl.DataFrame:
    """Billed to a customer who is unknown or closed; the whole control."""
    closed_on = pl.col("closed_on")
    customer = scan(folder, "customers", "customer_id closed_on").group_by("customer_id")
    known = customer.agg(closed_on=pl.when(closed_on.is_not_null().all()).then(closed_on.max()), known=pl.lit(True))
    wanted = "invoice_id kind customer_id invoice_date gross_amount"
    document = live_invoices(folder, wanted, as_of)
    document = document.filter(pl.col("kind") != "credit_memo", pl.col("gross_amount") != 0)
    document = document.join(known, on="customer_id", how="left")
    found = document.filter(pl.col("known").is_null() | (closed_on < pl.col("invoice_date")))
    return result(found, "invoice_id", NOTHING, "gross_amount")
