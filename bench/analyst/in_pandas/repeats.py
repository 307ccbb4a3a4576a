"""Occurrence in pandas: pairs of invoices that look like one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.analyst.in_pandas.reading import live_invoices, read, result
from bench.analyst.in_pandas.rounding import HALF_A_DIGIT

FEW = 100
LONGEST = 40
SIDES = ["later", "earlier"]


def occ_01(folder: Path, as_of: pd.Timestamp, near_days: int = 14) -> pd.DataFrame:
    """Invoice billed twice; leaves out numbers one edit apart among more than 100 documents of one amount."""
    document = documents(folder, as_of)
    pairs = pd.concat([same_number(document), same_gross(folder, document, near_days)], ignore_index=True)
    pairs = pairs.sort_values("strength").drop_duplicates(["later", "earlier"], ignore_index=True)
    named = pd.DataFrame({side: document["invoice_id"].take(pairs[side].to_numpy()).array for side in SIDES})
    explained = explanations(folder, named, as_of)
    # Of the pairs of a document the strongest that nothing explains, else the strongest.
    is_explained = pd.concat(explained, axis=1).any(axis=1)
    ranked = named.assign(is_explained=is_explained, strength=pairs["strength"])
    named = named.loc[ranked.sort_values(["is_explained", "strength", "earlier"]).index]
    gross = document.set_index("invoice_id")["gross_amount"]
    return result(named, "later", 0.0, named["later"].map(gross), explained)


def documents(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Live invoices and debit memos in the order they were entered, their numbers plain and bare."""
    document = live_invoices(
        folder,
        "invoice_id invoice_number kind customer_id invoice_date currency gross_amount order_id purchase_order"
        " created_at",
        as_of,
    )
    document = document[document["kind"] != "credit_memo"].copy()
    document["created_at"] = document["created_at"].fillna(document["invoice_date"])
    document = document.sort_values(["invoice_date", "created_at", "invoice_id"], ignore_index=True)
    lower = document["invoice_number"].str.lower()
    plain = (
        lower.str.replace(r"[^\p{L}\p{N}]+", "-", regex=True)
        .str.replace(r"([^0-9-])-+", r"\1", regex=True)
        .str.replace(r"-+([^0-9-])", r"\1", regex=True)
        .str.strip("-")
        .str.replace(r"(^|[^0-9])0+([0-9])", r"\1\2", regex=True)
    )
    document["plain"] = plain.where(plain != "")
    bare = lower.str.replace(r"[^\p{L}\p{N}]+", "", regex=True)
    document["bare"] = bare.where(bare != "")
    return document


