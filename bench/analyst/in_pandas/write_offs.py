"""Valuation in pandas: what was written off too early or in vain."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bench.analyst.in_pandas.reading import read, result
from bench.analyst.in_pandas.rounding import HALF_A_DIGIT


def val_06(folder: Path, as_of: pd.Timestamp, min_days: int = 180) -> pd.DataFrame:
    """Written off too early or in vain; the whole control."""
    adjustment = read(folder, "adjustments", "adjustment_id invoice_id kind amount adjusted_on")
    is_meant = (adjustment["kind"] == "write_off") & (adjustment["amount"] < 0) & (adjustment["adjusted_on"] <= as_of)
    invoice = read(folder, "invoices", "invoice_id kind customer_id invoice_date due_date")
    invoice = invoice[invoice["kind"] != "credit_memo"].drop(columns="kind")
    write_off = adjustment[is_meant].drop(columns="kind").merge(invoice, on="invoice_id")
    due_on = write_off["due_date"].fillna(write_off["invoice_date"])
    is_early = (write_off["adjusted_on"] - due_on).dt.days < min_days

    receipt = read(folder, "receipts", "receipt_id customer_id received_on amount status")
    receipt = receipt[receipt["status"] != "reversed"]
    application = read(folder, "applications", "receipt_id invoice_id applied_on amount").dropna(subset="receipt_id")

    idle = waiting(receipt[receipt["customer_id"].isin(write_off["customer_id"].unique())], application)
    idle = write_off[["adjustment_id", "customer_id", "adjusted_on"]].merge(idle, on="customer_id")
    is_idle = (idle["waits_from"] <= idle["adjusted_on"]) & ~(idle["waits_to"] <= idle["adjusted_on"])

    paid = application[(application["amount"] > 0) & (application["applied_on"] <= as_of)]
    paid = paid[["receipt_id", "invoice_id", "applied_on"]].merge(write_off, on="invoice_id")
    paid = paid[paid["applied_on"] > paid["adjusted_on"]].merge(receipt[["receipt_id"]], on="receipt_id")

    in_vain = pd.concat([idle.loc[is_idle, "adjustment_id"], paid["adjustment_id"]])
    off = write_off[is_early | write_off["adjustment_id"].isin(in_vain)]
    return result(off, "adjustment_id", 0.0, off["amount"])


def waiting(receipt: pd.DataFrame, application: pd.DataFrame) -> pd.DataFrame:
    """From when to when something of a receipt was not applied: customer_id, waits_from, waits_to (missing: still)."""
    columns = ["receipt_id", "customer_id", "day", "left"]
    came = receipt[["receipt_id", "customer_id", "received_on", "amount"]].set_axis(columns, axis=1)
    applied = came[["receipt_id", "customer_id"]].merge(application, on="receipt_id")
    went = applied.assign(amount=-applied["amount"])[["receipt_id", "customer_id", "applied_on", "amount"]]
    step = pd.concat([came, went.set_axis(columns, axis=1)], ignore_index=True)
    step = step.sort_values("day", kind="stable")
    by_receipt = step.groupby("receipt_id", sort=False)
    step["is_left"] = by_receipt["left"].cumsum() > HALF_A_DIGIT
    step["waits_to"] = by_receipt["day"].shift(-1)
    return step[step["is_left"]].rename(columns={"day": "waits_from"})
