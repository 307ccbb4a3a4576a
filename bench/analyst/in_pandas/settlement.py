"""Settlement in pandas: statements that do not add up or that the bank does not know."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bench.analyst.in_pandas.freight import set_04
from bench.analyst.in_pandas.payouts import set_05
from bench.analyst.in_pandas.reading import read, result
from bench.analyst.in_pandas.rounding import HALF_A_DIGIT, differs
from bench.analyst.in_pandas.settled import set_03
from bench.analyst.in_pandas.statements import live_settlements, paid_settlements

__all__ = ["set_01", "set_02", "set_03", "set_04", "set_05"]
PARTS = {
    "sale": "gross",
    "freight": "gross",
    "surcharge": "gross",
    "fee": "fees",
    "refund": "refunds",
    "reserve": "reserve",
    "tax": "tax",
}
HEAD = ["gross", "fees", "refunds", "reserve", "tax"]


def set_01(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Settlement does not add up; the whole control."""
    stated = [f"{part}_amount" for part in HEAD]
    settlement = live_settlements(folder, f"settlement_id net_amount {' '.join(stated)}", as_of)
    line = read(folder, "settlement_lines", "settlement_id kind amount")
    parts = line.assign(part=line["kind"].map(PARTS)).groupby(["settlement_id", "part"])["amount"].sum().unstack()
    parts = parts.reindex(index=settlement["settlement_id"], columns=HEAD).fillna(0).set_index(settlement.index)
    head = settlement[stated].set_axis(HEAD, axis=1)
    is_off = differs(settlement["net_amount"], net(head)) | ((head - parts).abs() > HALF_A_DIGIT).any(axis=1)
    off = settlement[is_off]
    return result(off, "settlement_id", net(parts)[is_off].round(4), off["net_amount"])


def net(head: pd.DataFrame) -> pd.Series[float]:
    """What the parts of a settlement's head come to."""
    amount: pd.Series[float] = head["gross"] - head["fees"] - head["refunds"] - head["reserve"] + head["tax"]
    return amount


def set_02(folder: Path, as_of: pd.Timestamp, days: int = 5) -> pd.DataFrame:
    """Settlement and bank disagree; the whole control."""
    wanted = "settlement_id currency net_amount bank_line_id paid_on period_to"
    paid = paid_settlements(folder, wanted, as_of)
    bank = read(folder, "bank_lines", "bank_line_id currency amount")
    bank = bank[bank["bank_line_id"].isin(paid["bank_line_id"].dropna())]
    paid = paid.merge(bank.assign(is_booked=True), on="bank_line_id", how="left", suffixes=("", "_booked"))
    booked = paid["amount"].abs().fillna(0)
    is_other = paid["currency_booked"].notna() & (paid["currency_booked"] != paid["currency"])
    moved = booked.mask(paid["net_amount"] < 0, -booked)
    paid["moved"] = moved.mask(is_other & differs(moved, paid["net_amount"]))
    total = paid.groupby("bank_line_id")["net_amount"].transform("sum").abs()
    is_same = (paid["currency_booked"] == paid["currency"]).groupby(paid["bank_line_id"]).transform("all")
    paid["is_batch"] = is_same.eq(True) & ~differs(total, booked)

    off = paid[is_other | differs(paid["net_amount"].abs(), booked)]
    settled_on = off["paid_on"].fillna(off["period_to"])
    in_transit = off["is_booked"].isna() & ((as_of - settled_on).dt.days <= days)
    explained = {"batch": off["is_batch"], "in_transit": in_transit}
    return result(off, "settlement_id", off["net_amount"], off["moved"], explained)
