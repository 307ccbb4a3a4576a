"""Completeness in pandas: two books that should say the same, revenue and invoices, sub-ledger and ledger."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bench.analyst.in_pandas.reading import NOT_LIVE, live_invoices, read, result
from bench.analyst.in_pandas.rounding import differs, rounded

# The tables hold four decimals: as whole numbers, sums of any length are exact.
DIGITS = 10_000


def com_06(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Offline revenue and invoices disagree; the whole control."""
    product = read(folder, "products", "product_id is_offline")
    offline = product.loc[product["is_offline"].fillna(False).astype(bool), "product_id"]
    revenue = read(folder, "revenue", "entity_id customer_id product_id month currency amount")
    revenue = revenue[revenue["product_id"].isin(offline) & (revenue["month"] <= as_of)]
    line = read(folder, "invoice_lines", "invoice_id product_id net_amount")
    document = live_invoices(folder, "invoice_id entity_id customer_id invoice_date currency", as_of)
    line = line[line["product_id"].isin(offline)].merge(document, on="invoice_id")
    revenue = revenue.rename(columns={"amount": "recognised"})
    line = line.rename(columns={"invoice_date": "month", "net_amount": "invoiced"})

    both = pd.concat([revenue, line.drop(columns="invoice_id")], ignore_index=True)
    both["month"] = 12 * both["month"].dt.year + both["month"].dt.month - 1
    subject = ["entity_id", "customer_id", "product_id", "month"]
    summed = both.groupby([*subject, "currency"], as_index=False)[["recognised", "invoiced"]].sum()
    recognised, invoiced = (rounded(summed[column], summed["currency"]) for column in ("recognised", "invoiced"))
    summed = summed.assign(recognised=recognised, invoiced=invoiced, difference=invoiced - recognised)
    off = summed[differs(invoiced, recognised)].sort_values(["month"])

    kind = off.groupby(["entity_id", "customer_id", "product_id", "currency"])[["month", "difference"]]
    off["is_timing"] = False
    for step in (1, -1):
        neighbour = kind.shift(step)
        is_opposite = ~differs(neighbour["difference"], -off["difference"]) & neighbour["difference"].notna()
        off["is_timing"] |= is_opposite & (neighbour["month"] == off["month"] - step)
    # Of a month's currencies those that nothing explains go first; two of them have no amount.
    off = off[off["is_timing"] == off.groupby(subject)["is_timing"].transform("min")]
    is_one = ~off.duplicated(subject, keep=False)
    month = (off["month"] // 12).astype(str) + "-" + (off["month"] % 12 + 1).astype(str).str.zfill(2)
    off["subject_id"] = off["entity_id"] + "/" + off["customer_id"] + "/" + off["product_id"] + "/" + month
    expected, billed = off["recognised"].where(is_one), off["invoiced"].where(is_one)
    return result(off, "subject_id", expected, billed, {"timing": off["is_timing"]})


def com_07(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Sub-ledger and ledger disagree; the whole control."""
    keys = ["entity_id", "currency"]
    entry = read(folder, "gl_lines", "entity_id account_kind posted_on currency amount")
    entry = entry[(entry["account_kind"] == "receivable") & (entry["posted_on"] <= as_of)]
    ledger = in_digits(entry["amount"]).groupby([entry[key] for key in keys]).sum()
    item = movements(folder, as_of)
    items = in_digits(item["amount"]).groupby([item[key] for key in keys]).sum()
    both = pd.concat({"items": items, "ledger": ledger}, axis=1).fillna(0).reset_index()
    off = both[both["items"] != both["ledger"]]
    off = off.assign(subject_id=off["entity_id"] + "/" + off["currency"])
    return result(off, "subject_id", off["ledger"] / DIGITS, off["items"] / DIGITS)


def in_digits(amount: pd.Series[float]) -> pd.Series[int]:
    """Amounts in their fourth decimal, as whole numbers."""
    return (amount * DIGITS).round().astype("int64")


def movements(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """What opened and closed the sub-ledger's items, as the books knew it: entity_id, currency, amount."""
    document = read(folder, "invoices", "invoice_id entity_id invoice_date posted_on currency gross_amount status")
    document = document[~document["status"].isin(NOT_LIVE)].rename(columns={"gross_amount": "amount"})
    receipt = read(folder, "receipts", "receipt_id entity_id received_on posted_on currency amount status")
    receipt = receipt[receipt["status"] != "reversed"].assign(amount=-receipt["amount"])
    wanted = "receipt_id credit_invoice_id invoice_id applied_on posted_on amount discount_amount"
    application = known(read(folder, "applications", wanted), "applied_on", as_of)
    adjustment = read(folder, "adjustments", "invoice_id adjusted_on posted_on amount")
    settled = -application["amount"] - application["discount_amount"].fillna(0)

    columns = ["entity_id", "currency", "amount"]
    by_document = document[["invoice_id", "entity_id", "currency"]]
    by_receipt = receipt[["receipt_id", "entity_id", "currency"]]
    credit = application.drop(columns="invoice_id").rename(columns={"credit_invoice_id": "invoice_id"})
    return pd.concat(
        [
            known(document, "invoice_date", as_of)[columns],
            known(receipt, "received_on", as_of)[columns],
            application.assign(amount=settled).merge(by_document, on="invoice_id")[columns],
            credit.dropna(subset="invoice_id").merge(by_document, on="invoice_id")[columns],
            application.dropna(subset="receipt_id").merge(by_receipt, on="receipt_id")[columns],
            known(adjustment, "adjusted_on", as_of).merge(by_document, on="invoice_id")[columns],
        ],
        ignore_index=True,
    )


def known(frame: pd.DataFrame, dated: str, as_of: pd.Timestamp) -> pd.DataFrame:
    """Rows that had entered the books by as_of; a row that does not say when, by its business date."""
    return frame[frame["posted_on"].fillna(frame[dated]) <= as_of]
