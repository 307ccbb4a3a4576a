"""The price list and the signed exceptions from it, in pandas."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bench.analyst.in_pandas.reading import read


def priced(folder: Path, line: pd.DataFrame) -> pd.DataFrame:
    """Lines with listed_price and floor_price of the list: of the customer, else of the segment, else everybody's.

    Takes product_id, currency, customer_id, priced_on, order_line_id and quantity. In force is, of the largest quantity
    reached, the youngest price.
    """
    ordered = read(folder, "order_lines", "order_line_id quantity").rename(columns={"quantity": "ordered"})
    customer = read(folder, "customers", "customer_id segment").dropna().drop_duplicates()
    customer = customer.drop_duplicates("customer_id", keep=False)
    wanted = "price_id product_id customer_id segment currency min_quantity unit_price floor_price valid_from valid_to"
    price = read(folder, "price_list", wanted).rename(columns={"unit_price": "listed_price"})
    price["min_quantity"] = price["min_quantity"].fillna(0)
    own = price["customer_id"].notna()
    of_segment = ~own & price["segment"].notna()
    price = price.assign(level=2 * own + of_segment)
    price = price.sort_values(["level", "min_quantity", "valid_from", "price_id"], ignore_index=True)
    price["rank"] = price.index

    line = line.reset_index(drop=True)
    same = ["product_id", "currency"]
    asked = line[[*same, "customer_id", "priced_on", "order_line_id", "quantity"]].reset_index(names="place")
    asked = asked.merge(ordered, on="order_line_id", how="left").merge(customer, on="customer_id", how="left")
    asked["ordered"] = asked["ordered"].fillna(asked["quantity"]).abs()
    ways = []
    for level, keys in enumerate([same, [*same, "segment"], [*same, "customer_id"]]):
        terms = price.loc[price["level"] == level, [*keys, "min_quantity", "valid_from", "valid_to", "rank"]]
        way = asked[["place", "priced_on", "ordered", *keys]].merge(terms, on=keys)
        day = way["priced_on"]
        is_in_force = (way["valid_from"] <= day) & ~(way["valid_to"] <= day)
        ways.append(way.loc[is_in_force & (way["min_quantity"] <= way["ordered"]), ["place", "rank"]])
    best = pd.concat(ways).groupby("place")["rank"].max()
    found = price[["listed_price", "floor_price"]].loc[best].set_axis(best.index)
    return line.join(found)


def exceptions(folder: Path, off: pd.DataFrame) -> pd.DataFrame:
    """Lines with each price (unit_price_signed) that somebody signed in time as an exception for them."""
    wanted = "customer_id product_id order_line_id unit_price approved_on valid_from valid_to status"
    approval = read(folder, "price_approvals", wanted)
    approval = approval[approval["status"] == "approved"]
    found = off.merge(approval, on=["customer_id", "product_id"], suffixes=("", "_signed"))
    is_for = found["order_line_id_signed"].isna() | (found["order_line_id_signed"] == found["order_line_id"])
    is_outside = (found["valid_from"] > found["priced_on"]) | (found["valid_to"] <= found["priced_on"])
    return found[is_for & ~is_outside & (found["approved_on"] <= found["invoice_date"])]
