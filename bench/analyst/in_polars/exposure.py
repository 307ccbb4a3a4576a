"""Valuation in polars: what customers owe, against their credit limit and against the policy for overdue debt."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.reading import live_invoices, live_lines, result, scan
from bench.analyst.in_polars.rounding import EXACT, product, rounded

ACCOUNT = ["customer_id", "currency"]


def open_invoices(folder: Path, columns: str, as_of: date) -> pl.LazyFrame:
    """Live invoices and debit memos with something left to pay at as_of: invoice_id, the columns and open."""
    document = live_invoices(folder, f"invoice_id kind gross_amount {columns}", as_of)
    document = document.filter(pl.col("kind") != "credit_memo")
    application = scan(folder, "applications", "invoice_id applied_on amount discount_amount")
    application = application.filter(pl.col("applied_on") <= as_of)
    adjustment = scan(folder, "adjustments", "invoice_id adjusted_on amount").filter(pl.col("adjusted_on") <= as_of)
    moved = pl.concat(
        [
            application.select("invoice_id", less=pl.col("amount") + pl.col("discount_amount").fill_null(0)),
            adjustment.select("invoice_id", less=-pl.col("amount")),
        ],
        how="vertical_relaxed",
    )
    less = moved.group_by("invoice_id").agg(pl.col("less").sum())
    open_amount = pl.col("gross_amount") - pl.col("less").fill_null(0)
    return document.join(less, on="invoice_id", how="left").with_columns(open=open_amount).filter(pl.col("open") > 0)


def val_05(folder: Path, as_of: date) -> pl.DataFrame:
    """Credit limit passed; leaves out customers who are listed twice.

    The order line that an invoice line names goes before the one that its delivery line names.
    """
    customer = scan(folder, "customers", "customer_id currency credit_limit")
    owed = open_invoices(folder, "customer_id currency", as_of).select(*ACCOUNT, amount="open")
    part = pl.concat([owed, unfinished(folder, as_of)], how="vertical_relaxed")
    exposure = part.group_by(ACCOUNT).agg(exposure=pl.col("amount").sum())
    passed = customer.join(exposure, on=ACCOUNT).filter(pl.col("exposure") > pl.col("credit_limit"))
    return result(passed, "customer_id", "credit_limit", "exposure")


def unfinished(folder: Path, as_of: date) -> pl.LazyFrame:
    """The value of what was delivered and not billed, and ordered and not delivered: customer_id, currency, amount."""
    line = scan(folder, "order_lines", "order_line_id order_id quantity unit_price discount_amount")
    order = scan(folder, "orders", "order_id customer_id currency status order_date")
    quantity, billed = pl.col("quantity"), pl.col("billed").fill_null(0)
    is_awaited = pl.col("status").is_in(["open", "shipped"]) & (pl.col("order_date") <= as_of)
    line = (
        line.join(handed_over(folder, as_of), on="order_line_id", how="left")
        .join(billed_quantities(folder, as_of), on="order_line_id", how="left")
        .with_columns(
            unbilled=(pl.col("kept") - billed).clip(0).fill_null(0),
            undelivered=quantity - pl.max_horizontal("sent", "billed").fill_null(0),
        )
        .filter((pl.col("unbilled") > 0) | (pl.col("undelivered") > 0))
        .join(order, on="order_id")
        .with_columns(undelivered=pl.when(is_awaited).then(pl.col("undelivered").clip(0)).otherwise(0))
    )
    return line.select(*ACCOUNT, amount=value(pl.col("unbilled")) + value(pl.col("undelivered")))


def value(quantity: pl.Expr) -> pl.Expr:
    """So much of an order line at its price less its discount in proportion."""
    ordered = pl.when(pl.col("quantity") != 0).then("quantity")
    discount = pl.col("discount_amount").cast(EXACT) * quantity / ordered
    return rounded(product(quantity, pl.col("unit_price")) - discount.fill_null(0))


def handed_over(folder: Path, as_of: date) -> pl.LazyFrame:
    """Per order line what was sent, and what the customer kept of it."""
    delivery = scan(folder, "deliveries", "delivery_id kind status shipped_on delivered_on").filter(
        pl.col("kind").is_in(["sale", "return"]),
        pl.col("status").is_in(["shipped", "delivered"]),
        (pl.min_horizontal("shipped_on", "delivered_on") <= as_of).fill_null(True),
    )
    item = scan(folder, "delivery_lines", "delivery_id order_line_id quantity").drop_nulls("order_line_id")
    item = item.join(delivery.select("delivery_id", is_sale=pl.col("kind") == "sale"), on="delivery_id")
    quantity = pl.col("quantity")
    return item.group_by("order_line_id").agg(
        sent=pl.when("is_sale").then(quantity.clip(0)).otherwise(0).sum(),
        kept=pl.when("is_sale").then(quantity).otherwise(-quantity.abs()).sum(),
    )


def billed_quantities(folder: Path, as_of: date) -> pl.LazyFrame:
    """Per order line the quantity that live invoices and debit memos bill."""
    line = live_lines(folder, "order_line_id delivery_line_id quantity", "", as_of, billed=True)
    unnamed = line.filter(pl.col("order_line_id").is_null()).drop("order_line_id")
    item = scan(folder, "delivery_lines", "delivery_line_id order_line_id")
    found = unnamed.join(item, on="delivery_line_id").select("order_line_id", "quantity")
    both = pl.concat([line.select("order_line_id", "quantity"), found]).drop_nulls("order_line_id")
    return both.group_by("order_line_id").agg(billed=pl.col("quantity").sum())


def val_07(folder: Path, as_of: date) -> pl.DataFrame:
    """Overdue beyond the policy's stage; the whole control."""
    invoice = open_invoices(folder, "customer_id currency due_date", as_of)
    overdue = invoice.filter(pl.col("due_date") < as_of)
    case = scan(folder, "cases", "invoice_id opened_at status")
    disputed = case.filter(
        pl.col("status").is_in(["open", "pending"]), pl.col("opened_at") < as_of + timedelta(days=1)
    ).select(pl.col("invoice_id").unique(), is_disputed=True)
    stage = scan(folder, "dunning_stages", "currency action days_overdue min_amount")
    stage = stage.filter(pl.col("action").is_in(["suspend", "collect"]))

    is_undisputed = pl.col("is_disputed").is_null()
    debt = (
        overdue.join(disputed, on="invoice_id", how="left")
        .group_by(ACCOUNT)
        .agg(
            open=pl.col("open").sum(),
            oldest=pl.col("due_date").min(),
            undisputed=pl.col("open").filter(is_undisputed).sum(),
            oldest_undisputed=pl.col("due_date").filter(is_undisputed).min(),
        )
        .join(stage, on="currency", how="left")
        .group_by("customer_id")
        .agg(
            is_reached=reaches("open", "oldest", as_of).any(),
            is_undisputed=reaches("undisputed", "oldest_undisputed", as_of).any(),
        )
    )
    customer = scan(folder, "customers", "customer_id status").join(debt, on="customer_id", how="left")
    is_idle = (pl.col("status") == "suspended") & pl.col("is_reached").is_null()
    off = customer.filter(((pl.col("status") == "active") & pl.col("is_reached")) | is_idle)
    return result(off, "customer_id", None, None, {"disputed": ~pl.col("is_undisputed")})


def reaches(amount: str, oldest: str, as_of: date) -> pl.Expr:
    """Whether a debt is as large and its oldest item as old as a dunning stage says."""
    is_old = (as_of - pl.col(oldest)).dt.total_days() >= pl.col("days_overdue")
    return is_old & (pl.col(amount) >= pl.col("min_amount"))
