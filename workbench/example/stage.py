"""The stage the example company is made on: a DuckDB database of its own, the scripts in order, and the files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import isqrt
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa

from workbench.engine.duck import PARQUET, quoted
from workbench.example import names
from workbench.schema import Table

SCRIPTS = Path(__file__).parent / "sql"
LAST_DAY = 730


@dataclass(frozen=True)
class Plan:
    """How much of everything makes up a company of about so many invoice lines."""

    lines: int
    seed: int

    def numbers(self) -> dict[str, int]:
        """The counts the scripts read as variables."""
        return {
            "seed": self.seed,
            "last_day": LAST_DAY,
            "goods_customers": 100 + self.lines // 500,
            "contract_customers": 40 + self.lines // 1000,
            "products": min(2000, 45 + self.lines // 5000),
            "orders": self.lines * 29 // 100,
            "samples": 6 + self.lines // 400,
            "recurring": 40 + self.lines * 9 // 1000,
            "usage": 20 + self.lines * 8 // 1000,
            "by_hand": 60 + self.lines // 250,
            "on_account": 6 + self.lines // 1000,
            "planted_each": 6 + isqrt(self.lines) // 100,
        }


@contextmanager
def open_stage(plan: Plan, beside: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in a temporary folder next to the target, so that size is limited by the disk and not by memory."""
    with TemporaryDirectory(prefix=".example-", dir=beside, ignore_cleanup_errors=True) as folder:
        file = Path(folder) / "stage.duckdb" if plan.lines > 200_000 else ":memory:"
        with duckdb.connect(str(file)) as connection:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute("set enable_progress_bar = false")
            connection.execute("set memory_limit = '2500MB'")
            connection.execute(f"set temp_directory = {quoted(folder)}")
            for name, number in plan.numbers().items():
                connection.execute(f"set variable {name} = {number}::bigint")
            _add_words(connection)
            yield connection


def _add_words(connection: duckdb.DuckDBPyConnection) -> None:
    services = [dict(zip(("name", "family", "unit"), service, strict=True)) for service in names.SERVICES]
    listed = {
        "given_name": {"customer_no": range(len(names.HOSTILE)), "name": names.HOSTILE},
        "syllables": {"roman": [names.ROMAN], "kanji": [names.KANJI], "arabic": [names.ARABIC]},
        "words": {"adjectives": [names.ADJECTIVES], "nouns": [names.NOUNS], "services": [services]},
    }
    for name, columns in listed.items():
        connection.from_arrow(pa.table(columns)).create(name)


def script(name: str) -> str:
    """The text of one script below sql/."""
    return (SCRIPTS / name).read_text(encoding="utf-8")


def columns_of(table: Table) -> str:
    """A SELECT of one canonical table as the scripts make it, with the schema's columns and types."""
    columns = ", ".join(f'cast("{name}" as {column.sql_type}) as "{name}"' for name, column in table.columns.items())
    return f"select {columns} from ({script(f'tables/{table.name}.sql')}) as made"


def write_table(connection: duckdb.DuckDBPyConnection, query: str, file: Path) -> int:
    """Write the rows of a SELECT as .csv or .parquet; returns how many there are."""
    form = "format csv, header" if file.suffix == ".csv" else PARQUET
    rows = connection.execute(f"copy ({query}) to {quoted(str(file))} ({form})").fetchone()
    return int(rows[0]) if rows else 0
