"""Authority in polars: who approved what lowers a balance, and whether it went too far.

Of an adjustment and a credit memo that share an id one is left out: a candidate is named by its id alone.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.reading import NOT_LIVE, result, scan
from bench.analyst.in_polars.rounding import MONEY

IN_BOTH = "kind created_by approved_by approved_at reason_code"


def reductions(folder: Path, as_of: date, columns: str) -> pl.LazyFrame:
    """Adjustments and issued credit memos up to as_of: subject_id, event_date and more columns of both."""
    wanted = ["subject_id", "event_date", *columns.split()]
    invoice = scan(
        folder,
        "invoices",
        f"invoice_id invoice_date currency gross_amount original_invoice_id status {IN_BOTH}",
    )
    credit = invoice.filter(~pl.col("status").is_in(NOT_LIVE), kind="credit_memo").rename(
        {
            "invoice_id": "subject_id",
            "invoice_date": "event_date",
            "gross_amount": "amount",
            "original_invoice_id": "document_reference",
        }
    )
    adjustment = scan(
        folder, "adjustments", f"adjustment_id invoice_id adjusted_on amount document_reference {IN_BOTH}"
    ).rename({"adjustment_id": "subject_id", "adjusted_on": "event_date"})
    if "currency" in wanted:
        adjustment = adjustment.join(invoice.select("invoice_id", "currency"), on="invoice_id", how="left")
    both = pl.concat([adjustment.select(wanted), credit.select(wanted)])
    return both.filter(pl.col("event_date") <= as_of)


def is_empty(name: str) -> pl.Expr:
    """Whether a text says nothing."""
    return pl.col(name).fill_null("").str.strip_chars(" ") == ""


def aut_01(folder: Path, as_of: date) -> pl.DataFrame:
    """Approved above the limit, or not at all; the whole control."""
    reduction = reductions(folder, as_of, "kind currency amount created_by approved_by")
    user = scan(folder, "users", "user_id role kind")
    limit = scan(folder, "approval_limits", "role action currency max_amount")
    keys = ["user_id", "kind", "currency"]
    authority = user.select("user_id", "role").join(limit.rename({"action": "kind"}), on="role")
    authority = authority.group_by(keys).agg(limit=pl.col("max_amount").max())
    person = user.group_by("user_id").agg(is_system=(pl.col("kind") == "system").fill_null(False).all())
    for role in ("approved", "created"):
        who = {"user_id": f"{role}_by", "limit": f"{role}_limit", "is_system": f"{role}_is_system"}
        own = authority.rename({name: who[name] for name in ("user_id", "limit")})
        reduction = reduction.join(own, on=[who["user_id"], "kind", "currency"], how="left")
        known = person.rename({name: who[name] for name in ("user_id", "is_system")})
        reduction = reduction.join(known, on=who["user_id"], how="left")
    stated, allowed = pl.col("amount").abs(), pl.col("approved_limit").fill_null(0)
    off = reduction.filter(pl.col("approved_is_system").is_null() | (stated > allowed))
    is_generated = pl.col("created_is_system") & (stated <= pl.col("created_limit").fill_null(0))
    return result(off, "subject_id", allowed, stated, {"system_generated": is_generated})


def aut_02(folder: Path, as_of: date) -> pl.DataFrame:
    """Same person entered and approved; the whole control."""
    reduction = reductions(folder, as_of, "amount created_by approved_by")
    user = scan(folder, "users", "user_id kind").group_by("user_id")
    system = user.agg(is_system=(pl.col("kind") == "system").fill_null(False).all()).filter("is_system")
    same = reduction.filter(pl.col("created_by") == pl.col("approved_by"))
    same = same.join(system, left_on="created_by", right_on="user_id", how="anti")
    return result(same, "subject_id", pl.lit(0, MONEY), "amount")


def aut_03(folder: Path, as_of: date) -> pl.DataFrame:
    """No reason or no document; the whole control."""
    reduction = reductions(folder, as_of, "reason_code document_reference")
    return result(reduction.filter(is_empty("reason_code") | is_empty("document_reference")), "subject_id", None, None)


def aut_04(folder: Path, as_of: date) -> pl.DataFrame:
    """Approver was not active; the whole control."""
    approved = reductions(folder, as_of, "approved_by approved_at").filter(~is_empty("approved_by"))
    user = scan(folder, "users", "user_id active_from active_to")
    day = pl.col("approved_at").dt.date()
    is_active = (day >= pl.col("active_from")).fill_null(True) & (day < pl.col("active_to")).fill_null(True)
    active = approved.join(user, left_on="approved_by", right_on="user_id").filter(is_active)
    return result(approved.join(active, on="subject_id", how="anti"), "subject_id", None, None)


def aut_05(folder: Path, as_of: date) -> pl.DataFrame:
    """Credit exceeds what was billed; the whole control."""
    wanted = "invoice_id kind status invoice_date currency gross_amount original_invoice_id created_at"
    invoice = scan(folder, "invoices", wanted)
    named = "original_invoice_id"
    credit = invoice.filter(
        ~pl.col("status").is_in(NOT_LIVE), pl.col(named).is_not_null(), pl.col("invoice_date") <= as_of,
        kind="credit_memo",
    )  # fmt: skip
    original = invoice.select(
        pl.col("invoice_id").alias(named), billed="gross_amount", billed_in="currency"
    ).join(credit, on=named, how="semi")  # fmt: skip
    credit = credit.join(original, on=named, how="left")
    credit = credit.filter(pl.col("billed_in").is_null() | (pl.col("billed_in") == pl.col("currency")))
    credit = credit.sort("invoice_date", "created_at", "invoice_id", nulls_last=True)
    so_far = -pl.col("gross_amount").cum_sum().over(named, "currency")
    credit = credit.with_columns(credited=so_far, allowed=pl.col("billed").fill_null(0))
    off = credit.filter(pl.col("billed").is_null() | (pl.col("credited") > pl.col("allowed")))
    is_passed = pl.col("billed").is_not_null() & (pl.col("credited") + pl.col("gross_amount") > pl.col("allowed"))
    return result(off, "invoice_id", "allowed", "credited", {"passed_before": is_passed})
