"""Charges of contracts with their terms, and the live lines that bill them, in polars."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.reading import live_invoices, scan
from bench.analyst.in_polars.rounding import product


def charges(folder: Path) -> pl.LazyFrame:
    """Contract lines with what their contract says, its currency as charge_currency, unsaid terms as their defaults.

    triggered_on is the day billing may begin, stops_on the first day without service, price what a billing
    period costs at one price for all units.
    """
    wanted = "contract_id currency billing_frequency billing_day proration minimum_commitment sla_claim_required"
    contract = scan(folder, "contracts", f"{wanted} ends_on terminated_on")
    own = "contract_line_id contract_id charge_type pricing_model quantity unit_price package_size included_quantity"
    charge = scan(folder, "contract_lines", f"{own} starts_on ends_on billing_trigger installed_on accepted_on")
    triggered_on = (
        pl.when(billing_trigger="installed")
        .then("installed_on")
        .when(billing_trigger="accepted")
        .then("accepted_on")
        .otherwise("starts_on")
    )
    return charge.join(contract.rename({"currency": "charge_currency"}), on="contract_id", suffix="_of").with_columns(
        pl.col("proration").fill_null("actual"),
        pl.col("billing_day").fill_null(1).clip(lower_bound=1),
        months=pl.col("billing_frequency").replace_strict({"year": 12, "quarter": 3}, default=1, return_dtype=pl.Int64),
        triggered_on=triggered_on,
        stops_on=pl.min_horizontal("ends_on", "ends_on_of", "terminated_on"),
        price=product(pl.col("quantity").fill_null(1), pl.col("unit_price")),
    )


def service_lines(folder: Path, as_of: date) -> pl.LazyFrame:
    """Live lines that name a contract line, with the days they are for: their own, else those of the document."""
    own = "invoice_id contract_line_id invoice_line_id net_amount discount_amount period_from period_to"
    line = scan(folder, "invoice_lines", own).filter(pl.col("contract_line_id").is_not_null())
    wanted = "invoice_id kind currency invoice_date reason_code original_invoice_id period_from period_to"
    line = line.join(live_invoices(folder, wanted, as_of), on="invoice_id", suffix="_of")
    days = [pl.coalesce(day, f"{day}_of") for day in ("period_from", "period_to")]
    return line.with_columns(*days, pl.col("discount_amount").fill_null(0))


def service_bills(folder: Path, as_of: date, charge_type: str) -> pl.LazyFrame:
    """Those of invoices and debit memos for some days, in the currency of their contract, with their charge."""
    charge = charges(folder).filter(charge_type=charge_type)
    line = service_lines(folder, as_of).filter(pl.col("kind") != "credit_memo")
    line = line.filter(pl.col("period_from") < pl.col("period_to")).join(charge, on="contract_line_id", suffix="_of")
    return line.filter(pl.col("currency") == pl.col("charge_currency"))
