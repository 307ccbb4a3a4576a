"""Completeness in pandas: days of a running service that are on no invoice line, and what they cost."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bench.analyst.in_pandas.proration import charge_for, period_end, period_start
from bench.analyst.in_pandas.reading import read, result
from bench.analyst.in_pandas.rounding import rounded
from bench.analyst.in_pandas.unbilled_usage import service_periods

KEY = "contract_line_id"


def com_04(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Days of a recurring service never billed.

    Leaves out recurring charges with tiers or packages and invoice lines that do not say which days they are for.
    """
    line = service_periods(folder, as_of)
    service = services(folder, line, as_of)
    gap = gaps(service, line)
    pause = read(folder, "service_pauses", f"{KEY} paused_from paused_to")
    span = spans(gap, pause).merge(service, on=KEY)
    amount = charge_for(span, "from_day", "to_day")
    span["subject_id"] = span[KEY] + "/" + span["from_day"].dt.strftime("%Y-%m-%d")
    explained = {code: span["state"] == code for code in ("before_trigger", "paused", "in_grace")}
    return result(span, "subject_id", rounded(amount, span["currency"]), 0.0, explained)


def services(folder: Path, line: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Recurring charges with their terms and the days [begins_on, stops_on) on which they are to be billed."""
    charge = read(
        folder,
        "contract_lines",
        f"{KEY} contract_id charge_type quantity unit_price starts_on ends_on billing_trigger installed_on accepted_on",
    )
    contract = read(
        folder,
        "contracts",
        "contract_id currency ends_on terminated_on billing_frequency billing_timing billing_day proration",
    )
    service = charge[charge["charge_type"] == "recurring"].merge(contract, on="contract_id", suffixes=("", "_contract"))
    service["price"] = service["quantity"].fillna(1) * service["unit_price"]
    service = service[service["price"] != 0].copy()
    service["proration"] = service["proration"].fillna("actual")
    service["billing_day"] = service["billing_day"].fillna(1).clip(lower=1).astype("int64")
    service["months"] = service["billing_frequency"].map({"year": 12, "quarter": 3}).fillna(1).astype("int64")
    trigger = service["billing_trigger"]
    triggered = service["starts_on"].mask(trigger == "installed", service["installed_on"])
    service["triggered_on"] = triggered.mask(trigger == "accepted", service["accepted_on"])

    # A service older than the data is looked at from its first billed day on, or from the first whole billing period.
    begun = service[["starts_on", "triggered_on"]].min(axis=1)
    oldest = begun.min() if line.empty else min(line["period_from"].min(), line["invoice_date"].min())
    first = line["period_from"].fillna(line["invoice_date"]).groupby(line[KEY]).min().rename("first_billed")
    service = service.merge(first, left_on=KEY, right_index=True, how="left")
    next_period = period_end(service.assign(day=oldest - pd.Timedelta(days=1)), "day")
    service["begins_on"] = begun.mask(begun < oldest, service["first_billed"].fillna(next_period))
    stops_on = service[["ends_on", "ends_on_contract", "terminated_on"]].min(axis=1)
    stops_on = stops_on.where(stops_on < as_of, as_of)
    service["stops_on"] = stops_on.where(stops_on > service["begins_on"], service["begins_on"])
    due_until = period_start(service.assign(day=as_of), "day")
    service["due_until"] = due_until.where(service["billing_timing"] == "arrears")
    wanted = "currency price proration billing_day months begins_on stops_on triggered_on due_until"
    return service[[KEY, *wanted.split()]]


def gaps(service: pd.DataFrame, line: pd.DataFrame) -> pd.DataFrame:
    """Days [from_day, to_day) of each service that no line is for, with the days that change why."""
    period = line[[KEY, "period_from", "period_to"]].merge(service[[KEY, "begins_on", "stops_on"]], on=KEY)
    for column in ("period_from", "period_to"):
        period[column] = period[column].clip(period["begins_on"], period["stops_on"])
    period = period.loc[period["period_from"] < period["period_to"], [KEY, "period_from", "period_to"]]
    end = service[[KEY, "stops_on", "stops_on"]].set_axis(period.columns, axis=1)
    period = pd.concat([period, end], ignore_index=True).sort_values([KEY, "period_from"], kind="stable")
    by_service = period.groupby(KEY, sort=False)["period_to"]
    period["billed_to"] = by_service.cummax().groupby(period[KEY], sort=False).shift()
    gap = period.merge(service[[KEY, "begins_on", "stops_on", "triggered_on", "due_until"]], on=KEY)
    gap["from_day"] = gap["billed_to"].fillna(gap["begins_on"])
    gap["to_day"] = gap["period_from"]
    gap["triggered_on"] = gap["triggered_on"].fillna(gap["stops_on"])
    gap = gap[gap["from_day"] < gap["to_day"]].reset_index(names="gap")
    return gap[["gap", KEY, "from_day", "to_day", "triggered_on", "due_until"]]


def spans(gap: pd.DataFrame, pause: pd.DataFrame) -> pd.DataFrame:
    """Gaps cut where the reason for them changes: contract line, from_day, to_day and state, empty for none."""
    pause = gap.merge(pause, on=KEY)
    cuts = [gap.assign(day=gap[column]) for column in ("from_day", "triggered_on", "due_until")]
    cuts += [pause.assign(day=pause[column]) for column in ("paused_from", "paused_to")]
    span = pd.concat(cuts, ignore_index=True)
    span = span[(span["day"] >= span["from_day"]) & (span["day"] < span["to_day"])]
    span = span.drop_duplicates(["gap", "day"]).sort_values(["gap", "day"])
    day = span["day"]

    held = span[["gap", "day"]].reset_index(names="row").merge(pause[["gap", "paused_from", "paused_to"]], on="gap")
    held = held[(held["paused_from"] <= held["day"]) & ~(held["paused_to"] <= held["day"])]
    state = pd.Series("", index=span.index).mask(day >= span["due_until"], "in_grace")
    state[held["row"].unique()] = "paused"
    span["state"] = state.mask(day < span["triggered_on"], "before_trigger")

    same = (span["gap"] == span["gap"].shift()) & (span["state"] == span["state"].shift())
    span = span[~same]
    following = day[span.index].groupby(span["gap"]).shift(-1)
    span["to_day"] = following.fillna(span["to_day"])
    return span[[KEY, "state", "day", "to_day"]].rename(columns={"day": "from_day"})
