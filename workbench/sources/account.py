"""What a reader needs to trust a snapshot: control totals, references that point nowhere, words not listed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from workbench.engine.duck import quoted
from workbench.schema import Table, tables
from workbench.sources.accept import Note

EXAMPLES = 3
MOST_LISTED = 20
MOST_CURRENCIES = 300


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
    """Control totals of one table.

    `sums` holds money column -> currency -> sum, as decimal strings, where the table has a currency; amounts are
    never added across currencies. `dates` holds the first and last day of each date column that has one.
    """

    rows: int
    distinct_keys: int
    sums: dict[str, dict[str, str]]
    dates: dict[str, tuple[str, str]]


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

    def totals(self, table: Table) -> Totals:
        """Rows, distinct keys, sums of money per currency, first and last dates."""
        key = ", ".join(f'"{name}"' for name in table.key if name in self.columns[table.name])
        rows = self._rows(f"select count(*) from {self._scan(table.name)}")[0][0]
        keys = self._rows(f"select count(*) from (select distinct {key} from {self._scan(table.name)}) as keys")[0][0]
        return Totals(rows=rows, distinct_keys=keys, sums=self._sums(table), dates=self._dates(table))

    def _sums(self, table: Table) -> dict[str, dict[str, str]]:
        money = self._of_type(table, "money")
        if not money or "currency" not in self.columns[table.name]:
            return {}
        sums = ", ".join(f'cast(sum("{name}") as varchar)' for name in money)
        found = self._rows(
            f"select coalesce(currency, ''), {sums} from {self._scan(table.name)} "
            f"group by 1 order by 1 limit {MOST_CURRENCIES}"
        )
        return {
            name: {row[0]: row[place] for row in found if row[place] is not None} for place, name in enumerate(money, 1)
        }

    def _dates(self, table: Table) -> dict[str, tuple[str, str]]:
        days = self._of_type(table, "date")
        if not days:
            return {}
        ends = ", ".join(f'cast(min("{day}") as varchar), cast(max("{day}") as varchar)' for day in days)
        found = self._rows(f"select {ends} from {self._scan(table.name)}")[0]
        return {day: (found[2 * place], found[2 * place + 1]) for place, day in enumerate(days) if found[2 * place]}

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
