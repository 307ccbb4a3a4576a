"""What a reader needs to trust a snapshot: control totals, references that point nowhere, words not listed."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from workbench.engine.duck import quoted
from workbench.money import EXACT
from workbench.schema import Table, tables
from workbench.sources.accept import Note

EXAMPLES = 3
MOST_LISTED = 20
MOST_CURRENCIES = 300
# Documents that say the currency of the rows that belong to them.
OWNERS = ("invoices", "receipts", "orders", "settlements", "contracts")


@dataclass(frozen=True)
class Orphan:
    """References of one column that point nowhere: how many rows, and up to three of the values."""

    table: str
    column: str
    to_table: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Unlisted:
    """Values of one column that schema.yml does not list: how many rows, and the most frequent words with theirs."""

    table: str
    column: str
    count: int
    words: dict[str, int]


@dataclass(frozen=True)
class Totals:
    """Control totals of one table, or of what one input brought to it.

    `sums` holds money column -> currency -> sum, as decimal strings, by the currency of the row or of the document it
    belongs to; amounts are never added across currencies. `dates` holds the first and last day of each date column
    that has one. Keys are as distinct as rows are many, because a row that repeats a key is rejected.
    """

    rows: int
    distinct_keys: int
    sums: dict[str, dict[str, str]]
    dates: dict[str, tuple[str, str]]


@dataclass
class _Totals:
    """The same while they are added up."""

    rows: int = 0
    sums: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    dates: dict[str, tuple[str, str]] = field(default_factory=dict)

    def add_sums(self, currency: str | None, figures: dict[str, str | None]) -> None:
        """Add the sums of rows in one currency; those of no known currency are not told."""
        for name, figure in figures.items():
            if currency is not None and figure is not None:
                some = self.sums.setdefault(name, {})
                if currency in some or len(some) < MOST_CURRENCIES:
                    some[currency] = EXACT.add(some.get(currency, Decimal(0)), Decimal(figure))

    def add_dates(self, days: list[str], ends: list[str | None]) -> None:
        """Widen each date's span."""
        for place, day in enumerate(days):
            first, last = ends[2 * place : 2 * place + 2]
            if first and last:
                known = self.dates.get(day, (first, last))
                # Years have four digits, so that days are in order as texts.
                self.dates[day] = (min(known[0], first), max(known[1], last))

    def told(self) -> Totals:
        """Them as texts."""
        sums = {name: {key: f"{value:f}" for key, value in sorted(some.items())} for name, some in self.sums.items()}
        return Totals(self.rows, self.rows, sums, dict(self.dates))


