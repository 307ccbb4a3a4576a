"""Accuracy in polars: the currency, the due date and the cash discount that were agreed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.reading import live_invoices, result, scan
from bench.analyst.in_polars.rounding import CURRENCY, HUNDREDTH, product, rounded


def acc_07(folder: Path, as_of: date) -> pl.DataFrame:
    """Currency or precision wrong; the whole control."""
    amounts = ["net_amount", "tax_amount", "gross_amount"]
    own = f"invoice_id customer_id contract_id original_invoice_id currency {' '.join(amounts)}"
    document = live_invoices(folder, own, as_of).collect().lazy()
    by_contract = agreed(folder, "contracts", "contract_id", "currency").rename({"currency": "contract_currency"})
    by_customer = agreed(folder, "customers", "customer_id", "currency").rename({"currency": "customer_currency"})
    original = scan(folder, "invoices", "invoice_id contract_id").rename({"contract_id": "original_contract"})
    implied = contracts_of_lines(folder, document).join(by_contract, on="contract_id")
    is_one = pl.col("contract_currency").n_unique() == 1
    implied = implied.group_by("invoice_id").agg(implied_contract=pl.col("contract_id").min(), is_one=is_one)
    named = pl.coalesce("implied_contract", "contract_id", "original_contract")
    agreed_in = pl.coalesce("contract_currency", "customer_currency")
    document = (
        document.join(implied.filter("is_one"), on="invoice_id", how="left")
        .join(original, left_on="original_invoice_id", right_on="invoice_id", how="left")
        .join(by_contract, left_on=named, right_on="contract_id", how="left")
        .join(by_customer, on="customer_id", how="left")
    )
    line = scan(folder, "invoice_lines", "invoice_id net_amount discount_amount tax_amount")
    line = line.join(document.select("invoice_id", "currency"), on="invoice_id")
    fine_lines = line.filter(is_too_fine("net_amount", "discount_amount", "tax_amount")).select("invoice_id").unique()
    is_other = (agreed_in != CURRENCY).fill_null(value=False)
    off = document.filter(is_other | is_too_fine(*amounts)).select("invoice_id")
    return result(pl.concat([off, fine_lines]), "invoice_id", None, None)


def is_too_fine(*amounts: str) -> pl.Expr:
    """Whether any of the amounts has more digits than its currency."""
    return pl.any_horizontal([(pl.col(name) != rounded(pl.col(name))).fill_null(value=False) for name in amounts])


def agreed(folder: Path, table: str, key: str, term: str) -> pl.LazyFrame:
    """The term of each contract or customer; two records with two of them settle nothing."""
    return scan(folder, table, f"{key} {term}").drop_nulls().unique().unique(key, keep="none")


def contracts_of_lines(folder: Path, document: pl.LazyFrame) -> pl.LazyFrame:
    """The contracts that the lines of documents without one belong to: invoice_id, contract_id."""
    nameless = document.filter(pl.col("contract_id").is_null()).select("invoice_id")
    line = scan(folder, "invoice_lines", "invoice_id contract_line_id").drop_nulls("contract_line_id")
    charge = scan(folder, "contract_lines", "contract_line_id contract_id")
    return line.join(nameless, on="invoice_id").join(charge, on="contract_line_id").drop("contract_line_id")


def acc_08(folder: Path, as_of: date) -> pl.DataFrame:
    """Due date off the terms; the whole control."""
    document = live_invoices(folder, "invoice_id kind customer_id contract_id invoice_date due_date", as_of)
    by_contract = agreed(folder, "contracts", "contract_id", "payment_terms_days")
    by_customer = agreed(folder, "customers", "customer_id", "payment_terms_days")
    given = (pl.col("due_date") - pl.col("invoice_date")).dt.total_days()
    off = (
        document.filter(pl.col("kind") != "credit_memo")
        .join(by_contract, on="contract_id", how="left")
        .join(by_customer, on="customer_id", how="left", suffix="_of_customer")
        .with_columns(given=given)
        .filter(pl.col("given") != pl.coalesce("payment_terms_days", "payment_terms_days_of_customer"))
        .collect()
        .lazy()
    )
    of_lines = contracts_of_lines(folder, off).join(by_contract, on="contract_id")
    of_lines = (
        of_lines.select("invoice_id", terms_of_lines="payment_terms_days").unique().unique("invoice_id", keep="none")
    )
    off = off.join(of_lines, on="invoice_id", how="left")
    return result(off, "invoice_id", None, None, {"terms_of_lines": pl.col("given") == pl.col("terms_of_lines")})


def acc_13(folder: Path, as_of: date) -> pl.DataFrame:
    """Short payment or unearned discount; the whole control."""
    of_invoice = "invoice_id contract_id invoice_date due_date currency gross_amount"
    application = scan(folder, "applications", "application_id invoice_id applied_on amount discount_amount")
    application = application.filter(pl.col("applied_on") <= as_of)
    reduced = application.filter(pl.col("discount_amount") > 0).select("invoice_id").unique()
    amount, discount = pl.col("amount"), pl.col("discount_amount").fill_null(0)
    application = application.join(reduced, on="invoice_id").sort("invoice_id", "applied_on", "application_id")
    paid_before = (amount.cum_sum() - amount).over("invoice_id")
    taken_before = (discount.cum_sum() - discount).over("invoice_id")
    application = application.with_columns(paid_before=paid_before, taken_before=taken_before)
    taken = application.filter(discount > 0).join(scan(folder, "invoices", of_invoice), on="invoice_id")
    taken = taken.collect().lazy()

    of_lines = contracts_of_lines(folder, taken).unique().unique("invoice_id", keep="none")
    terms = scan(folder, "contracts", "contract_id discount_percent discount_days").group_by("contract_id").max()
    taken = taken.join(of_lines, on="invoice_id", how="left", suffix="_of_lines").join(
        terms, left_on=pl.coalesce("contract_id", "contract_id_of_lines"), right_on="contract_id", how="left"
    )
    day, gross = pl.col("applied_on"), pl.col("gross_amount")
    is_overdue = day > pl.col("due_date")
    is_late = (day - pl.col("invoice_date")).dt.total_days() > pl.col("discount_days")
    left = pl.min_horizontal(amount + discount, gross - pl.col("paid_before") - pl.col("taken_before"))
    earned = pl.max_horizontal(percent_of(gross) - pl.col("taken_before"), percent_of(left))
    taken = taken.with_columns(
        earned=pl.when(is_overdue | is_late)
        .then(0)
        .when(pl.col("discount_percent").is_null())
        .then(discount)
        .otherwise(earned)
    )
    unearned = taken.filter(discount > pl.col("earned"))
    return result(unearned, "application_id", pl.max_horizontal("earned", pl.lit(0)), "discount_amount")


def percent_of(amount: pl.Expr) -> pl.Expr:
    """The discount that the contract gives on an amount."""
    return rounded(product(amount, pl.col("discount_percent")) * HUNDREDTH)
