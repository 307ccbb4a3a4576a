"""A finished matching: its tables, a summary as text, a file, and the applications for the ERP."""

from __future__ import annotations

import csv
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workbench.errors import WorkbenchError
from workbench.findings import check_ending
from workbench.matching.applications import applications
from workbench.matching.items import Sides, as_decimal
from workbench.matching.results import AUTOMATIC, PROPOSAL, Figures, Tables
from workbench.money import grouped, in_minor_unit
from workbench.plaintext import as_text as safe_text
from workbench.snapshot import canonical_json


@dataclass(frozen=True)
class Matching:
    """What a matching found; every table is Arrow with decimal amounts in the currency of their row.

    `seconds` says how long each pass took, and is no part of the result.
    """

    sides: Sides
    passes: tuple[str, ...]
    tables: Tables
    seconds: dict[str, float]
    what: str = "receipts"
    as_of: date | None = None

    @property
    def matches(self) -> pa.Table:
        """A row per pair: match_id, state, pass, left_id, right_id, currency, amount, discount_amount, difference,
        alternatives, reason. `amount` goes from the left to the right item, `difference` is what stays open of the
        right one (< 0: of the left one), `alternatives` counts all ways in which the left item fits.
        """  # noqa: D205
        return self.tables.matches

    @property
    def automatic(self) -> pa.Table:
        """The matches that are the only ones both ways."""
        return self.matches.filter(pc.equal(self.matches["state"], AUTOMATIC))

    @property
    def proposals(self) -> pa.Table:
        """Ties and near misses, every alternative that was listed; none of them is applied."""
        return self.matches.filter(pc.equal(self.matches["state"], PROPOSAL))

    @property
    def unmatched_left(self) -> pa.Table:
        """Left items without an automatic match: id, kind, entity, group, currency, amount, day, name."""
        return self.tables.unmatched_left

    @property
    def unmatched_right(self) -> pa.Table:
        """Right items without an automatic match, with the same columns."""
        return self.tables.unmatched_right

    @property
    def figures(self) -> dict[str, Figures]:
        """What ties out, per side and currency, in ten-thousandths; see Tables."""
        return self.tables.figures

    def summary(self) -> list[dict[str, Any]]:
        """A row per state, pass and currency: state, pass, currency, matches, left, right, amount (Decimal).

        The amount is missing for proposals: their alternatives share the same money.
        """
        rows = []
        table = self.matches.select(["state", "pass", "currency", "match_id", "left_id", "right_id", "amount"])
        totals = [
            ("match_id", "count_distinct"),
            ("left_id", "count_distinct"),
            ("right_id", "count_distinct"),
            ("amount", "sum"),
        ]
        grouped_by = table.group_by(["state", "pass", "currency"]).aggregate(totals).to_pylist()
        order = {name: place for place, name in enumerate(self.passes)}
        for row in sorted(grouped_by, key=lambda row: (row["state"], order.get(row["pass"], 99), row["currency"])):
            money = row["amount_sum"] if row["state"] == AUTOMATIC else None
            rows.append(
                {
                    "state": row["state"],
                    "pass": row["pass"],
                    "currency": row["currency"],
                    "matches": row["match_id_count_distinct"],
                    "left": row["left_id_count_distinct"],
                    "right": row["right_id_count_distinct"],
                    "amount": money,
                }
            )
        return rows

    def as_text(self) -> str:
        """The summary for reading: each pass with its counts and money, and the tie-out per currency."""
        day = f" as of {self.as_of}" if self.as_of else ""
        lines = [f"Matching of {self.what}{day}", ""]
        for row in self.summary():
            money = f"{grouped(row['amount'], row['currency']):>20}" if row["amount"] is not None else f"{'':>20}"
            counts = f"{row['matches']:>9,} {_plural(row['matches'], row['state'])}"
            lines.append(f"{row['state']:<10} {row['pass']:<18} {row['currency']} {money} {counts}".rstrip())
        if not self.matches.num_rows:
            lines.append("nothing fits")
        lines.append("")
        for side, figures in self.figures.items():
            for currency, figure in figures.items():
                parts = [f"{grouped(as_decimal(value), currency)} {kind}" for kind, value in figure.items()
                         if kind != "total" and (value or kind in {"matched", "unmatched"})]  # fmt: skip
                whole = grouped(as_decimal(figure["total"]), currency)
                lines.append(f"{side:<5} {currency}: {whole} = {' + '.join(parts)}")
        return "\n".join(lines)

    def as_json(self) -> str:
        """The summary and the figures as canonical JSON; amounts are text with their currency's digits."""
        rows = [{**row, "amount": in_minor_unit(row["amount"], row["currency"])} for row in self.summary()]
        figures = {
            side: {
                currency: {kind: in_minor_unit(as_decimal(value), currency) for kind, value in figure.items()}
                for currency, figure in per.items()
            }
            for side, per in self.figures.items()
        }
        said = {"what": self.what, "as_of": self.as_of and self.as_of.isoformat(), "passes": rows, "figures": figures}
        return canonical_json(said)

    def write(self, file: Path) -> int:
        """Write the matches to .csv or .parquet and return how many rows; text is safe for spreadsheets.

        Raises WorkbenchError for another ending or a place that cannot be written.
        """
        return write_table(self.matches, file)

    def to_applications(self, accepted: Collection[str] = (), applied_by: str = "U-SYSTEM") -> pa.Table:
        """The automatic matches, and the proposals whose match_id is accepted, as rows of `applications`.

        Raises WorkbenchError where it was no matching of receipts, an id is unknown, or two accepted proposals (or one
        and an automatic match) use the same receipt or the same invoice.
        """
        if self.what != "receipts" or self.as_of is None:
            raise WorkbenchError(f"A matching of {self.what} makes no applications.", "match what='receipts'")
        return applications(self.matches, self.sides, frozenset(accepted), self.as_of, applied_by)


def _plural(count: int, state: str) -> str:
    word = "match" if state == AUTOMATIC else "alternative"
    return word if count == 1 else f"{word}es" if word == "match" else f"{word}s"


def write_table(table: pa.Table, file: Path) -> int:
    """Write a table with a currency column to .csv (amounts in minor units) or .parquet."""
    check_ending(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".parquet":
            pq.write_table(table, file, compression="zstd")
            return int(table.num_rows)
        money = [field.name for field in table.schema if pa.types.is_decimal(field.type)]
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(table.column_names)
            for batch in table.to_batches(max_chunksize=10_000):
                for row in batch.to_pylist():
                    cells = {name: in_minor_unit(row[name], row.get("currency")) for name in money}
                    writer.writerow([safe_text(v) if isinstance(v, str) else v for v in (row | cells).values()])
    except OSError as error:
        raise WorkbenchError(f"'{file}' cannot be written: {error.strerror}.", "choose another --out") from error
    return int(table.num_rows)


def write_applications(matching: Matching, file: Path) -> int:
    """Write the automatic matches as rows of `applications`, amounts in their currency's minor unit."""
    rows = matching.to_applications()
    invoices = matching.sides.right.select(["id", "currency"]).rename_columns(["invoice_id", "currency"])
    invoices = invoices.set_column(0, "invoice_id", invoices["invoice_id"].cast(pa.string()))
    with_currency = rows.join(invoices, "invoice_id")
    return write_table(with_currency.sort_by("application_id"), file)
