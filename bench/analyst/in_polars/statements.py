"""Scan the settlements that count, with polars."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.reading import NOT_LIVE, scan


def live_settlements(folder: Path, columns: str, as_of: date) -> pl.LazyFrame:
    """Settlements that are no drafts and not cancelled, and were over or paid by as_of."""
    settlement = scan(folder, "settlements", " ".join(dict.fromkeys(f"{columns} status paid_on period_to".split())))
    is_over = pl.col("period_to") <= as_of + timedelta(days=1)
    is_seen = is_over | (pl.col("paid_on") <= as_of).fill_null(False)
    return settlement.filter(is_seen, ~pl.col("status").is_in(NOT_LIVE)).select(columns.split())


def paid_settlements(folder: Path, columns: str, as_of: date) -> pl.LazyFrame:
    """Those of them that were paid."""
    return live_settlements(folder, f"{columns} status", as_of).filter(status="paid").drop("status")
