"""Authority in pandas: who approved what lowers a balance, and whether it went too far."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bench.analyst.in_pandas.reading import NOT_LIVE, read, result
from bench.analyst.in_pandas.rounding import HALF_A_DIGIT


def reductions(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Adjustments and issued credit memos up to as_of, with who entered and who approved them."""
    wanted = "invoice_id kind status invoice_date currency gross_amount created_by approved_by"
    invoice = read(folder, "invoices", wanted)
    adjustment = read(folder, "adjustments", "adjustment_id invoice_id kind amount adjusted_on created_by approved_by")
    adjustment = adjustment.merge(invoice[["invoice_id", "currency"]], on="invoice_id", how="left")
    credit = invoice[(invoice["kind"] == "credit_memo") & ~invoice["status"].isin(NOT_LIVE)]
    credit = credit.rename(columns={"gross_amount": "amount", "invoice_date": "event_date", "invoice_id": "subject_id"})
    adjustment = adjustment.rename(columns={"adjusted_on": "event_date", "adjustment_id": "subject_id"})
    columns = ["subject_id", "kind", "event_date", "currency", "amount", "created_by", "approved_by"]
    both = pd.concat([adjustment[columns], credit[columns]], ignore_index=True)
    return both[both["event_date"] <= as_of]


def aut_01(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Approved above the limit, or not at all; the whole control."""
    reduction = reductions(folder, as_of)
    user = read(folder, "users", "user_id role kind")
    limit = read(folder, "approval_limits", "role action currency max_amount").rename(columns={"action": "kind"})
    authority = user[["user_id", "role"]].merge(limit, on="role")
    authority = authority.sort_values("max_amount").drop_duplicates(["user_id", "kind", "currency"], keep="last")
    authority = authority[["user_id", "kind", "currency", "max_amount"]]

    for person in ("approved", "created"):
        own = authority.rename(columns={"user_id": f"{person}_by", "max_amount": f"{person}_limit"})
        reduction = reduction.merge(own, on=[f"{person}_by", "kind", "currency"], how="left")
    stated, allowed = reduction["amount"].abs(), reduction["approved_limit"].fillna(0)
    is_known = reduction["approved_by"].isin(user["user_id"])
    people = user.loc[user["kind"].fillna("person") == "person", "user_id"]
    is_system = reduction["created_by"].isin(user["user_id"]) & ~reduction["created_by"].isin(people)
    is_within = stated <= reduction["created_limit"].fillna(0) + HALF_A_DIGIT
    off = ~is_known | (stated > allowed + HALF_A_DIGIT)
    explained = {"system_generated": (is_system & is_within)[off]}
    return result(reduction[off], "subject_id", allowed[off], stated[off], explained)


def aut_02(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Same person entered and approved; the whole control."""
    reduction = reductions(folder, as_of)
    user = read(folder, "users", "user_id kind")
    people = user.loc[user["kind"].fillna("person") == "person", "user_id"]
    systems = user.loc[(user["kind"] == "system") & ~user["user_id"].isin(people), "user_id"]
    same = reduction[reduction["created_by"] == reduction["approved_by"]]
    same = same[~same["created_by"].isin(systems)]
    return result(same, "subject_id", 0.0, same["amount"])


def aut_05(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Credit exceeds what was billed; the whole control."""
    wanted = "invoice_id kind status invoice_date currency gross_amount original_invoice_id created_at"
    invoice = read(folder, "invoices", wanted)
    is_credit = (invoice["kind"] == "credit_memo") & ~invoice["status"].isin(NOT_LIVE)
    credit = invoice[is_credit & invoice["original_invoice_id"].notna() & (invoice["invoice_date"] <= as_of)]
    original = invoice.loc[
        invoice["invoice_id"].isin(credit["original_invoice_id"]), ["invoice_id", "currency", "gross_amount"]
    ]
    credit = credit.merge(
        original, left_on="original_invoice_id", right_on="invoice_id", how="left", suffixes=("", "_of")
    )
    credit = credit[credit["invoice_id_of"].isna() | (credit["currency"] == credit["currency_of"])]
    credit = credit.sort_values(["invoice_date", "created_at", "invoice_id"])
    by_original = credit.groupby(["original_invoice_id", "currency"], sort=False)
    credit["credited"] = -by_original["gross_amount"].cumsum()
    billed = credit["gross_amount_of"].fillna(0)
    off = credit["invoice_id_of"].isna() | (credit["credited"] > billed + HALF_A_DIGIT)
    is_passed = credit["invoice_id_of"].notna() & (credit["credited"] + credit["gross_amount"] > billed + HALF_A_DIGIT)
    return result(
        credit[off], "invoice_id", billed[off], credit.loc[off, "credited"], {"passed_before": is_passed[off]}
    )
