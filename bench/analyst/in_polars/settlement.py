"""Settlement in polars: statements that do not add up or that the bank does not know."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.freight import set_04
from bench.analyst.in_polars.payouts import set_05
from bench.analyst.in_polars.reading import result, scan
from bench.analyst.in_polars.settled import set_03
from bench.analyst.in_polars.statements import live_settlements, paid_settlements

__all__ = ["set_01", "set_02", "set_03", "set_04", "set_05"]
KINDS = {
    "gross": ["sale", "freight", "surcharge"],
    "fees": ["fee"],
    "refunds": ["refund"],
    "reserve": ["reserve"],
    "tax": ["tax"],
}


def set_01(folder: Path, as_of: date) -> pl.DataFrame:
    """Settlement does not add up; the whole control."""
    stated = [f"{part}_amount" for part in KINDS]
    settlement = live_settlements(folder, f"settlement_id net_amount {' '.join(stated)}", as_of)
    line = scan(folder, "settlement_lines", "settlement_id kind amount")
    sums = {part: pl.col("amount").filter(pl.col("kind").is_in(kinds)).sum() for part, kinds in KINDS.items()}
    compared = settlement.join(line.group_by("settlement_id").agg(**sums), on="settlement_id", how="left")
    compared = compared.with_columns(pl.col(*KINDS).fill_null(0))
    is_off = pl.any_horizontal(pl.col(f"{part}_amount") != pl.col(part) for part in KINDS)
    off = compared.filter(is_off | (pl.col("net_amount") != net("_amount")))
    return result(off, "settlement_id", net(""), "net_amount")


def net(ending: str) -> pl.Expr:
    """What the parts of a settlement's head come to."""
    gross, fees, refunds, reserve, tax = (pl.col(f"{part}{ending}") for part in KINDS)
    return gross - fees - refunds - reserve + tax


def set_02(folder: Path, as_of: date, days: int = 5) -> pl.DataFrame:
    """Settlement and bank disagree; the whole control."""
    wanted = "settlement_id currency net_amount bank_line_id paid_on period_to"
    bank = scan(folder, "bank_lines", "bank_line_id currency amount")
    bank = bank.select("bank_line_id", "amount", currency_booked="currency")
    net_amount, booked = pl.col("net_amount"), pl.col("amount").abs().fill_null(0)
    is_same = pl.col("currency_booked") == pl.col("currency")
    is_sum = net_amount.sum().abs() == pl.col("amount").abs().first()
    moved = pl.when(net_amount < 0).then(-booked).otherwise(booked)
    paid = paid_settlements(folder, wanted, as_of).join(bank, on="bank_line_id", how="left")
    off = paid.with_columns(
        moved=pl.when(is_same.fill_null(True) | (moved == net_amount)).then(moved),
        is_batch=(is_sum & is_same.all()).over("bank_line_id") & pl.col("amount").is_not_null(),
    ).filter((net_amount.abs() != booked) | ~is_same.fill_null(True))
    age = (as_of - pl.col("paid_on").fill_null(pl.col("period_to"))).dt.total_days()
    explained = {"batch": pl.col("is_batch"), "in_transit": pl.col("amount").is_null() & (age <= days)}
    return result(off, "settlement_id", "net_amount", "moved", explained)
