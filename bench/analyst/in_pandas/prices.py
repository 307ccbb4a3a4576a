"""Accuracy in pandas: the price of a line against its contract or the price list."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from bench.analyst.in_pandas.price_list import exceptions, priced
from bench.analyst.in_pandas.reading import live_lines, read, result
from bench.analyst.in_pandas.rounding import HALF_A_DIGIT, rounded

SAME_PRICE = 5e-9
MONTHS = {"year": 12, "quarter": 3}


def acc_03(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Price differs from the agreement; the whole control."""
    of_line = (
        "invoice_line_id product_id contract_line_id order_line_id quantity unit_price discount_amount net_amount"
        " period_from period_to"
    )
    line = live_lines(folder, of_line, "customer_id invoice_date currency", as_of, billed=True)
    line["priced_on"] = line["period_from"].fillna(line["invoice_date"])
    has_charge = line["contract_line_id"].notna()
    charged = with_charge(line[has_charge], charges(folder))
    has_price = charged["charge_price"].notna()
    listed = priced(folder, pd.concat([line[~has_charge], charged[~has_price]]))
    listed["charge_price"] = listed["listed_price"]
    off = pd.concat([differing(charged[has_price]), differing(listed)], ignore_index=True)

    off["periods"] = periods(off)
    is_in_quantity = off["quantity"].abs() == off["periods"] * off["charge_quantity"].fillna(1)
    off["agreed_price"] = off["charge_price"].where(is_in_quantity, off["charge_price"] * off["periods"])
    is_part = (off["period_from"] < off["active_from"]) | (off["period_to"] > off["active_to"])
    least = off["minimum_commitment"]
    is_short = off["quantity"] * off["charge_price"] < least - SAME_PRICE
    is_topped_up = (off["charge_type"] == "usage") & (((off["net_amount"] - least).abs() < HALF_A_DIGIT) | is_short)
    is_off = (off["periods"] > 0) & ((off["agreed_price"] - off["unit_price"]).abs() > SAME_PRICE)
    off = off[is_off & ~is_part & ~is_topped_up]
    off = off[~off["invoice_line_id"].isin(paused(folder, off))]

    exception = exceptions(folder, off)
    is_same = (exception["unit_price"] - exception["unit_price_signed"]).abs() < SAME_PRICE
    explained = {"approved": off["invoice_line_id"].isin(exception.loc[is_same, "invoice_line_id"])}
    expected = off["quantity"] * off["agreed_price"] - off["discount_amount"].fillna(0)
    return result(off, "invoice_line_id", rounded(expected, off["currency"]), off["net_amount"], explained)


def differing(line: pd.DataFrame) -> pd.DataFrame:
    """Lines whose price is not the agreed one."""
    return line[(line["charge_price"] - line["unit_price"]).abs() > SAME_PRICE]


def charges(folder: Path) -> pd.DataFrame:
    """Contract lines with what their contract says, and from when to when each recurring one is charged."""
    wanted = "contract_id currency billing_frequency billing_day minimum_commitment terminated_on"
    contract = read(folder, "contracts", wanted).rename(columns={"currency": "charge_currency"})
    charge = read(
        folder,
        "contract_lines",
        "contract_line_id contract_id product_id service_id charge_type pricing_model quantity unit_price starts_on"
        " ends_on billing_trigger installed_on accepted_on",
    ).merge(contract, on="contract_id", how="left")
    charge["months"] = charge["billing_frequency"].map(MONTHS).fillna(1).astype(int)
    charge["billing_day"] = charge["billing_day"].fillna(1)
    is_recurring = charge["charge_type"] == "recurring"
    triggered_on = (
        charge["starts_on"]
        .mask(charge["billing_trigger"] == "installed", charge["installed_on"].fillna(charge["starts_on"]))
        .mask(charge["billing_trigger"] == "accepted", charge["accepted_on"].fillna(charge["starts_on"]))
    )
    charge["active_from"] = triggered_on.where(is_recurring)
    charge["active_to"] = charge[["ends_on", "terminated_on"]].min(axis=1).where(is_recurring)
    names = {"contract_line_id": "charge_id", "product_id": "charge_product"}
    return charge.rename(columns=names | {"quantity": "charge_quantity", "unit_price": "charge_price"})


def with_charge(line: pd.DataFrame, charge: pd.DataFrame) -> pd.DataFrame:
    """Lines with the charge that they name, or the one in its place, if it has one price in their currency."""
    line = line.merge(replaced(line, charge), on="invoice_line_id", how="left")
    line["charge_id"] = line["charge_id"].fillna(line["contract_line_id"])
    line = line.merge(charge, on="charge_id", how="left")
    line["product_id"] = line["product_id"].fillna(line["charge_product"])
    has_one_price = line["pricing_model"].fillna("flat").isin(["flat", "per_unit"])
    return line[has_one_price & (line["charge_currency"].fillna(line["currency"]) == line["currency"])]


def replaced(line: pd.DataFrame, charge: pd.DataFrame) -> pd.DataFrame:
    """Lines that name a charge out of force, and the one charge that stood in its place on their day."""
    same = ["contract_id", "charge_product", "charge_type", "service_id"]
    terms = charge.loc[charge["charge_type"] != "one_time", ["charge_id", "starts_on", "ends_on", *same]]
    terms = terms.fillna({"service_id": ""})
    pair = terms.merge(terms, on=same, suffixes=("_named", ""))
    is_apart = (pair["ends_on_named"] <= pair["starts_on"]) | (pair["starts_on_named"] >= pair["ends_on"])
    pair = pair.loc[is_apart, ["charge_id_named", "charge_id", "starts_on", "ends_on"]]
    named = line[["invoice_line_id", "contract_line_id", "priced_on"]]
    found = named.merge(pair, left_on="contract_line_id", right_on="charge_id_named")
    found = found[(found["starts_on"] <= found["priced_on"]) & ~(found["ends_on"] <= found["priced_on"])]
    return found.drop_duplicates("invoice_line_id", keep=False)[["invoice_line_id", "charge_id"]]


def periods(line: pd.DataFrame) -> pd.Series[int]:
    """Whole billing periods of a line, 0 for a part of one; 1 where it is not recurring or says no period."""
    start, end = line["period_from"], line["period_to"]
    first, last = start.dt.day, end.dt.day
    is_whole = ((first == last) | (end.dt.is_month_end & (first > last)) | (start.dt.is_month_end & (last > first))) & (
        first == np.minimum(line["billing_day"], start.dt.days_in_month)
    )
    months = 12 * (end.dt.year - start.dt.year) + end.dt.month - start.dt.month
    is_single = start.isna() | end.isna() | (line["charge_type"] != "recurring")
    several = (months // line["months"]).where(is_whole & (months % line["months"] == 0), 0)
    found: pd.Series[int] = several.mask(is_single, 1)
    return found


def paused(folder: Path, off: pd.DataFrame) -> pd.Series[str]:
    """The recurring lines among these that a pause of their charge interrupts."""
    pause = read(folder, "service_pauses", "contract_line_id paused_from paused_to")
    pause = pause.rename(columns={"contract_line_id": "charge_id"})
    both = off[off["charge_type"] == "recurring"].merge(pause, on="charge_id")
    is_paused = (both["paused_from"] < both["period_to"]) & ~(both["paused_to"] <= both["period_from"])
    return both.loc[is_paused, "invoice_line_id"]
