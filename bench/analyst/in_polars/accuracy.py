"""Accuracy in polars: documents that add up, lines that multiply out, the tax in force."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.floors import acc_09
from bench.analyst.in_polars.prices import acc_03
from bench.analyst.in_polars.reading import live_invoices, live_lines, result, scan
from bench.analyst.in_polars.rounding import minor_units, product, rounded, rounded_even, truncated
from bench.analyst.in_polars.service_credits import acc_11
from bench.analyst.in_polars.subscriptions import acc_05, acc_12
from bench.analyst.in_polars.terms import acc_07, acc_08, acc_13
from bench.analyst.in_polars.usage import acc_04
from bench.analyst.in_polars.vouchers import acc_10

__all__ = [
    "acc_01",
    "acc_02",
    "acc_03",
    "acc_04",
    "acc_05",
    "acc_06",
    "acc_07",
    "acc_08",
    "acc_09",
    "acc_10",
    "acc_11",
    "acc_12",
    "acc_13",
]


def acc_01(folder: Path, as_of: date) -> pl.DataFrame:
    """Document does not add up; the whole control."""
    document = live_invoices(folder, "invoice_id currency net_amount tax_amount gross_amount", as_of)
    net, tax, rate = pl.col("net_amount"), pl.col("tax_amount"), pl.col("tax_rate")
    line = scan(folder, "invoice_lines", "invoice_id net_amount tax_rate tax_amount")
    per_rate = line.group_by("invoice_id", "tax_rate").agg(
        net.sum(), tax.sum(), taxed=tax.is_not_null().any(), rated=rate.first().is_not_null()
    )
    per_rate = per_rate.join(document.select("invoice_id", "currency"), on="invoice_id")
    footed = per_rate.group_by("invoice_id").agg(
        net_of_lines=net.sum(),
        tax_of_lines=tax.sum(),
        tax_of_rates=rounded(product(net, rate)).fill_null(tax).sum(),
        taxed=pl.col("taxed").any(),
        rated=pl.col("rated").any(),
    )
    found = document.join(footed, on="invoice_id", how="left").with_columns(pl.col("net_of_lines").fill_null(0))
    is_by_rate = ~pl.col("taxed") | (tax == pl.col("tax_of_rates"))
    owed_tax = (
        pl.when(pl.col("taxed").is_null())
        .then(0)
        .when(~pl.col("taxed") & ~pl.col("rated"))
        .then(tax)
        .when(is_by_rate)
        .then("tax_of_rates")
        .otherwise("tax_of_lines")
    )
    found = found.with_columns(owed_tax=owed_tax).filter(
        (net != pl.col("net_of_lines")) | (tax != pl.col("owed_tax")) | (pl.col("gross_amount") != net + tax)
    )
    return result(found, "invoice_id", pl.col("net_of_lines") + pl.col("owed_tax"), "gross_amount")


def acc_02(folder: Path, as_of: date) -> pl.DataFrame:
    """Line does not multiply out; the whole control."""
    line = live_lines(folder, "invoice_line_id quantity unit_price discount_amount net_amount", "currency", as_of)
    stated, exact = pl.col("net_amount"), pl.col("exact")
    discount = pl.col("discount_amount").fill_null(0)
    line = line.with_columns(exact=product(pl.col("quantity"), pl.col("unit_price")) - discount)
    off = line.with_columns(expected=rounded(exact)).filter(stated != pl.col("expected"))
    is_other = (stated == rounded_even(exact)) | (stated == truncated(exact))
    return result(off, "invoice_line_id", "expected", "net_amount", {"other_rounding": is_other})


def rate_on(keys: pl.DataFrame, rates: pl.DataFrame) -> pl.DataFrame:
    """The rate in force for each tax_code, country and day: the youngest where several overlap."""
    looked_up = keys.select("tax_code", "country", "day").unique().join(rates, on=["tax_code", "country"])
    is_over = (pl.col("valid_to") <= pl.col("day")).fill_null(value=False)
    in_force = looked_up.filter((pl.col("valid_from") <= pl.col("day")) & ~is_over)
    youngest = pl.col("rate").sort_by("valid_from", "rate").last()
    return in_force.group_by("tax_code", "country", "day").agg(youngest)


def taxed_lines(folder: Path, as_of: date) -> pl.DataFrame:
    """Live lines with the rate in force on their invoice's date and, for credit memos, on their original's."""
    resident = scan(folder, "customers", "customer_id country").drop_nulls().unique()
    resident = resident.unique("customer_id", keep="none")
    of_line = "invoice_line_id net_amount tax_code tax_rate tax_amount"
    line = live_lines(folder, of_line, "customer_id currency invoice_date original_invoice_id", as_of)
    line = line.rename({"invoice_date": "day"}).join(resident, on="customer_id", how="left")
    credit = line.filter(kind="credit_memo").select("invoice_line_id", "original_invoice_id", "tax_code", "country")
    original = scan(folder, "invoices", "invoice_id invoice_date").rename({"invoice_date": "day"})
    credit = credit.join(original, left_on="original_invoice_id", right_on="invoice_id")
    rates = scan(folder, "tax_rates", "tax_code country rate valid_from valid_to")
    lines, memos, listed = pl.collect_all([line, credit, rates])

    keys = ["tax_code", "country", "day"]
    earlier = memos.join(rate_on(memos, listed), on=keys).select("invoice_line_id", earlier_rate="rate")
    lines = lines.join(rate_on(lines, listed), on=keys, how="left")
    return lines.join(earlier, on="invoice_line_id", how="left")


def acc_06(folder: Path, as_of: date) -> pl.DataFrame:
    """Tax rate or amount wrong; the whole control."""
    net, tax, rate = pl.col("net_amount"), pl.col("tax_amount"), pl.col("tax_rate")
    earlier, in_force, owed_rate = pl.col("earlier_rate"), pl.col("rate"), pl.col("owed_rate")
    line = taxed_lines(folder, as_of)
    is_earlier = (rate == earlier).fill_null(tax == rounded(product(net, earlier))).fill_null(value=False)
    by_original = pl.when(is_earlier).then(earlier)
    by_force = in_force.fill_null(rate)
    line = line.with_columns(
        is_earlier=is_earlier,
        owed_rate=by_original.otherwise(by_force),
        stated_rate=rate.fill_null(by_original.otherwise(in_force)),
    )
    is_off = (rate != in_force).fill_null(value=False) | (tax != rounded(product(net, by_force)))
    off = line.filter(is_off)
    document = line.join(off, on="invoice_id", how="semi").group_by("invoice_id", "stated_rate")
    document_of = document.agg(lines=pl.len(), document_tax=tax.sum(), document_net=net.sum())
    off = off.join(document_of, on=["invoice_id", "stated_rate"], how="left").with_columns(
        owed=rounded(product(net, owed_rate)), stated=tax.fill_null(rounded(product(net, rate)))
    )
    is_exact = pl.col("document_tax") == rounded(product(pl.col("document_net"), owed_rate))
    by_line = 2 * (tax - product(net, owed_rate)).abs().cast(pl.Float64)
    is_small = by_line <= pl.col("lines") * pl.lit(10.0) ** -minor_units() + 1e-9
    explained = {
        "rate_of_original": pl.col("is_earlier") & (pl.col("stated") == pl.col("owed")),
        "document_rounding": ~(rate != owed_rate).fill_null(value=False) & is_exact & is_small,
    }
    return result(off.lazy(), "invoice_line_id", "owed", "stated", explained)
