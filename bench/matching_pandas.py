"""Receipts matched to invoices one to one as a good analyst would write it in pandas: two merges, unique both ways."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.matching.items import as_units


def merged(left: pa.Table, right: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """Receipts and invoices, by number: on customer, digits and amount, then on customer and amount."""
    receipts, invoices = frame(left), frame(right)
    keys = ["group", "currency", "amount"]
    first = only_ones(receipts[receipts["digits"] != ""], invoices, [*keys, "digits"])
    rest = receipts[~receipts["item"].isin(first["item_left"])]
    unpaid = invoices[~invoices["item"].isin(first["item_right"])]
    found = pd.concat([first, only_ones(rest, unpaid, keys)])
    return found["item_left"].to_numpy(np.int64), found["item_right"].to_numpy(np.int64)


def frame(table: pa.Table) -> pd.DataFrame:
    """Amounts in integers, references as their digits without leading zeros."""
    made = pd.DataFrame({name: table[name].to_pandas() for name in ("id", "group", "currency")})
    made["item"] = made["id"].str[1:].astype("int64")
    made["amount"] = as_units(table["amount"])
    text = pa.chunked_array([chunk.flatten() for chunk in table["references"].chunks]).to_pandas()
    made["digits"] = text.str.replace(r"\D", "", regex=True).str.lstrip("0")
    return made


def only_ones(left: pd.DataFrame, right: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Pairs of rows whose keys come once on either side."""
    one, other = (side[~side.duplicated(keys, keep=False)].dropna(subset=keys) for side in (left, right))
    return one.merge(other, on=keys, validate="one_to_one", suffixes=("_left", "_right"))[["item_left", "item_right"]]
