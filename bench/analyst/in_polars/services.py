"""Occurrence in polars: services billed twice for the same days, and services billed after their end."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.reading import live_invoices, result, scan
from bench.analyst.in_polars.rounding import MONEY, product, rounded
from bench.analyst.in_polars.service_days import with_cost

FROM, TO = pl.col("period_from"), pl.col("period_to")


def occ_02(folder: Path, as_of: date) -> pl.DataFrame:
    """Service period billed twice; leaves out tiers and packages, which price no recurring charge of the example."""
    charge, line = charges(folder), service_lines(folder, as_of).collect().lazy()
    recurring = charge.filter(charge_type="recurring")
    bill = line.filter(pl.col("kind") != "credit_memo", pl.col("net_amount") > 0, FROM < TO)
    shared = shared_days(bill.join(recurring, on="contract_line_id", how="semi")).collect().lazy()

    span = {"from_day": pl.col("from_day").min(), "to_day": pl.col("to_day").max()}
    stretch = shared.group_by("invoice_line_id", "contract_line_id", "stretch").agg(**span)
    stretch = with_cost(stretch.join(charge, on="contract_line_id"))
    found = stretch.group_by("invoice_line_id").agg(
        **span,
        days=(pl.col("to_day") - pl.col("from_day")).sum(),
        cost=pl.when(pl.col("cost").is_not_null().all()).then(pl.col("cost").sum()),
    )
    earlier = shared.group_by("invoice_line_id").agg(earlier_amount=pl.col("net_amount_earlier").sum())
    found = bill.join(found, on="invoice_line_id").join(earlier, on="invoice_line_id")

    is_whole = pl.col("days") == TO - FROM
    found = found.with_columns(twice=pl.when(is_whole).then("net_amount").otherwise(rounded(pl.col("cost"))))
    found = with_given_back(found, line, one_doubled=True)
    is_credited = pl.col("given_back") >= pl.min_horizontal("twice", "earlier_amount")
    return result(found, "invoice_line_id", pl.lit(0, MONEY), "twice", {"credited": is_credited})


def shared_days(bill: pl.LazyFrame) -> pl.LazyFrame:
    """Days of every two lines of one charge with the later's invoice_line_id, numbered by unbroken stretch."""
    # Periods in order overlap somewhere only if two neighbours do, so hardly any charge has to be paired.
    charge = pl.col("contract_line_id")
    in_order = bill.sort("contract_line_id", "period_from")
    overlaps = in_order.filter((charge == charge.shift()) & (TO.shift() > FROM))
    some = bill.join(overlaps, on="contract_line_id", how="semi")
    some = some.sort("invoice_date", "invoice_id", "invoice_line_id").with_row_index("turn")
    pair = some.join(some, on="contract_line_id", suffix="_earlier").with_columns(
        from_day=pl.max_horizontal("period_from", "period_from_earlier"),
        to_day=pl.min_horizontal("period_to", "period_to_earlier"),
    )
    pair = pair.filter(pl.col("turn_earlier") < pl.col("turn"), pl.col("from_day") < pl.col("to_day"))
    pair = pair.sort("turn", "from_day", "to_day")
    until = pl.col("to_day").cum_max().shift().over("turn")
    return pair.with_columns(stretch=(pl.col("from_day") <= until).fill_null(False).not_().cum_sum())


def occ_05(folder: Path, as_of: date) -> pl.DataFrame:
    """Billed after the service ended; leaves out tiers and packages, which price no recurring charge of the example."""
    line = service_lines(folder, as_of)
    ended = charges(folder).filter(pl.col("end_day").is_not_null())
    bill = line.filter(pl.col("kind") != "credit_memo", pl.col("net_amount") > 0)
    end_day = pl.col("end_day")
    is_past = end_day <= FROM
    past = bill.join(ended, on="contract_line_id").filter(
        end_day < TO, is_past | (pl.col("charge_type") == "recurring")
    )
    past = with_cost(past.with_columns(from_day=FROM, to_day=end_day)).with_columns(
        owed=pl.when(is_past).then(0).otherwise(rounded(pl.col("cost"))),
        from_day=pl.max_horizontal("period_from", "end_day"),
        to_day=TO,
    )
    is_credited = pl.col("given_back") >= pl.col("net_amount") - pl.col("owed")
    return result(with_given_back(past, line), "invoice_line_id", "owed", "net_amount", {"credited": is_credited})


def service_lines(folder: Path, as_of: date) -> pl.LazyFrame:
    """Lines of live documents that name a contract line, with the days they are for: their own, else the document's."""
    wanted = "invoice_id kind currency invoice_date reason_code original_invoice_id period_from period_to"
    own = "invoice_line_id invoice_id contract_line_id net_amount period_from period_to"
    line = scan(folder, "invoice_lines", own).filter(pl.col("contract_line_id").is_not_null())
    line = line.join(live_invoices(folder, wanted, as_of), on="invoice_id")
    periods = [pl.coalesce(name, f"{name}_right") for name in ("period_from", "period_to")]
    return line.with_columns(periods).drop("period_from_right", "period_to_right")


def charges(folder: Path) -> pl.LazyFrame:
    """Contract lines with the terms of their contract, the price of a billing period and the day of their end."""
    contract = scan(
        folder, "contracts", "contract_id billing_frequency billing_day proration ends_on terminated_on status"
    ).select(
        "contract_id",
        "terminated_on",
        pl.col("proration").fill_null("actual"),
        pl.col("billing_day").fill_null(1).clip(lower_bound=1),
        months=pl.col("billing_frequency").replace_strict({"year": 12, "quarter": 3}, default=1, return_dtype=pl.Int64),
        expired_on=pl.when(status="expired").then("ends_on"),
    )
    charge = scan(folder, "contract_lines", "contract_line_id contract_id charge_type quantity unit_price ends_on")
    return charge.join(contract, on="contract_id").select(
        "contract_line_id",
        "charge_type",
        "months",
        "billing_day",
        "proration",
        price=product(pl.col("quantity").fill_null(1), pl.col("unit_price")),
        end_day=pl.min_horizontal("ends_on", "terminated_on", "expired_on"),
    )


def with_given_back(found: pl.LazyFrame, line: pl.LazyFrame, one_doubled: bool = False) -> pl.LazyFrame:
    """Adds `given_back`, what credit memos give back from from_day to to_day of each line found.

    A credit memo without a period is for the invoice that it names. `one_doubled`: one that names the invoice of a
    line found gives nothing back for another.
    """
    credit = line.filter(pl.col("reason_code").ne_missing("sla_credit"), kind="credit_memo").select(
        "contract_line_id",
        named="original_invoice_id",
        credit_from="period_from",
        credit_to="period_to",
        given_back=-pl.col("net_amount"),
    )
    bill = found.select("invoice_line_id", "invoice_id", "contract_line_id", "from_day", "to_day")
    is_named = pl.col("named") == pl.col("invoice_id")
    covers = (pl.col("credit_from") <= pl.col("from_day")) & (pl.col("credit_to") >= pl.col("to_day"))
    both = bill.join(credit, on="contract_line_id").filter(pl.coalesce(covers, is_named))
    if one_doubled:
        doubled = bill.select("contract_line_id", named="invoice_id", is_doubled=pl.lit(True)).unique()
        both = both.join(doubled, on=["contract_line_id", "named"], how="left")
        both = both.filter(pl.col("is_doubled").is_null() | is_named)
    amount = both.group_by("invoice_line_id").agg(pl.col("given_back").sum())
    return found.join(amount, on="invoice_line_id", how="left")
