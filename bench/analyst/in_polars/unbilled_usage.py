"""Completeness in polars: use that no invoice line covers, and what it would have cost."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.reading import live_lines, result, scan
from bench.analyst.in_polars.rounding import product, rounded

QUANTITY, MODEL = pl.col("quantity"), pl.col("pricing_model")
MILLIONTHS = 1_000_000


def com_03(folder: Path, as_of: date, grace_days: int = 35) -> pl.DataFrame:
    """Usage not billed; leaves out tier tables with a gap or an overlap, which have no price."""
    charge = scan(
        folder,
        "contract_lines",
        "contract_line_id contract_id charge_type pricing_model unit_price package_size included_quantity",
    ).filter(charge_type="usage")
    contract = scan(folder, "contracts", "contract_id currency minimum_commitment")
    above = QUANTITY - pl.col("included_quantity").fill_null(0)
    month = (
        uncovered_months(folder, as_of)
        .join(charge.join(contract, on="contract_id"), on="contract_line_id")
        .with_columns(quantity=above.clip(lower_bound=0))
    )
    tier = scan(folder, "price_tiers", "contract_line_id from_quantity to_quantity unit_price flat_fee")
    price = pl.col("price")
    owed = pl.when(price.is_not_null()).then(pl.max_horizontal(price, pl.col("minimum_commitment").fill_null(0)))
    month = rated(month, tier).with_columns(owed=rounded(owed))
    is_free, is_billable = pl.col("owed") == 0, pl.col("is_billable") > 0
    ended_on = pl.col("month").dt.month_end() + pl.duration(days=1)
    explained = {
        "included": is_free & (QUANTITY == 0) & is_billable,
        "in_grace": (pl.lit(as_of) - ended_on).dt.total_days() < grace_days,
        "not_billable": is_free & ~is_billable,
        "free_of_charge": is_free,
    }
    subject_id = pl.concat_str("contract_line_id", pl.col("month").dt.strftime("%Y-%m"), separator="/")
    return result(month, subject_id, "owed", pl.lit(0), explained)


def service_periods(folder: Path, as_of: date) -> pl.LazyFrame:
    """Lines billed for a contract line, and the days they are for: the line's own, else the document's."""
    wanted = "contract_line_id period_from period_to"
    line = live_lines(folder, wanted, "invoice_date period_from period_to", as_of, billed=True)
    return line.filter(pl.col("contract_line_id").is_not_null()).select(
        "contract_line_id",
        "invoice_date",
        period_from=pl.coalesce("period_from", "period_from_right"),
        period_to=pl.coalesce("period_to", "period_to_right"),
    )


def uncovered_months(folder: Path, as_of: date) -> pl.LazyFrame:
    """Use by contract line and month that no period covers: the billable quantity, and in how many rows it is."""
    used = scan(folder, "usage", "contract_line_id used_from quantity is_billable")
    used = used.filter(pl.col("used_from") <= as_of).sort("used_from")
    reach = pl.col("period_to").cum_max().over("contract_line_id")
    period = service_periods(folder, as_of).drop_nulls().sort("period_from", "period_to")
    period = period.select("contract_line_id", "period_from", reach=reach)
    used = used.join_asof(
        period, left_on="used_from", right_on="period_from", by="contract_line_id", check_sortedness=False
    )
    is_covered = (pl.col("reach") > pl.col("used_from")).fill_null(False)
    is_billable = pl.col("is_billable").fill_null(True)
    by_month = used.filter(~is_covered).group_by("contract_line_id", month=pl.col("used_from").dt.month_start())
    return by_month.agg(quantity=QUANTITY.filter(is_billable).sum(), is_billable=is_billable.sum())


def rated(use: pl.LazyFrame, tier: pl.LazyFrame) -> pl.LazyFrame:
    """The rows with the price of their quantity by the pricing model; missing where none is agreed."""
    size = (pl.col("package_size") * MILLIONTHS).cast(pl.Int64)
    packages = -(-(QUANTITY * MILLIONTHS).cast(pl.Int64) // pl.when(size > 0).then(size))
    counted = pl.when(MODEL == "package").then(packages.cast(pl.Decimal(38, 6))).otherwise(QUANTITY)
    is_tiered = MODEL.is_in(["graduated", "volume"])
    plain = use.filter(~is_tiered).with_columns(price=product(counted, pl.col("unit_price")))

    following = pl.col("from_quantity").shift(-1).over("contract_line_id")
    tier = tier.sort("contract_line_id", "from_quantity").with_columns(pl.col("to_quantity").fill_null(following))
    is_last = (pl.col("to_quantity") > QUANTITY).fill_null(True)
    is_graduated = MODEL == "graduated"
    within = pl.min_horizontal("quantity", "to_quantity") - pl.col("from_quantity")
    amount = product(pl.when(is_graduated).then(within).otherwise(QUANTITY), pl.col("unit_price_tier"))
    step = (
        use.filter(is_tiered)
        .join(tier, on="contract_line_id", suffix="_tier")
        .filter(pl.col("from_quantity") <= QUANTITY, is_last | is_graduated)
        .group_by("contract_line_id", "month")
        .agg(price=(amount + pl.col("flat_fee").fill_null(0)).sum(), is_held=is_last.any())
        .filter("is_held")
    )
    tiered = use.filter(is_tiered).join(step.drop("is_held"), on=["contract_line_id", "month"], how="left")
    both = pl.concat([plain, tiered])
    return both.with_columns(price=pl.when(QUANTITY == 0).then(pl.col("price").fill_null(0)).otherwise("price"))
