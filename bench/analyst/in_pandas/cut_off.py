"""Cut-off in pandas: invoices that were ahead of their goods."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bench.analyst.in_pandas.reading import live_lines, read, result


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
