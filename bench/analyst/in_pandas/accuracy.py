"""Accuracy in pandas: documents that add up, lines that multiply out, the tax in force."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bench.analyst.in_pandas.floors import acc_09
from bench.analyst.in_pandas.prices import acc_03
from bench.analyst.in_pandas.reading import live_invoices, live_lines, looked_up, read, result
from bench.analyst.in_pandas.rounding import differs, rounded, rounded_even, scales, truncated
from bench.analyst.in_pandas.service_credits import acc_11
from bench.analyst.in_pandas.subscriptions import acc_05, acc_12
from bench.analyst.in_pandas.terms import acc_07, acc_08, acc_13
from bench.analyst.in_pandas.usage import acc_04
from bench.analyst.in_pandas.vouchers import acc_10

__all__ = [
    "acc_01",
    "acc_02",
    "acc_03",
    "acc_04",
    "acc_05",
    "acc_06",
    "acc_07",
    "acc_08",
    "acc_09",
    "acc_10",
    "acc_11",
    "acc_12",
    "acc_13",
]


def acc_01(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Document does not add up; the whole control."""
    wanted = "invoice_id currency net_amount tax_amount gross_amount"
    document = live_invoices(folder, wanted, as_of)
    line = read(folder, "invoice_lines", "invoice_id net_amount tax_rate tax_amount")
    line["taxed"] = line["tax_amount"].notna()
    line["rated"] = line["tax_rate"].notna()
    by_rate = line.groupby(["invoice_id", "tax_rate"], dropna=False, sort=False)
    per_rate = by_rate[["net_amount", "tax_amount", "taxed", "rated"]].sum().reset_index()
    per_rate = per_rate.merge(document[["invoice_id", "currency"]], on="invoice_id")
    tax = rounded(per_rate["net_amount"] * per_rate["tax_rate"], per_rate["currency"])
    per_rate["rates_tax"] = tax.fillna(per_rate["tax_amount"])
    summed = ["net_amount", "tax_amount", "taxed", "rated", "rates_tax"]
    footed = per_rate.groupby("invoice_id", sort=False)[summed].sum()

    document = document.merge(footed, left_on="invoice_id", right_index=True, how="left", suffixes=("", "_lines"))
    has_lines = document["taxed"].notna()
    document = document.fillna({"net_amount_lines": 0, "tax_amount_lines": 0, "taxed": 0, "rated": 0, "rates_tax": 0})
    is_untaxed = (document["taxed"] == 0) & (document["rated"] == 0)
    is_by_rate = (document["taxed"] == 0) | ~differs(document["tax_amount"], document["rates_tax"])
    owed_tax = document["tax_amount_lines"].mask(is_by_rate, document["rates_tax"])
    owed_tax = owed_tax.mask(is_untaxed, document["tax_amount"]).where(has_lines, 0)
    off = (
        differs(document["net_amount"], document["net_amount_lines"])
        | differs(document["tax_amount"], owed_tax)
        | differs(document["gross_amount"], document["net_amount"] + document["tax_amount"])
    )
    found = document[off]
    return result(found, "invoice_id", found["net_amount_lines"] + owed_tax[off], found["gross_amount"])


