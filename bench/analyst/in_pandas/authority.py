"""Authority in pandas: who approved what lowers a balance, and whether it went too far.

Of an adjustment and a credit memo that share an id one is left out: a candidate is named by its id alone.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from bench.analyst.in_pandas.reading import NOT_LIVE, read, result
from bench.analyst.in_pandas.rounding import HALF_A_DIGIT

CREDIT_MEMO = {
    "subject_id": "invoice_id",
    "event_date": "invoice_date",
    "amount": "gross_amount",
    "document_reference": "original_invoice_id",
}
ADJUSTMENT = {"subject_id": "adjustment_id", "event_date": "adjusted_on"}


def reductions(folder: Path, as_of: pd.Timestamp, columns: str) -> pd.DataFrame:
    """Adjustments and issued credit memos up to as_of: subject_id, event_date and more columns that both have."""
    wanted = ["subject_id", "event_date", *columns.split()]
    own = [CREDIT_MEMO.get(name, name) for name in wanted]
    invoice = read(folder, "invoices", " ".join(dict.fromkeys([*own, "kind", "status"])))
    credit = invoice.loc[(invoice["kind"] == "credit_memo") & ~invoice["status"].isin(NOT_LIVE), own]
    in_invoice = ["currency"] if "currency" in wanted else []
    own = [ADJUSTMENT.get(name, name) for name in wanted if name not in in_invoice]
    adjustment = read(folder, "adjustments", " ".join([*own, *(["invoice_id"] if in_invoice else [])]))
    if in_invoice:
        adjustment = adjustment.merge(invoice[["invoice_id", *in_invoice]], on="invoice_id", how="left")
        own += in_invoice
    adjustment = adjustment[own].rename(columns={own_name: name for name, own_name in ADJUSTMENT.items()})
    credit.columns = pd.Index(wanted)
    both = pd.concat([adjustment, credit], ignore_index=True)
    return both[both["event_date"] <= as_of]


def aut_01(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Approved above the limit, or not at all; the whole control."""
    reduction = reductions(folder, as_of, "kind currency amount created_by approved_by")
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
    reduction = reductions(folder, as_of, "amount created_by approved_by")
    user = read(folder, "users", "user_id kind")
    people = user.loc[user["kind"].fillna("person") == "person", "user_id"]
    systems = user.loc[(user["kind"] == "system") & ~user["user_id"].isin(people), "user_id"]
    same = reduction[reduction["created_by"] == reduction["approved_by"]]
    same = same[~same["created_by"].isin(systems)]
    return result(same, "subject_id", 0.0, same["amount"])


def aut_03(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """No reason or no document; the whole control."""
    reduction = reductions(folder, as_of, "reason_code document_reference")
    lacks = reduction["reason_code"].fillna("").str.strip(" ") == ""
    lacks |= reduction["document_reference"].fillna("").str.strip(" ") == ""
    return result(reduction[lacks], "subject_id", np.nan, np.nan)


def aut_04(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Approver was not active; the whole control."""
    reduction = reductions(folder, as_of, "approved_by approved_at")
    approved = reduction[reduction["approved_by"].fillna("").str.strip(" ") != ""]
    user = read(folder, "users", "user_id active_from active_to")
    approved = approved.merge(user, left_on="approved_by", right_on="user_id", how="left")
    day = approved["approved_at"].dt.normalize()
    is_active = approved["user_id"].notna() & ~(day < approved["active_from"]) & ~(day >= approved["active_to"])
    off = approved[~is_active]
    # Who is listed twice may have been active by the other row.
    twice = approved.loc[is_active & approved["subject_id"].isin(off["subject_id"]), "subject_id"]
    return result(off[~off["subject_id"].isin(twice)], "subject_id", np.nan, np.nan)


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
