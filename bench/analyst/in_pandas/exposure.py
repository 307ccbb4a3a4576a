"""Valuation in pandas: what customers owe, against their credit limit and against the policy for overdue debt."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from bench.analyst.in_pandas.reading import live_invoices, live_lines, looked_up, read, result
from bench.analyst.in_pandas.rounding import HALF_A_DIGIT, rounded

ACCOUNT = ["customer_id", "currency"]


def open_invoices(folder: Path, columns: str, as_of: pd.Timestamp) -> pd.DataFrame:
    """Live invoices and debit memos with something left to pay at as_of: invoice_id, the columns and open."""
    document = live_invoices(folder, f"invoice_id kind gross_amount {columns}", as_of)
    document = document[document["kind"] != "credit_memo"]
    application = read(folder, "applications", "invoice_id applied_on amount discount_amount")
    application = application[application["applied_on"] <= as_of]
    adjustment = read(folder, "adjustments", "invoice_id adjusted_on amount")
    adjustment = adjustment[adjustment["adjusted_on"] <= as_of]
    application["settled"] = application["amount"] + application["discount_amount"].fillna(0)
    settled = application.groupby("invoice_id", sort=False)["settled"].sum()
    adjusted = adjustment.groupby("invoice_id", sort=False)["amount"].sum()
    key = document["invoice_id"]
    less = looked_up(key, settled).fillna(0) - looked_up(key, adjusted).fillna(0)
    document = document.assign(open=(document["gross_amount"] - less).round(4))
    return document[document["open"] > HALF_A_DIGIT]


def val_05(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Credit limit passed; leaves out customers who are listed twice.

    The order line that an invoice line names goes before the one that its delivery line names.
    """
    customer = read(folder, "customers", "customer_id currency credit_limit").dropna()
    owed = open_invoices(folder, "customer_id currency", as_of).groupby(ACCOUNT)["open"].sum()
    ordered = unfinished(folder, as_of).groupby(ACCOUNT)["amount"].sum()
    exposure = owed.add(ordered, fill_value=0).round(4).rename("exposure")
    customer = customer.merge(exposure, left_on=ACCOUNT, right_index=True)
    passed = customer[customer["exposure"] > customer["credit_limit"] + HALF_A_DIGIT]
    return result(passed, "customer_id", passed["credit_limit"], passed["exposure"])


def unfinished(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """The value of what was delivered and not billed, and ordered and not delivered: customer_id, currency, amount."""
    line = read(folder, "order_lines", "order_line_id order_id quantity unit_price discount_amount")
    quantities = handed_over(folder, as_of).join(billed(folder, as_of), how="outer")
    line = line.merge(quantities, left_on="order_line_id", right_index=True, how="left")
    line["unbilled"] = (line["kept"] - line["billed"].fillna(0)).clip(lower=0).fillna(0)
    line["undelivered"] = line["quantity"] - line[["sent", "billed"]].max(axis=1).fillna(0)
    line = line[(line["unbilled"] > 0) | (line["undelivered"] > 0)]

    order = read(folder, "orders", "order_id customer_id currency status order_date")
    line = line.merge(order, on="order_id")
    is_awaited = line["status"].isin(["open", "shipped"]) & (line["order_date"] <= as_of)
    line["undelivered"] = line["undelivered"].clip(lower=0).where(is_awaited, 0)
    discount = line["discount_amount"] / line["quantity"].where(line["quantity"] != 0)
    each = line["unit_price"] - discount.fillna(0)
    line["amount"] = rounded(line["unbilled"] * each, line["currency"])
    line["amount"] += rounded(line["undelivered"] * each, line["currency"])
    return line


def handed_over(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Per order line what was sent, and what the customer kept of it."""
    delivery = read(folder, "deliveries", "delivery_id kind status shipped_on delivered_on")
    first = delivery["shipped_on"].fillna(delivery["delivered_on"])
    first = first.mask(delivery["delivered_on"] < first, delivery["delivered_on"])
    is_sent = delivery["kind"].isin(["sale", "return"]) & delivery["status"].isin(["shipped", "delivered"])
    delivery = delivery.loc[is_sent & ~(first > as_of), ["delivery_id", "kind"]]
    item = read(folder, "delivery_lines", "delivery_id order_line_id quantity").merge(delivery, on="delivery_id")
    is_sale = item["kind"] == "sale"
    item["kept"] = item["quantity"].where(is_sale, -item["quantity"].abs())
    item["sent"] = item["quantity"].clip(lower=0).where(is_sale, 0)
    return item.groupby("order_line_id", sort=False)[["sent", "kept"]].sum()


def billed(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Per order line the quantity that live invoices and debit memos bill."""
    line = live_lines(folder, "order_line_id delivery_line_id quantity", "", as_of, billed=True)
    unnamed = line[line["order_line_id"].isna() & line["delivery_line_id"].notna()]
    if len(unnamed):
        item = read(folder, "delivery_lines", "delivery_line_id order_line_id").set_index("delivery_line_id")
        line.loc[unnamed.index, "order_line_id"] = unnamed["delivery_line_id"].map(item["order_line_id"])
    return line.groupby("order_line_id", sort=False)["quantity"].sum().to_frame("billed")


def val_07(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Overdue beyond the policy's stage; the whole control."""
    invoice = open_invoices(folder, "customer_id currency due_date", as_of)
    overdue = invoice[invoice["due_date"] < as_of]
    case = read(folder, "cases", "invoice_id opened_at status")
    is_open = case["status"].isin(["open", "pending"]) & (case["opened_at"] < as_of + pd.Timedelta(days=1))
    undisputed = overdue[~overdue["invoice_id"].isin(case.loc[is_open, "invoice_id"])]
    stage = read(folder, "dunning_stages", "currency action days_overdue min_amount")
    stage = stage[stage["action"].isin(["suspend", "collect"])]

    customer = read(folder, "customers", "customer_id status").drop_duplicates("customer_id")
    is_reached = customer["customer_id"].isin(reaching(overdue, stage, as_of))
    is_idle = ~customer["customer_id"].isin(overdue["customer_id"])
    is_active, is_suspended = customer["status"] == "active", customer["status"] == "suspended"
    off = customer[(is_active & is_reached) | (is_suspended & is_idle)]
    is_disputed = ~off["customer_id"].isin(reaching(undisputed, stage, as_of)) & (off["status"] == "active")
    return result(off, "customer_id", np.nan, np.nan, {"disputed": is_disputed})


def reaching(overdue: pd.DataFrame, stage: pd.DataFrame, as_of: pd.Timestamp) -> pd.Series[str]:
    """The customers whose oldest and whose total overdue in a currency reach one of the stages."""
    debt = overdue.groupby(ACCOUNT, as_index=False).agg(open=("open", "sum"), oldest=("due_date", "min"))
    debt = debt.merge(stage, on="currency")
    is_old = (as_of - debt["oldest"]).dt.days >= debt["days_overdue"]
    is_large = debt["open"] > debt["min_amount"] - HALF_A_DIGIT
    found: pd.Series[str] = debt.loc[is_old & is_large, "customer_id"]
    return found
