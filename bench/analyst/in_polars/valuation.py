"""Valuation in polars: cash and credit left unapplied, more applied than there was, money applied to strangers."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.exposure import open_invoices, val_05, val_07
from bench.analyst.in_polars.reading import live_invoices, result, scan
from bench.analyst.in_polars.write_offs import val_06

__all__ = ["val_01", "val_02", "val_03", "val_04", "val_05", "val_06", "val_07"]
LEVELS_OF_PARENTS = 8
FEW = 5


def val_01(folder: Path, as_of: date, days: int = 30) -> pl.DataFrame:
    """Cash unapplied too long, with the numbers of the open invoices that would fit; the whole control."""
    receipt = scan(folder, "receipts", "receipt_id customer_id received_on currency amount status")
    application = scan(folder, "applications", "receipt_id applied_on amount").filter(pl.col("applied_on") <= as_of)
    applied = application.drop_nulls("receipt_id").group_by("receipt_id").agg(applied=pl.col("amount").sum())
    idle = (
        receipt.filter(pl.col("status") != "reversed", pl.col("received_on") <= as_of)
        .join(applied, on="receipt_id", how="left")
        .with_columns(unapplied=pl.col("amount") - pl.col("applied").fill_null(0))
        .filter(pl.col("unapplied") > 0)
        .collect()
    )
    invoice = open_invoices(folder, "invoice_number customer_id currency invoice_date", as_of)
    fitting = (
        invoice.join(
            idle.lazy(), left_on=["customer_id", "currency", "open"], right_on=["customer_id", "currency", "unapplied"]
        )
        .sort("invoice_date", "invoice_id")
        .group_by(subject_id="receipt_id", maintain_order=True)
        .agg(fitting=pl.col("invoice_number").head(FEW).str.join(", "))
        .collect()
    )
    explained = {
        "on_account": pl.col("status") == "on_account",
        "in_grace": (as_of - pl.col("received_on")).dt.total_days() <= days,
    }
    candidates = result(idle.lazy(), "receipt_id", pl.lit(0), "unapplied", explained)
    return candidates.join(fitting, on="subject_id", how="left")


def val_02(folder: Path, as_of: date, days: int = 30) -> pl.DataFrame:
    """Credit memo unapplied too long; leaves out money that is applied to a credit memo as if it were an invoice."""
    credit = live_invoices(folder, "invoice_id kind invoice_date gross_amount", as_of).filter(kind="credit_memo")
    application = scan(folder, "applications", "credit_invoice_id applied_on amount")
    application = application.filter(pl.col("applied_on") <= as_of, pl.col("credit_invoice_id").is_not_null())
    adjustment = scan(folder, "adjustments", "invoice_id adjusted_on amount").filter(pl.col("adjusted_on") <= as_of)
    moved = pl.concat(
        [application.select("amount", invoice_id="credit_invoice_id"), adjustment.select("amount", "invoice_id")]
    )
    used = moved.join(credit, on="invoice_id", how="semi").group_by("invoice_id").agg(pl.col("amount").sum())
    idle = (
        credit.join(used, on="invoice_id", how="left")
        .with_columns(open=-pl.col("gross_amount") - pl.col("amount").fill_null(0))
        .filter(pl.col("open") > 0)
    )
    in_grace = (as_of - pl.col("invoice_date")).dt.total_days() <= days
    return result(idle, "invoice_id", pl.lit(0), "open", {"in_grace": in_grace})


def val_03(folder: Path, as_of: date) -> pl.DataFrame:
    """Applied more than there was; the whole control."""
    wanted = "receipt_id credit_invoice_id invoice_id applied_on amount discount_amount"
    application = scan(folder, "applications", wanted).filter(pl.col("applied_on") <= as_of)
    adjustment = scan(folder, "adjustments", "invoice_id adjusted_on amount").filter(pl.col("adjusted_on") <= as_of)
    amount = pl.col("amount")
    of_receipts = application.drop_nulls("receipt_id").group_by("receipt_id").agg(used=amount.sum())
    of_credits = application.drop_nulls("credit_invoice_id").select(invoice_id="credit_invoice_id", used=-amount)
    of_invoices = application.select("invoice_id", used=amount + pl.col("discount_amount").fill_null(0))
    moved = pl.concat([of_invoices, of_credits, adjustment.select("invoice_id", used=-amount)], how="vertical_relaxed")
    used = moved.group_by("invoice_id").agg(pl.col("used").sum())

    receipt = scan(folder, "receipts", "receipt_id amount").join(of_receipts, on="receipt_id")
    invoice = scan(folder, "invoices", "invoice_id kind gross_amount").join(used, on="invoice_id")
    is_credit = pl.col("kind") == "credit_memo"
    gross, spent = pl.col("gross_amount"), pl.col("used")
    available = pl.concat(
        [
            receipt.select("used", "amount", subject_id="receipt_id"),
            invoice.select(
                used=pl.when(is_credit).then(-spent).otherwise(spent),
                amount=pl.when(is_credit).then(-gross).otherwise(gross),
                subject_id="invoice_id",
            ),
        ],
        how="vertical_relaxed",
    )
    return result(available.filter(spent > amount), "subject_id", "amount", "used")


def val_04(folder: Path, as_of: date) -> pl.DataFrame:
    """Applied to a stranger's invoice; the whole control."""
    application = scan(folder, "applications", "application_id receipt_id invoice_id applied_on")
    payer = scan(folder, "receipts", "receipt_id customer_id").rename({"customer_id": "payer"})
    debtor = scan(folder, "invoices", "invoice_id customer_id").rename({"customer_id": "debtor"})
    paid = (
        application.filter(pl.col("applied_on") <= as_of)
        .join(payer, on="receipt_id")
        .join(debtor, on="invoice_id")
        .filter(pl.col("payer") != pl.col("debtor"))
        .collect()
    )
    # Few are left: who of these has an ancestor in common, himself included.
    parent = scan(folder, "customers", "customer_id parent_id").drop_nulls().unique().collect()
    pair = paid.select("payer", "debtor").unique()
    descent = lines_of_descent(parent, pl.concat([pair["payer"], pair["debtor"]]).unique())
    kin = pair.join(descent, left_on="payer", right_on="customer_id")
    kin = kin.join(descent, left_on=["debtor", "ancestor"], right_on=["customer_id", "ancestor"])
    strangers = paid.join(kin, on=["payer", "debtor"], how="anti")
    return result(strangers.lazy(), "application_id", None, None)


def lines_of_descent(parent: pl.DataFrame, customers: pl.Series) -> pl.DataFrame:
    """Every customer with himself and his ancestors, up to eight levels above him: customer_id, ancestor."""
    above = parent.select(ancestor="customer_id", next="parent_id")
    found = [pl.DataFrame({"customer_id": customers, "ancestor": customers})]
    for _ in range(LEVELS_OF_PARENTS):
        found.append(found[-1].join(above, on="ancestor").select("customer_id", ancestor="next"))
    return pl.concat(found).unique()
