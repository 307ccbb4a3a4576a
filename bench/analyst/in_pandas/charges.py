"""Charges of contracts with their terms, and the live lines that bill them, in pandas."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bench.analyst.in_pandas.reading import live_invoices, read

MONTHS = {"year": 12, "quarter": 3}


def charges(folder: Path, charge_type: str) -> pd.DataFrame:
    """Contract lines of a type with what their contract says, unsaid terms as their defaults.

    triggered_on is the day billing may begin, stops_on the first day without service, price what a billing period
    costs at one price for all units.
    """
    wanted = "contract_id currency billing_frequency billing_day proration minimum_commitment sla_claim_required"
    contract = read(folder, "contracts", f"{wanted} ends_on terminated_on").rename(
        columns={"currency": "charge_currency", "ends_on": "contract_ends_on"}
    )
    own = "contract_line_id contract_id charge_type pricing_model quantity unit_price package_size included_quantity"
    charge = read(folder, "contract_lines", f"{own} starts_on ends_on billing_trigger installed_on accepted_on")
    charge = charge[charge["charge_type"] == charge_type].merge(contract, on="contract_id")
    charge["proration"] = charge["proration"].fillna("actual")
    charge["billing_day"] = charge["billing_day"].fillna(1).clip(lower=1).astype(int)
    charge["months"] = charge["billing_frequency"].map(MONTHS).fillna(1).astype(int)
    charge["triggered_on"] = (
        charge["starts_on"]
        .mask(charge["billing_trigger"] == "installed", charge["installed_on"])
        .mask(charge["billing_trigger"] == "accepted", charge["accepted_on"])
    )
    charge["stops_on"] = charge[["ends_on", "contract_ends_on", "terminated_on"]].min(axis=1)
    charge["price"] = charge.pop("quantity").fillna(1) * charge["unit_price"]
    return charge


def service_lines(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Live lines that name a contract line, with the days they are for: their own, else those of the document."""
    own = "invoice_line_id invoice_id contract_line_id net_amount discount_amount period_from period_to"
    line = read(folder, "invoice_lines", own)
    wanted = "invoice_id kind currency invoice_date reason_code original_invoice_id period_from period_to"
    document = live_invoices(folder, wanted, as_of)
    line = line[line["contract_line_id"].notna()].merge(document, on="invoice_id", suffixes=("", "_of_document"))
    for day in ("period_from", "period_to"):
        line[day] = line[day].fillna(line.pop(f"{day}_of_document"))
    line["discount_amount"] = line["discount_amount"].fillna(0)
    return line


def service_bills(folder: Path, as_of: pd.Timestamp, charge_type: str) -> pd.DataFrame:
    """Those of invoices and debit memos for some days, in the currency of their contract, with their charge."""
    line = service_lines(folder, as_of)
    line = line[(line["kind"] != "credit_memo") & (line["period_from"] < line["period_to"])]
    line = line.merge(charges(folder, charge_type), on="contract_line_id")
    return line[line["currency"] == line["charge_currency"]]
