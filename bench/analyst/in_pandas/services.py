"""Occurrence in pandas: services billed twice for the same days, and services billed after their end."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bench.analyst.in_pandas.proration import charge_for
from bench.analyst.in_pandas.reading import live_invoices, looked_up, read, result
from bench.analyst.in_pandas.rounding import HALF_A_DIGIT, rounded

MONTHS = {"year": 12, "quarter": 3}


def occ_02(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Service period billed twice; leaves out tiers and packages, which price no recurring charge of the example."""
    charge = charges(folder)
    recurring = charge.loc[charge["charge_type"] == "recurring", "contract_line_id"]
    line = service_lines(folder, as_of)
    is_bill = (line["kind"] != "credit_memo") & (line["net_amount"] > 0) & (line["period_from"] < line["period_to"])
    bill = line[is_bill & line["contract_line_id"].isin(recurring)]
    shared = shared_days(bill)

    by_stretch = shared.groupby(["later", "contract_line_id", "stretch"], as_index=False)
    stretch = by_stretch.agg(from_day=("from_day", "min"), until_day=("until_day", "max"))
    stretch = stretch.merge(charge, on="contract_line_id")
    stretch["cost"] = charge_for(stretch, "from_day", "until_day")
    stretch["days"] = (stretch["until_day"] - stretch["from_day"]).dt.days
    by_line = stretch.groupby("later")
    found = by_line.agg(from_day=("from_day", "min"), until_day=("until_day", "max"), days=("days", "sum"))
    found["cost"] = by_line["cost"].sum(min_count=1)
    found["earlier_amount"] = shared.groupby("later")["net_amount_earlier"].sum()
    found = bill.join(found, how="inner")

    is_whole = found["days"] == (found["period_to"] - found["period_from"]).dt.days
    twice = rounded(found["cost"], found["currency"]).mask(is_whole, found["net_amount"])
    back = given_back(line, found, one_doubled=True)
    explained = {"credited": back >= twice.clip(upper=found["earlier_amount"]) - HALF_A_DIGIT}
    return result(found, "invoice_line_id", 0.0, twice, explained)


def shared_days(bill: pd.DataFrame) -> pd.DataFrame:
    """Days of every two lines of one charge, by the place of the later, numbered by unbroken stretch."""
    bill = bill.sort_values(["contract_line_id", "period_from"])
    # Periods in order overlap somewhere only if two neighbours do, so hardly any charge has to be paired.
    is_neighbour = bill["contract_line_id"] == bill["contract_line_id"].shift()
    overlaps = is_neighbour & (bill["period_from"] < bill["period_to"].shift())
    some = bill[bill["contract_line_id"].isin(bill.loc[overlaps, "contract_line_id"])]
    some = some.sort_values(["invoice_date", "invoice_id", "invoice_line_id"]).reset_index(names="later")
    some["turn"] = some.index
    wanted = ["later", "turn", "contract_line_id", "net_amount", "period_from", "period_to"]
    pair = some[wanted].merge(some[wanted], on="contract_line_id", suffixes=("", "_earlier"))
    pair["from_day"] = pair[["period_from", "period_from_earlier"]].max(axis=1)
    pair["until_day"] = pair[["period_to", "period_to_earlier"]].min(axis=1)
    pair = pair[(pair["turn_earlier"] < pair["turn"]) & (pair["from_day"] < pair["until_day"])]
    pair = pair.sort_values(["later", "from_day", "until_day"])
    until = pair.groupby("later")["until_day"].cummax().groupby(pair["later"]).shift()
    return pair.assign(stretch=(~(pair["from_day"] <= until)).cumsum())


def occ_05(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Billed after the service ended; leaves out tiers and packages, which price no recurring charge of the example."""
    line = service_lines(folder, as_of)
    charge = charges(folder)
    bill = line[(line["kind"] != "credit_memo") & (line["net_amount"] > 0)]
    bill = bill.merge(charge[charge["end_day"].notna()], on="contract_line_id")
    is_past = bill["period_from"] >= bill["end_day"]
    reaches_past = (bill["charge_type"] == "recurring") & (bill["period_to"] > bill["end_day"])
    past = bill[(is_past & (bill["period_to"] > bill["end_day"])) | reaches_past].copy()
    owed = rounded(charge_for(past, "period_from", "end_day"), past["currency"])
    owed = owed.mask(past["period_from"] >= past["end_day"], 0)
    past["from_day"] = past[["period_from", "end_day"]].max(axis=1)
    past["until_day"] = past["period_to"]
    explained = {"credited": given_back(line, past) >= past["net_amount"] - owed - HALF_A_DIGIT}
    return result(past, "invoice_line_id", owed, past["net_amount"], explained)


def service_lines(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Lines of live documents that name a contract line, with the days they are for: their own, else the document's."""
    wanted = "invoice_id kind currency invoice_date reason_code original_invoice_id period_from period_to"
    document = live_invoices(folder, wanted, as_of)
    line = read(folder, "invoice_lines", "invoice_line_id invoice_id contract_line_id net_amount period_from period_to")
    line = line[line["contract_line_id"].notna()].merge(document, on="invoice_id", suffixes=("", "_of_document"))
    for day in ("period_from", "period_to"):
        line[day] = line[day].fillna(line.pop(f"{day}_of_document"))
    return line


def charges(folder: Path) -> pd.DataFrame:
    """Contract lines with the terms of their contract, the price of a billing period and the day of their end."""
    wanted = "contract_id billing_frequency billing_day proration ends_on terminated_on status"
    contract = read(folder, "contracts", wanted)
    contract["months"] = contract.pop("billing_frequency").map(MONTHS).fillna(1).astype(int)
    contract["billing_day"] = contract["billing_day"].fillna(1).clip(lower=1).astype("int64")
    contract["proration"] = contract["proration"].fillna("actual")
    contract["expired_on"] = contract.pop("ends_on").where(contract.pop("status") == "expired")
    charge = read(folder, "contract_lines", "contract_line_id contract_id charge_type quantity unit_price ends_on")
    charge = charge.merge(contract, on="contract_id")
    charge["price"] = charge.pop("quantity").fillna(1) * charge.pop("unit_price")
    charge["end_day"] = charge[["ends_on", "terminated_on", "expired_on"]].min(axis=1)
    return charge


def given_back(line: pd.DataFrame, found: pd.DataFrame, one_doubled: bool = False) -> pd.Series[float]:
    """What credit memos give back of the days of each line found; one without a period is for the invoice it names.

    `one_doubled`: a credit memo that names the invoice of one line found gives nothing back for another.
    """
    is_credit = (line["kind"] == "credit_memo") & (line["reason_code"] != "sla_credit")
    credit = line[is_credit & line["contract_line_id"].isin(found["contract_line_id"])]
    bill = found[["invoice_line_id", "invoice_id", "contract_line_id", "from_day", "until_day"]]
    both = bill.merge(credit, on="contract_line_id", suffixes=("", "_credit"))
    is_named = both["original_invoice_id"] == both["invoice_id"]
    covers = (both["period_from"] <= both["from_day"]) & (both["period_to"] >= both["until_day"])
    is_back = covers.mask(both["period_from"].isna(), is_named)
    if one_doubled:
        doubled = pd.MultiIndex.from_frame(bill[["contract_line_id", "invoice_id"]])
        names_one = pd.MultiIndex.from_frame(both[["contract_line_id", "original_invoice_id"]]).isin(doubled)
        is_back &= is_named | ~names_one
    amount = -both[is_back].groupby("invoice_line_id")["net_amount"].sum()
    return looked_up(found["invoice_line_id"], amount)
