"""Accuracy in pandas: the price of a line against its contract or the price list."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bench.analyst.in_pandas.reading import live_lines, read, result
from bench.analyst.in_pandas.rounding import HALF_A_DIGIT, rounded

FOREVER = pd.Timestamp("9999-12-31")
SAME_PRICE = 5e-9
MONTHS = {"year": 12, "quarter": 3}


def acc_03(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Price differs from the agreement; the whole control."""
    line = live_lines(
        folder,
        "invoice_line_id product_id contract_line_id order_line_id quantity unit_price discount_amount net_amount"
        " period_from period_to",
        "customer_id invoice_date currency",
        as_of,
        billed=True,
    )
    line["priced_on"] = line["period_from"].fillna(line["invoice_date"])
    charge = charges(folder)
    is_priced = charge["pricing_model"].isin(["flat", "per_unit"])
    on_list = charge.loc[is_priced & charge["charge_price"].isna(), "contract_line_id"]
    is_listed = ~line["contract_line_id"].isin(charge["contract_line_id"]) | line["contract_line_id"].isin(on_list)
    off = pd.concat(
        [
            off_contract(folder, line[line["contract_line_id"].notna()], charge),
            off_list(folder, line[is_listed]),
        ],
        ignore_index=True,
    )
    expected = off["quantity"] * off["agreed_price"] - off["discount_amount"].fillna(0)
    explained = {"approved": off["invoice_line_id"].isin(approved(folder, off))}
    return result(off, "invoice_line_id", rounded(expected, off["currency"]), off["net_amount"], explained)


def charges(folder: Path) -> pd.DataFrame:
    """Contract lines with what their contract says, and from when to when each is charged."""
    contract = read(
        folder, "contracts", "contract_id currency billing_frequency minimum_commitment terminated_on"
    ).rename(columns={"currency": "charge_currency"})
    charge = read(
        folder,
        "contract_lines",
        "contract_line_id contract_id product_id service_id charge_type pricing_model unit_price starts_on ends_on"
        " billing_trigger installed_on accepted_on",
    ).merge(contract, on="contract_id", how="left")
    charge["months"] = charge["billing_frequency"].map(MONTHS).fillna(1).astype(int)
    charge["active_from"] = (
        charge["starts_on"]
        .mask(charge["billing_trigger"] == "installed", charge["installed_on"].fillna(charge["starts_on"]))
        .mask(charge["billing_trigger"] == "accepted", charge["accepted_on"].fillna(charge["starts_on"]))
    )
    charge["active_to"] = charge[["ends_on", "terminated_on"]].min(axis=1)
    return charge.rename(columns={"unit_price": "charge_price", "product_id": "charge_product"})


def succeeded(line: pd.DataFrame, charge: pd.DataFrame) -> pd.DataFrame:
    """The one charge in force in place of the ended one that a line names: invoice_line_id, later_price."""
    same = ["contract_id", "charge_product", "charge_type", "service"]
    charge = charge.assign(service=charge["service_id"].fillna(""))
    ended = charge[["contract_line_id", "ends_on", *same]].dropna(subset="ends_on")
    named = line[["invoice_line_id", "contract_line_id", "priced_on"]].merge(ended, on="contract_line_id")
    named = named[named["ends_on"] <= named["priced_on"]].drop(columns="ends_on")
    later = charge[charge["pricing_model"].isin(["flat", "per_unit"]) & charge["charge_price"].notna()]
    found = named.merge(later[["charge_price", "starts_on", "ends_on", *same]], on=same)
    found = found[(found["starts_on"] <= found["priced_on"]) & ~(found["ends_on"] <= found["priced_on"])]
    found = found.drop_duplicates("invoice_line_id", keep=False)
    return found[["invoice_line_id", "charge_price"]].rename(columns={"charge_price": "later_price"})


