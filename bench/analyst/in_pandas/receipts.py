"""Occurrence in pandas: receipts booked twice, and bounced ones that are still applied."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bench.analyst.in_pandas.reading import read, result
from bench.analyst.in_pandas.rounding import HALF_A_DIGIT


def occ_07(folder: Path, as_of: pd.Timestamp, near_days: int = 3) -> pd.DataFrame:
    """Receipt booked twice; the whole control."""
    marks = ["bank_reference", "reference"]
    wanted = f"receipt_id customer_id received_on posted_on currency amount status {' '.join(marks)}"
    receipt = read(folder, "receipts", wanted)
    receipt = receipt[receipt["received_on"] <= as_of]
    receipt["payer"] = receipt["customer_id"].fillna("")
    receipt["booked_on"] = receipt["posted_on"].fillna(receipt["received_on"])
    receipt["is_reversed"] = receipt["status"] == "reversed"
    found = pd.concat([repeated(receipt, mark, near_days) for mark in marks], ignore_index=True)
    found = found.sort_values("is_booked_twice", ascending=False, kind="stable", ignore_index=True)
    return result(found, "receipt_id", 0.0, found["amount"], {"reversed": ~found["is_booked_twice"]})


def repeated(receipt: pd.DataFrame, mark: str, near_days: int) -> pd.DataFrame:
    """Receipts shortly after one of the same payer, amount and mark, and whether neither of two was reversed."""
    keys = ["payer", "currency", "amount", "mark"]
    near = pd.Timedelta(days=near_days)
    some = receipt.assign(mark=receipt[mark].str.strip(" "))
    some = some[some["mark"].notna() & (some["mark"] != "")]
    some = some[some.duplicated(keys, keep=False)].sort_values(["received_on", "booked_on", "receipt_id"])
    some["before"] = some.groupby(keys)["received_on"].shift()
    some["standing_before"] = some.groupby([*keys, "is_reversed"])["received_on"].shift()
    some = some[some["received_on"] - some["before"] <= near]
    is_near = some["received_on"] - some["standing_before"] <= near
    return some.assign(is_booked_twice=is_near & ~some["is_reversed"])


def occ_08(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Bounced receipt still applied; the whole control."""
    receipt = read(folder, "receipts", "receipt_id received_on status")
    bounced = receipt.loc[(receipt["status"] == "reversed") & (receipt["received_on"] <= as_of), "receipt_id"]
    application = read(folder, "applications", "receipt_id applied_on amount")
    application = application[(application["applied_on"] <= as_of) & application["receipt_id"].isin(bounced)]
    applied = application.groupby("receipt_id", as_index=False)["amount"].sum()
    standing = applied[applied["amount"] > HALF_A_DIGIT]
    return result(standing, "receipt_id", 0.0, standing["amount"])
