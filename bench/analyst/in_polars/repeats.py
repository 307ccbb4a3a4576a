"""Occurrence in polars: pairs of invoices that look like one."""

from __future__ import annotations

from datetime import date
from itertools import product
from pathlib import Path

import polars as pl

from bench.analyst.in_polars.reading import live_invoices, result, scan
from bench.analyst.in_polars.rounding import MONEY

LONGEST = 40
ACCOUNT = ["customer_id", "currency"]


def occ_01(folder: Path, as_of: date, near_days: int = 14) -> pl.DataFrame:
    """Invoice billed twice; the whole control."""
    document = documents(folder, as_of).collect().lazy()
    pairs = pl.concat([same_number(document), same_gross(folder, document, near_days)])
    pairs = pairs.group_by("later", "earlier").agg(pl.col("strength").min()).collect().lazy()
    judged = with_reasons(folder, pairs, as_of)
    gross = document.select("gross_amount", later="invoice_id")
    # One row for the later document: its strongest likeness that nothing explains.
    ranked = judged.sort(pl.col("reason").is_not_null(), "strength", "earlier").unique(
        "later", keep="first", maintain_order=True
    )
    reasons = {code: pl.col("reason") == code for code in ("recurring", "split_delivery", "credited")}
    return result(ranked.join(gross, on="later"), "later", pl.lit(0, MONEY), "gross_amount", reasons)


def documents(folder: Path, as_of: date) -> pl.LazyFrame:
    """Live invoices and debit memos in the order they were entered, their numbers plain and bare."""
    document = live_invoices(
        folder,
        "invoice_id invoice_number kind customer_id invoice_date currency gross_amount order_id purchase_order"
        " created_at",
        as_of,
    ).filter(pl.col("kind") != "credit_memo")
    lower = pl.col("invoice_number").str.to_lowercase()
    plain = (
        lower.str.replace_all(r"[^\p{L}\p{N}]+", "-")
        .str.replace_all(r"([^0-9-])-+", "${1}")
        .str.replace_all(r"-+([^0-9-])", "${1}")
        .str.strip_chars("-")
        .str.replace_all(r"(^|[^0-9])0+([0-9])", "${1}${2}")
    )
    bare = lower.str.replace_all(r"[^\p{L}\p{N}]+", "")
    entered = pl.coalesce("created_at", pl.col("invoice_date").cast(pl.Datetime("us")))
    document = document.sort("invoice_date", entered, "invoice_id").with_row_index("turn")
    document = document.with_columns(plain=pl.when(plain != "").then(plain), bare=pl.when(bare != "").then(bare))
    return document.drop("kind", "created_at", "invoice_number")


def pairs_within(document: pl.LazyFrame, keys: list[str]) -> pl.LazyFrame:
    """Every two documents that share all keys, what the earlier one has as <column>_earlier."""
    pairs = document.join(document, on=keys, suffix="_earlier")
    return pairs.filter(pl.col("turn") > pl.col("turn_earlier"))


def pairs_of(pairs: pl.LazyFrame, strength: pl.Expr) -> pl.LazyFrame:
    """Ids of the later and the earlier document of each pair, and how strong their likeness is: 1 is strongest."""
    named = pairs.select(later="invoice_id", earlier="invoice_id_earlier", strength=strength)
    return named.filter(pl.col("strength").is_not_null())


def same_number(document: pl.LazyFrame) -> pl.LazyFrame:
    """Pairs of one account with the same number as written, or but for punctuation where one has no groups."""
    number = document.select("turn", "invoice_id", *ACCOUNT, "plain", "bare")
    pairs = pairs_within(number.filter(pl.col("bare").is_not_null()), [*ACCOUNT, "bare"])
    has_groups = pl.col("plain").str.contains("-", literal=True)
    has_groups &= pl.col("plain_earlier").str.contains("-", literal=True)
    return pl.concat(
        [
            pairs_of(pairs_within(number, [*ACCOUNT, "plain"]), pl.lit(1)),
            pairs_of(pairs.filter(~has_groups), pl.lit(1)),
        ]
    )


def same_gross(folder: Path, document: pl.LazyFrame, near_days: int) -> pl.LazyFrame:
    """Pairs of one account and amount that share a number, a date, an order, a content, or nearly a number."""
    keys = [*ACCOUNT, "gross_amount"]
    alike = document.filter(pl.col("gross_amount") != 0).filter(pl.len().over(keys) > 1)
    alike = alike.join(contents(folder, alike), on="invoice_id", how="left")
    days = (pl.col("invoice_date") - pl.col("invoice_date_earlier")).dt.total_days()
    content = ("order_id", "purchase_order", "content")
    is_same_content = pl.any_horizontal(pl.col(name) == pl.col(f"{name}_earlier") for name in content)
    strength = (
        pl.when(pl.col("bare") == pl.col("bare_earlier"))
        .then(1)
        .when(days == 0)
        .then(2)
        .when((days <= near_days) & is_same_content)
        .then(3)
    )
    pairs = pairs_within(alike, keys).with_columns(strength=strength).collect()
    rest = pairs.filter(pl.col("strength").is_null())
    forms = product(("plain", "bare"), ("plain_earlier", "bare_earlier"))
    one_edit_apart = [one_edit(rest, one, other) for one, other in forms]
    return pl.concat(
        [
            pairs_of(pairs.lazy(), pl.col("strength")),
            *(pairs_of(some, pl.lit(4)) for some in one_edit_apart),
        ]
    )


