"""Completeness in pandas: consignments and orders that were never billed, numbers that are missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from bench.analyst.in_pandas.ledgers import com_06, com_07
from bench.analyst.in_pandas.reading import live_lines, looked_up, read, result
from bench.analyst.in_pandas.rounding import rounded
from bench.analyst.in_pandas.unbilled_days import com_04
from bench.analyst.in_pandas.unbilled_usage import com_03

__all__ = ["com_01", "com_02", "com_03", "com_04", "com_05", "com_06", "com_07"]

HALF_A_PIECE = 5e-7


def com_01(folder: Path, as_of: pd.Timestamp, grace_days: int = 5) -> pd.DataFrame:
    """Consignment delivered, not invoiced; the whole control."""
    short = uncovered(handed_over(folder, as_of), billed(folder, as_of))
    short = short[short["quantity"] > short["billed_quantity"].clip(lower=0) + HALF_A_PIECE]

    ordered = read(folder, "order_lines", "order_line_id order_id quantity unit_price discount_amount")
    ordered = ordered[ordered["order_line_id"].isin(short["order_line_id"])]
    order = read(folder, "orders", "order_id currency")
    short = short.merge(ordered, on="order_line_id", how="left", suffixes=("", "_ordered"))
    short["purchase_id"] = short["order_id_ordered"].fillna(short["order_id"])
    short = short.merge(order.rename(columns={"order_id": "purchase_id"}), on="purchase_id", how="left")
    discount = (short["discount_amount"] / short["quantity_ordered"].where(short["quantity_ordered"] != 0)).fillna(0)
    each = short["unit_price"] - discount

    explained = {
        "not_for_sale": short["kind"] != "sale",
        "returned": short["kept_quantity"] <= short["billed_quantity"] + HALF_A_PIECE,
        "free_of_charge": short["quantity"] * each <= HALF_A_PIECE,
        "billed_by_order": short["kept_in_chain"] <= short["order_quantity"] + HALF_A_PIECE,
        "in_grace": (as_of - short["handed_over_on"]).dt.days < grace_days,
    }
    expected = rounded(short["kept_quantity"] * each, short["currency"])
    stated = rounded(short["billed_quantity"] * each, short["currency"])
    return result(short, "delivery_line_id", expected, stated, explained)


def handed_over(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Delivery lines that are on their way or there by as_of: what went out and what came back."""
    delivery = read(folder, "deliveries", "delivery_id order_id kind status shipped_on delivered_on")
    delivery = delivery.drop_duplicates("delivery_id")
    first = delivery[["shipped_on", "delivered_on"]].min(axis=1)
    delivery = delivery[delivery["status"].isin(["shipped", "delivered"]) & ~(first > as_of)]
    is_there = delivery["delivered_on"] <= as_of
    delivery = delivery.assign(handed_over_on=delivery["delivered_on"].where(is_there, delivery["shipped_on"]))
    item = read(folder, "delivery_lines", "delivery_line_id delivery_id order_line_id quantity")
    item = item.drop_duplicates("delivery_line_id").merge(
        delivery[["delivery_id", "order_id", "kind", "handed_over_on"]], on="delivery_id"
    )
    is_return, is_sale = item["kind"] == "return", item["kind"] == "sale"
    back = item["quantity"].abs().where(is_return, (-item["quantity"]).clip(lower=0).where(is_sale, 0))
    item["returned"] = back
    item["quantity"] = item["quantity"].clip(lower=0).mask(is_return, 0)
    item["sold_line_id"] = item["order_line_id"].where(is_return | is_sale)
    # One whole number per order line, or per delivery line that has none, groups faster than a text.
    chain, _ = pd.factorize(item["sold_line_id"])
    item["chain"] = np.where(chain >= 0, chain, -1 - np.arange(len(item)))
    return item


def kept(item: pd.DataFrame) -> pd.DataFrame:
    """What the customer kept of each line: returns are taken off the newest consignment first."""
    item["kept_quantity"] = item["quantity"]
    returned = item.groupby("chain", sort=False)["returned"].transform("sum")
    some = item[returned > 0].sort_values("delivery_line_id", ascending=False)
    some = some.sort_values("handed_over_on", ascending=False, na_position="first", kind="stable")
    newer = some.groupby("chain")["quantity"].cumsum() - some["quantity"]
    off = (returned[some.index] - newer).clip(lower=0, upper=some["quantity"])
    item.loc[some.index, "kept_quantity"] = some["quantity"] - off
    return item


