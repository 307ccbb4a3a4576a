"""Accuracy in polars: the credit that the minutes of outage of a month are worth, and the credit given."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.charges import charges, service_lines
from bench.analyst.in_polars.reading import result, scan
from bench.analyst.in_polars.rounding import HUNDREDTH, MONEY, product, rounded
from bench.analyst.in_polars.service_days import with_cost
from bench.analyst.in_polars.subscriptions import interrupted, running

KEYS = ["contract_line_id", "month"]
MONTH, NEXT_MONTH = pl.col("month"), pl.col("month").dt.offset_by("1mo")
SECONDS, OWED, GIVEN = pl.col("seconds"), pl.col("owed"), pl.col("given")


def acc_11(folder: Path, as_of: date, grace_days: int = 35) -> pl.DataFrame:
    """Service credit owed and given differ; leaves out tiers, of the price or of the credit, with gaps or overlaps."""
    charge = charges(folder).filter(charge_type="recurring")
    outage = outages(folder, as_of).join(charge, on="contract_line_id", how="semi").collect().lazy()
    credit = given(folder, as_of, charge)
    months = (
        pl.concat([down(outage), credit], how="diagonal")
        .group_by(KEYS)
        .agg(SECONDS.sum(), GIVEN.sum().fill_null(0).cast(MONEY))
    )
    month = months.join(charge, on="contract_line_id").with_columns(
        period_from=pl.max_horizontal("month", pl.col("triggered_on").fill_null(NEXT_MONTH)),
        period_to=pl.min_horizontal(NEXT_MONTH, "stops_on"),
    )
    month = with_percent(folder, month).collect().lazy()
    owed = -rounded(pl.col("credit").fill_null(0), pl.col("charge_currency"))
    off = month.join(credits_owed(folder, month), on=KEYS, how="left").with_columns(owed=owed).filter(OWED != GIVEN)

    during = outage.join(off.select(KEYS), on="contract_line_id")
    during = during.filter(pl.col("ended_at") > MONTH, pl.col("started_at") < NEXT_MONTH)
    is_claimed = (pl.col("claimed_on") <= as_of).fill_null(value=False)
    off = off.join(during.filter(is_claimed).select(*KEYS, is_claimed=True).unique(), on=KEYS, how="left")
    needs_claim = pl.col("sla_claim_required").fill_null(value=False) & pl.col("is_claimed").is_null()
    explained = {
        "in_grace": (pl.lit(as_of) - NEXT_MONTH).dt.total_days() < grace_days,
        "not_claimed": needs_claim & (GIVEN > OWED),
    }
    subject = pl.concat_str("contract_line_id", MONTH.dt.strftime("%Y-%m"), separator="/")
    return result(off, subject, "owed", "given", explained)


def outages(folder: Path, as_of: date) -> pl.LazyFrame:
    """Incidents that began by as_of; one that is not over lasts to the end of that day."""
    end = pl.lit(as_of + timedelta(days=1)).cast(pl.Datetime("us"))
    incident = scan(folder, "incidents", "incident_id contract_line_id started_at ended_at is_excused claimed_on")
    return incident.filter(pl.col("started_at") < end).with_columns(ended_at=pl.min_horizontal("ended_at", end))


def down(outage: pl.LazyFrame) -> pl.LazyFrame:
    """Seconds of each calendar month in which a service was down without excuse, however many outages at once."""
    started, ended = pl.col("started_at"), pl.col("ended_at")
    counted = outage.filter(~pl.col("is_excused").fill_null(value=False)).sort("started_at", "incident_id")
    before = ended.cum_max().shift().over("contract_line_id")
    counted = counted.with_columns(started_at=pl.max_horizontal("started_at", before)).filter(started < ended)
    months = pl.date_ranges(started.dt.date().dt.month_start(), ended.dt.date(), interval="1mo")
    parts = counted.with_columns(month=months).explode("month")
    first, end = MONTH.cast(pl.Datetime("us")), NEXT_MONTH.cast(pl.Datetime("us"))
    length = pl.min_horizontal("ended_at", end) - pl.max_horizontal("started_at", first)
    return parts.select(*KEYS, seconds=length.dt.total_seconds())


def given(folder: Path, as_of: date, charge: pl.LazyFrame) -> pl.LazyFrame:
    """Credit memo lines for outages; one that says no period is for the month before it."""
    line = service_lines(folder, as_of).filter(kind="credit_memo", reason_code="sla_credit")
    line = line.join(charge.select("contract_line_id", "charge_currency"), on="contract_line_id")
    month_before = pl.col("invoice_date").dt.month_start().dt.offset_by("-1mo")
    month = pl.col("period_from").fill_null(month_before).dt.month_start()
    line = line.filter(pl.col("currency") == pl.col("charge_currency"))
    return line.select("contract_line_id", month=month, given="net_amount")


def with_percent(folder: Path, month: pl.LazyFrame) -> pl.LazyFrame:
    """The months of contracts that promise a credit, with the percent that the minutes down are worth."""
    tier = scan(folder, "sla_tiers", "contract_id from_minutes to_minutes credit_percent")
    start = pl.col("from_minutes")
    tier = tier.sort("contract_id", "from_minutes").with_columns(
        pl.col("to_minutes").fill_null(start.shift(-1).over("contract_id"))
    )
    is_above = (pl.col("to_minutes") * 60 <= SECONDS).fill_null(value=False)
    is_reached = (SECONDS > 0) & (start * 60 <= SECONDS) & ~is_above
    percent = pl.col("credit_percent").filter(is_reached).first().fill_null(0)
    by_month = month.join(tier, on="contract_id").group_by(KEYS).agg(percent=percent)
    return month.join(by_month, on=KEYS)


def credits_owed(folder: Path, month: pl.LazyFrame) -> pl.LazyFrame:
    """The credit of each month, not rounded: the percent of the charge for the days that the service ran."""
    pause = scan(folder, "service_pauses", "contract_line_id paused_from paused_to")
    price = product(pl.col("price"), pl.col("percent")) * HUNDREDTH
    owing = month.filter(pl.col("percent") > 0, pl.col("period_from") < pl.col("period_to")).with_columns(price=price)
    spans, pauses = pl.collect_all([owing, interrupted(owing, pause)])
    stretch = with_cost(running(spans, pauses, KEYS).filter(pl.col("from_day") < pl.col("to_day")))
    is_unprorated = pl.col("proration") == "none"
    is_whole = (pl.col("months") == 1) & (pl.col("from_day") == MONTH) & (pl.col("to_day") == NEXT_MONTH)
    # Where nothing is prorated any day of the month costs the whole, once.
    is_first = pl.int_range(pl.len()).over(KEYS) == 0
    once = pl.when(is_first).then(pl.col("price") / pl.col("months"))
    cost = pl.when(is_unprorated).then(once).when(is_whole).then("price").otherwise("cost")
    return stretch.with_columns(credit=cost).group_by(KEYS).agg(pl.col("credit").sum())
