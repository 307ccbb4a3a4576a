"""Completeness in pandas: use that no invoice line covers, and what it would have cost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from bench.analyst.in_pandas.reading import live_lines, read, result
from bench.analyst.in_pandas.rounding import HALF_A_DIGIT, rounded

HALF_A_PIECE = 5e-7


def com_03(folder: Path, as_of: pd.Timestamp, grace_days: int = 35) -> pd.DataFrame:
    """Usage not billed; leaves out tier tables with a gap or an overlap, which have no price."""
    charge = read(
        folder,
        "contract_lines",
        "contract_line_id contract_id charge_type pricing_model unit_price package_size included_quantity",
    )
    contract = read(folder, "contracts", "contract_id currency minimum_commitment")
    charge = charge[charge["charge_type"] == "usage"].merge(contract, on="contract_id")
    month = uncovered_months(folder, as_of).merge(charge, on="contract_line_id")
    above = month["quantity"] - month["included_quantity"].fillna(0)
    month["quantity"] = above.where(above > HALF_A_PIECE, 0.0)

    price = rated(month, read(folder, "price_tiers", "contract_line_id from_quantity to_quantity unit_price flat_fee"))
    owed = rounded(price.clip(lower=month["minimum_commitment"].fillna(0)), month["currency"])
    is_free, is_billable = owed.abs() < HALF_A_DIGIT, month["is_billable"] > 0
    explained = {
        "included": is_free & (month["quantity"] == 0) & is_billable,
        "in_grace": (as_of - (month["month"] + pd.offsets.MonthBegin())).dt.days < grace_days,
        "not_billable": is_free & ~is_billable,
        "free_of_charge": is_free,
    }
    month["subject_id"] = month["contract_line_id"] + "/" + month["month"].dt.strftime("%Y-%m")
    return result(month, "subject_id", owed, 0.0, explained)


def service_periods(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Lines billed for a contract line, and the days they are for: the line's own, else the document's."""
    wanted = "contract_line_id period_from period_to"
    line = live_lines(folder, wanted, "invoice_date period_from period_to", as_of, billed=True)
    line = line.dropna(subset="contract_line_id")
    for column in ("period_from", "period_to"):
        line[column] = line[f"{column}_x"].fillna(line[f"{column}_y"])
    return line[["contract_line_id", "invoice_date", "period_from", "period_to"]]


def uncovered_months(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Use by contract line and month that no period covers: the billable quantity, and in how many rows it is."""
    used = read(folder, "usage", "contract_line_id used_from quantity is_billable")
    used = used[used["used_from"] <= as_of].sort_values("used_from")
    period = service_periods(folder, as_of).dropna().sort_values(["period_from", "period_to"])
    period["reach"] = period.groupby("contract_line_id", sort=False)["period_to"].cummax()
    period = period[["contract_line_id", "period_from", "reach"]]
    used = pd.merge_asof(used, period, left_on="used_from", right_on="period_from", by="contract_line_id")
    used = used[~(used["reach"] > used["used_from"])]
    is_billable = used["is_billable"].fillna(True).astype(bool)
    month = used["used_from"].to_numpy().astype("datetime64[M]").astype("datetime64[s]")
    used = used.assign(is_billable=is_billable, month=month, quantity=used["quantity"].where(is_billable, 0))
    by_month = used.groupby(["contract_line_id", "month"], as_index=False, sort=False)
    return by_month[["quantity", "is_billable"]].sum()


def rated(use: pd.DataFrame, tier: pd.DataFrame) -> pd.Series[float]:
    """What each row's quantity costs by its contract line's pricing model; missing where no price is agreed."""
    quantity, model = use["quantity"], use["pricing_model"]
    packages = np.ceil((quantity / use["package_size"]).round(9))
    price = use["unit_price"] * quantity.mask(model == "package", packages)

    tier = tier.sort_values(["contract_line_id", "from_quantity"])
    following = tier.groupby("contract_line_id")["from_quantity"].shift(-1)
    tier["to_quantity"] = tier["to_quantity"].fillna(following).fillna(np.inf)
    tiered = use[model.isin(["graduated", "volume"])]
    step = tiered[["contract_line_id", "pricing_model", "quantity"]].reset_index(names="row")
    step = step.merge(tier.fillna({"flat_fee": 0.0}), on="contract_line_id")
    step = step[step["quantity"] >= step["from_quantity"]]
    is_last, is_graduated = step["quantity"] < step["to_quantity"], step["pricing_model"] == "graduated"
    within = step[["quantity", "to_quantity"]].min(axis=1) - step["from_quantity"].where(is_graduated, 0)
    step["amount"] = within * step["unit_price"] + step["flat_fee"]
    by_row = step[is_last | is_graduated].groupby("row")["amount"].sum()
    by_row = by_row[by_row.index.isin(step.loc[is_last, "row"])]
    price[tiered.index] = by_row.reindex(tiered.index)
    return price.mask(price.isna() & (quantity == 0), 0)
