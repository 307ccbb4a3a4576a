"""Process in pandas: cases out of time, broken promises, invoices by hand beside the system's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from bench.analyst.in_pandas.names import pro_03
from bench.analyst.in_pandas.reading import live_invoices, looked_up, read, result
from bench.analyst.in_pandas.rounding import HALF_A_DIGIT

__all__ = ["pro_01", "pro_02", "pro_03", "pro_04"]
FOREVER = pd.Timestamp("9999-12-31")


def pro_01(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Case outside its target; the whole control."""
    case = read(folder, "cases", "case_id priority opened_at first_response_at resolved_at paused_minutes")
    case = case[case["opened_at"] < as_of + pd.Timedelta(days=1)]
    target = read(folder, "sla_targets", "priority response_minutes resolution_minutes").groupby("priority").max()
    case = case.merge(target, left_on="priority", right_index=True)
    resolved_at = case["resolved_at"].fillna(as_of)
    answered_at = case["first_response_at"].fillna(resolved_at)
    paused = 60 * case["paused_minutes"].fillna(0)
    answered_in = (answered_at - case["opened_at"]).dt.total_seconds() // 1 - paused
    resolved_in = (resolved_at - case["opened_at"]).dt.total_seconds() // 1 - paused
    is_late = (answered_in > 60 * case["response_minutes"]) | (resolved_in > 60 * case["resolution_minutes"])
    return result(case[is_late], "case_id", np.nan, np.nan)


def pro_02(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Promise to pay broken; the whole control."""
    promise = read(folder, "promises", "promise_id invoice_id promised_on promised_for amount")
    promise = promise[promise["promised_on"] <= as_of]
    application = read(folder, "applications", "receipt_id invoice_id applied_on amount").dropna(subset="receipt_id")
    application = application[application["applied_on"] <= as_of]
    payment = application.merge(promise[["promise_id", "invoice_id", "promised_for"]], on="invoice_id")
    payment = payment[payment["applied_on"] <= payment["promised_for"]]
    receipt = read(folder, "receipts", "receipt_id status")
    payment = payment.merge(receipt[receipt["status"] == "reversed"], on="receipt_id", how="left_anti")
    paid = payment.groupby("promise_id")["amount"].sum()
    promise["paid"] = looked_up(promise["promise_id"], paid).fillna(0).round(4)
    broken = promise[promise["paid"] < promise["amount"] - HALF_A_DIGIT]
    in_grace = broken["promised_for"] >= as_of
    return result(broken, "promise_id", broken["amount"], broken["paid"], {"in_grace": in_grace})


def pro_04(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Manual invoice beside a system one; the whole control."""
    wanted = "invoice_id kind customer_id contract_id order_id origin currency gross_amount period_from period_to"
    document = live_invoices(folder, f"{wanted} original_invoice_id", as_of)
    invoice = document[document["kind"] == "invoice"]
    line = read(
        folder,
        "invoice_lines",
        "invoice_id product_id contract_line_id order_line_id delivery_line_id period_from period_to",
    ).dropna(subset="product_id")
    is_manual = invoice["origin"] == "manual"
    manual = written(invoice[is_manual], line)
    line = line[line["product_id"].isin(manual["product_id"].unique())]
    system = written(invoice[~is_manual & invoice["customer_id"].isin(manual["customer_id"].unique())], line)
    pair = manual.merge(system, on=["customer_id", "product_id"], suffixes=("", "_system"))
    for key in ("contract_line_id", "order_line_id", "delivery_line_id"):
        one, other = pair[key], pair[f"{key}_system"]
        pair = pair[one.isna() | other.isna() | (one == other)]

    pair = with_parents(folder, pair)
    is_known = pair["period_from"].notna() & pair["period_from_system"].notna()
    overlaps = (pair["period_from"] < pair["period_to_system"].fillna(FOREVER)) & (
        pair["period_from_system"] < pair["period_to"].fillna(FOREVER)
    )
    is_covered = overlaps.where(is_known, pair["order_id"].notna())
    for key in ("contract_id", "order_id"):
        is_covered &= pair[key].isna() | (pair[key] == pair[f"{key}_system"])
    pair = pair[is_covered]

    full = credited(document)
    is_credited = pair["invoice_id"].isin(full) | pair["invoice_id_system"].isin(full)
    pair = pair.assign(is_credited=is_credited).sort_values("is_credited", kind="stable")
    return result(pair, "invoice_id", 0.0, pair["gross_amount"], {"credited": pair["is_credited"]})


def written(invoice: pd.DataFrame, line: pd.DataFrame) -> pd.DataFrame:
    """Lines of invoices with their head; the period is the line's own, else the head's."""
    columns = ["invoice_id", "customer_id", "contract_id", "order_id", "gross_amount", "period_from", "period_to"]
    both = line.merge(invoice[columns], on="invoice_id", suffixes=("", "_head"))
    both["period_to"] = both["period_to"].where(both["period_from"].notna(), both["period_to_head"])
    both["period_from"] = both["period_from"].fillna(both["period_from_head"])
    return both.drop(columns=["period_from_head", "period_to_head"])


def with_parents(folder: Path, pair: pd.DataFrame) -> pd.DataFrame:
    """Pairs of lines whose heads name no contract or order with the one that the lines name."""
    for table, key, parent in (
        ("contract_lines", "contract_line_id", "contract_id"),
        ("order_lines", "order_line_id", "order_id"),
    ):
        named = read(folder, table, f"{key} {parent}")
        for side in ("", "_system"):
            found = pair[[f"{key}{side}"]].merge(named, left_on=f"{key}{side}", right_on=key, how="left")[parent]
            pair[f"{parent}{side}"] = pair[f"{parent}{side}"].fillna(found.set_axis(pair.index))
    return pair


def credited(document: pd.DataFrame) -> pd.Series[str]:
    """Invoices that live credit memos give back in full."""
    credit = document.loc[document["kind"] == "credit_memo", ["original_invoice_id", "currency", "gross_amount"]]
    credit = credit.set_axis(["invoice_id", "currency", "credited"], axis=1)
    given = credit.groupby(["invoice_id", "currency"], as_index=False)["credited"].sum()
    given = given.merge(document[["invoice_id", "currency", "gross_amount"]], on=["invoice_id", "currency"])
    full: pd.Series[str] = given.loc[-given["credited"] > given["gross_amount"] - HALF_A_DIGIT, "invoice_id"]
    return full