def off_contract(folder: Path, line: pd.DataFrame, charge: pd.DataFrame) -> pd.DataFrame:
    """Lines off the price of their charge, less part periods, pauses and usage topped up to the minimum."""
    priced = charge[charge["pricing_model"].isin(["flat", "per_unit"])]
    priced = priced.drop(columns=["contract_id", "starts_on", "ends_on"])
    found = line.merge(priced, on="contract_line_id").merge(succeeded(line, charge), on="invoice_line_id", how="left")
    found["agreed_price"] = found["later_price"].fillna(found["charge_price"])
    is_same_currency = found["charge_currency"].isna() | (found["charge_currency"] == found["currency"])
    found = found[is_same_currency & ((found["agreed_price"] - found["unit_price"]).abs() > SAME_PRICE)].copy()

    is_recurring = found["charge_type"] == "recurring"
    months = whole_months(found["period_from"], found["period_to"])
    periods = (months // found["months"]).where(months % found["months"] == 0, 0)
    periods = periods.where(is_recurring & found["period_from"].notna() & found["period_to"].notna(), 1)
    active_to = found["active_to"].where(found["later_price"].isna())
    is_part = is_recurring & ((found["period_from"] < found["active_from"]) | (found["period_to"] > active_to))
    least = found["minimum_commitment"]
    is_topped_up = (found["charge_type"] == "usage") & (
        ((found["net_amount"] - least).abs() < HALF_A_DIGIT)
        | (found["quantity"] * found["agreed_price"] < least - HALF_A_DIGIT)
    )
    is_off = (found["unit_price"] - periods * found["agreed_price"]).abs() > SAME_PRICE
    found = found[(periods > 0) & is_off & ~is_part & ~is_topped_up]

    pause = read(folder, "service_pauses", "contract_line_id paused_from paused_to")
    paused = found[found["charge_type"] == "recurring"].merge(pause, on="contract_line_id")
    overlaps = (paused["paused_from"] < paused["period_to"]) & ~(paused["paused_to"] <= paused["period_from"])
    return found[~found["invoice_line_id"].isin(paused.loc[overlaps, "invoice_line_id"])]


def whole_months(start: pd.Series[pd.Timestamp], end: pd.Series[pd.Timestamp]) -> pd.Series[int]:
    """Months from one day to the same day of a later month (or the last of a shorter one), else 0."""
    is_whole = (
        (start.dt.day == end.dt.day)
        | (end.dt.is_month_end & (start.dt.day > end.dt.day))
        | (start.dt.is_month_end & (end.dt.day > start.dt.day))
    )
    months = 12 * (end.dt.year - start.dt.year) + end.dt.month - start.dt.month
    return months.where(is_whole, 0)


def off_list(folder: Path, line: pd.DataFrame) -> pd.DataFrame:
    """Lines off the price list: the customer's price, else the segment's, else everybody's."""
    ordered = read(folder, "order_lines", "order_line_id quantity").rename(columns={"quantity": "ordered"})
    customer = read(folder, "customers", "customer_id segment")
    wanted = "price_id product_id customer_id segment currency min_quantity unit_price valid_from valid_to"
    price = read(folder, "price_list", wanted).rename(columns={"unit_price": "agreed_price"})
    price = price[~(price["valid_to"] <= price["valid_from"])]
    price["min_quantity"] = price["min_quantity"].fillna(0)
    line = line.merge(ordered, on="order_line_id", how="left").merge(customer, on="customer_id", how="left")
    line["ordered"] = line["ordered"].fillna(line["quantity"])

    is_own, is_shared = price["customer_id"].notna(), price["customer_id"].isna() & price["segment"].notna()
    agreed = price_on(line, price[is_own], ["product_id", "currency", "customer_id"])
    agreed = agreed.fillna(price_on(line, price[is_shared], ["product_id", "currency", "segment"]))
    agreed = agreed.fillna(price_on(line, price[~is_own & ~is_shared], ["product_id", "currency"]))
    line["agreed_price"] = agreed
    return line[(agreed - line["unit_price"]).abs() > SAME_PRICE]


def price_on(line: pd.DataFrame, price: pd.DataFrame, keys: list[str]) -> pd.Series[float]:
    """The price of an audience in force on each line's day for its ordered quantity; missing where it has none.

    Each product and day is looked up once; the youngest row of a tier holds, then the largest tier reached.
    """
    days = line[[*keys, "priced_on"]].drop_duplicates()
    in_force = days.merge(price[[*keys, "min_quantity", "agreed_price", "valid_from", "valid_to", "price_id"]], on=keys)
    day = in_force["priced_on"]
    in_force = in_force[(in_force["valid_from"] <= day) & ~(in_force["valid_to"] <= day)]
    in_force = in_force.sort_values(["valid_from", "price_id"])
    in_force = in_force.drop_duplicates([*keys, "priced_on", "min_quantity"], keep="last")

    wanted = line[[*keys, "priced_on", "ordered"]].reset_index(names="place")
    found = wanted.merge(in_force[[*keys, "priced_on", "min_quantity", "agreed_price"]], on=[*keys, "priced_on"])
    found = found[found["ordered"] >= found["min_quantity"]].sort_values("min_quantity")
    found = found.drop_duplicates("place", keep="last").set_index("place")
    return found["agreed_price"].reindex(line.index)


def approved(folder: Path, off: pd.DataFrame) -> pd.Series[str]:
    """The lines whose price somebody signed as an exception in time."""
    approval = read(
        folder,
        "price_approvals",
        "customer_id product_id order_line_id unit_price approved_on valid_from valid_to status",
    )
    approval = approval[approval["status"] == "approved"]
    found = off.merge(approval, on=["customer_id", "product_id"], suffixes=("", "_approved"))
    is_signed = (
        ((found["unit_price"] - found["unit_price_approved"]).abs() < SAME_PRICE)
        & (found["approved_on"] <= found["invoice_date"])
        & (found["order_line_id_approved"].isna() | (found["order_line_id_approved"] == found["order_line_id"]))
        & ~(found["valid_from"] > found["priced_on"])
        & ~(found["valid_to"] <= found["priced_on"])
    )
    return found.loc[is_signed, "invoice_line_id"]
