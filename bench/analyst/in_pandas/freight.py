"""Settlement in pandas: what the rate card asks for a consignment, and the freight that was charged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from bench.analyst.in_pandas.reading import read, result
from bench.analyst.in_pandas.rounding import differs, rounded
from bench.analyst.in_pandas.statements import live_settlements

ZONES = ["service_level", "origin_zone", "destination_zone"]
LANE = ["partner_id", "currency", *ZONES]
MEASURES = "shipped_on delivered_on service_level origin_zone destination_zone weight_kg volume_m3"


def set_04(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Freight differs from the rate card; leaves out lines that name no delivery, and weights beyond all measure."""
    settlement = live_settlements(folder, "settlement_id partner_id currency", as_of)
    line = read(folder, "settlement_lines", "settlement_line_id settlement_id kind delivery_id amount")
    line = line[line["kind"] == "freight"].merge(settlement, on="settlement_id")
    delivery = read(folder, "deliveries", f"delivery_id freight_payer {MEASURES}")
    line = line.merge(delivery, on="delivery_id", how="left")
    owed = freight_owed(folder, line)
    is_off = owed.isna() | differs(line["amount"], owed)
    off = line[is_off]
    explained = {"customer_freight": off["freight_payer"] == "customer"}
    return result(off, "settlement_line_id", owed[is_off], off["amount"], explained)


def freight_owed(folder: Path, consignment: pd.DataFrame) -> pd.Series[float]:
    """The amount of each row by the one rate in force for its lane and weight; missing where none or several are."""
    found = consignment.reset_index(names="place").merge(lane_rates(folder, consignment), on=LANE)
    day = found["shipped_on"].fillna(found["delivered_on"])
    weight = np.fmax(found["weight_kg"], found["volume_m3"] * found["kg_per_m3"]).round(9)
    is_in_force = (found["valid_from"] <= day) & ~(found["valid_to"] <= day)
    is_in_band = (found["weight_from"] <= weight) & ~(found["weight_to"] <= weight)
    found = found.assign(weight=weight)[is_in_force & is_in_band]
    found = found[found["named"] == found.groupby("place")["named"].transform("max")]
    found = found.drop_duplicates("place", keep=False).set_index("place")
    charge = found["flat_price"].fillna(0) + found["weight"] * found["price_per_kg"].fillna(0)
    charge = charge.clip(lower=found["minimum_charge"].fillna(0)) * (1 + found["fuel_percent"].fillna(0) / 100)
    return rounded(charge, found["currency"]).reindex(consignment.index)


def lane_rates(folder: Path, consignment: pd.DataFrame) -> pd.DataFrame:
    """The rates that fit each lane, with how many of level and zones they name; what a rate leaves open fits any."""
    wanted = (
        "partner_id currency service_level origin_zone destination_zone weight_from weight_to price_per_kg flat_price"
    )
    card = read(folder, "rate_cards", f"{wanted} minimum_charge kg_per_m3 fuel_percent valid_from valid_to")
    lane = consignment[LANE].drop_duplicates()
    rate = lane.merge(card, on=["partner_id", "currency"], suffixes=("", "_card"))
    on_card = [f"{zone}_card" for zone in ZONES]
    rate["named"] = rate[on_card].notna().sum(axis=1)
    for zone, stated in zip(ZONES, on_card, strict=True):
        rate = rate[rate[stated].isna() | (rate[stated] == rate[zone])]
    return rate.drop(columns=on_card)