def contents(folder: Path, document: pl.LazyFrame) -> pl.LazyFrame:
    """One text per document for what it bills: products, quantities and prices in order."""
    line = scan(folder, "invoice_lines", "invoice_id product_id description quantity unit_price")
    line = line.join(document, on="invoice_id", how="semi")
    sold = pl.coalesce("product_id", "description").fill_null("")
    line = line.select("invoice_id", "quantity", "unit_price", sold=sold)
    line = line.sort("sold", "quantity", "unit_price")
    item = pl.concat_str("sold", "quantity", "unit_price", separator="|")
    return line.group_by("invoice_id", maintain_order=True).agg(content=item.str.join("/"))


def one_edit(pairs: pl.DataFrame, one: str, other: str) -> pl.LazyFrame:
    """The pairs whose numbers are a character more, less or other, or two swapped neighbours apart."""
    a, b = pl.col(one), pl.col(other)
    length, other_length = a.str.len_chars().cast(pl.Int64), b.str.len_chars().cast(pl.Int64)
    near = pairs.lazy().filter(
        a != b, (length - other_length).abs() <= 1, pl.max_horizontal(length, other_length) <= LONGEST
    )
    near = near.with_columns(same=pl.lit(0, pl.Int64), shorter=pl.min_horizontal(length, other_length))
    # An edit leaves the last three characters as they are, or all but the last four.
    begin = pl.max_horizontal(pl.col("shorter") - 4, 0)
    near = near.filter((a.str.tail(3) == b.str.tail(3)) | (a.str.head(begin) == b.str.head(begin)))
    # How many characters both begin with, found by halves.
    same = pl.col("same")
    for step in (32, 16, 8, 4, 2, 1):
        begins = (same + step <= pl.col("shorter")) & (a.str.head(same + step) == b.str.head(same + step))
        near = near.with_columns(same=same + step * begins.cast(pl.Int64))
    rest, other_rest = a.str.slice(same + 1), b.str.slice(same + 1)
    is_swapped = (a.str.slice(same, 1) == b.str.slice(same + 1, 1)) & (b.str.slice(same, 1) == a.str.slice(same + 1, 1))
    return near.filter(
        (rest == other_rest)
        | (rest == b.str.slice(same))
        | (a.str.slice(same) == other_rest)
        | (is_swapped & (a.str.slice(same + 2) == b.str.slice(same + 2)))
    )


def with_reasons(folder: Path, pairs: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """Adds why a pair is no repetition: periods that differ, delivery lines that differ, or either credited in full."""
    concerned = pl.concat([pairs.select(invoice_id="later"), pairs.select(invoice_id="earlier")]).unique()
    period = pl.concat_str("period_from", "period_to", separator=" ", ignore_nulls=True)
    marks = (
        scan(folder, "invoice_lines", "invoice_id period_from period_to delivery_line_id")
        .join(concerned, on="invoice_id", how="semi")
        .group_by("invoice_id")
        .agg(
            recurring=period.filter(pl.col("period_from").is_not_null()).unique(),
            split_delivery=pl.col("delivery_line_id").drop_nulls().unique(),
        )
    )
    credit = live_invoices(folder, "kind currency original_invoice_id gross_amount", as_of)
    credit = credit.filter(kind="credit_memo").rename({"original_invoice_id": "invoice_id"})
    credit = credit.group_by("invoice_id", "currency").agg(credited=-pl.col("gross_amount").sum())
    full = scan(folder, "invoices", "invoice_id currency gross_amount").join(credit, on=["invoice_id", "currency"])
    full = full.filter(pl.col("credited") >= pl.col("gross_amount")).select("invoice_id", is_credited=pl.lit(True))
    known = concerned.join(marks, on="invoice_id", how="left").join(full, on="invoice_id", how="left")
    both = pairs.join(known, left_on="later", right_on="invoice_id")
    both = both.join(known, left_on="earlier", right_on="invoice_id", suffix="_earlier")
    reasons = {
        "recurring": shares_none("recurring"),
        "split_delivery": shares_none("split_delivery"),
        "credited": pl.any_horizontal("is_credited", "is_credited_earlier"),
    }
    reason = pl.coalesce(pl.when(holds).then(pl.lit(code)) for code, holds in reasons.items())
    return both.select("later", "earlier", "strength", reason=reason)


def shares_none(mark: str) -> pl.Expr:
    """Whether both documents of a pair have marks of a kind and none of them is the same."""
    one, other = pl.col(mark), pl.col(f"{mark}_earlier")
    return (one.list.len() > 0) & (other.list.len() > 0) & (one.list.set_intersection(other).list.len() == 0)
