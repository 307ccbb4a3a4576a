"""Completeness in polars: days of a running service that are on no invoice line, and what they cost."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.proration import charged, period_end, period_start
from bench.analyst.in_polars.reading import result, scan
from bench.analyst.in_polars.rounding import product, rounded
from bench.analyst.in_polars.unbilled_usage import service_periods

KEY = "contract_line_id"
BEGINS_ON, STOPS_ON = pl.col("begins_on"), pl.col("stops_on")
FROM_DAY, TO_DAY, DAY = pl.col("from_day"), pl.col("to_day"), pl.col("day")


def com_04(folder: Path, as_of: date) -> pl.DataFrame:
    """Days of a recurring service never billed.

    Leaves out recurring charges with tiers or packages and invoice lines that do not say which days they are for.
    """
    line = service_periods(folder, as_of).collect().lazy()
    service = services(folder, line, as_of).collect().lazy()
    gap = gaps(service, line).collect().lazy()
    pause = scan(folder, "service_pauses", f"{KEY} paused_from paused_to")
    span = charged(spans(gap, pause).join(service, on=KEY))
    state = pl.col("state")
    explained = {code: state == code for code in ("before_trigger", "paused", "in_grace")}
    return result(span, pl.concat_str(KEY, FROM_DAY, separator="/"), rounded(pl.col("amount")), pl.lit(0), explained)


def services(folder: Path, line: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """Recurring charges with their terms and the days [begins_on, stops_on) on which they are to be billed."""
    charge = scan(
        folder,
        "contract_lines",
        f"{KEY} contract_id charge_type quantity unit_price starts_on ends_on billing_trigger installed_on accepted_on",
    ).filter(charge_type="recurring")
    contract = scan(
        folder,
        "contracts",
        "contract_id currency ends_on terminated_on billing_frequency billing_timing billing_day proration",
    )
    trigger, frequency = pl.col("billing_trigger"), pl.col("billing_frequency")
    installed = pl.when(trigger == "installed").then("installed_on")
    service = charge.join(contract, on="contract_id", suffix="_contract").with_columns(
        pl.col("proration").fill_null("actual"),
        pl.col("billing_day").fill_null(1).clip(lower_bound=1),
        price=product(pl.col("quantity").fill_null(1), pl.col("unit_price")),
        months=pl.when(frequency == "year").then(12).when(frequency == "quarter").then(3).otherwise(1),
        triggered_on=installed.when(trigger == "accepted").then("accepted_on").otherwise("starts_on"),
    )
    # A service older than the data is looked at from its first billed day on, or from the first whole billing period.
    days = pl.min_horizontal("period_from", "invoice_date").min()
    first = line.group_by(KEY).agg(first_billed=pl.coalesce("period_from", "invoice_date").min())
    begun, oldest = pl.min_horizontal("starts_on", "triggered_on"), pl.col("oldest")
    first_billed = pl.coalesce("first_billed", period_end(oldest - pl.duration(days=1)))
    ends = pl.min_horizontal("ends_on", "ends_on_contract", "terminated_on", pl.lit(as_of))
    service = service.filter(pl.col("price").ne_missing(0)).join(first, on=KEY, how="left")
    service = service.join(line.select(oldest=days), how="cross")
    service = service.with_columns(begins_on=pl.when(begun < oldest).then(first_billed).otherwise(begun))
    return service.select(
        *f"{KEY} currency price proration billing_day months begins_on triggered_on".split(),
        stops_on=pl.max_horizontal("begins_on", ends),
        due_until=pl.when(pl.col("billing_timing") == "arrears").then(period_start(pl.lit(as_of))),
    )


def gaps(service: pl.LazyFrame, line: pl.LazyFrame) -> pl.LazyFrame:
    """Days [from_day, to_day) of each service that no line is for, with the days that change why."""
    period = line.join(service, on=KEY).select(
        KEY,
        period_from=pl.col("period_from").clip(BEGINS_ON, STOPS_ON),
        period_to=pl.col("period_to").clip(BEGINS_ON, STOPS_ON),
    )
    period = period.filter(pl.col("period_from") < pl.col("period_to"))
    period = pl.concat([period, service.select(KEY, period_from="stops_on", period_to="stops_on")])
    billed_to = pl.col("period_to").cum_max().shift().over(KEY)
    gap = period.sort(KEY, "period_from", maintain_order=True).with_columns(from_day=billed_to)
    gap = gap.join(service, on=KEY).select(
        KEY,
        "due_until",
        from_day=pl.coalesce("from_day", "begins_on"),
        to_day="period_from",
        triggered_on=pl.coalesce("triggered_on", "stops_on"),
    )
    return gap.filter(FROM_DAY < TO_DAY).with_row_index("gap")


def spans(gap: pl.LazyFrame, pause: pl.LazyFrame) -> pl.LazyFrame:
    """Gaps cut where the reason for them changes: contract line, from_day, to_day and state, missing where none is."""
    pause = gap.join(pause, on=KEY).select("gap", "from_day", "to_day", "paused_from", "paused_to")
    cuts = [gap.select("gap", "from_day", "to_day", day=day) for day in ("from_day", "triggered_on", "due_until")]
    cuts += [pause.select("gap", "from_day", "to_day", day=day) for day in ("paused_from", "paused_to")]
    cut = pl.concat(cuts).filter(DAY >= FROM_DAY, DAY < TO_DAY).select("gap", "day").unique()
    held = (
        cut.join(pause, on="gap")
        .filter(pl.col("paused_from") <= DAY, (pl.col("paused_to") > DAY).fill_null(True))
        .select("gap", "day", is_paused=True)
        .unique()
    )
    state = (
        pl.when(pl.col("triggered_on") > DAY)
        .then(pl.lit("before_trigger"))
        .when("is_paused")
        .then(pl.lit("paused"))
        .when(pl.col("due_until") <= DAY)
        .then(pl.lit("in_grace"))
    )
    span = cut.join(gap, on="gap").join(held, on=["gap", "day"], how="left").with_columns(state=state)
    span = span.sort("gap", "day")
    is_same = pl.col("state").eq_missing(pl.col("state").shift()) & (pl.col("gap") == pl.col("gap").shift())
    span = span.filter(~is_same.fill_null(False))
    following = DAY.shift(-1).over("gap")
    return span.select(KEY, "state", from_day="day", to_day=pl.coalesce(following, "to_day"))
