"""Accuracy in pandas: vouchers that were redeemed, and whether they could be."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bench.analyst.in_pandas.reading import live_invoices, read, result
from bench.analyst.in_pandas.rounding import HALF_A_DIGIT, rounded


def vouchers(folder: Path) -> pd.DataFrame:
    """One row per voucher, the youngest, and whether somebody signed it; where nobody's name is kept, all are."""
    wanted = "voucher_id customer_id product_id kind value currency max_redemptions max_amount is_stackable"
    voucher = read(folder, "vouchers", f"{wanted} valid_from valid_to approved_by approved_on")
    signer = voucher["approved_by"]
    voucher["is_signed"] = signer.notna() | bool(signer.isna().all())
    return voucher.sort_values("valid_from").drop_duplicates("voucher_id", keep="last")


def acc_10(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Voucher misused; the whole control."""
    of_line = (
        "invoice_line_id invoice_id line_number product_id quantity unit_price discount_amount voucher_id net_amount"
    )
    line = read(folder, "invoice_lines", of_line)
    line = line[line["voucher_id"].notna() & (line["quantity"] > 0)]
    document = live_invoices(folder, "invoice_id kind customer_id invoice_date currency", as_of)
    line = line.merge(document[document["kind"] != "credit_memo"], on="invoice_id")
    line = line.merge(vouchers(folder), on="voucher_id", how="left", suffixes=("", "_of"), indicator="known")
    line = line.sort_values(
        ["voucher_id", "invoice_date", "invoice_id", "line_number", "invoice_line_id"], ignore_index=True
    )
    is_document = ~line.duplicated(["voucher_id", "invoice_id"])
    redemption = is_document.groupby(line["voucher_id"]).cumsum()
    discount = line["discount_amount"].fillna(0)
    taken = discount.groupby([line["voucher_id"], line["currency"]]).cumsum()
    of_document = line.assign(is_exclusive=line["is_stackable"].eq(False)).groupby("invoice_id")
    is_stacked = (of_document["voucher_id"].transform("nunique") > 1) & of_document["is_exclusive"].transform("any")

    day = line["invoice_date"]
    is_known = line["known"] == "both"
    is_approved = (line["approved_on"] <= day) & line["is_signed"].eq(True)
    is_counted = line["currency_of"].isna() | (line["currency_of"] == line["currency"])
    is_misused = (
        ~is_known
        | (day < line["valid_from"])
        | (day >= line["valid_to"])
        | (line["customer_id_of"].notna() & (line["customer_id"] != line["customer_id_of"]))
        | (line["product_id_of"].notna() & line["product_id"].notna() & (line["product_id"] != line["product_id_of"]))
        | (redemption > line["max_redemptions"].fillna(float("inf")))
        | ((taken > line["max_amount"] + HALF_A_DIGIT) & is_counted)
        | is_stacked
        | ~is_approved
    )
    misused = line[is_misused]
    price = rounded(misused["quantity"] * misused["unit_price"], misused["currency"])
    return result(misused, "invoice_line_id", price, misused["net_amount"])
