"""Settlement in pandas: payouts at risk."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bench.analyst.in_pandas.reading import NOT_LIVE, live_invoices, read, result
from bench.analyst.in_pandas.statements import paid_settlements


def set_05(folder: Path, as_of: pd.Timestamp, days: int = 10, refund_days: int = 35) -> pd.DataFrame:
    """Payout at risk; the whole control."""
    paid = paid_settlements(folder, "settlement_id partner_id direction net_amount paid_on", as_of)
    out = paid[paid["direction"] == "payable"]
    partner = read(folder, "partners", "partner_id bank_changed_on")
    changed = out.merge(partner, on="partner_id")
    age = (changed["paid_on"] - changed["bank_changed_on"]).dt.days
    changed = changed[age.between(0, days)]

    moved = moved_orders(folder)
    is_refund = (moved["kind"] == "refund") & ~moved["status"].isin(NOT_LIVE)
    refund = moved[is_refund].assign(refunded_on=moved[["paid_on", "period_to"]].min(axis=1))
    refund = refund.groupby(["partner_id", "order_id"])[["refunded_on"]].min().reset_index()
    kept = moved[["settlement_id", "order_id"]].drop_duplicates().merge(out, on="settlement_id")
    kept = kept.merge(credited(folder, as_of), on="order_id")
    kept = kept[(kept["invoice_date"] > kept["paid_on"]) & ((as_of - kept["invoice_date"]).dt.days > refund_days)]
    kept = kept.merge(refund, on=["partner_id", "order_id"], how="left")
    kept = kept[~((kept["refunded_on"] - kept["invoice_date"]).dt.days <= refund_days)]

    at_risk = [*changed["settlement_id"], *kept["settlement_id"]]
    off = paid[(paid["net_amount"] < 0) | paid["settlement_id"].isin(at_risk)]
    return result(off, "settlement_id", 0.0, off["net_amount"])


def moved_orders(folder: Path) -> pd.DataFrame:
    """Sale and refund lines with their settlement; the order is the line's own, else its delivery's."""
    line = read(folder, "settlement_lines", "settlement_id kind order_id delivery_id")
    line = line[line["kind"].isin(["sale", "refund"])]
    named = line["delivery_id"][line["order_id"].isna()].dropna()
    if len(named):
        delivery = read(folder, "deliveries", "delivery_id order_id").set_index("delivery_id")["order_id"]
        line = line.assign(order_id=line["order_id"].fillna(named.map(delivery)))
    settlement = read(folder, "settlements", "settlement_id partner_id status paid_on period_to")
    return line.dropna(subset="order_id").merge(settlement, on="settlement_id")


def credited(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Orders that live credit memos name in their head, else in the invoice they correct, else in their lines."""
    document = live_invoices(folder, "invoice_id kind invoice_date order_id original_invoice_id", as_of)
    credit = document[document["kind"] == "credit_memo"].drop(columns="kind")
    original = read(folder, "invoices", "invoice_id order_id").set_axis(["original_invoice_id", "original"], axis=1)
    credit = credit.merge(original, on="original_invoice_id", how="left")
    credit["order_id"] = credit["order_id"].fillna(credit["original"])
    rest = credit[credit["order_id"].isna()]
    line = read(folder, "invoice_lines", "invoice_id order_line_id").dropna()
    line = line.merge(rest[["invoice_id", "invoice_date"]], on="invoice_id")
    line = line.merge(read(folder, "order_lines", "order_line_id order_id"), on="order_line_id")
    columns = ["order_id", "invoice_date"]
    return pd.concat([credit.dropna(subset="order_id")[columns], line[columns]])
