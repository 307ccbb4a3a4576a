"""Accuracy in polars: metered use rated again by tiers, packages and commitments."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.charges import service_bills
from bench.analyst.in_polars.reading import result, scan
from bench.analyst.in_polars.rounding import EXACT, product, rounded

PERIOD = ["contract_line_id", "period_from", "period_to"]
RATED, MODEL = pl.col("rated_quantity"), pl.col("pricing_model")


def acc_04(folder: Path, as_of: date) -> pl.DataFrame:
    """Usage rated wrongly; leaves out lines for several billing periods, and tiers with gaps or overlaps."""
    line = service_bills(folder, as_of, "usage").collect().lazy()
    terms = "pricing_model unit_price package_size included_quantity minimum_commitment".split()
    period = line.select(*PERIOD, *terms).unique(PERIOD)
    above = pl.col("used") - pl.col("included_quantity").fill_null(0)
    period = with_use(folder, period).with_columns(rated_quantity=pl.max_horizontal(above, 0))
    net, discount, amount = pl.col("net_amount"), pl.col("discount_amount"), pl.col("amount")
    at_least = pl.max_horizontal(amount, pl.col("minimum_commitment").fill_null(0))
    owed = rated(folder, period).filter(amount.is_not_null()).select(*PERIOD, amount=at_least)

    bill = line.group_by(*PERIOD, "invoice_id", "currency").agg(
        net.sum(), discount.sum(), pl.col("invoice_line_id").max(), last=net.sort_by("invoice_line_id").last()
    )
    bill = bill.join(owed, on=PERIOD).with_columns(owed=rounded(amount - discount))
    unlike = bill.filter(net != pl.col("owed"))
    # A bill and the debit memo that makes up for it are right together.
    wrong = unlike.filter(net.sum().over(PERIOD) != rounded(amount - discount.sum().over(PERIOD)))
    return result(wrong, "invoice_line_id", pl.col("owed") - net + pl.col("last"), "last")


def with_use(folder: Path, period: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `used`, the billable use of each period: what had been used by its end less what had been by its start."""
    metered = scan(folder, "usage", "contract_line_id used_from quantity is_billable")
    metered = metered.filter(pl.col("is_billable").fill_null(value=True)).sort("used_from")
    so_far = metered.select("contract_line_id", "used_from", sum=pl.col("quantity").cum_sum().over("contract_line_id"))
    so_far = so_far.unique(["contract_line_id", "used_from"], keep="last", maintain_order=True)
    for day, name in (("period_from", "before"), ("period_to", "by_end")):
        period = period.sort(day).join_asof(
            so_far.rename({"sum": name}),
            left_on=day,
            right_on="used_from",
            by="contract_line_id",
            allow_exact_matches=False,
            check_sortedness=False,
        )
        period = period.drop("used_from", strict=False)
    return period.with_columns(used=pl.col("by_end").fill_null(0) - pl.col("before").fill_null(0))


def rated(folder: Path, use: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `amount`, the price of rated_quantity by the pricing model; missing where none is agreed."""
    packages = (RATED.cast(EXACT) / pl.col("package_size")).ceil()
    step = steps(folder)
    is_above = (pl.col("to_quantity") <= RATED).fill_null(value=False)
    held = use.join(step, on="contract_line_id", suffix="_of_step").filter(pl.col("from_quantity") <= RATED, ~is_above)
    in_step = RATED - pl.col("from_quantity")
    by_step = (
        pl.when(MODEL == "graduated")
        .then(pl.col("amount_below") + product(in_step, pl.col("unit_price_of_step")))
        .otherwise(pl.col("flat_fee") + product(RATED, pl.col("unit_price_of_step")))
    )
    held = held.select(*PERIOD, by_step=by_step)
    amount = (
        pl.when(MODEL.is_in(["graduated", "volume"]))
        .then("by_step")
        .when(MODEL == "package")
        .then(product(packages, pl.col("unit_price")))
        .otherwise(product(RATED, pl.col("unit_price")))
    )
    # What was not used costs nothing at any price.
    return use.join(held, on=PERIOD, how="left").with_columns(amount=amount.fill_null(pl.when(RATED == 0).then(0)))


def steps(folder: Path) -> pl.LazyFrame:
    """Price tiers with the end of each, and amount_below: what a graduated price comes to where the tier begins."""
    tier = scan(folder, "price_tiers", "contract_line_id from_quantity to_quantity unit_price flat_fee")
    start, fee = pl.col("from_quantity"), pl.col("flat_fee")
    tier = tier.sort("contract_line_id", "from_quantity").with_columns(
        fee.fill_null(0), to_quantity=pl.coalesce("to_quantity", start.shift(-1).over("contract_line_id"))
    )
    whole = product(pl.col("to_quantity") - start, pl.col("unit_price"))
    below = whole.cum_sum().shift().fill_null(0).over("contract_line_id")
    return tier.with_columns(amount_below=below + fee.cum_sum().over("contract_line_id"))
