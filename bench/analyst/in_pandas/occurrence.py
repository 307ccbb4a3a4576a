"""Occurrence in pandas: invoices billed twice, more billed than delivered."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from bench.analyst.in_pandas.reading import live_lines, read, result
from bench.analyst.in_pandas.repeats import occ_01
from bench.analyst.in_pandas.rounding import HALF_A_DIGIT, rounded

__all__ = ["occ_01", "occ_03"]
HALF_A_PIECE = 5e-7


def occ_03(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """More billed than delivered; the whole control."""
    delivered = delivered_quantities(folder, as_of)
    line = live_lines(
        folder,
        "invoice_line_id order_line_id delivery_line_id quantity unit_price net_amount",
        "currency invoice_date",
        as_of,
    )
    link = read(folder, "delivery_lines", "delivery_line_id order_line_id").drop_duplicates("delivery_line_id")
    line = line.merge(link, on="delivery_line_id", how="left", suffixes=("", "_linked"))
    line["order_line_id"] = line["order_line_id"].fillna(line["order_line_id_linked"])
    is_credit = line["kind"] == "credit_memo"
    line["credited"] = (-np.sign(line["net_amount"]) * line["quantity"].abs()).where(is_credit, 0)
    line["quantity"] = line["quantity"].mask(is_credit, 0)

    billed = line.groupby("order_line_id", sort=False)[["quantity", "credited"]].sum().join(delivered, how="inner")
    surplus = billed[billed["quantity"] > billed["delivered"] + HALF_A_PIECE]
    found = valued(line[line["order_line_id"].isin(surplus.index)], surplus["delivered"])
    found = surplus.join(found).reset_index(names="order_line_id")
    is_credited = (found["quantity"] - found["credited"] <= found["delivered"] + HALF_A_PIECE) & (
        found["kept"] <= found["owed"] + HALF_A_DIGIT
    )
    explained = {"in_transit": found["quantity"] <= found["shipped"] + HALF_A_PIECE, "credited": is_credited}
    return result(found, "order_line_id", found["owed"], found["stated"], explained)


def delivered_quantities(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Delivered and shipped quantity, net of returns, of every order line that something was sent for."""
    delivery = read(folder, "deliveries", "delivery_id kind status shipped_on delivered_on")
    delivery = delivery.drop_duplicates("delivery_id")
    first = delivery[["shipped_on", "delivered_on"]].min(axis=1)
    delivery = delivery[
        delivery["kind"].isin(["sale", "return"]) & delivery["status"].isin(["shipped", "delivered"]) & ~(first > as_of)
    ]
    arrived = delivery["delivered_on"].fillna(delivery["shipped_on"])
    delivery = delivery.assign(is_delivered=(delivery["status"] == "delivered") & ~(arrived > as_of))
    item = read(folder, "delivery_lines", "delivery_line_id delivery_id order_line_id quantity")
    item = item.drop_duplicates("delivery_line_id").merge(
        delivery[["delivery_id", "kind", "is_delivered"]], on="delivery_id"
    )
    is_return = item["kind"] == "return"
    quantity = item["quantity"].mask(is_return, -item["quantity"].abs())
    item["shipped"] = quantity
    item["delivered"] = quantity.clip(upper=0) + quantity.clip(lower=0).where(item["is_delivered"], 0)
    item["sales"] = ~is_return
    moved = item.groupby("order_line_id", sort=False)[["delivered", "shipped", "sales"]].sum()
    return moved.loc[moved["sales"] > 0, ["delivered", "shipped"]].clip(lower=0)


def valued(line: pd.DataFrame, delivered: pd.Series[float]) -> pd.DataFrame:
    """What is owed, stated and kept per order line; what was delivered is set against the oldest invoice lines."""
    line = line.sort_values(["invoice_date", "invoice_line_id"])
    limit = line["order_line_id"].map(delivered)
    so_far = line.groupby("order_line_id")["quantity"].cumsum()
    owed = so_far.clip(0, limit) - (so_far - line["quantity"]).clip(0, limit)
    line = line.assign(
        owed=owed * line["unit_price"], stated=line["quantity"] * line["unit_price"], kept=line["net_amount"]
    )
    by_order = line.groupby("order_line_id")
    found = by_order[["owed", "stated", "kept"]].sum()
    currency = by_order["currency"].agg(["min", "max"])
    found = found[currency["min"] == currency["max"]]
    for name in ("owed", "stated"):
        found[name] = rounded(found[name], currency.loc[found.index, "min"])
    return found
