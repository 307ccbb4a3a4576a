"""Receipts matched to invoices one to one by libraries that link records: candidate pairs, scored, the best of each."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.matching.items import as_units

# Each way of the benchmark, and the package it takes.
LINKAGES = {"recordlinkage_one_to_one": "recordlinkage", "splink_one_to_one": "splink"}
KEYS = ["group", "currency", "amount"]
ALIKE = 0.85
Pairs = tuple[np.ndarray, np.ndarray]


def linked(package: str, left: pa.Table, right: pa.Table) -> Pairs:
    """Receipts and invoices, by number: the only pair of a customer and an amount, else the one whose text is alike."""
    scored = {"recordlinkage": by_recordlinkage, "splink": by_splink}[package](frame(left), frame(right))
    best = scored.sort_values("score", ascending=False, kind="stable")
    ends = ["left", "right"]
    alone = ~best.duplicated("left", keep=False) & ~best.duplicated("right", keep=False)
    rest = best[~alone & (best["score"] >= ALIKE)]
    for end in ends:
        rest = rest.drop_duplicates(end)
    found = pd.concat([best[alone], rest])[ends]
    return found["left"].str[1:].to_numpy(np.int64), found["right"].str[1:].to_numpy(np.int64)


def frame(table: pa.Table) -> pd.DataFrame:
    """Ids, blocks, amounts in integers, and all texts of an item as one."""
    made = pd.DataFrame({name: table[name].to_pandas() for name in ("id", "group", "currency")})
    made["amount"] = as_units(table["amount"])
    made["text"] = [" ".join(texts or ()) for texts in table["references"].to_pylist()]
    return made


def by_recordlinkage(left: pd.DataFrame, right: pd.DataFrame) -> pd.DataFrame:
    """Candidate pairs of one customer, currency and amount, with how alike their texts are."""
    recordlinkage = import_module("recordlinkage")
    left, right = left.set_index("id"), right.set_index("id")
    index = recordlinkage.Index()
    index.block(KEYS)
    compare = recordlinkage.Compare()
    compare.string("text", "text", method="levenshtein", label="score")
    scored: pd.DataFrame = compare.compute(index.index(left, right), left, right)
    return scored.rename_axis(["left", "right"]).reset_index()


def by_splink(left: pd.DataFrame, right: pd.DataFrame) -> pd.DataFrame:
    """The same pairs with the probability of splink's model, whose weights are learned from the file."""
    splink, compared = import_module("splink"), import_module("splink.comparison_library")
    settings = splink.SettingsCreator(
        link_type="link_only",
        unique_id_column_name="id",
        blocking_rules_to_generate_predictions=[splink.block_on(*KEYS)],
        comparisons=[compared.LevenshteinAtThresholds("text", [1, 3])],
    )
    database = splink.DuckDBAPI()
    linker = splink.Linker([database.register(left), database.register(right)], settings)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    scored: pd.DataFrame = linker.inference.predict(threshold_match_probability=0.0).as_pandas_dataframe()
    return scored.rename(columns={"id_l": "left", "id_r": "right", "match_probability": "score"})
