"""Process in polars: customers who are in the books twice."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from bench.analyst.in_polars.reading import result, scan
from bench.analyst.likeness import FORMS, JOINED_FORMS, LAST_FORMS, MARKS
from bench.analyst.likeness import alike as alike_names

PLACE = pl.col("place")


def pro_03(
    folder: Path, as_of: date, alike: str = "0.92", words_alike: str = "0.65", **_comparisons: int
) -> pl.DataFrame:
    """One customer, two records; knows the usual legal forms only, and leaves out customers who are listed twice.

    Every name of a country is compared with every other: it also finds names that have no four letters in a row in
    common, which the control does not compare.
    """
    customer = (
        scan(folder, "customers", "customer_id parent_id name country tax_id opened_on")
        .filter((pl.col("opened_on") <= as_of).fill_null(True))
        .sort("opened_on", "customer_id", nulls_last=True)
        .with_row_index("place")
        .with_columns(pl.col("country").fill_null(""), plain=plain_name(), tax_number=tax_number())
        .collect()
    )
    named = customer.filter(pl.col("plain").str.contains("[^0-9 ]"))
    named = named.with_columns(first=PLACE.min().over("country", "plain"))
    pair = pl.concat(
        [
            equals(customer.drop_nulls("tax_number"), ["tax_number"]),
            equals(named, ["country", "plain"]),
            near(named, float(alike), float(words_alike)),
        ]
    )
    record = customer.select("place", "customer_id", "parent_id")
    found = pair.join(record, left_on="later", right_on="place")
    found = found.join(record, left_on="earlier", right_on="place", suffix="_earlier")
    is_child = pl.col("parent_id").eq_missing(pl.col("customer_id_earlier"))
    is_parent = pl.col("parent_id_earlier").eq_missing(pl.col("customer_id"))
    found = found.with_columns(one_family=is_child | is_parent).sort("one_family")
    return result(found.lazy(), "customer_id", None, None, {"one_family": pl.col("one_family")})


def plain_name() -> pl.Expr:
    """Names without case, width, accents, punctuation and legal form, their words in order."""
    bare = pl.col("name").str.normalize("NFKC").str.to_lowercase().str.normalize("NFKD").str.replace_all(MARKS, "")
    bare = bare.str.normalize("NFKC").str.replace_all(JOINED_FORMS, " ")
    words = bare.str.replace_all(r"[\W_]+", " ").str.strip_chars()
    short = words.str.replace_all(FORMS, " ").str.replace(LAST_FORMS, "").str.strip_chars()
    kept = pl.when(short != "").then(short).otherwise(words)
    return kept.str.replace_all(" +", " ").str.split(" ").list.sort().list.join(" ")


def tax_number() -> pl.Expr:
    """Tax numbers without case and punctuation; missing where there is no digit, or one over and over."""
    digits = pl.col("tax_id").str.replace_all("[^0-9]+", "")
    number = pl.col("tax_id").str.replace_all(r"[\W_]+", "").str.to_uppercase()
    return pl.when(~digits.str.contains("^(0*|1{4,}|9{4,})$")).then(number)


def equals(customer: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Pairs of places with the same keys: each beside the first and beside the one before it."""
    last = customer.select(later="place", earlier=PLACE.shift().over(keys)).drop_nulls()
    first = customer.select(later="place", earlier=PLACE.min().over(keys))
    return pl.concat([last, first.filter(pl.col("later") > pl.col("earlier"))])


def near(customer: pl.DataFrame, least: float, least_of_words: float) -> pl.DataFrame:
    """Pairs of places with names of one country and with the same numbers in them that are alike, not the same."""
    numbers = pl.col("plain").str.extract_all("[0-9]+").list.eval(pl.element().str.strip_chars_start("0"))
    name = customer.filter(pl.col("first") == PLACE).with_columns(numbers=numbers.list.join(" "))
    blocks = name.group_by("country", "numbers").agg("plain", "place").filter(pl.col("place").list.len() > 1)
    found = [np.empty((0, 2), dtype=np.uint32)]
    for plain, place in blocks.select("plain", "place").iter_rows():
        found.append(np.array(place, dtype=np.uint32)[alike_names(plain, least, least_of_words)])
    pair = pl.DataFrame(np.concatenate(found), schema=["earlier", "first"], orient="row")
    return pair.join(customer.select("first", later="place"), on="first").select("later", "earlier")
