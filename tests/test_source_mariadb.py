"""A real MariaDB: read to the last digit, read-only, in one picture, streamed, and never half."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pymysql
import pytest

from workbench.errors import WorkbenchError
from workbench.load import load
from workbench.sources.database import opened

MOST_WAIT = 60.0
HEAD = """create table documents (id int primary key, number char(8), customer varchar(40), day date, currency char(3),
    net decimal(38, 10), made timestamp(6) null, remark text) engine = innodb character set utf8mb4"""
ROWS = """insert into documents
select seq, lpad(seq, 8, '0'), concat('C', seq mod 1000), date '2024-01-01' + interval (seq mod 365) day,
    if(seq mod 3 = 0, 'JPY', 'SGD'), seq mod 99991 + 0.0001, '2024-01-01 08:00:00.000001' + interval seq second,
    concat('at 12:30, 100% ', char(0xF09F92A3 using utf8mb4)) from seq_1_to_{rows}"""
INVOICES = """select concat('I', id) as invoice_id, number as invoice_number, 'invoice' as kind, 'E1' as entity_id,
    customer as customer_id, day as invoice_date, currency, net as net_amount, 0 as tax_amount, net as gross_amount,
    'issued' as status, made as created_at, remark as purchase_order
from documents;
"""


@dataclass
class Server:
    """A MariaDB of our own in a folder, on a free port of loopback."""

    folder: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        user = ["--user=root"] if os.geteuid() == 0 else []
        options = [f"--datadir={self.folder / 'data'}", f"--socket={self.folder / 's'}", f"--port={self.port}"]
        small = ["--bind-address=127.0.0.1", "--skip-log-bin", "--innodb-buffer-pool-size=64M", "--skip-name-resolve"]
        program = [shutil.which("mariadbd") or "", "--no-defaults", *user, *options, *small]
        self.process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=(self.folder / "log").open("ab"))
        until = time.monotonic() + MOST_WAIT
        while time.monotonic() < until and self.process.poll() is None:
            try:
                self.ask("select 1")
            except pymysql.err.OperationalError:
                time.sleep(0.1)
            else:
                return
        pytest.skip(f"MariaDB does not start here: {(self.folder / 'log').read_text(errors='replace')[-300:]}")

    def ask(self, *statements: str) -> tuple[tuple[object, ...], ...]:
        database = "billing" if (self.folder / "data/billing").is_dir() else None
        where = {"host": "127.0.0.1", "port": self.port, "user": "root", "database": database}
        with pymysql.connect(**where, autocommit=True) as asked, asked.cursor() as cursor:  # type: ignore[arg-type]
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall()

    def end(self, how: int = signal.SIGTERM) -> None:
        if self.process:
            self.process.send_signal(how)
            self.process.wait(MOST_WAIT)

    @property
    def address(self) -> str:
        return f"mariadb://root@127.0.0.1:{self.port}/billing"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    install = shutil.which("mariadb-install-db")
    if not shutil.which("mariadbd") or not install:
        pytest.skip("no mariadbd on the PATH: apt-get install mariadb-server-core mariadb-client-core")
    folder = tmp_path_factory.mktemp("maria")
    user = ["--user=root"] if os.geteuid() == 0 else []
    options = [f"--datadir={folder / 'data'}", "--auth-root-authentication-method=normal", "--skip-test-db", *user]
    made = subprocess.run([install, "--no-defaults", *options], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"no MariaDB can be made here: {made.stderr[-200:]}")
    started = Server(folder)
    started.start()
    started.ask("create database billing")
    started.ask(HEAD, ROWS.format(rows=20_000))
    yield started
    started.end()


@pytest.fixture
def queries(tmp_path: Path) -> Path:
    folder = tmp_path / "queries"
    folder.mkdir()
    (folder / "invoices.sql").write_text(INVOICES, encoding="utf-8")
    return folder


def test_it_is_read_to_the_last_digit(server: Server, queries: Path, tmp_path: Path) -> None:
    loaded = load([server.address, queries], "sql", tmp_path / "s")
    assert [(entry.table, entry.read, entry.accepted) for entry in loaded.tables] == [("invoices", 20_000, 20_000)]
    assert [(tie.what, tie.holds) for tie in loaded.ties] == [
        ("rows", True),
        ("sum of net_amount", True),
        ("sum of gross_amount", True),
    ]
    table = pq.read_table(tmp_path / "s/invoices.parquet")
    assert sum(table["net_amount"].to_pylist()) == sum(Decimal(i % 99991) + Decimal("0.0001") for i in range(1, 20_001))
    first = next(row for row in table.to_pylist() if row["invoice_id"] == "I1")
    assert (first["invoice_number"], first["purchase_order"]) == ("00000001", "at 12:30, 100% \U0001f4a3")


def test_a_moment_is_utc_whatever_zone_the_server_lives_in(server: Server, queries: Path, tmp_path: Path) -> None:
    server.ask("set global time_zone = '+08:00'")
    try:
        server.ask("create table moments as select * from documents where false")
        server.ask("insert into moments select * from documents where id = 1")
        server.ask("set time_zone = '+00:00'", "update moments set made = '2024-01-01 00:00:01'")
        (queries / "invoices.sql").write_text(INVOICES.replace("documents", "moments"), encoding="utf-8")
        load([server.address, queries], "sql", tmp_path / "s")
    finally:
        server.ask("set global time_zone = 'SYSTEM'", "drop table moments")
    assert str(pq.read_table(tmp_path / "s/invoices.parquet")["created_at"][0]) == "2024-01-01 00:00:01"


def test_what_no_calendar_has_is_rejected_as_it_came(server: Server, queries: Path, tmp_path: Path) -> None:
    server.ask("set sql_mode = ''", "create table dirt like documents")
    try:
        server.ask("set sql_mode = ''", "insert into dirt (id, currency, net, day) values (1, 'SGD', 5, '0000-00-00')")
        server.ask("insert into dirt (id, currency, net, day) values (2, 'SGD', 1234567.8912345, '2025-01-31')")
        (queries / "invoices.sql").write_text(INVOICES.replace("documents", "dirt"), encoding="utf-8")
        loaded = load([server.address, queries], "sql", tmp_path / "s")
    finally:
        server.ask("drop table dirt")
    (entry,) = loaded.tables
    assert (entry.read, entry.rejected) == (2, 2)
    rejects = (tmp_path / "s/rejects/invoices.csv").read_text(encoding="utf-8")
    assert "invoice_date is '0000-00-00'" in rejects
    assert "net_amount is '1234567.8912345000'" in rejects


def test_nothing_can_be_written_while_it_is_read(server: Server) -> None:
    with opened(server.address) as database, pytest.raises(Exception, match="READ ONLY transaction"):
        database.connection.exec_driver_sql("delete from documents")


def test_all_queries_see_one_picture(server: Server) -> None:
    with opened(server.address) as database:
        before = database.connection.exec_driver_sql("select count(*) from documents").scalar_one()
        server.ask("insert into documents (id) values (-1)")
        try:
            assert database.connection.exec_driver_sql("select count(*) from documents").scalar_one() == before
        finally:
            server.ask("delete from documents where id = -1")


def kill_the_connection(server: Server) -> None:
    for number, query in server.ask("select id, info from information_schema.processlist"):
        if "sleep(0.0005)" in str(query) and "processlist" not in str(query):
            server.ask(f"kill connection {number}")


def kill_the_server(server: Server) -> None:
    if any("sleep(0.0005)" in str(row[0]) for row in server.ask("select info from information_schema.processlist")):
        server.end(signal.SIGKILL)


@pytest.mark.parametrize("kill", [kill_the_connection, kill_the_server])
def test_a_server_that_goes_away_says_so_and_leaves_nothing(
    kill: Callable[[Server], None], server: Server, queries: Path, tmp_path: Path
) -> None:
    slow = INVOICES.replace("from documents;", "from documents where sleep(0.0005) = 0;")
    (queries / "invoices.sql").write_text(slow, encoding="utf-8")
    ended = threading.Event()

    def end_it() -> None:
        while not ended.wait(0.3) and server.process and server.process.poll() is None:
            kill(server)

    killer = threading.Thread(target=end_it)
    killer.start()
    try:
        with pytest.raises(WorkbenchError, match="stopped while invoices was read"):
            load([server.address, queries], "sql", tmp_path / "s")
    finally:
        ended.set()
        killer.join()
        if server.process and server.process.poll() is not None:
            server.start()
    assert [path.name for path in tmp_path.iterdir()] == ["queries"]


@pytest.mark.prove
def test_rows_are_streamed(server: Server, tmp_path: Path) -> None:
    query = "select repeat(number, 400) as wide from documents cross join seq_1_to_10 as many"
    script = (
        "import sys, duckdb; from pathlib import Path\n"
        "from bench.memory import peak; from workbench.progress import quiet\n"
        "from workbench.sources.database import opened; from workbench.sources.staging import Stage\n"
        "stage = Stage(duckdb.connect(), Path(sys.argv[2]), '', '', quiet)\n"
        "with opened(sys.argv[1]) as database: staged, ties = database.add(stage, 'wide', sys.argv[3])\n"
        "print(staged.records, peak() // 1024**2)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, server.address, tmp_path, query],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    rows, megabytes = done.stdout.split()
    assert rows == "200000"
    # The server sends 640 MB.
    assert int(megabytes) < 600
