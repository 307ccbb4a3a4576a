"""Accuracy in pandas: metered use rated again by tiers, packages and commitments."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bench.analyst.in_pandas.charges import service_bills
from bench.analyst.in_pandas.reading import read, result
from bench.analyst.in_pandas.rounding import differs, rounded
from bench.analyst.in_pandas.unbilled_usage import rated

PERIOD = ["contract_line_id", "period_from", "period_to"]


def acc_04(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Usage rated wrongly; leaves out lines for several billing periods, and tiers with gaps or overlaps."""
    line = service_bills(folder, as_of, "usage").sort_values("invoice_line_id")
    terms = ["pricing_model", "unit_price", "package_size", "included_quantity", "minimum_commitment"]
    period = line[[*PERIOD, *terms]].drop_duplicates(PERIOD, ignore_index=True)
    above = used(folder, period) - period["included_quantity"].fillna(0)
    period["quantity"] = above.round(6).clip(lower=0)
    amount = rated(
        period, read(folder, "price_tiers", "contract_line_id from_quantity to_quantity unit_price flat_fee")
    )
    period["amount"] = amount.clip(lower=period["minimum_commitment"].fillna(0)).where(amount.notna())

    by_bill = line.groupby([*PERIOD, "invoice_id", "currency"], as_index=False, sort=False)
    bill = by_bill.agg(
        net=("net_amount", "sum"),
        discount=("discount_amount", "sum"),
        invoice_line_id=("invoice_line_id", "last"),
        last=("net_amount", "last"),
    )
    bill = bill.merge(period[[*PERIOD, "amount"]], on=PERIOD)
    bill["owed"] = rounded(bill["amount"] - bill["discount"], bill["currency"])
    unlike = bill[differs(bill["net"], bill["owed"])]
    # A bill and the debit memo that makes up for it are right together.
    together = unlike.groupby(PERIOD)[["net", "discount"]].transform("sum")
    wrong = unlike[differs(together["net"], rounded(unlike["amount"] - together["discount"], unlike["currency"]))]
    return result(wrong, "invoice_line_id", wrong["owed"] - wrong["net"] + wrong["last"], wrong["last"])


def used(folder: Path, period: pd.DataFrame) -> pd.Series[float]:
    """The billable use of each period: what had been used by its end less what had been used by its start."""
    metered = read(folder, "usage", "contract_line_id used_from quantity is_billable")
    metered = metered[metered.pop("is_billable").fillna(True).astype(bool)].sort_values("used_from")
    metered["so_far"] = metered.groupby("contract_line_id")["quantity"].cumsum()
    before, by_end = (so_far(metered, period, day) for day in ("period_from", "period_to"))
    return by_end - before


def so_far(metered: pd.DataFrame, period: pd.DataFrame, day: str) -> pd.Series[float]:
    """What of each row's charge was used before a day of it."""
    wanted = period[["contract_line_id", day]].sort_values(day).reset_index(names="row")
    found = pd.merge_asof(
        wanted, metered, left_on=day, right_on="used_from", by="contract_line_id", allow_exact_matches=False
    )
    return found.set_index("row")["so_far"].fillna(0).reindex(period.index)
