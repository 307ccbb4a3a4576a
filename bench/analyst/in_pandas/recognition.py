"""Cut-off in pandas: revenue that was recognised in another month than it was earned in."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bench.analyst.in_pandas.reading import read, result

DAY = pd.Timedelta(days=1)


def cut_03(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Revenue in the wrong month; the whole control."""
    booked, item = billed_revenue(folder), consignments(folder)
    booked = booked[(booked["month"] <= as_of) | (booked["invoice_date"] <= as_of)]
    own = item[["delivery_line_id", "delivered_in"]]
    booked = booked.merge(own, on="delivery_line_id", how="left", indicator="link")
    month, billed_in = month_number(booked["month"]), month_number(booked["invoice_date"])

    is_right = (month == billed_in) | touches(month, booked["period_from_document"], booked["period_to_document"])
    in_service = touches(month, booked["period_from"], booked["period_to"])
    is_right = is_right.mask(booked["period_from"].notna(), in_service)
    is_right = is_right.mask(booked["delivered_in"].notna(), month == booked["delivered_in"])

    # A line that names its consignment is not asked about its order line; nor is a contract's charge.
    asks = (booked["link"] == "left_only") & booked["contract_line_id"].isna() & booked["order_line_id"].notna()
    asked = pd.DataFrame({"order_line_id": booked.loc[asks, "order_line_id"], "month": month[asks]})
    asked = asked.reset_index(names="row").merge(item.dropna(subset="delivered_in"), on="order_line_id")
    is_then, is_sale = asked["month"] == asked["delivered_in"], asked["kind"] == "sale"
    is_right[asked.loc[is_sale, "row"]] = False
    is_right[asked.loc[is_sale & is_then, "row"]] = True

    is_correction = (booked["kind"] == "credit_memo") & (month == billed_in)
    moved = asked.loc[is_then, "row"]
    is_correction[moved] = booked.loc[moved, "kind"] == "credit_memo"
    off = booked[~is_right & ~is_correction]
    return result(off, "revenue_id", 0.0, off["amount"])


def billed_revenue(folder: Path) -> pd.DataFrame:
    """Revenue with what its invoice line and, under names that end in _document, that line's document say."""
    booked = read(folder, "revenue", "revenue_id month amount invoice_line_id").dropna(subset="invoice_line_id")
    wanted = "invoice_line_id invoice_id contract_line_id delivery_line_id order_line_id period_from period_to"
    document = read(folder, "invoices", "invoice_id kind invoice_date period_from period_to")
    booked = booked.merge(read(folder, "invoice_lines", wanted), on="invoice_line_id")
    return booked.merge(document, on="invoice_id", suffixes=("", "_document"))


def consignments(folder: Path) -> pd.DataFrame:
    """Delivery lines with the month, as a number, in which they were delivered; missing where they were not."""
    delivery = read(folder, "deliveries", "delivery_id kind status delivered_on")
    is_out = delivery["status"].isin(["shipped", "delivered"])
    delivery["delivered_in"] = month_number(delivery["delivered_on"]).where(is_out)
    item = read(folder, "delivery_lines", "delivery_line_id delivery_id order_line_id")
    return item.merge(delivery[["delivery_id", "kind", "delivered_in"]], on="delivery_id")


def month_number(day: pd.Series[pd.Timestamp]) -> pd.Series[float]:
    """Months since the year 0, so that months compare as numbers."""
    return (12 * day.dt.year + day.dt.month).astype("float64")


def touches(
    month: pd.Series[float], day_from: pd.Series[pd.Timestamp], day_to: pd.Series[pd.Timestamp]
) -> pd.Series[bool]:
    """Whether a day of [day_from, day_to) is in the month; without an end that is the first day alone."""
    last = (day_to - DAY).mask(~(day_to > day_from), day_from)
    return (month >= month_number(day_from)) & (month <= month_number(last))
