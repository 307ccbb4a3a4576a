"""Read a snapshot's tables into pandas the frugal way: only the columns asked for, decimals as float64."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from bench.analyst.in_pandas.rounding import HALF_A_DIGIT

NOT_LIVE = ["cancelled", "draft"]


def read(folder: Path, name: str, columns: str) -> pd.DataFrame:
    """Columns (their names with blanks between) of one table: money float64, dates datetime64, text str."""
    file = folder / f"{name}.parquet"
    table = pq.read_table(file if file.is_file() else folder / name, columns=columns.split())
    for place, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(pa.float64()))
    # Arrow's memory is given back column by column, so that no column is held twice.
    frame: pd.DataFrame = table.to_pandas(date_as_object=False, split_blocks=True, self_destruct=True)
    return frame


def live_invoices(folder: Path, columns: str, as_of: pd.Timestamp) -> pd.DataFrame:
    """Documents up to as_of that are no drafts, not cancelled and not one half of a cancelled pair."""
    wanted = columns.split()
    own = "invoice_id kind status currency invoice_date gross_amount reason_code original_invoice_id".split()
    document = read(folder, "invoices", " ".join(dict.fromkeys([*wanted, *own])))
    is_issued = ~document["status"].isin(NOT_LIVE)
    is_credit = document["kind"] == "credit_memo"
    credit = document.loc[is_issued & is_credit & (document["reason_code"] == "cancel"), own]
    original = document.loc[~is_credit & document["invoice_id"].isin(credit["original_invoice_id"]), own]
    pair = credit.merge(original, left_on="original_invoice_id", right_on="invoice_id", suffixes=("", "_of"))
    is_reversed = (pair["gross_amount"] + pair["gross_amount_of"]).abs() < HALF_A_DIGIT
    pair = pair[is_reversed & (pair["currency"] == pair["currency_of"])]
    pair = pair.sort_values(["invoice_date", "invoice_id"]).drop_duplicates("invoice_id_of")
    cancelled = pd.concat([pair["invoice_id"], pair["invoice_id_of"]])
    is_live = is_issued & ~document["invoice_id"].isin(cancelled) & (document["invoice_date"] <= as_of)
    return document.loc[is_live, wanted]


def live_lines(folder: Path, columns: str, of_document: str, as_of: pd.Timestamp, billed: bool = False) -> pd.DataFrame:
    """Lines of live documents with columns of the line and of the document; `billed` leaves out credit memos."""
    document = live_invoices(folder, f"invoice_id kind {of_document}", as_of)
    if billed:
        document = document[document["kind"] != "credit_memo"]
    return read(folder, "invoice_lines", f"invoice_id {columns}").merge(document, on="invoice_id")


def looked_up(keys: pd.Series[str], values: pd.Series[float]) -> pd.Series[float]:
    """The value of each key, missing where there is none; pandas makes text of a look-up in an empty series."""
    return keys.map(values).astype("float64")


def result(
    frame: pd.DataFrame,
    subject: str,
    expected: pd.Series[float] | float,
    billed: pd.Series[float] | float,
    explained: Mapping[str, pd.Series[bool]] | None = None,
) -> pd.DataFrame:
    """Candidates as every analyst returns them, one row per subject; the first explanation that holds is its own."""
    suppressed_by = pd.Series(None, index=frame.index, dtype=object)
    for code, holds in reversed(list((explained or {}).items())):
        suppressed_by = suppressed_by.mask(holds, code)
    columns = {"expected_amount": expected, "billed_amount": billed, "suppressed_by": suppressed_by}
    table = pd.DataFrame({"subject_id": frame[subject], **columns})
    return table.drop_duplicates("subject_id", ignore_index=True)
