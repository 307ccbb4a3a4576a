"""Valuation in pandas: cash left unapplied, and more applied than there was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from bench.analyst.in_pandas.reading import live_invoices, looked_up, read, result
from bench.analyst.in_pandas.rounding import HALF_A_DIGIT


def val_01(folder: Path, as_of: pd.Timestamp, days: int = 30) -> pd.DataFrame:
    """Cash unapplied too long, with the numbers of the open invoices that would fit; the whole control."""
    receipt = read(folder, "receipts", "receipt_id customer_id received_on currency amount status")
    application = read(folder, "applications", "receipt_id invoice_id applied_on amount discount_amount")
    application = application[application["applied_on"] <= as_of]
    applied = application.groupby("receipt_id", sort=False)["amount"].sum()
    receipt["unapplied"] = receipt["amount"] - looked_up(receipt["receipt_id"], applied).fillna(0)
    is_idle = (receipt["status"] != "reversed") & (receipt["received_on"] <= as_of)
    idle = receipt[is_idle & (receipt["unapplied"] > HALF_A_DIGIT)].copy()
    idle["unapplied"] = idle["unapplied"].round(4)

    adjustment = read(folder, "adjustments", "invoice_id adjusted_on amount")
    adjustment = adjustment[adjustment["adjusted_on"] <= as_of]
    application["settled"] = application["amount"] + application["discount_amount"].fillna(0)
    settled = application.groupby("invoice_id", sort=False)["settled"].sum()
    adjusted = adjustment.groupby("invoice_id", sort=False)["amount"].sum()
    wanted = "invoice_id invoice_number customer_id currency invoice_date kind gross_amount"
    invoice = live_invoices(folder, wanted, as_of)
    invoice = invoice[(invoice["kind"] != "credit_memo") & invoice["customer_id"].isin(idle["customer_id"])]
    less = looked_up(invoice["invoice_id"], settled).fillna(0) - looked_up(invoice["invoice_id"], adjusted).fillna(0)
    invoice = invoice.assign(unapplied=(invoice["gross_amount"] - less).round(4))
    fitting = idle.merge(invoice, on=["customer_id", "currency", "unapplied"])
    fitting = fitting.sort_values(["invoice_date", "invoice_id"])
    first_five = fitting.groupby("receipt_id").head(5).groupby("receipt_id")["invoice_number"].agg(", ".join)

    explained = {
        "on_account": idle["status"] == "on_account",
        "in_grace": (as_of - idle["received_on"]).dt.days <= days,
    }
    candidates = result(idle, "receipt_id", 0.0, idle["unapplied"], explained)
    return candidates.assign(fitting=candidates["subject_id"].map(first_five))


def val_03(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Applied more than there was; the whole control."""
    wanted = "receipt_id credit_invoice_id invoice_id applied_on amount discount_amount"
    application = read(folder, "applications", wanted)
    application = application[application["applied_on"] <= as_of]
    adjustment = read(folder, "adjustments", "invoice_id adjusted_on amount")
    adjustment = adjustment[adjustment["adjusted_on"] <= as_of]
    receipt = read(folder, "receipts", "receipt_id amount")
    invoice = read(folder, "invoices", "invoice_id kind gross_amount")

    applied = application.groupby("receipt_id", sort=False)["amount"].sum()
    receipt["used"] = looked_up(receipt["receipt_id"], applied)
    application["settled"] = application["amount"] + application["discount_amount"].fillna(0)
    moved = [
        application.groupby("invoice_id", sort=False)["settled"].sum(),
        -adjustment.groupby("invoice_id", sort=False)["amount"].sum(),
        -application.groupby("credit_invoice_id", sort=False)["amount"].sum(),
    ]
    used = pd.concat(moved).groupby(level=0, sort=False).sum()
    sign = np.where(invoice["kind"] == "credit_memo", -1.0, 1.0)
    invoice["used"] = looked_up(invoice["invoice_id"], used) * sign
    invoice["amount"] = invoice["gross_amount"] * sign

    available = pd.concat(
        [receipt.rename(columns={"receipt_id": "subject_id"}), invoice.rename(columns={"invoice_id": "subject_id"})]
    )
    beyond = available[available["used"] > available["amount"] + HALF_A_DIGIT]
    return result(beyond, "subject_id", beyond["amount"], beyond["used"])