def billed(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Live billed quantity by delivery line and order line; the delivery line is missing where none is linked."""
    line = live_lines(folder, "delivery_line_id order_line_id quantity", "", as_of, billed=True)
    link = read(folder, "delivery_lines", "delivery_line_id order_line_id").drop_duplicates("delivery_line_id")
    line = line.merge(link, on="delivery_line_id", how="left", suffixes=("", "_linked"), indicator="link")
    line["order_line_id"] = line["order_line_id_linked"].fillna(line["order_line_id"])
    line["delivery_line_id"] = line["delivery_line_id"].where(line["link"] == "both")
    return line[["delivery_line_id", "order_line_id", "quantity"]]


def uncovered(item: pd.DataFrame, line: pd.DataFrame) -> pd.DataFrame:
    """Delivery lines with what was billed for them; what names the order line alone covers the oldest first."""
    direct = line.groupby("delivery_line_id", sort=False)["quantity"].sum()
    by_order = line.groupby("order_line_id", sort=False)["quantity"].sum()
    open_ = line[line["delivery_line_id"].isna()].groupby("order_line_id", sort=False)["quantity"].sum()
    item["direct"] = looked_up(item["delivery_line_id"], direct).fillna(0)
    # Most order lines are billed consignment by consignment; only the others need a closer look.
    is_short = item["quantity"] > item["direct"] + HALF_A_PIECE
    item = kept(item[item["chain"].isin(item.loc[is_short, "chain"])].copy())
    item["open"] = looked_up(item["sold_line_id"], open_).fillna(0)
    item["order_quantity"] = looked_up(item["sold_line_id"], by_order)
    item["kept_in_chain"] = item.groupby("chain", sort=False)["kept_quantity"].transform("sum")
    item["needed"] = (item["kept_quantity"] - item["direct"]).clip(lower=0)
    item["billed_quantity"] = item["direct"]
    some = item[item["open"] > 0].sort_values(["handed_over_on", "delivery_line_id"])
    older = some.groupby("chain")["needed"].cumsum() - some["needed"]
    item.loc[some.index, "billed_quantity"] = some["direct"] + (some["open"] - older).clip(lower=0)
    return item


def com_02(folder: Path, as_of: pd.Timestamp, grace_days: int = 5) -> pd.DataFrame:
    """Order completed, not invoiced; the whole control."""
    order = read(folder, "orders", "order_id order_date currency status")
    order = order[(order["status"] == "completed") & (order["order_date"] <= as_of)]
    delivered = read(folder, "deliveries", "order_id").drop_duplicates()
    order = order.merge(delivered, on="order_id", how="left", indicator="delivery")
    order = order[order["delivery"] == "left_only"]
    ordered = read(folder, "order_lines", "order_line_id order_id quantity unit_price discount_amount")
    ordered = ordered.merge(order[["order_id", "order_date", "currency"]], on="order_id")
    item = read(folder, "delivery_lines", "order_line_id")
    item = item[item["order_line_id"].isin(ordered["order_line_id"])]
    handed_over = ordered.loc[ordered["order_line_id"].isin(item["order_line_id"]), "order_id"]
    ordered = ordered[~ordered["order_id"].isin(handed_over)]

    line = live_lines(folder, "order_line_id quantity", "", as_of, billed=True)
    billed = line[line["order_line_id"].isin(ordered["order_line_id"])].groupby("order_line_id")["quantity"].sum()
    short = ordered.assign(billed=looked_up(ordered["order_line_id"], billed).fillna(0))
    short = short[short["quantity"] > short["billed"] + HALF_A_PIECE]
    discount = short["discount_amount"].fillna(0)
    amount = short["quantity"] * short["unit_price"] - discount
    part = short["billed"] * (short["unit_price"] - (discount / short["quantity"]).where(short["quantity"] != 0, 0))
    explained = {
        "free_of_charge": amount <= HALF_A_PIECE,
        "in_grace": (as_of - short["order_date"]).dt.days < grace_days,
    }
    expected, stated = (rounded(value, short["currency"]) for value in (amount, part))
    return result(short, "order_line_id", expected, stated, explained)


def com_05(folder: Path, as_of: pd.Timestamp, systemic_share: str = "0.05") -> pd.DataFrame:
    """Numbers missing from an invoice series; the whole control."""
    invoice = read(folder, "invoices", "invoice_id invoice_number series entity_id invoice_date")
    invoice = invoice.dropna(subset="series")
    number = invoice["invoice_number"].str.strip().str.extract(r"([0-9]{1,18})$", expand=False)
    invoice = invoice[number.notna()].assign(number=number.dropna().astype("int64"))
    keys = ["entity_id", "series"]
    known = invoice[invoice["invoice_date"] <= as_of].groupby(keys)["number"].agg(lowest="min", highest="max")
    invoice = invoice.merge(known, on=keys)
    invoice = invoice[invoice["number"].between(invoice["lowest"], invoice["highest"])]
    invoice = invoice.sort_values([*keys, "number", "invoice_date", "invoice_id"])
    before = invoice.groupby(keys)["number"].shift()
    gap = invoice.assign(before=before, missing=invoice["number"] - before - 1)
    gap = gap[gap["missing"] > 0]

    series = gap.groupby([*keys, "lowest", "highest"], as_index=False)["missing"].sum()
    share = series["missing"] / (series["highest"] - series["lowest"] + 1)
    systemic = series[share > float(systemic_share)]
    systemic = systemic.assign(subject_id=systemic["entity_id"] + "/" + systemic["series"])
    first = (gap["before"] + 1).astype("int64").astype(str)
    gap = gap.assign(subject_id=gap["entity_id"] + "/" + gap["series"] + "/" + first)
    is_systemic = (gap["entity_id"] + "/" + gap["series"]).isin(systemic["subject_id"])
    gap["is_systemic"] = is_systemic
    both = pd.concat([gap, systemic.assign(is_systemic=False)], ignore_index=True)
    return result(both, "subject_id", np.nan, np.nan, {"systemic": both["is_systemic"]})
