"""Accuracy in polars: recurring charges for part of a period, and from the day they may begin."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.charges import charges, service_bills, service_lines
from bench.analyst.in_polars.reading import result, scan
from bench.analyst.in_polars.rounding import rounded
from bench.analyst.in_polars.service_days import billing_period, month_number, with_cost

NET, FROM, TO = pl.col("net_amount"), pl.col("period_from"), pl.col("period_to")


def acc_05(folder: Path, as_of: date) -> pl.DataFrame:
    """Partial period prorated wrongly; leaves out tiers, packages and unknown prorations.

    No recurring charge of the example has them.
    """
    line = service_bills(folder, as_of, "recurring").filter(NET >= 0)
    pause = scan(folder, "service_pauses", "contract_line_id paused_from paused_to")
    paused = interrupted(line, pause)
    months = month_number(TO) - month_number(FROM)
    is_whole = is_billing_day(FROM) & is_billing_day(TO) & (months % pl.col("months") == 0)
    part_periods, pauses = pl.collect_all([line.filter(~is_whole), paused])
    part = pl.concat([part_periods, pauses.select(part_periods.columns)]).unique("invoice_line_id")

    cost = pl.when(pl.col("cost").is_not_null().all()).then(pl.col("cost").sum())
    stretch = with_cost(charged_once(running(part, pauses, ["invoice_line_id"])))
    by_line = stretch.group_by("invoice_line_id").agg(cost=cost)
    off = part.lazy().join(by_line, on="invoice_line_id")
    off = off.with_columns(owed=rounded(pl.col("cost")) - pl.col("discount_amount")).filter(pl.col("owed") != NET)
    return result(off, "invoice_line_id", "owed", "net_amount")


def is_billing_day(day: pl.Expr) -> pl.Expr:
    """Whether a billing period begins on the day, or could in another month."""
    return day.dt.day() == pl.min_horizontal("billing_day", day.dt.days_in_month())


def interrupted(span: pl.LazyFrame, pause: pl.LazyFrame) -> pl.LazyFrame:
    """Each row from period_from to period_to with the pauses of its charge in these days."""
    is_over = (pl.col("paused_to") <= FROM).fill_null(value=False)
    return span.join(pause, on="contract_line_id").filter(pl.col("paused_from") < TO, ~is_over)


def running(span: pl.DataFrame, pauses: pl.DataFrame, keys: list[str]) -> pl.LazyFrame:
    """The stretches that pauses leave of each row's days, from from_day to to_day; some may be empty."""
    paused = {"to_day": pl.max_horizontal("paused_from", "period_from"), "goes_on": pl.min_horizontal("paused_to", TO)}
    # What is left after the last pause ends where the period does.
    ends = pl.concat([pauses.select(*span.columns, **paused), span.with_columns(to_day=TO, goes_on=TO)])
    begins = pl.col("goes_on").cum_max().shift().over(keys).fill_null(FROM)
    return ends.lazy().sort(*keys, "to_day", "goes_on").with_columns(from_day=begins)


def charged_once(stretch: pl.LazyFrame) -> pl.LazyFrame:
    """Where any part of a period is charged whole, one that an earlier stretch has charged costs nothing again."""
    from_day, to_day = pl.col("from_day"), pl.col("to_day")
    stretch = stretch.with_columns(**billing_period("last", to_day))
    reach = (
        pl.when(pl.col("last_start") == to_day).then(to_day).when(from_day < to_day).then("last_end").otherwise(FROM)
    )
    charged_to = pl.when(proration="none").then(reach.cum_max().shift().over("invoice_line_id"))
    return stretch.with_columns(from_day=pl.max_horizontal("from_day", charged_to))


def acc_12(folder: Path, as_of: date) -> pl.DataFrame:
    """Billing starts on the wrong day; leaves out tiers and packages, which no recurring charge of the example has."""
    line = service_lines(folder, as_of).collect().lazy()
    bill = line.filter(pl.col("kind") != "credit_memo")
    oldest = pl.min_horizontal(FROM.min(), pl.col("invoice_date").min())
    bill = bill.with_columns(oldest=oldest).filter(FROM < TO).sort("period_from", "invoice_date", "invoice_line_id")
    first = bill.unique("contract_line_id", keep="first", maintain_order=True)
    first = first.join(charges(folder).filter(charge_type="recurring"), on="contract_line_id", suffix="_of_charge")
    triggered_on = pl.col("triggered_on")
    begun = first.filter(triggered_on.ne_missing(FROM), (triggered_on >= pl.col("oldest")).fill_null(value=True))
    begun = begun.with_columns(due_from=pl.min_horizontal("triggered_on", "period_to"))
    cost = rounded(pl.col("cost"), pl.col("charge_currency"))
    begun = with_cost(begun.with_columns(from_day=FROM, to_day=TO)).with_columns(charged=cost)
    begun = with_cost(begun.with_columns(from_day="due_from")).with_columns(owed=cost)

    credit = line.filter(pl.col("reason_code").ne_missing("sla_credit"), kind="credit_memo")
    early = begun.filter(pl.col("charged") > pl.col("owed")).join(credit, on="contract_line_id", suffix="_of_credit")
    covers = (pl.col("period_from_of_credit") <= FROM) & (pl.col("period_to_of_credit") >= pl.col("due_from"))
    is_named = pl.col("original_invoice_id_of_credit") == pl.col("invoice_id")
    back = early.filter(pl.coalesce(covers, is_named)).group_by("contract_line_id")
    begun = begun.join(back.agg(back=-pl.col("net_amount_of_credit").sum()), on="contract_line_id", how="left")
    is_credited = pl.col("back") >= pl.col("charged") - pl.col("owed")
    return result(begun, "contract_line_id", "owed", "charged", {"credited": is_credited})
