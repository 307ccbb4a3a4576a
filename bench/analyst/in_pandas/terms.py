"""Accuracy in pandas: the currency, the due date and the cash discount that were agreed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from bench.analyst.in_pandas.reading import live_invoices, looked_up, read, result
from bench.analyst.in_pandas.rounding import HALF_A_DIGIT, differs, rounded

AMOUNTS = ["net_amount", "tax_amount", "gross_amount"]
NOTHING = float("nan")


def acc_07(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Currency or precision wrong; the whole control."""
    own = f"invoice_id customer_id contract_id original_invoice_id currency {' '.join(AMOUNTS)}"
    document = live_invoices(folder, own, as_of)
    by_contract = agreed(folder, "contracts", "contract_id", "currency")
    implied = contracts_of_lines(folder, document)
    implied["currency"] = implied["contract_id"].map(by_contract)
    implied = implied.dropna(subset="currency").drop_duplicates(["invoice_id", "currency"])
    of_lines = implied.drop_duplicates("invoice_id", keep=False).set_index("invoice_id")["contract_id"]
    original = read(folder, "invoices", "invoice_id contract_id").dropna().drop_duplicates("invoice_id")
    of_original = original.set_index("invoice_id")["contract_id"]
    contract = document["contract_id"].fillna(named(document["invoice_id"], of_lines))
    contract = contract.fillna(named(document["original_invoice_id"], of_original))
    by_customer = agreed(folder, "customers", "customer_id", "currency")
    agreed_in = named(contract, by_contract).fillna(named(document["customer_id"], by_customer))
    is_other = agreed_in.notna() & (document["currency"] != agreed_in)

    line = read(folder, "invoice_lines", "invoice_id net_amount discount_amount tax_amount")
    line = line.merge(document[["invoice_id", "currency"]], on="invoice_id")
    fine = line.loc[is_too_fine(line, ["net_amount", "discount_amount", "tax_amount"]), "invoice_id"].drop_duplicates()
    off = document[is_other | is_too_fine(document, AMOUNTS) | document["invoice_id"].isin(fine)]
    return result(off, "invoice_id", NOTHING, NOTHING)


def is_too_fine(frame: pd.DataFrame, amounts: list[str]) -> pd.Series[bool]:
    """Whether any of the amounts has more digits than its currency."""
    found = pd.Series(False, index=frame.index)
    for name in amounts:
        found |= differs(frame[name], rounded(frame[name], frame["currency"]))
    return found


def agreed(folder: Path, table: str, key: str, term: str) -> pd.Series[Any]:
    """The term of each contract or customer; two records with two of them settle nothing."""
    known = read(folder, table, f"{key} {term}").dropna().drop_duplicates()
    return known.drop_duplicates(key, keep=False).set_index(key)[term]


def named(keys: pd.Series[str], values: pd.Series[str]) -> pd.Series[str]:
    """The text of each key, missing where there is none; pandas makes numbers of a look-up in an empty series."""
    return keys.map(values).astype("str")


def contracts_of_lines(folder: Path, document: pd.DataFrame) -> pd.DataFrame:
    """The contracts that the lines of documents without one belong to: invoice_id, contract_id."""
    nameless = document.loc[document["contract_id"].isna(), ["invoice_id"]].drop_duplicates()
    line = read(folder, "invoice_lines", "invoice_id contract_line_id").dropna(subset="contract_line_id")
    charge = read(folder, "contract_lines", "contract_line_id contract_id")
    of_nameless = line.merge(nameless, on="invoice_id")
    return of_nameless.merge(charge, on="contract_line_id")[["invoice_id", "contract_id"]]


def acc_08(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Due date off the terms; the whole control."""
    document = live_invoices(folder, "invoice_id kind customer_id contract_id invoice_date due_date", as_of)
    document = document[document["kind"] != "credit_memo"]
    by_contract = agreed(folder, "contracts", "contract_id", "payment_terms_days")
    by_customer = agreed(folder, "customers", "customer_id", "payment_terms_days")
    given = (document["due_date"] - document["invoice_date"]).dt.days
    terms = looked_up(document["contract_id"], by_contract).fillna(looked_up(document["customer_id"], by_customer))
    is_off = given.notna() & terms.notna() & (given != terms)
    off = document[is_off]

    of_lines = contracts_of_lines(folder, off)
    of_lines["days"] = looked_up(of_lines["contract_id"], by_contract)
    of_lines = of_lines.dropna(subset="days").drop_duplicates(["invoice_id", "days"])
    implied = of_lines.drop_duplicates("invoice_id", keep=False).set_index("invoice_id")["days"]
    explained = {"terms_of_lines": given[is_off] == looked_up(off["invoice_id"], implied)}
    return result(off, "invoice_id", NOTHING, NOTHING, explained)


def acc_13(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Short payment or unearned discount; the whole control."""
    application = read(folder, "applications", "application_id invoice_id applied_on amount discount_amount")
    application = application[application["applied_on"] <= as_of].fillna({"discount_amount": 0})
    reduced = application.loc[application["discount_amount"] > 0, "invoice_id"]
    application = application[application["invoice_id"].isin(reduced)].sort_values(["applied_on", "application_id"])
    moved = application[["amount", "discount_amount"]]
    before = moved.groupby(application["invoice_id"]).cumsum() - moved
    application["paid_before"], application["taken_before"] = before["amount"], before["discount_amount"]
    invoice = read(folder, "invoices", "invoice_id contract_id invoice_date due_date currency gross_amount")
    taken = application[application["discount_amount"] > 0].merge(invoice, on="invoice_id")

    of_lines = contracts_of_lines(folder, taken).drop_duplicates().drop_duplicates("invoice_id", keep=False)
    implied = of_lines.set_index("invoice_id")["contract_id"]
    terms = read(folder, "contracts", "contract_id discount_percent discount_days").groupby("contract_id").max()
    contract = taken["contract_id"].fillna(named(taken["invoice_id"], implied))
    percent, days = (looked_up(contract, terms[name]) for name in ("discount_percent", "discount_days"))
    discount, gross, currency = taken["discount_amount"], taken["gross_amount"], taken["currency"]
    is_overdue = taken["applied_on"] > taken["due_date"]
    is_late = (taken["applied_on"] - taken["invoice_date"]).dt.days > days
    open_before = gross - taken["paid_before"] - taken["taken_before"]
    left = (taken["amount"] + discount).clip(upper=open_before)
    by_gross = rounded(gross * percent / 100, currency) - taken["taken_before"]
    earned = by_gross.clip(lower=rounded(left * percent / 100, currency)).fillna(discount)
    earned = earned.mask(is_overdue | is_late, 0)
    unearned = discount > earned + HALF_A_DIGIT
    return result(taken[unearned], "application_id", earned[unearned].clip(lower=0), discount[unearned])
