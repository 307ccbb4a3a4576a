"""Cut-off in pandas: what was invoiced, credited, entered or recognised in a period it does not belong to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from bench.analyst.in_pandas.reading import NOT_LIVE, live_lines, read, result
from bench.analyst.in_pandas.recognition import cut_03

__all__ = ["cut_01", "cut_02", "cut_03", "cut_04", "cut_05"]

PERIODS = {"month": "M", "quarter": "Q", "year": "Y"}
DAY = pd.Timedelta(days=1)


def cut_01(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Invoiced before delivery; the whole control."""
    line = live_lines(
        folder,
        "invoice_line_id net_amount delivery_line_id order_line_id",
        "invoice_date reason_code order_id",
        as_of,
        billed=True,
    ).dropna(subset="delivery_line_id")
    item = read(folder, "delivery_lines", "delivery_line_id delivery_id order_line_id")
    delivery = read(folder, "deliveries", "delivery_id status shipped_on delivered_on order_id")
    delivery = delivery[delivery["status"] != "cancelled"]
    line = line.merge(item, on="delivery_line_id", suffixes=("", "_delivered"))
    line = line.merge(delivery, on="delivery_id", suffixes=("", "_delivered"))
    early = line[line["invoice_date"] < line["shipped_on"].fillna(line["delivered_on"])].copy()

    order = read(folder, "orders", "order_id reason_code")
    prepaid = order.loc[order["reason_code"] == "prepayment", "order_id"]
    ordered = read(folder, "order_lines", "order_line_id order_id")
    ordered_line_id = early["order_line_id"].fillna(early["order_line_id_delivered"])
    ordered = ordered[ordered["order_line_id"].isin(ordered_line_id)].drop_duplicates("order_line_id")
    early["ordered_id"] = ordered_line_id.map(ordered.set_index("order_line_id")["order_id"])
    is_prepaid = early["reason_code"] == "prepayment"
    for column in ("order_id", "order_id_delivered", "ordered_id"):
        is_prepaid |= early[column].isin(prepaid)
    return result(early, "invoice_line_id", 0.0, early["net_amount"], {"prepayment": is_prepaid})


def cut_02(folder: Path, as_of: pd.Timestamp, late_days: int = 14) -> pd.DataFrame:
    """Invoiced late; the whole control."""
    line = live_lines(folder, "delivery_line_id order_line_id", "invoice_date", as_of, billed=True)
    item = read(folder, "delivery_lines", "delivery_line_id delivery_id order_line_id")
    delivery = read(folder, "deliveries", "delivery_id kind status delivered_on")
    is_out = (delivery["kind"] == "sale") & delivery["status"].isin(["shipped", "delivered"])
    direct = line.groupby("delivery_line_id", as_index=False, sort=False)["invoice_date"].min()
    line = line.merge(item[["delivery_line_id"]], on="delivery_line_id", how="left", indicator="link")
    line = line[line["link"] == "left_only"]
    by_order = line.groupby("order_line_id", as_index=False, sort=False)["invoice_date"].min()

    item = item.merge(delivery.loc[is_out, ["delivery_id", "delivered_on"]], on="delivery_id")
    item = item.merge(direct, on="delivery_line_id", how="left")
    item = item.merge(by_order, on="order_line_id", how="left", suffixes=("", "_by_order"))
    invoiced_on = item["invoice_date"].fillna(item["invoice_date_by_order"])
    late = item[(invoiced_on - item["delivered_on"]).dt.days > late_days]
    return result(late, "delivery_line_id", np.nan, np.nan)


def cut_04(
    folder: Path, as_of: pd.Timestamp, days: int = 45, close: str = "month", min_amount: str = "0"
) -> pd.DataFrame:
    """Credit after the close for before it; the whole control."""
    wanted = "invoice_id kind status invoice_date gross_amount original_invoice_id"
    document = read(folder, "invoices", wanted)
    is_credit = (document["kind"] == "credit_memo") & ~document["status"].isin(NOT_LIVE)
    is_credit &= (document["invoice_date"] <= as_of) & (document["gross_amount"].abs() > float(min_amount))
    original = document[["invoice_id", "invoice_date"]].set_axis(["original_invoice_id", "billed_on"], axis=1)
    credit = document[is_credit].merge(original, on="original_invoice_id")
    opened_on = credit["invoice_date"].dt.to_period(PERIODS[close]).dt.start_time
    is_near = (credit["invoice_date"] - (opened_on - DAY)).dt.days <= days
    found = credit[is_near & (credit["billed_on"] < opened_on)]
    return result(found, "invoice_id", 0.0, found["gross_amount"])


def cut_05(folder: Path, as_of: pd.Timestamp, close_days: int = 5) -> pd.DataFrame:
    """Back-dated into a closed month; the whole control."""
    document = read(folder, "invoices", "invoice_id status invoice_date created_at posted_on")
    document = document[~document["status"].isin(NOT_LIVE) & (document["invoice_date"] <= as_of)]
    created, posted = document["created_at"], document["posted_on"]
    entered = created.mask(created.isna() | (created < posted), posted).to_numpy().astype("datetime64[D]")
    next_month = document["invoice_date"].to_numpy().astype("datetime64[M]") + np.timedelta64(1, "M")
    opened = next_month.astype("datetime64[D]")
    # Working days are counted for the few that entered another month at all.
    is_later = entered >= opened
    found = document[is_later]
    working_days = np.busday_count(opened[is_later], entered[is_later] + np.timedelta64(1, "D"))
    return result(found[working_days > close_days], "invoice_id", np.nan, np.nan)
