"""Process in pandas: customers who are in the books twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from bench.analyst.in_pandas.reading import read, result
from bench.analyst.likeness import FORMS, JOINED_FORMS, LAST_FORMS, MARKS
from bench.analyst.likeness import alike as alike_names


def pro_03(
    folder: Path, as_of: pd.Timestamp, alike: str = "0.92", words_alike: str = "0.65", **_comparisons: int
) -> pd.DataFrame:
    """One customer, two records; knows the usual legal forms only, and leaves out customers who are listed twice.

    Every name of a country is compared with every other: it also finds names that have no four letters in a row in
    common, which the control does not compare.
    """
    customer = read(folder, "customers", "customer_id parent_id name country tax_id opened_on")
    customer = customer[~(customer["opened_on"] > as_of)].sort_values(["opened_on", "customer_id"], ignore_index=True)
    customer["country"] = customer["country"].fillna("")
    customer["plain"] = plain_names(customer["name"])
    customer["tax_number"] = tax_numbers(customer["tax_id"])

    named = customer[customer["plain"].str.contains(r"[^0-9 ]")]
    taxed = customer.dropna(subset="tax_number")
    pair = pd.concat(
        [
            equals(taxed, ["tax_number"]),
            equals(named, ["country", "plain"]),
            near(named, float(alike), float(words_alike)),
        ]
    )
    later, earlier = customer.loc[pair["later"]], customer.loc[pair["earlier"]]
    is_child = later["parent_id"].to_numpy(dtype=object) == earlier["customer_id"].to_numpy(dtype=object)
    is_parent = earlier["parent_id"].to_numpy(dtype=object) == later["customer_id"].to_numpy(dtype=object)
    found = pd.DataFrame({"customer_id": later["customer_id"].to_numpy(), "one_family": is_child | is_parent})
    found = found.sort_values("one_family", kind="stable")
    return result(found, "customer_id", np.nan, np.nan, {"one_family": found["one_family"]})


def plain_names(name: pd.Series[str]) -> pd.Series[str]:
    """Names without case, width, accents, punctuation and legal form, their words in order."""
    bare = name.str.normalize("NFKC").str.lower().str.normalize("NFKD").str.replace(MARKS, "", regex=True)
    bare = bare.str.normalize("NFKC").str.replace(JOINED_FORMS, " ", regex=True)
    words = bare.str.replace(r"[\W_]+", " ", regex=True).str.strip()
    short = words.str.replace(FORMS, " ", regex=True).str.replace(LAST_FORMS, "", regex=True).str.strip()
    return short.where(short != "", words).str.split().map(sorted).str.join(" ")


def tax_numbers(tax_id: pd.Series[str]) -> pd.Series[str]:
    """Tax numbers without case and punctuation; missing where there is no digit, or one over and over."""
    digits = tax_id.str.replace(r"[^0-9]+", "", regex=True)
    says_nothing = digits.str.fullmatch(r"0*|1{4,}|9{4,}")
    return tax_id.str.replace(r"[\W_]+", "", regex=True).str.upper().mask(says_nothing)


def equals(customer: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Pairs of places with the same keys: each beside the first and beside the one before it."""
    some = customer[customer.duplicated(keys, keep=False)]
    place = pd.Series(some.index, index=some.index)
    by_keys = place.groupby([some[key] for key in keys])
    last = pd.DataFrame({"later": place, "earlier": by_keys.shift()}).dropna().astype("int64")
    first = pd.DataFrame({"later": place, "earlier": by_keys.transform("min")})
    return pd.concat([last, first[first["later"] > first["earlier"]]])


def near(customer: pd.DataFrame, least: float, least_of_words: float) -> pd.DataFrame:
    """Pairs of places with names of one country and with the same numbers in them that are alike, not the same."""
    numbers = customer["plain"].str.findall(r"[0-9]+").map(lambda found: " ".join(n.lstrip("0") or "0" for n in found))
    name = customer.assign(numbers=numbers).drop_duplicates(["country", "plain"])
    name = name[name.duplicated(["country", "numbers"], keep=False)]
    blocks = [block["plain"] for _, block in name.groupby(["country", "numbers"])]
    places = [block.index.to_numpy()[alike_names(block.tolist(), least, least_of_words)] for block in blocks]
    pair = pd.DataFrame(np.concatenate([np.empty((0, 2), int), *places]), columns=["earlier", "first"])
    place = pd.Series(customer.index, index=customer.index)
    first = place.groupby([customer["country"], customer["plain"]]).transform("min")
    return pair.merge(pd.DataFrame({"later": place, "first": first}), on="first")
