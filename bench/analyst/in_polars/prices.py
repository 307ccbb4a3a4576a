"""Accuracy in polars: the price of a line against its contract or the price list."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.price_list import PRICED_ON, approved, priced
from bench.analyst.in_polars.reading import live_lines, result, scan
from bench.analyst.in_polars.rounding import product, rounded


def acc_03(folder: Path, as_of: date) -> pl.DataFrame:
    """Price differs from the agreement; the whole control."""
    of_line = (
        "invoice_line_id product_id contract_line_id order_line_id quantity unit_price discount_amount net_amount"
        " period_from period_to"
    )
    line = live_lines(folder, of_line, "customer_id invoice_date currency", as_of, billed=True)
    line = line.with_columns(priced_on=PRICED_ON)
    charge = charges(folder)
    line = line.join(replaced(line, charge), on="invoice_line_id", how="left")
    line = line.with_columns(charge_id=pl.col("replaced_by").fill_null(pl.col("contract_line_id")))
    line = line.join(charge, left_on="charge_id", right_on="contract_line_id", how="left", suffix="_of_charge")
    is_fixed = pl.col("pricing_model").fill_null("flat").is_in(["flat", "per_unit"])
    line = line.filter(is_fixed & (pl.col("charge_currency").fill_null(pl.col("currency")) == pl.col("currency")))
    line = line.with_columns(pl.col("product_id").fill_null(pl.col("charge_product")))
    differs = pl.col("charge_price") != pl.col("unit_price")
    by_charge, by_list = pl.collect_all([line.filter(differs), line.filter(pl.col("charge_price").is_null())])
    listed = priced(folder, by_list).with_columns(charge_price="unit_price_listed").filter(differs)
    off = pl.concat([by_charge, listed.select(by_charge.columns)])

    off = off.with_columns(periods=periods()).with_columns(agreed_price=agreed())
    is_part = (pl.col("period_from") < pl.col("active_from")) | (pl.col("period_to") > pl.col("active_to"))
    is_short = product(pl.col("quantity"), pl.col("charge_price")) < pl.col("minimum_commitment")
    is_least = pl.col("net_amount") == pl.col("minimum_commitment")
    is_topped_up = (pl.col("charge_type") == "usage") & (is_least | is_short)
    is_off = (pl.col("periods") > 0) & (pl.col("agreed_price") != pl.col("unit_price"))
    off = off.filter(is_off, ~is_part.fill_null(value=False), ~is_topped_up.fill_null(value=False))
    off = off.join(paused(folder, off), on="invoice_line_id", how="anti")

    is_same = pl.col("unit_price") == pl.col("unit_price_signed")
    explained = {"approved": pl.col("invoice_line_id").is_in(approved(folder, off, is_same).implode())}
    expected = product(pl.col("quantity"), pl.col("agreed_price")) - pl.col("discount_amount").fill_null(0)
    return result(off.lazy(), "invoice_line_id", rounded(expected), "net_amount", explained)


def charges(folder: Path) -> pl.LazyFrame:
    """Contract lines with what their contract says, and from when to when each recurring one is charged."""
    contract = scan(
        folder, "contracts", "contract_id currency billing_frequency billing_day minimum_commitment terminated_on"
    ).rename({"currency": "charge_currency"})
    charge = scan(
        folder,
        "contract_lines",
        "contract_line_id contract_id product_id service_id charge_type pricing_model quantity unit_price starts_on"
        " ends_on billing_trigger installed_on accepted_on",
    ).join(contract, on="contract_id", how="left")
    triggered_on = (
        pl.when(billing_trigger="installed").then("installed_on").when(billing_trigger="accepted").then("accepted_on")
    )
    is_recurring = pl.col("charge_type") == "recurring"
    return charge.with_columns(
        pl.col("billing_day").fill_null(1),
        months=pl.col("billing_frequency").replace_strict({"year": 12, "quarter": 3}, default=1, return_dtype=pl.Int32),
        active_from=pl.when(is_recurring).then(triggered_on.fill_null(pl.col("starts_on"))),
        active_to=pl.when(is_recurring).then(pl.min_horizontal("ends_on", "terminated_on")),
    ).rename({"product_id": "charge_product", "quantity": "charge_quantity", "unit_price": "charge_price"})


def replaced(line: pl.LazyFrame, charge: pl.LazyFrame) -> pl.LazyFrame:
    """Lines that name a charge out of force, and the one charge that stood in its place on their day."""
    same = ["contract_id", "charge_product", "charge_type", "service_id"]
    terms = charge.select("contract_line_id", "starts_on", "ends_on", *same)
    terms = terms.filter(pl.col("charge_type") != "one_time").with_columns(pl.col("service_id").fill_null(""))
    pair = terms.join(terms, on=same, suffix="_later")
    is_apart = (pl.col("ends_on") <= pl.col("starts_on_later")) | (pl.col("starts_on") >= pl.col("ends_on_later"))
    pair = pair.filter(is_apart).select(
        "contract_line_id", "starts_on_later", "ends_on_later", replaced_by="contract_line_id_later"
    )
    found = line.select("invoice_line_id", "contract_line_id", "priced_on").join(pair, on="contract_line_id")
    is_over = (pl.col("ends_on_later") <= pl.col("priced_on")).fill_null(value=False)
    found = found.filter(pl.col("starts_on_later") <= pl.col("priced_on"), ~is_over)
    return found.unique("invoice_line_id", keep="none").select("invoice_line_id", "replaced_by")


def periods() -> pl.Expr:
    """Whole billing periods of a line, 0 for a part of one; 1 where it is not recurring or says no period."""
    start, end = pl.col("period_from"), pl.col("period_to")
    first, last = start.dt.day(), end.dt.day()
    begins = first == pl.min_horizontal("billing_day", start.dt.days_in_month())
    is_whole = (
        (first == last)
        | ((end == end.dt.month_end()) & (first > last))
        | ((start == start.dt.month_end()) & (last > first))
    )
    months = 12 * (end.dt.year() - start.dt.year()) + end.dt.month() - start.dt.month()
    is_single = start.is_null() | end.is_null() | pl.col("charge_type").ne_missing(pl.lit("recurring"))
    is_several = begins & is_whole & (months % pl.col("months") == 0)
    return pl.when(is_single).then(1).when(is_several).then(months // pl.col("months")).otherwise(0)


def agreed() -> pl.Expr:
    """The price of the line's periods; several carry their number in the quantity or in the price."""
    is_in_quantity = pl.col("quantity").abs() == pl.col("periods") * pl.col("charge_quantity").fill_null(1)
    return pl.when(is_in_quantity).then("charge_price").otherwise(pl.col("charge_price") * pl.col("periods"))


def paused(folder: Path, off: pl.DataFrame) -> pl.DataFrame:
    """The recurring lines among these that a pause of their charge interrupts."""
    pause = scan(folder, "service_pauses", "contract_line_id paused_from paused_to").collect()
    found = off.filter(charge_type="recurring").join(pause, left_on="charge_id", right_on="contract_line_id")
    is_over = (pl.col("paused_to") <= pl.col("period_from")).fill_null(value=False)
    return found.filter((pl.col("paused_from") < pl.col("period_to")) & ~is_over).select("invoice_line_id")