def pairs_within(document: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Places of every two documents that share all keys: later, earlier."""
    some = document[document.duplicated(keys, keep=False)].dropna(subset=keys)
    group = some.groupby(keys, sort=False).ngroup()
    member = pd.DataFrame({"group": group, "place": some.index})
    pairs = member.merge(member, on="group", suffixes=("_later", "_earlier"))
    pairs = pairs[pairs["place_later"] > pairs["place_earlier"]]
    return pairs[["place_later", "place_earlier"]].set_axis(SIDES, axis=1)


def same_number(document: pd.DataFrame) -> pd.DataFrame:
    """Pairs of one customer and currency with the same number as written, or but for punctuation in one of them."""
    same = pairs_within(document, ["customer_id", "currency", "plain"])
    bare = pairs_within(document, ["customer_id", "currency", "bare"])
    has_groups = document["plain"].str.contains("-", regex=False, na=False).to_numpy()
    bare = bare[~(has_groups[bare["later"]] & has_groups[bare["earlier"]])]
    return pd.concat([same, bare]).assign(strength=1)


def same_gross(folder: Path, document: pd.DataFrame, near_days: int) -> pd.DataFrame:
    """Pairs of one customer, currency and amount that share a number, date, order or content, or nearly a number."""
    keys = ["customer_id", "currency", "gross_amount"]
    alike = document[document["gross_amount"] != 0]
    alike = alike[alike.duplicated(keys, keep=False)]
    content = alike["invoice_id"].map(contents(folder, alike["invoice_id"]))
    alike = alike.assign(content=content, peers=alike.groupby(keys)["gross_amount"].transform("size"))
    pairs = pairs_within(alike, keys)
    days = document["invoice_date"].to_numpy()
    apart = pd.Series(days[pairs["later"]] - days[pairs["earlier"]], index=pairs.index)
    is_same_content = shares(pairs, alike["order_id"]) | shares(pairs, alike["purchase_order"])
    is_same_content |= shares(pairs, alike["content"])
    is_near = (apart <= pd.Timedelta(days=near_days)) & is_same_content
    likenesses = [shares(pairs, alike["bare"]), apart == pd.Timedelta(0), is_near]
    pairs["strength"] = np.select(likenesses, [1, 2, 3], default=4)
    is_same = pairs["strength"] < 4
    rest = pairs[~is_same & (pairs["later"].map(alike["peers"]) <= FEW)]
    is_edit = pd.Series(False, index=rest.index)
    for name in ("plain", "bare"):
        number = document[name].where(document[name].str.len() <= LONGEST).to_numpy(dtype=object, na_value="")
        both = zip(number[rest["later"]], number[rest["earlier"]], strict=True)
        is_edit |= np.array([one_edit(one, other) for one, other in both], dtype=bool)
    return pd.concat([pairs[is_same], rest[is_edit]])


def shares(pairs: pd.DataFrame, values: pd.Series[Any]) -> pd.Series[bool]:
    """Whether both documents of each pair have the same value; a missing one is the same as nothing."""
    codes = pd.Series(pd.factorize(values)[0], index=values.index)
    later, earlier = pairs["later"].map(codes), pairs["earlier"].map(codes)
    return (later == earlier) & (later >= 0)


def contents(folder: Path, invoice_ids: pd.Series[str]) -> pd.Series[int]:
    """One number per document for what it bills: products, quantities and prices in order."""
    line = read(folder, "invoice_lines", "invoice_id product_id description quantity unit_price")
    line = line.merge(invoice_ids, on="invoice_id")
    line["product_id"] = line["product_id"].fillna(line["description"]).fillna("")
    line = line.sort_values(["product_id", "quantity", "unit_price"])
    columns = line[["product_id", "quantity", "unit_price"]]
    line["item"] = pd.util.hash_pandas_object(columns, index=False)
    line["turn"] = line.groupby("invoice_id").cumcount()
    line["item"] = pd.util.hash_pandas_object(line[["item", "turn"]], index=False)
    return line.groupby("invoice_id")["item"].sum()


def one_edit(one: str, other: str) -> bool:
    """Whether two numbers are a character more, less or other, or two swapped neighbours apart."""
    if one == other or not one or not other or abs(len(one) - len(other)) > 1:
        return False
    start = next((place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), -1)
    a, b = (one[start:], other[start:]) if start >= 0 else (one[len(other) :], other[len(one) :])
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])


def explanations(folder: Path, pairs: pd.DataFrame, as_of: pd.Timestamp) -> dict[str, pd.Series[bool]]:
    """Why a pair is no repetition: its periods differ, its delivery lines differ, or either was credited in full."""
    concerned = pd.concat([pairs["later"], pairs["earlier"]])
    line = read(folder, "invoice_lines", "invoice_id period_from period_to delivery_line_id")
    line = line.merge(concerned.drop_duplicates().rename("invoice_id"), on="invoice_id")
    period = line["period_from"].astype(str) + " " + line["period_to"].astype(str).fillna("")
    line["period"] = period.where(line["period_from"].notna())

    credit = live_invoices(folder, "kind currency original_invoice_id gross_amount", as_of)
    credit = credit[credit["kind"] == "credit_memo"]
    credit = credit.rename(columns={"original_invoice_id": "original", "gross_amount": "credited"})
    credited = -credit.groupby(["original", "currency"])["credited"].sum()
    document = read(folder, "invoices", "invoice_id currency gross_amount")
    document = document.merge(credited, left_on=["invoice_id", "currency"], right_index=True)
    full = document.loc[document["credited"] >= document["gross_amount"] - HALF_A_DIGIT, "invoice_id"]

    return {
        "recurring": shares_none(pairs, line, "period"),
        "split_delivery": shares_none(pairs, line, "delivery_line_id"),
        "credited": pairs["later"].isin(full) | pairs["earlier"].isin(full),
    }


def shares_none(pairs: pd.DataFrame, line: pd.DataFrame, mark: str) -> pd.Series[bool]:
    """Whether both documents of a pair have marks of a kind and none of them is the same."""
    marks = line[["invoice_id", mark]].dropna().drop_duplicates()
    number = pd.Series(np.arange(len(pairs)), index=pairs.index)
    of_later, of_earlier = (
        pd.DataFrame({"pair": number, "invoice_id": pairs[side]}).merge(marks, on="invoice_id") for side in SIDES
    )
    shared = of_later.merge(of_earlier, on=["pair", mark])
    return number.isin(of_later["pair"]) & number.isin(of_earlier["pair"]) & ~number.isin(shared["pair"])
