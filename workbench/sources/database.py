"""Read a database by queries: read-only, in one transaction, row by row, every decimal exact."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Context, Decimal
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from workbench.errors import WorkbenchError
from workbench.sources.accept import Tie
from workbench.sources.files import SourceFile, listed
from workbench.sources.staging import HAS_NUL, MOST_WHOLE, Stage, Staged, staged_rows

CHUNK = 10_000
# Wide enough for the sum of any column a database can hold.
EXACT = Context(prec=1_000)
FROM_ENVIRONMENT = "WORKBENCH_DATABASE_PASSWORD"
DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "oracle": "oracle+oracledb",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}
# What makes a transaction read-only, and the same picture for all its queries; a moment is told by the session's zone.
_MYSQL = (
    "set time_zone = '+00:00'",
    "set session transaction read only",
    "start transaction with consistent snapshot",
)
BEGIN = {
    "postgresql": ("set transaction isolation level repeatable read, read only",),
    "oracle": ("set transaction read only",),
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
    "sqlite": ("pragma query_only = on", "begin"),
}


def is_address(text: object) -> bool:
    """Whether an input is a database's address."""
    return "://" in str(text)


def query_files(inputs: Sequence[Path]) -> tuple[dict[str, str], list[str]]:
    """The queries of the inputs by the names of their .sql files, in small letters, and the names of other files."""
    files = listed(inputs)
    queries = {file.stem.lower(): file.read_text(encoding="utf-8") for file in files if file.suffix.lower() == ".sql"}
    return queries, [file.name for file in files if file.suffix.lower() != ".sql"]


@dataclass(frozen=True)
class Database:
    """An open database. `name` is its address without the password; `label` is short, for the lineage of rows."""

    connection: Connection
    name: str
    label: str
    secret: str

    def columns(self, table: str) -> list[str]:
        """The columns of a table or view by its name, as the database writes them; empty where there is none."""
        found = sqlalchemy.inspect(self.connection)
        plain = {name.lower(): name for name in (*found.get_table_names(), *found.get_view_names())}
        return [column["name"] for column in found.get_columns(plain[table.lower()])] if table.lower() in plain else []

    def select(self, table: str, columns: Sequence[str]) -> str:
        """A SELECT of columns of a table, its names quoted where the database needs it."""
        chosen = sqlalchemy.table(table, *(sqlalchemy.column(name) for name in columns))
        return str(sqlalchemy.select(*chosen.columns).compile(self.connection))

    def add(self, stage: Stage, name: str, query: str) -> tuple[Staged, list[Tie]]:
        """Stage the rows of a query, and set beside each other what the database counts and adds up, and what was read.

        Raises WorkbenchError where the query fails or the database goes away.
        """
        query = query.strip().removesuffix(";")
        reading = _Rows(self, name, stage)
        with self._told(name):
            counted = self.connection.exec_driver_sql(f"select count(*) from ({query}\n) counted")
            reading.whole = int(counted.scalar_one())
            streaming = self.connection.execution_options(stream_results=True, yield_per=CHUNK)
            result = streaming.exec_driver_sql(query)
            header = tuple(result.keys())
            source = SourceFile(Path(self.label), f"{self.label}:{name}")
            staged = staged_rows(stage, source, header, reading.texts(result), query=query, database=self.name)
            ties = [self._tie(name, "rows", Decimal(reading.whole), Decimal(staged.records))]
            for place, found in sorted(reading.sums.items()):
                column = self.connection.dialect.identifier_preparer.quote(header[place])
                summed = self.connection.exec_driver_sql(f"select sum({column}) from ({query}\n) added")
                ties.append(self._tie(name, f"sum of {header[place]}", Decimal(str(summed.scalar_one() or 0)), found))
        return staged, ties

    def _tie(self, name: str, what: str, stated: Decimal, found: Decimal) -> Tie:
        title = f"what {self.label} counts and adds up itself"
        return Tie(title, name, what, "", f"{stated:f}", f"{found:f}", stated == found)

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise WorkbenchError(
                f"{self.name} stopped while {name} was read: {_said(error, self.secret)}.",
                "look at the query, the rights and the server",
            ) from error


