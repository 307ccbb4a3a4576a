"""Settlement in pandas: orders settled twice, early or not at all."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bench.analyst.in_pandas.freight import MEASURES, freight_owed
from bench.analyst.in_pandas.reading import read, result
from bench.analyst.in_pandas.statements import live_settlements

KEYS = ["order_id", "partner_id"]
LONG_AGO = pd.Timestamp("1900-01-01")


def set_03(folder: Path, as_of: pd.Timestamp, days: int = 35) -> pd.DataFrame:
    """Settled twice, early or not at all; leaves out carriers who have no currency."""
    delivery = read(folder, "deliveries", f"delivery_id order_id kind status partner_id freight_payer {MEASURES}")
    line = settled_lines(folder, delivery, as_of)
    wrong = wrongly_settled(line, delivery, as_of)
    owed = unsettled(folder, delivery, line[KEYS].drop_duplicates(), as_of)
    both = pd.concat([wrong, owed.assign(amount=0.0)], ignore_index=True)
    both["subject_id"] = both["order_id"] + "/" + both["partner_id"]
    explained = {
        "customer_freight": both["is_owed"].eq(False),
        "in_grace": (as_of - both["owed_since"]).dt.days <= days,
    }
    return result(both, "subject_id", both["due"], both["amount"], explained)


def settled_lines(folder: Path, delivery: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Lines of live settlements with what is known of their delivery; the order is the line's own, else its."""
    settlement = live_settlements(folder, "settlement_id partner_id currency paid_on period_to", as_of)
    settlement["settled_on"] = settlement["paid_on"].fillna(settlement["period_to"])
    settlement = settlement.drop(columns=["paid_on", "period_to"])
    line = read(folder, "settlement_lines", "settlement_id kind order_id delivery_id amount")
    line = line.merge(settlement, on="settlement_id")
    carried = delivery[["delivery_id", "order_id", "status", "delivered_on"]]
    line = line.merge(carried, on="delivery_id", how="left", suffixes=("", "_carried"))
    line["order_id"] = line["order_id"].fillna(line["order_id_carried"])
    return line.dropna(subset="order_id")


def arrival(delivery: pd.DataFrame, as_of: pd.Timestamp) -> pd.Series[pd.Timestamp]:
    """The day each delivery arrived: after as_of where it has not, long ago where nobody wrote the day down.

    Missing for a cancelled delivery and where there is none.
    """
    day = delivery["delivered_on"].fillna(as_of + pd.Timedelta(days=1))
    day = day.mask(delivery["delivered_on"].isna() & (delivery["status"] == "delivered"), LONG_AGO)
    return day.where(delivery["status"].notna() & (delivery["status"] != "cancelled"))


def wrongly_settled(line: pd.DataFrame, delivery: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Orders whose sale or freight a partner settled twice or early, with what was due and what was settled."""
    line = line[line["kind"].isin(["sale", "freight"])]
    is_unnamed = line["delivery_id"].isna()
    sold = delivery[(delivery["kind"] == "sale") & delivery["order_id"].isin(line.loc[is_unnamed, "order_id"].unique())]
    first = arrival(sold, as_of).groupby(sold["order_id"]).min()
    arrived = arrival(line, as_of).mask(is_unnamed, first.reindex(line["order_id"]).set_axis(line.index))
    line = line.assign(is_early=line["settled_on"] < arrived, is_unnamed=is_unnamed)

    # Most orders are in one settlement and on time: only the others are worth a closer look.
    pair = line[[*KEYS, "settlement_id"]].drop_duplicates()
    odd = pd.concat([pair.loc[pair.duplicated(KEYS), KEYS], line.loc[line["is_early"], KEYS]]).drop_duplicates()
    line = line.merge(odd, on=KEYS)
    is_whole = line.groupby([*KEYS, "kind"])["is_unnamed"].transform("any")
    portion = [*KEYS, "kind", "portion"]
    line["portion"] = line["delivery_id"].mask(is_whole).fillna("")
    by_statement = line.groupby([*portion, "settlement_id", "settled_on", "currency"], as_index=False)
    part = by_statement.agg(amount=("amount", "sum"), is_early=("is_early", "max"))
    part = part.sort_values(["is_early", "settled_on", "settlement_id"])
    part["is_wrong"] = part["is_early"] | part.duplicated(portion)
    part["due"] = part["amount"].mask(part["is_wrong"], 0)
    order = part.groupby(KEYS, as_index=False).agg(
        due=("due", "sum"), amount=("amount", "sum"), is_wrong=("is_wrong", "any"), currencies=("currency", "nunique")
    )
    order.loc[order["currencies"] > 1, ["due", "amount"]] = float("nan")
    return order[order["is_wrong"]]


def unsettled(folder: Path, delivery: pd.DataFrame, known: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Orders that a carrier delivered and that are in none of his settlements, with the freight due since when."""
    carrier = read(folder, "partners", "partner_id kind currency")
    carrier = carrier[carrier["kind"] == "carrier"].drop(columns="kind").drop_duplicates()
    is_there = (delivery["status"] == "delivered") & (delivery["delivered_on"] <= as_of) & delivery["order_id"].notna()
    carried = delivery[is_there].merge(carrier, on="partner_id").merge(known, on=KEYS, how="left_anti")
    is_owed = carried["freight_payer"].ne("customer")
    due = freight_owed(folder, carried).where(is_owed, 0)
    carried = carried.assign(is_owed=is_owed, is_rated=due.notna(), due=due)
    carried["owed_since"] = carried["delivered_on"].where(is_owed)
    owed = carried.groupby(KEYS, as_index=False).agg(
        due=("due", "sum"),
        is_rated=("is_rated", "all"),
        is_owed=("is_owed", "any"),
        owed_since=("owed_since", "min"),
    )
    return owed.assign(due=owed["due"].where(owed["is_rated"]))
