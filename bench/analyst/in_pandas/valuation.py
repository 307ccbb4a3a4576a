"""Valuation in pandas: cash and credit left unapplied, more applied than there was, money applied to strangers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from bench.analyst.in_pandas.exposure import val_05, val_07
from bench.analyst.in_pandas.reading import live_invoices, looked_up, read, result
from bench.analyst.in_pandas.rounding import HALF_A_DIGIT
from bench.analyst.in_pandas.write_offs import val_06

__all__ = ["val_01", "val_02", "val_03", "val_04", "val_05", "val_06", "val_07"]
LEVELS_OF_PARENTS = 8


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


def val_02(folder: Path, as_of: pd.Timestamp, days: int = 30) -> pd.DataFrame:
    """Credit memo unapplied too long; leaves out money that is applied to a credit memo as if it were an invoice."""
    credit = live_invoices(folder, "invoice_id kind invoice_date gross_amount", as_of)
    credit = credit[credit["kind"] == "credit_memo"]
    application = read(folder, "applications", "credit_invoice_id applied_on amount").dropna()
    application = application[application["applied_on"] <= as_of]
    adjustment = read(folder, "adjustments", "invoice_id adjusted_on amount")
    adjustment = adjustment[adjustment["adjusted_on"] <= as_of]
    applied = application.groupby("credit_invoice_id", sort=False)["amount"].sum()
    adjusted = adjustment.groupby("invoice_id", sort=False)["amount"].sum()
    used = looked_up(credit["invoice_id"], applied).fillna(0) + looked_up(credit["invoice_id"], adjusted).fillna(0)
    idle = credit.assign(open=(-credit["gross_amount"] - used).round(4))
    idle = idle[idle["open"] > HALF_A_DIGIT]
    in_grace = (as_of - idle["invoice_date"]).dt.days <= days
    return result(idle, "invoice_id", 0.0, idle["open"], {"in_grace": in_grace})


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


def val_04(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Applied to a stranger's invoice; the whole control."""
    application = read(folder, "applications", "application_id receipt_id invoice_id applied_on")
    application = application[application["applied_on"] <= as_of].dropna(subset="receipt_id")
    receipt = read(folder, "receipts", "receipt_id customer_id").dropna()
    invoice = read(folder, "invoices", "invoice_id customer_id")
    paid = application.merge(receipt.rename(columns={"customer_id": "payer"}), on="receipt_id")
    paid = paid.merge(invoice.rename(columns={"customer_id": "debtor"}), on="invoice_id")
    paid = paid[paid["payer"] != paid["debtor"]]

    # Few are left: who of these has an ancestor in common, himself included.
    parent = read(folder, "customers", "customer_id parent_id").dropna().drop_duplicates()
    pair = paid[["payer", "debtor"]].drop_duplicates()
    descent = lines_of_descent(parent, pd.concat([pair["payer"], pair["debtor"]]).drop_duplicates())
    kin = pair.merge(descent, left_on="payer", right_on="customer_id")
    kin = kin.merge(descent, left_on=["debtor", "ancestor"], right_on=["customer_id", "ancestor"])
    related = pd.MultiIndex.from_frame(kin[["payer", "debtor"]].drop_duplicates())
    strangers = paid[~pd.MultiIndex.from_frame(paid[["payer", "debtor"]]).isin(related)]
    return result(strangers, "application_id", np.nan, np.nan)


def lines_of_descent(parent: pd.DataFrame, customers: pd.Series[str]) -> pd.DataFrame:
    """Every customer with himself and his ancestors, up to eight levels above him: customer_id, ancestor."""
    above = parent.set_axis(["ancestor", "next"], axis=1)
    found = [pd.DataFrame({"customer_id": customers, "ancestor": customers})]
    for _ in range(LEVELS_OF_PARENTS):
        level = found[-1].merge(above, on="ancestor")
        found.append(level[["customer_id", "next"]].set_axis(["customer_id", "ancestor"], axis=1))
    return pd.concat(found).drop_duplicates()