def acc_02(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Line does not multiply out; the whole control."""
    wanted = "invoice_line_id quantity unit_price discount_amount net_amount"
    line = live_lines(folder, wanted, "currency", as_of)
    line["exact"] = line["quantity"] * line["unit_price"] - line["discount_amount"].fillna(0)
    line["expected"] = rounded(line["exact"], line["currency"])
    off = line[differs(line["net_amount"], line["expected"])]
    is_even = ~differs(off["net_amount"], rounded_even(off["exact"], off["currency"]))
    is_cut = ~differs(off["net_amount"], truncated(off["exact"], off["currency"]))
    return result(off, "invoice_line_id", off["expected"], off["net_amount"], {"other_rounding": is_even | is_cut})


def rate_on(keys: pd.DataFrame, rates: pd.DataFrame) -> pd.DataFrame:
    """The rate in force for each tax_code, country and day: the youngest where several overlap."""
    looked_up = keys.dropna().drop_duplicates().merge(rates, on=["tax_code", "country"])
    is_in_force = (looked_up["valid_from"] <= looked_up["day"]) & ~(looked_up["valid_to"] <= looked_up["day"])
    in_force = looked_up[is_in_force].sort_values(["valid_from", "rate"])
    return in_force.drop_duplicates(["tax_code", "country", "day"], keep="last")[["tax_code", "country", "day", "rate"]]


def taxed_lines(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Live lines with the rate in force on their invoice's date and, for credit memos, on their original's."""
    customer = read(folder, "customers", "customer_id country").dropna().drop_duplicates()
    customer = customer.drop_duplicates("customer_id", keep=False)
    rates = read(folder, "tax_rates", "tax_code country rate valid_from valid_to")
    line = live_lines(
        folder,
        "invoice_line_id net_amount tax_code tax_rate tax_amount",
        "customer_id currency invoice_date original_invoice_id",
        as_of,
    ).rename(columns={"invoice_date": "day"})
    line = line.merge(customer, on="customer_id", how="left")
    keys = ["tax_code", "country", "day"]
    line = line.merge(rate_on(line[keys], rates), on=keys, how="left")

    credit = line.loc[line["kind"] == "credit_memo", ["invoice_line_id", "original_invoice_id", "tax_code", "country"]]
    original = read(folder, "invoices", "invoice_id invoice_date").rename(columns={"invoice_date": "day"})
    original = original[original["invoice_id"].isin(credit["original_invoice_id"])]
    credit = credit.merge(original, left_on="original_invoice_id", right_on="invoice_id")
    credit = credit.merge(rate_on(credit[keys], rates), on=keys).set_index("invoice_line_id")
    line["earlier_rate"] = looked_up(line["invoice_line_id"], credit["rate"])
    return line


def acc_06(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Tax rate or amount wrong; the whole control."""
    line = taxed_lines(folder, as_of)
    tax, net, currency = line["tax_amount"], line["net_amount"], line["currency"]
    by_earlier = rounded(net * line["earlier_rate"], currency)
    is_same_tax = tax.notna() & by_earlier.notna() & ~differs(tax, by_earlier)
    is_earlier = (line["tax_rate"] == line["earlier_rate"]) | (line["tax_rate"].isna() & is_same_tax)
    by_force = line["rate"].fillna(line["tax_rate"])
    line["owed_rate"] = by_force.mask(is_earlier, line["earlier_rate"])
    line["stated_rate"] = line["tax_rate"].fillna(line["rate"].mask(is_earlier, line["earlier_rate"]))
    has_wrong_rate = line["tax_rate"].notna() & line["rate"].notna() & (line["tax_rate"] != line["rate"])
    is_off = has_wrong_rate | differs(tax, rounded(net * by_force, currency))

    off = line[is_off].assign(is_earlier=is_earlier[is_off])
    document = line[line["invoice_id"].isin(off["invoice_id"])]
    document = document.groupby(["invoice_id", "stated_rate"], as_index=False).agg(
        lines=("net_amount", "size"), document_tax=("tax_amount", "sum"), document_net=("net_amount", "sum")
    )
    off = off.merge(document, on=["invoice_id", "stated_rate"], how="left")
    owed = rounded(off["net_amount"] * off["owed_rate"], off["currency"])
    stated = off["tax_amount"].fillna(rounded(off["net_amount"] * off["tax_rate"], off["currency"]))
    is_rate_wrong = off["tax_rate"].notna() & off["owed_rate"].notna() & (off["tax_rate"] != off["owed_rate"])
    is_exact = ~differs(off["document_tax"], rounded(off["document_net"] * off["owed_rate"], off["currency"]))
    by_line = 2 * (off["tax_amount"] - off["net_amount"] * off["owed_rate"]).abs()
    is_small = by_line <= off["lines"] / scales(off["currency"]) + 1e-9
    explained = {
        "rate_of_original": off["is_earlier"] & ~differs(stated, owed),
        "document_rounding": ~is_rate_wrong & is_exact & is_small,
    }
    return result(off, "invoice_line_id", owed, stated, explained)
