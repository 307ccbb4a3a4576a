"""Settlement in polars: orders settled twice, early or not at all."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.freight import MEASURES, freight_owed
from bench.analyst.in_polars.reading import result, scan
from bench.analyst.in_polars.statements import live_settlements

KEYS = ["order_id", "partner_id"]
LONG_AGO = date(1900, 1, 1)


def set_03(folder: Path, as_of: date, days: int = 35) -> pl.DataFrame:
    """Settled twice, early or not at all; leaves out carriers who have no currency."""
    line = settled_lines(folder, as_of).collect().lazy()
    wrong = wrongly_settled(folder, line, as_of)
    owed = unsettled(folder, line, as_of)
    both = pl.concat([wrong, owed], how="diagonal_relaxed")
    age = (as_of - pl.col("owed_since")).dt.total_days()
    explained = {"customer_freight": ~pl.col("is_owed"), "in_grace": age <= days}
    return result(both, pl.concat_str(KEYS, separator="/"), "due", "amount", explained)


def arrival(as_of: date) -> pl.Expr:
    """The day a delivery arrived: after as_of where it has not, long ago where nobody wrote the day down.

    Missing for a cancelled delivery and where there is none.
    """
    unknown = pl.when(pl.col("status") == "delivered").then(LONG_AGO).otherwise(as_of + timedelta(days=1))
    return pl.when(pl.col("status") != "cancelled").then(pl.col("delivered_on").fill_null(unknown))


def settled_lines(folder: Path, as_of: date) -> pl.LazyFrame:
    """Lines of live settlements and when their delivery arrived; the order is the line's own, else the delivery's."""
    settlement = live_settlements(folder, "settlement_id partner_id currency paid_on period_to", as_of)
    settled_on = pl.col("paid_on").fill_null(pl.col("period_to"))
    settlement = settlement.select("settlement_id", "partner_id", "currency", settled_on=settled_on)
    delivery = scan(folder, "deliveries", "delivery_id order_id status delivered_on")
    delivery = delivery.select("delivery_id", order_of_delivery="order_id", arrived_on=arrival(as_of))
    return (
        scan(folder, "settlement_lines", "settlement_id kind order_id delivery_id amount")
        .join(settlement, on="settlement_id")
        .join(delivery, on="delivery_id", how="left")
        .with_columns(pl.col("order_id").fill_null(pl.col("order_of_delivery")))
        .drop_nulls("order_id")
    )


def wrongly_settled(folder: Path, line: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """Orders whose sale or freight a partner settled twice or early, with what was due and what was settled."""
    line = line.filter(pl.col("kind").is_in(["sale", "freight"]))
    is_unnamed = pl.col("delivery_id").is_null()
    sold = scan(folder, "deliveries", "order_id kind status delivered_on").filter(kind="sale")
    sold = sold.join(line.filter(is_unnamed), on="order_id", how="semi")
    first = sold.group_by("order_id").agg(first_arrived_on=arrival(as_of).min())
    arrived_on = pl.when(is_unnamed).then("first_arrived_on").otherwise("arrived_on")
    line = line.join(first, on="order_id", how="left")
    line = line.with_columns(is_early=(pl.col("settled_on") < arrived_on).fill_null(False))

    # Most orders are in one settlement and on time: only the others are worth a closer look.
    odd = line.group_by(KEYS).agg(is_odd=pl.col("is_early").any() | (pl.col("settlement_id").n_unique() > 1))
    portion = [*KEYS, "kind", "portion"]
    part = (
        line.join(odd.filter("is_odd"), on=KEYS)
        .with_columns(portion=pl.when(~is_unnamed.any().over(*KEYS, "kind")).then("delivery_id"))
        .group_by(*portion, "settlement_id", "settled_on", "currency")
        .agg(pl.col("amount").sum(), pl.col("is_early").any())
        .sort("is_early", "settled_on", "settlement_id")
        .with_columns(is_wrong=pl.col("is_early") | ~pl.struct(portion).is_first_distinct())
    )
    has_one_currency = pl.col("currency").n_unique() == 1
    return (
        part.group_by(KEYS)
        .agg(
            due=pl.when(has_one_currency).then(pl.col("amount").filter(~pl.col("is_wrong")).sum()),
            amount=pl.when(has_one_currency).then(pl.col("amount").sum()),
            is_wrong=pl.col("is_wrong").any(),
        )
        .filter("is_wrong")
    )


def unsettled(folder: Path, line: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """Orders that a carrier delivered and that are in none of his settlements, with the freight due since when."""
    carrier = scan(folder, "partners", "partner_id kind currency").filter(kind="carrier").drop("kind").unique()
    delivery = scan(folder, "deliveries", f"delivery_id order_id status partner_id freight_payer {MEASURES}")
    carried = (
        delivery.filter(pl.col("delivered_on") <= as_of, pl.col("order_id").is_not_null(), status="delivered")
        .join(carrier, on="partner_id")
        .join(line, on=KEYS, how="anti")
        .collect()
        .lazy()
    )
    is_owed = pl.col("freight_payer").ne_missing("customer")
    return (
        carried.join(freight_owed(folder, carried, "delivery_id"), on="delivery_id", how="left")
        .group_by(KEYS)
        .agg(
            due=pl.when(pl.col("owed").filter(is_owed).null_count() == 0).then(pl.col("owed").filter(is_owed).sum()),
            amount=pl.lit(0),
            is_owed=is_owed.any(),
            owed_since=pl.col("delivered_on").filter(is_owed).min(),
        )
    )
