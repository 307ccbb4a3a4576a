"""Settlement in polars: what the rate card asks for a consignment, and the freight that was charged."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.reading import result, scan
from bench.analyst.in_polars.rounding import HUNDREDTH, product, rounded
from bench.analyst.in_polars.statements import live_settlements

ZONES = ["service_level", "origin_zone", "destination_zone"]
LANE = ["partner_id", "currency", *ZONES]
MEASURES = "shipped_on delivered_on service_level origin_zone destination_zone weight_kg volume_m3"


def set_04(folder: Path, as_of: date) -> pl.DataFrame:
    """Freight differs from the rate card; leaves out lines that name no delivery, and weights beyond all measure."""
    settlement = live_settlements(folder, "settlement_id partner_id currency", as_of)
    line = scan(folder, "settlement_lines", "settlement_line_id settlement_id kind delivery_id amount")
    delivery = scan(folder, "deliveries", f"delivery_id freight_payer {MEASURES}")
    line = line.filter(kind="freight").join(settlement, on="settlement_id")
    line = line.join(delivery, on="delivery_id", how="left").collect().lazy()
    owed = freight_owed(folder, line, "settlement_line_id")
    off = line.join(owed, on="settlement_line_id", how="left").filter(
        pl.col("owed").is_null() | (pl.col("amount") != pl.col("owed"))
    )
    explained = {"customer_freight": pl.col("freight_payer") == "customer"}
    return result(off, "settlement_line_id", "owed", "amount", explained)


def freight_owed(folder: Path, consignment: pl.LazyFrame, key: str) -> pl.LazyFrame:
    """What is owed by the one rate in force for the lane and weight of each key; none where none or several are."""
    day = pl.col("shipped_on").fill_null(pl.col("delivered_on"))
    weight = pl.max_horizontal("weight_kg", product(pl.col("volume_m3"), pl.col("kg_per_m3")))
    by_weight = product(pl.col("weight"), pl.col("price_per_kg").fill_null(0)) + pl.col("flat_price").fill_null(0)
    charge = pl.max_horizontal(by_weight, pl.col("minimum_charge").fill_null(0))
    with_fuel = (pl.col("fuel_percent").fill_null(0) + 100) * HUNDREDTH
    return (
        consignment.join(lane_rates(folder, consignment), on=LANE, nulls_equal=True)
        .with_columns(weight=weight)
        .filter(
            pl.col("valid_from") <= day,
            (pl.col("valid_to") > day).fill_null(True),
            pl.col("weight_from") <= pl.col("weight"),
            (pl.col("weight_to") > pl.col("weight")).fill_null(True),
        )
        .filter(pl.col("named") == pl.col("named").max().over(key))
        .filter(pl.len().over(key) == 1)
        .select(key, owed=rounded(product(charge, with_fuel)))
    )


def lane_rates(folder: Path, consignment: pl.LazyFrame) -> pl.LazyFrame:
    """The rates that fit each lane, with how many of level and zones they name; what a rate leaves open fits any."""
    wanted = f"{' '.join(LANE)} weight_from weight_to price_per_kg flat_price minimum_charge kg_per_m3 fuel_percent"
    card = scan(folder, "rate_cards", f"{wanted} valid_from valid_to")
    on_card = [f"{zone}_card" for zone in ZONES]
    fits = [
        (pl.col(stated) == pl.col(zone)) | pl.col(stated).is_null() for zone, stated in zip(ZONES, on_card, strict=True)
    ]
    return (
        consignment.select(LANE)
        .unique()
        .join(card, on=["partner_id", "currency"], suffix="_card")
        .filter(*fits)
        .with_columns(named=pl.sum_horizontal(pl.col(on_card).is_not_null()))
        .drop(on_card)
    )
