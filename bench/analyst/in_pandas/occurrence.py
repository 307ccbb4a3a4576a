"""Occurrence in pandas: billed and not delivered, billed to nobody."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from bench.analyst.in_pandas.reading import live_invoices, live_lines, looked_up, read, result
from bench.analyst.in_pandas.receipts import occ_07, occ_08
from bench.analyst.in_pandas.repeats import occ_01
from bench.analyst.in_pandas.rounding import HALF_A_DIGIT, rounded
from bench.analyst.in_pandas.services import occ_02, occ_05

__all__ = ["occ_01", "occ_02", "occ_03", "occ_04", "occ_05", "occ_06", "occ_07", "occ_08"]
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


def consigned(folder: Path, as_of: pd.Timestamp, kinds: list[str]) -> pd.DataFrame:
    """Delivery lines of some kinds that are on their way or there by as_of."""
    delivery = read(folder, "deliveries", "delivery_id kind status shipped_on delivered_on")
    delivery = delivery.drop_duplicates("delivery_id")
    first = delivery[["shipped_on", "delivered_on"]].min(axis=1)
    is_sent = delivery["kind"].isin(kinds) & delivery["status"].isin(["shipped", "delivered"]) & ~(first > as_of)
    delivery = delivery[is_sent]
    is_delivered = (delivery["status"] == "delivered") & ~(delivery["delivered_on"] > as_of)
    delivery = delivery[["delivery_id", "kind"]].assign(is_delivered=is_delivered)
    item = read(folder, "delivery_lines", "delivery_line_id delivery_id order_line_id quantity")
    return item.drop_duplicates("delivery_line_id").merge(delivery, on="delivery_id")


def delivered_quantities(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Delivered and shipped quantity, net of returns, of every order line that something was sent for."""
    item = consigned(folder, as_of, ["sale", "return"])
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


def occ_04(folder: Path, as_of: pd.Timestamp, grace_days: int = 10, transit_days: int = 30) -> pd.DataFrame:
    """Billed, never delivered; the whole control."""
    item = consigned(folder, as_of, ["sale"])
    item = item[item["quantity"] > 0]
    line = live_lines(
        folder,
        "invoice_line_id order_line_id delivery_line_id product_id net_amount",
        "invoice_date order_id reason_code",
        as_of,
    )
    link = read(folder, "delivery_lines", "delivery_line_id order_line_id").drop_duplicates("delivery_line_id")
    is_bill = (line["kind"] != "credit_memo") & (line["net_amount"] >= 0)
    bill = line[is_bill].merge(link, on="delivery_line_id", how="left", suffixes=("", "_linked"))
    bill["ordered_line_id"] = bill["order_line_id"].fillna(bill["order_line_id_linked"])
    missing = physical(folder, undelivered(bill[bill["ordered_line_id"].notna()], item[item["is_delivered"]]))
    is_named = item["order_line_id"].isin(missing["ordered_line_id"])
    sent = item[is_named | item["delivery_line_id"].isin(missing["delivery_line_id"])]
    sent = sent[~sent["delivery_id"].isin(lost(folder, as_of, transit_days))]

    order = read(folder, "orders", "order_id reason_code")
    prepaid = order.loc[order["reason_code"] == "prepayment", "order_id"]
    is_prepaid = missing["order_id"].isin(prepaid) | missing["order_id_ordered"].isin(prepaid)
    some = line[line["order_line_id"].isin(missing["ordered_line_id"])]
    kept = some.groupby("order_line_id")["net_amount"].sum()
    credited = some[some["kind"] == "credit_memo"].groupby("order_line_id")["net_amount"].sum()
    is_credited = looked_up(missing["ordered_line_id"], credited) < 0
    is_sent = missing["ordered_line_id"].isin(sent["order_line_id"])
    is_sent |= missing["delivery_line_id"].isin(sent["delivery_line_id"])
    explained = {
        "in_grace": (as_of - missing["invoice_date"]).dt.days < grace_days,
        "prepayment": is_prepaid | (missing["reason_code"] == "prepayment"),
        "in_transit": is_sent,
        "credited": is_credited & (looked_up(missing["ordered_line_id"], kept) < HALF_A_DIGIT),
    }
    return result(missing, "invoice_line_id", 0.0, missing["net_amount"], explained)


def lost(folder: Path, as_of: pd.Timestamp, transit_days: int) -> pd.Series[str]:
    """Deliveries sent too long ago, where some that the entity sent later have arrived."""
    delivery = read(folder, "deliveries", "delivery_id entity_id kind status shipped_on delivered_on")
    is_there = (delivery["kind"] == "sale") & (delivery["status"] == "delivered") & (delivery["delivered_on"] <= as_of)
    newest = delivery[is_there].groupby("entity_id")["shipped_on"].max()
    moved_on = delivery[["shipped_on", "delivered_on"]].min(axis=1)
    is_old = (as_of - moved_on).dt.days > transit_days
    found: pd.Series[str] = delivery.loc[
        is_old & (moved_on < newest.reindex(delivery["entity_id"]).array), "delivery_id"
    ]
    return found


def undelivered(line: pd.DataFrame, item: pd.DataFrame) -> pd.DataFrame:
    """Those lines of whose order line nothing is among the items, nor the item that they name themselves."""
    for key, named in (("order_line_id", "ordered_line_id"), ("delivery_line_id", "delivery_line_id")):
        known = item[[key]].dropna().drop_duplicates().set_axis([named], axis=1)
        line = line.merge(known, on=named, how="left", indicator="place")
        line = line[line.pop("place") == "left_only"]
    return line


def physical(folder: Path, line: pd.DataFrame) -> pd.DataFrame:
    """Those lines that bill goods, with the order of their order line."""
    product = read(folder, "products", "product_id is_physical")
    goods = product.loc[product["is_physical"].fillna(False), "product_id"]
    ordered = read(folder, "order_lines", "order_line_id order_id product_id")
    ordered = ordered[ordered["order_line_id"].isin(line["ordered_line_id"])]
    ordered = ordered.rename(columns={"order_line_id": "ordered_line_id"})
    line = line.merge(ordered, on="ordered_line_id", how="left", suffixes=("", "_ordered"))
    return line[line["product_id"].fillna(line["product_id_ordered"]).isin(goods)]


def occ_06(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Billed to a customer who is unknown or closed; the whole control."""
    customer = read(folder, "customers", "customer_id closed_on").groupby("customer_id")["closed_on"]
    closed_on = customer.max().where(customer.count() == customer.size())
    wanted = "invoice_id kind customer_id invoice_date gross_amount"
    document = live_invoices(folder, wanted, as_of)
    document = document[(document["kind"] != "credit_memo") & (document["gross_amount"] != 0)]
    is_unknown = ~document["customer_id"].isin(closed_on.index)
    is_closed = closed_on.reindex(document["customer_id"]).array < document["invoice_date"]
    found = document[is_unknown | is_closed]
    return result(found, "invoice_id", 0.0, found["gross_amount"])