class Account:
    """Asks a folder of canonical tables, each one Parquet file."""

    def __init__(self, database: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self._database = database
        self._folder = folder
        self.columns = {
            name: set(pq.read_schema(folder / f"{name}.parquet").names)
            for name in tables()
            if (folder / f"{name}.parquet").is_file()
        }

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self._database.execute(sql).fetchall()

    def _scan(self, table: str) -> str:
        return f"read_parquet({quoted(str(self._folder / f'{table}.parquet'))})"

    def _of_type(self, table: Table, kind: str) -> list[str]:
        return [
            name for name, column in table.columns.items() if column.type == kind and name in self.columns[table.name]
        ]

    def totals(self, table: Table) -> dict[str, Totals]:
        """Control totals by source, the name of an input; those of the whole table by the empty name."""
        money, days = self._of_type(table, "money"), self._of_type(table, "date")
        sums = [f'cast(sum("{name}") as varchar)' for name in money]
        ends = [f'cast({end}("{day}") as varchar)' for day in days for end in ("min", "max")]
        found = self._rows(
            f"""select _source, currency_of, {", ".join(["count(*)", *sums, *ends])}
            from {self._with_currency(table, bool(money))} as rows group by 1, 2 order by 1, 2"""
        )
        whole: dict[str, _Totals] = {"": _Totals()}
        for source, currency, rows, *figures in found:
            for name in ("", source):
                totals = whole.setdefault(name, _Totals())
                totals.rows += rows
                totals.add_sums(currency, dict(zip(money, figures, strict=False)))
                totals.add_dates(days, figures[len(money) :])
        return {name: totals.told() for name, totals in whole.items()}

    def _with_currency(self, table: Table, has_money: bool) -> str:
        """The rows of a table with the currency that they, or the document they belong to, are in; null for none."""
        rows = self._scan(table.name)
        if not has_money or "currency" in self.columns[table.name]:
            return f"(select *, {'currency' if has_money else 'cast(null as varchar)'} as currency_of from {rows})"
        owners = [
            (column, other)
            for column, other in table.references.items()
            if column in self.columns[table.name] and other in OWNERS and "currency" in self.columns.get(other, ())
        ]
        joins = " ".join(
            f'left join {self._scan(other)} as o{place} on used."{column}" = o{place}."{tables()[other].key[0]}"'
            for place, (column, other) in enumerate(owners)
        )
        currencies = ", ".join(["cast(null as varchar)", *(f"o{place}.currency" for place in range(len(owners)))])
        return f"(select used.*, coalesce({currencies}, null) as currency_of from {rows} as used {joins})"

    def orphans(self, table: Table) -> list[Orphan]:
        """References to a table that is there and does not hold their key, by column."""
        found = []
        for column, other in table.references.items():
            if column not in self.columns[table.name] or other not in self.columns:
                continue
            key = tables()[other].key[0]
            count, examples = self._rows(
                f"""select coalesce(sum(rows), 0), min(value, {EXAMPLES})
                from (
                    select "{column}" as value, count(*) as rows from {self._scan(table.name)}
                    where "{column}" is not null group by 1
                ) as used
                anti join {self._scan(other)} as known on used.value = known."{key}" """
            )[0]
            if count:
                found.append(Orphan(table.name, column, other, int(count), tuple(examples)))
        return found

    def rewritten_ids(self, table: Table) -> list[Note]:
        """What a spreadsheet has made of ids: powers of ten, and references without the zeros their key begins with."""
        found = []
        for column in self._of_type(table, "id"):
            rows, examples = self._rows(
                f"""select count(*), min("{column}", {EXAMPLES}) from {self._scan(table.name)}
                where
                    "{column}" >= '0' and "{column}" < ':'
                    and regexp_full_match("{column}", '[0-9](\\.[0-9]+)?[eE]\\+[0-9]+')"""
            )[0]
            if rows:
                title = f"rows of {table.name}.{column} with an id that a spreadsheet has rounded"
                found.append(Note(title, rows, dict.fromkeys(examples, "read as it stands")))
        for column, other in table.references.items():
            if column in self.columns[table.name] and other in self.columns:
                found += self._without_zeros(table, column, other)
        return found

    def _without_zeros(self, table: Table, column: str, other: str) -> list[Note]:
        key = tables()[other].key[0]
        rows = self._rows(
            f"""with lost as (
                select "{column}" as value, count(*) as rows from {self._scan(table.name)} as used
                anti join {self._scan(other)} as known on used."{column}" = known."{key}"
                where "{column}" is not null group by 1
            )
            select lost.value, min(known."{key}"), any_value(lost.rows), sum(any_value(lost.rows)) over ()
            from lost inner join {self._scan(other)} as known
                on lost.value = ltrim(known."{key}", '0') and known."{key}" like '0%'
            group by lost.value having count(*) = 1 order by lost.value limit {MOST_LISTED}"""
        )
        if not rows:
            return []
        title = f"rows of {table.name}.{column} whose id has lost the zeros it began with"
        return [Note(title, int(rows[0][3]), {value: f"{known} of {other}" for value, known, _, _ in rows})]

    def unlisted(self, table: Table) -> list[Unlisted]:
        """Words that schema.yml does not list, by column."""
        found = []
        for column in table.columns.values():
            if not column.words or column.name not in self.columns[table.name]:
                continue
            words = ", ".join(map(quoted, column.words))
            rows = self._rows(
                f"""select "{column.name}", count(*), sum(count(*)) over () from {self._scan(table.name)}
                where "{column.name}" not in ({words}) group by 1 order by 2 desc, 1 limit {MOST_LISTED}"""
            )
            if rows:
                found.append(Unlisted(table.name, column.name, int(rows[0][2]), {row[0]: row[1] for row in rows}))
        return found
