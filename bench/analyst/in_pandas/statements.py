"""Read the settlements that count, with pandas."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bench.analyst.in_pandas.reading import NOT_LIVE, read


def live_settlements(folder: Path, columns: str, as_of: pd.Timestamp) -> pd.DataFrame:
    """Settlements that are no drafts and not cancelled, and were over or paid by as_of."""
    settlement = read(folder, "settlements", " ".join(dict.fromkeys(f"{columns} status paid_on period_to".split())))
    is_over = settlement["period_to"] <= as_of + pd.Timedelta(days=1)
    is_seen = is_over | (settlement["paid_on"] <= as_of)
    return settlement.loc[is_seen & ~settlement["status"].isin(NOT_LIVE), columns.split()]


def paid_settlements(folder: Path, columns: str, as_of: pd.Timestamp) -> pd.DataFrame:
    """Those of them that were paid."""
    settlement = live_settlements(folder, f"{columns} status", as_of)
    return settlement[settlement["status"] == "paid"]
