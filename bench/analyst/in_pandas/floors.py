"""Accuracy in pandas: what was sold below the floor of its price."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bench.analyst.in_pandas.price_list import exceptions, priced
from bench.analyst.in_pandas.reading import live_lines, read, result
from bench.analyst.in_pandas.rounding import HALF_A_DIGIT, rounded
from bench.analyst.in_pandas.vouchers import vouchers


def acc_09(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Sold below the floor without approval; the whole control."""
    of_line = (
        "invoice_line_id product_id contract_line_id order_line_id quantity unit_price discount_amount net_amount"
        " voucher_id period_from"
    )
    line = live_lines(folder, of_line, "customer_id invoice_date currency", as_of, billed=True)
    line = line[(line["quantity"] > 0) & line["contract_line_id"].isna()]
    line["priced_on"] = line["period_from"].fillna(line["invoice_date"])
    # Most lines are above every floor of their product, and need no look-up.
    same = ["product_id", "currency"]
    highest = read(folder, "price_list", "product_id currency floor_price").groupby(same, as_index=False).max()
    line = line.merge(highest, on=same)
    low = line[line["net_amount"] < floor(line) - HALF_A_DIGIT].drop(columns="floor_price")
    below = priced(folder, low)
    below["floor_amount"] = floor(below)
    below = below[below["net_amount"] < below["floor_amount"] - HALF_A_DIGIT]

    exception = exceptions(folder, below)
    signed = rounded(exception["quantity"] * exception["unit_price_signed"], exception["currency"])
    is_enough = signed <= exception["net_amount"] + HALF_A_DIGIT
    below = redeemed(folder, below)
    taken_off = below["discount_amount"].fillna(0).clip(upper=below["worth"]).where(below["worth"].notna())
    explained = {
        "approved": below["invoice_line_id"].isin(exception.loc[is_enough, "invoice_line_id"]),
        "promoted": below["net_amount"] + taken_off >= below["floor_amount"] - HALF_A_DIGIT,
    }
    return result(below, "invoice_line_id", below["floor_amount"], below["net_amount"], explained)


def floor(line: pd.DataFrame) -> pd.Series[float]:
    """What a line comes to at the floor."""
    return rounded(line["quantity"] * line["floor_price"], line["currency"])


def redeemed(folder: Path, line: pd.DataFrame) -> pd.DataFrame:
    """Lines with the worth of their voucher on the day of the invoice; missing where it does not hold."""
    terms = ["voucher_id", "kind", "value", "currency", "valid_from", "valid_to", "approved_on"]
    voucher = vouchers(folder)
    voucher = voucher.loc[voucher["is_signed"], terms]
    line = line.merge(voucher, on="voucher_id", how="left", suffixes=("", "_of_voucher"))
    day = line["invoice_date"]
    is_in_force = (day >= line["approved_on"]) & (day >= line["valid_from"]) & ~(day >= line["valid_to"])
    percent = rounded(line["quantity"] * line["unit_price"] * line["value"] / 100, line["currency"])
    is_usable = line["currency_of_voucher"].fillna(line["currency"]) == line["currency"]
    value = line["value"].where(is_usable, 0).mask(line["kind_of_voucher"] == "percent", percent)
    return line.assign(worth=value.where(is_in_force))