def _said(error: SQLAlchemyError, secret: str) -> str:
    """What the driver said, in one line and without the password."""
    said = " ".join(str(getattr(error, "orig", None) or error).split())
    return (said.replace(secret, "***") if secret else said)[:200].rstrip(".")


class _Rows:
    """Turns rows into text, and adds up the decimals on the way."""

    def __init__(self, database: Database, name: str, stage: Stage) -> None:
        self.database, self.name, self.stage = database, name, stage
        self.whole = 0
        self.sums: dict[int, Decimal] = {}

    def texts(self, result: sqlalchemy.CursorResult[Any]) -> Iterator[tuple[list[str] | None, str]]:
        """Every row as (texts, problem)."""
        done = 0
        for some in result.partitions(CHUNK):
            for row in some:
                for place, value in enumerate(row):
                    if isinstance(value, Decimal) and value.is_finite():
                        self.sums[place] = EXACT.add(self.sums.get(place, Decimal(0)), value)
                texts = [as_text(value) for value in row]
                yield texts, HAS_NUL if any("\0" in text for text in texts) else ""
            done += len(some)
            self.stage.progress(f"reading {self.name}", done, max(done, self.whole))


def as_text(value: Any) -> str:
    """A value of a database as text: decimals and dates exact, nothing as nothing, bytes in hexadecimal digits."""
    match value:
        case None:
            text = ""
        case bool():
            text = "true" if value else "false"
        case Decimal():
            text = f"{value:f}"
        case float() if value.is_integer() and abs(value) < MOST_WHOLE:
            text = str(int(value))
        case datetime():
            text = value.isoformat(sep=" ")
        case date() | time():
            text = value.isoformat()
        case bytes() | bytearray() | memoryview():
            text = bytes(value).hex()
        case _:
            text = str(value)
    return text


@contextmanager
def opened(address: str) -> Iterator[Database]:
    """A database by its SQLAlchemy address, in a transaction that cannot write.

    A password that the address lacks comes from WORKBENCH_DATABASE_PASSWORD. Raises WorkbenchError for an address that
    is none, a driver that is not installed and a server that does not answer.
    """
    url = _url(address)
    name = url.render_as_string(hide_password=True)
    try:
        engine = sqlalchemy.create_engine(_read_only(url), isolation_level=None)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        fix = "pip install 'billing-workbench[databases]', or name another driver in the address"
        raise WorkbenchError(f"The driver of {name} is not installed.", fix) from error
    secret = url.password if isinstance(url.password, str) else ""
    try:
        with engine.connect().execution_options(no_parameters=True) as connection:
            for statement in BEGIN.get(url.get_backend_name(), ()):
                connection.exec_driver_sql(statement)
            label = Path(url.database or url.host or "database").stem
            yield Database(connection, name, label, secret or "")
            connection.rollback()
    except SQLAlchemyError as error:
        raise WorkbenchError(
            f"{name} cannot be opened: {_said(error, secret)}.", "look at the address, the user and the server"
        ) from error
    finally:
        engine.dispose()


def _url(address: str) -> URL:
    try:
        url = make_url(address)
    except ArgumentError as error:
        raise WorkbenchError(
            "A source is no address of a database.", "write it as postgresql+psycopg://user@host/database"
        ) from error
    url = url.set(drivername=DRIVERS.get(url.drivername, url.drivername))
    if url.password is None and os.environ.get(FROM_ENVIRONMENT):
        url = url.set(password=os.environ[FROM_ENVIRONMENT])
    return url


def _read_only(url: URL) -> URL:
    """A SQLite file that is not there is not made, and none is written to."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return url
    if not Path(url.database).is_file():
        raise WorkbenchError(f"There is no database '{url.database}'.", "give a file that exists")
    return url.set(database=f"file:{Path(url.database).resolve().as_posix()}", query={"mode": "ro", "uri": "true"})
