"""Process in polars: cases out of time, broken promises, invoices by hand beside the system's."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.names import pro_03
from bench.analyst.in_polars.reading import live_invoices, result, scan

__all__ = ["pro_01", "pro_02", "pro_03", "pro_04"]
FOREVER = date(9999, 12, 31)


def pro_01(folder: Path, as_of: date) -> pl.DataFrame:
    """Case outside its target; the whole control."""
    case = scan(folder, "cases", "case_id priority opened_at first_response_at resolved_at paused_minutes")
    target = scan(folder, "sla_targets", "priority response_minutes resolution_minutes").group_by("priority").max()
    opened_at, paused = pl.col("opened_at"), 60 * pl.col("paused_minutes").fill_null(0)
    resolved_at = pl.col("resolved_at").fill_null(datetime.combine(as_of, time()))
    answered_at = pl.col("first_response_at").fill_null(resolved_at)
    answered_in = (answered_at - opened_at).dt.total_seconds() - paused
    resolved_in = (resolved_at - opened_at).dt.total_seconds() - paused
    late = (
        case.filter(opened_at.dt.date() <= as_of)
        .join(target, on="priority")
        .filter((answered_in > 60 * pl.col("response_minutes")) | (resolved_in > 60 * pl.col("resolution_minutes")))
    )
    return result(late, "case_id", None, None)


def pro_02(folder: Path, as_of: date) -> pl.DataFrame:
    """Promise to pay broken; the whole control."""
    promise = scan(folder, "promises", "promise_id invoice_id promised_on promised_for amount")
    promise = promise.filter(pl.col("promised_on") <= as_of)
    reversed_receipt = scan(folder, "receipts", "receipt_id status").filter(status="reversed")
    paid = (
        scan(folder, "applications", "receipt_id invoice_id applied_on amount")
        .filter(pl.col("applied_on") <= as_of, pl.col("receipt_id").is_not_null())
        .join(promise.select("promise_id", "invoice_id", "promised_for"), on="invoice_id")
        .filter(pl.col("applied_on") <= pl.col("promised_for"))
        .join(reversed_receipt, on="receipt_id", how="anti")
        .group_by("promise_id")
        .agg(paid=pl.col("amount").sum())
    )
    broken = promise.join(paid, on="promise_id", how="left").with_columns(pl.col("paid").fill_null(0))
    broken = broken.filter(pl.col("paid") < pl.col("amount"))
    return result(broken, "promise_id", "amount", "paid", {"in_grace": pl.col("promised_for") >= as_of})


def pro_04(folder: Path, as_of: date) -> pl.DataFrame:
    """Manual invoice beside a system one; the whole control."""
    wanted = "invoice_id kind customer_id contract_id order_id origin currency gross_amount period_from period_to"
    document = live_invoices(folder, f"{wanted} original_invoice_id", as_of)
    line = written(folder, document.filter(kind="invoice"))
    is_manual = pl.col("origin").eq_missing("manual")
    covered = (
        line.filter(is_manual)
        .join(line.filter(~is_manual), on=["customer_id", "product_id"], suffix="_system")
        .filter(*(same_if_named(key) for key in ("contract_line_id", "order_line_id", "delivery_line_id")))
        .pipe(with_parents, folder)
        .filter(*(pl.col(key).is_null() | is_same(key) for key in ("contract_id", "order_id")), is_one_period())
    )
    full = credited(document)
    pair = (
        covered.join(full, on="invoice_id", how="left")
        .join(full.rename({"invoice_id": "invoice_id_system"}), on="invoice_id_system", how="left", suffix="_system")
        .with_columns(is_credited=pl.any_horizontal(pl.col("is_full", "is_full_system").fill_null(False)))
        .sort("is_credited")
    )
    return result(pair, "invoice_id", pl.lit(0), "gross_amount", {"credited": pl.col("is_credited")})


def is_same(key: str) -> pl.Expr:
    """Whether both lines of a pair name the same; one that is not named is not the same."""
    return (pl.col(key) == pl.col(f"{key}_system")).fill_null(False)


def same_if_named(key: str) -> pl.Expr:
    """Whether both lines of a pair name the same, or one names none."""
    return (pl.col(key) == pl.col(f"{key}_system")).fill_null(True)


def is_one_period() -> pl.Expr:
    """Whether the periods of a pair overlap; where one has none, whether the manual line names an order."""
    overlaps = (pl.col("period_from") < pl.col("period_to_system").fill_null(FOREVER)) & (
        pl.col("period_from_system") < pl.col("period_to").fill_null(FOREVER)
    )
    return overlaps.fill_null(pl.col("order_id").is_not_null())


def written(folder: Path, invoice: pl.LazyFrame) -> pl.LazyFrame:
    """Lines of invoices with their head; the period is the line's own, else the head's."""
    line = scan(
        folder,
        "invoice_lines",
        "invoice_id product_id contract_line_id order_line_id delivery_line_id period_from period_to",
    )
    has_own = pl.col("period_from").is_not_null()
    return line.join(invoice, on="invoice_id", suffix="_head").with_columns(
        period_from=pl.when(has_own).then("period_from").otherwise("period_from_head"),
        period_to=pl.when(has_own).then("period_to").otherwise("period_to_head"),
    )


def with_parents(pair: pl.LazyFrame, folder: Path) -> pl.LazyFrame:
    """Pairs of lines whose heads name no contract or order with the one that the lines name."""
    for table, key, parent in (
        ("contract_lines", "contract_line_id", "contract_id"),
        ("order_lines", "order_line_id", "order_id"),
    ):
        for side in ("", "_system"):
            named = scan(folder, table, f"{key} {parent}").select(pl.col(key).alias(f"{key}{side}"), found=parent)
            pair = pair.join(named, on=f"{key}{side}", how="left")
            pair = pair.with_columns(pl.col(f"{parent}{side}").fill_null(pl.col("found"))).drop("found")
    return pair


def credited(document: pl.LazyFrame) -> pl.LazyFrame:
    """Invoices that live credit memos give back in full: invoice_id, is_full."""
    credit = document.filter(kind="credit_memo").select("currency", "gross_amount", invoice_id="original_invoice_id")
    given = credit.group_by("invoice_id", "currency").agg(credited=-pl.col("gross_amount").sum())
    given = given.join(document.select("invoice_id", "currency", "gross_amount"), on=["invoice_id", "currency"])
    return given.filter(pl.col("credited") >= pl.col("gross_amount")).select("invoice_id", is_full=True)
