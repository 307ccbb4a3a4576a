"""Accuracy in pandas: the credit that the minutes of outage of a month are worth, and the credit given."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bench.analyst.in_pandas.charges import charges, service_lines
from bench.analyst.in_pandas.proration import charge_for
from bench.analyst.in_pandas.reading import read, result
from bench.analyst.in_pandas.rounding import HALF_A_DIGIT, differs, rounded
from bench.analyst.in_pandas.subscriptions import interrupted, running

KEYS = ["contract_line_id", "month"]


def acc_11(folder: Path, as_of: pd.Timestamp, grace_days: int = 35) -> pd.DataFrame:
    """Service credit owed and given differ; leaves out tiers, of the price or of the credit, with gaps or overlaps."""
    charge = charges(folder, "recurring")
    outage = outages(folder, as_of)
    outage = outage[outage["contract_line_id"].isin(charge["contract_line_id"])]
    both = pd.concat([down(outage), given(folder, as_of, charge)])
    month = both.groupby(KEYS, as_index=False)[["seconds", "given"]].sum().merge(charge, on="contract_line_id")
    month["next_month"] = month["month"] + pd.offsets.MonthBegin()
    triggered_on = month["triggered_on"].fillna(month["next_month"])
    month["period_from"] = pd.concat([month["month"], triggered_on], axis=1).max(axis=1)
    month["period_to"] = month[["next_month", "stops_on"]].min(axis=1)
    month = with_percent(folder, month)
    month["owed"] = -rounded(credits_owed(folder, month), month["charge_currency"])
    off = month[differs(month["owed"], month["given"])]

    during = outage[outage["claimed_on"] <= as_of].merge(off[[*KEYS, "next_month"]], on="contract_line_id")
    during = during[(during["ended_at"] > during["month"]) & (during["started_at"] < during["next_month"])]
    is_claimed = pd.MultiIndex.from_frame(off[KEYS]).isin(pd.MultiIndex.from_frame(during[KEYS]))
    needs_claim = off["sla_claim_required"].fillna(False).astype(bool) & ~is_claimed
    explained = {
        "in_grace": (as_of - off["next_month"]).dt.days < grace_days,
        "not_claimed": needs_claim & (off["given"] > off["owed"] + HALF_A_DIGIT),
    }
    off = off.assign(subject_id=off["contract_line_id"] + "/" + off["month"].dt.strftime("%Y-%m"))
    return result(off, "subject_id", off["owed"], off["given"], explained)


def outages(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Incidents that began by as_of; one that is not over lasts to the end of that day."""
    end = as_of + pd.Timedelta(days=1)
    outage = read(folder, "incidents", "incident_id contract_line_id started_at ended_at is_excused claimed_on")
    outage = outage[outage["started_at"] < end]
    return outage.assign(ended_at=outage["ended_at"].where(outage["ended_at"] < end, end))


def down(outage: pd.DataFrame) -> pd.DataFrame:
    """Seconds of each calendar month in which a service was down without excuse, however many outages at once."""
    counted = outage[~outage["is_excused"].fillna(False).astype(bool)].sort_values(["started_at", "incident_id"])
    line = counted["contract_line_id"]
    before = counted.groupby(line)["ended_at"].cummax().groupby(line).shift()
    counted["started_at"] = pd.concat([counted["started_at"], before], axis=1).max(axis=1)
    counted = counted[counted["started_at"] < counted["ended_at"]]
    first, last = counted["started_at"].dt.to_period("M"), counted["ended_at"].dt.to_period("M")
    parts = counted.loc[counted.index.repeat((last - first).map(lambda months: months.n + 1))]
    turn = parts.groupby(level=0).cumcount()
    start = parts["started_at"].to_numpy().astype("datetime64[M]") + turn.to_numpy()
    parts["month"] = start.astype("datetime64[s]")
    from_moment = parts[["started_at", "month"]].max(axis=1)
    to_moment = pd.concat([parts["ended_at"], parts["month"] + pd.offsets.MonthBegin()], axis=1).min(axis=1)
    parts["seconds"] = (to_moment - from_moment).dt.total_seconds() // 1
    return parts[[*KEYS, "seconds"]]


def given(folder: Path, as_of: pd.Timestamp, charge: pd.DataFrame) -> pd.DataFrame:
    """Credit memo lines for outages; one that says no period is for the month before it."""
    line = service_lines(folder, as_of)
    line = line[(line["kind"] == "credit_memo") & (line["reason_code"] == "sla_credit")]
    line = line.merge(charge[["contract_line_id", "charge_currency"]], on="contract_line_id")
    line = line[line["currency"] == line["charge_currency"]]
    own = line["period_from"].to_numpy().astype("datetime64[M]")
    before = line["invoice_date"].to_numpy().astype("datetime64[M]") - 1
    month = pd.Series(own, line.index).fillna(pd.Series(before, line.index))
    return line.assign(month=month, given=line["net_amount"])[[*KEYS, "given"]]


def with_percent(folder: Path, month: pd.DataFrame) -> pd.DataFrame:
    """The months of contracts that promise a credit, with the percent that the minutes down are worth."""
    tier = read(folder, "sla_tiers", "contract_id from_minutes to_minutes credit_percent")
    tier = tier.sort_values(["contract_id", "from_minutes"])
    tier["to_minutes"] = tier["to_minutes"].fillna(tier.groupby("contract_id")["from_minutes"].shift(-1))
    month = month[month["contract_id"].isin(tier["contract_id"])].reset_index(drop=True)
    both = month[["contract_id", "seconds"]].reset_index(names="row").merge(tier, on="contract_id")
    seconds = both["seconds"]
    is_reached = (seconds > 0) & (seconds >= 60 * both["from_minutes"]) & ~(seconds >= 60 * both["to_minutes"])
    reached = both[is_reached].drop_duplicates("row").set_index("row")["credit_percent"]
    return month.assign(percent=reached.reindex(month.index).fillna(0))


def credits_owed(folder: Path, month: pd.DataFrame) -> pd.Series[float]:
    """The credit of each month, not rounded: the percent of the charge for the days that the service ran."""
    owing = month[(month["percent"] > 0) & (month["period_from"] < month["period_to"])]
    owing = owing.assign(price=owing["price"] * owing["percent"] / 100).reset_index(names="row")
    stretch = running(owing, interrupted(folder, owing), ["row"])
    stretch = stretch[stretch["from_day"] < stretch["to_day"]]
    is_whole = (stretch["from_day"] == stretch["month"]) & (stretch["to_day"] == stretch["next_month"])
    cost = charge_for(stretch, "from_day", "to_day").mask(is_whole & (stretch["months"] == 1), stretch["price"])
    # Where nothing is prorated any day of the month costs the whole, once.
    once = (stretch["price"] / stretch["months"]).mask(stretch.duplicated("row"), 0)
    cost = cost.mask(stretch["proration"] == "none", once)
    return cost.groupby(stretch["row"]).sum(min_count=1).reindex(month.index).fillna(0)
