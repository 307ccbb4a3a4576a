"""Accuracy in pandas: recurring charges for part of a period, and from the day they may begin."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from bench.analyst.in_pandas.charges import charges, service_bills, service_lines
from bench.analyst.in_pandas.proration import charge_for, period_end, period_start
from bench.analyst.in_pandas.reading import looked_up, read, result
from bench.analyst.in_pandas.rounding import HALF_A_DIGIT, differs, rounded


def acc_05(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Partial period prorated wrongly; leaves out tiers, packages and unknown prorations.

    No recurring charge of the example has them.
    """
    line = service_bills(folder, as_of, "recurring")
    line = line[line["net_amount"] >= 0]
    paused = interrupted(folder, line)
    start, end = line["period_from"], line["period_to"]
    months = 12 * (end.dt.year - start.dt.year) + end.dt.month - start.dt.month
    is_whole = is_billing_day(line, start) & is_billing_day(line, end) & (months % line["months"] == 0)
    part = line[~is_whole | line["invoice_line_id"].isin(paused["invoice_line_id"])].copy()

    stretch = charged_once(running(part, paused, ["invoice_line_id"]))
    cost = charge_for(stretch, "from_day", "to_day").groupby(stretch["invoice_line_id"]).sum(min_count=1)
    exact = looked_up(part["invoice_line_id"], cost)
    owed = rounded(exact, part["currency"]) - part["discount_amount"]
    off = differs(owed, part["net_amount"])
    return result(part[off], "invoice_line_id", owed[off], part.loc[off, "net_amount"])


def is_billing_day(line: pd.DataFrame, day: pd.Series[pd.Timestamp]) -> pd.Series[bool]:
    """Whether a billing period begins on the day, or could in another month."""
    return day.dt.day == np.minimum(line["billing_day"], day.dt.days_in_month)


def interrupted(folder: Path, span: pd.DataFrame) -> pd.DataFrame:
    """Each row from period_from to period_to with the pauses of its charge in these days."""
    pause = read(folder, "service_pauses", "contract_line_id paused_from paused_to")
    both = span.merge(pause, on="contract_line_id")
    return both[(both["paused_from"] < both["period_to"]) & ~(both["paused_to"] <= both["period_from"])]


def running(span: pd.DataFrame, paused: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The stretches that pauses leave of each row's days, from from_day to to_day; some may be empty."""
    pauses = paused.assign(
        to_day=paused[["paused_from", "period_from"]].max(axis=1),
        goes_on=paused[["paused_to", "period_to"]].min(axis=1),
    )
    # What is left after the last pause ends where the period does.
    last = span.assign(to_day=span["period_to"], goes_on=span["period_to"])
    stretch = pd.concat([pauses[last.columns], last]).sort_values([*keys, "to_day", "goes_on"], ignore_index=True)
    row = stretch.groupby(keys).ngroup()
    stretch["from_day"] = stretch.groupby(row)["goes_on"].cummax().groupby(row).shift()
    stretch["from_day"] = stretch["from_day"].fillna(stretch["period_from"])
    return stretch


def charged_once(stretch: pd.DataFrame) -> pd.DataFrame:
    """Where any part of a period is charged whole, one that an earlier stretch has charged costs nothing again."""
    to_day, row = stretch["to_day"], stretch["invoice_line_id"]
    is_full = period_start(stretch, "to_day") == to_day
    reach = period_end(stretch, "to_day").mask(stretch["from_day"] >= to_day, stretch["period_from"])
    reach = reach.mask(is_full, to_day).groupby(row).cummax().groupby(row).shift()
    charged_to = reach.where(stretch["proration"] == "none")
    return stretch.assign(from_day=pd.concat([stretch["from_day"], charged_to], axis=1).max(axis=1))


def acc_12(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Billing starts on the wrong day; leaves out tiers and packages, which no recurring charge of the example has."""
    line = service_lines(folder, as_of)
    is_credit = line["kind"] == "credit_memo"
    bill = line[~is_credit]
    oldest = bill[["period_from", "invoice_date"]].min().min()
    bill = bill[bill["period_from"] < bill["period_to"]]
    first = bill.sort_values(["period_from", "invoice_date", "invoice_line_id"]).drop_duplicates("contract_line_id")
    first = first.merge(charges(folder, "recurring"), on="contract_line_id")
    is_late_or_early = (first["triggered_on"] != first["period_from"]) & ~(first["triggered_on"] < oldest)
    begun = first[is_late_or_early].copy()
    begun["due_from"] = begun[["triggered_on", "period_to"]].min(axis=1)
    begun["charged"] = rounded(charge_for(begun, "period_from", "period_to"), begun["charge_currency"])
    begun["owed"] = rounded(charge_for(begun, "due_from", "period_to"), begun["charge_currency"])

    credit = line[is_credit & (line["reason_code"] != "sla_credit")]
    early = begun.loc[begun["charged"] > begun["owed"] + HALF_A_DIGIT]
    early = early[["contract_line_id", "invoice_id", "period_from", "due_from"]]
    both = early.merge(credit, on="contract_line_id", suffixes=("", "_of_credit"))
    covers = (both["period_from_of_credit"] <= both["period_from"]) & (both["period_to"] >= both["due_from"])
    is_back = covers.mask(both["period_from_of_credit"].isna(), both["original_invoice_id"] == both["invoice_id"])
    back = -both[is_back].groupby("contract_line_id")["net_amount"].sum()
    is_credited = looked_up(begun["contract_line_id"], back) >= begun["charged"] - begun["owed"] - HALF_A_DIGIT
    return result(begun, "contract_line_id", begun["owed"], begun["charged"], {"credited": is_credited})
