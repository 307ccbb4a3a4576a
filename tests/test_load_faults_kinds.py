"""Whatever is read, a load that is killed or finds the disk full leaves nothing; run again, it completes."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
import xlsxwriter

from workbench.check import check
from workbench.snapshot import open_snapshot

PROGRAM = Path(sys.executable).parent / "workbench"
SOURCES = Path(__file__).parent / "sources"
LATEST = 5.0
MOST_WAIT = 120.0
FULL = "500k"
ROWS = """select i as adjustment_id, sha256(cast(i as varchar)) as invoice_id, 'write_off' as kind,
    i % 977 + 0.25 as amount, date '2025-01-01' + cast(i % 300 as int) as adjusted_on
from range(60000) t (i)"""
MAPPING = """- file: book.xlsx
  table: adjustments
  header: 1
  columns: {adjustment_id: adjustment_id, invoice_id: invoice_id, amount: amount, adjusted_on: adjusted_on}
  constants: {kind: write_off}
"""


def rows() -> list[tuple[object, ...]]:
    return duckdb.sql(ROWS).fetchall()


def parquet(folder: Path) -> list[str]:
    duckdb.sql(f"copy ({ROWS}) to '{folder / 'adjustments.parquet'}'")
    return [str(folder)]


def dirty_csv(folder: Path) -> list[str]:
    duckdb.sql(f"copy ({ROWS}) to '{folder / 'adjustments.csv'}' (header)")
    with (folder / "adjustments.csv").open("a", encoding="utf-8") as stream:
        stream.writelines(f'{number},"I{number},write_off,x,\n' for number in range(2_000))
    return [str(folder)]


def workbook(folder: Path) -> list[str]:
    with xlsxwriter.Workbook(folder / "book.xlsx", {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["adjustment_id", "invoice_id", "kind", "amount", "adjusted_on"])
        for number, row in enumerate(rows()[:20_000], 1):
            sheet.write_row(number, 0, [str(row[0]), row[1], row[2], float(row[3]), str(row[4])])  # type: ignore[arg-type]
    (folder / "mapping.yml").write_text(MAPPING, encoding="utf-8")
    return [str(folder), "--system", "excel"]


def documents(folder: Path) -> list[str]:
    whole = next((SOURCES / "ubl/ordinary/in").rglob("*.xml")).read_bytes()
    for number in range(700):
        (folder / f"{number}.xml").write_bytes(whole.replace(b"<cbc:ID>", b"<cbc:ID>%d-" % number, 1))
    return [str(folder), "--system", "ubl"]


def database(folder: Path) -> list[str]:
    with sqlite3.connect(folder / "books.db") as books:
        books.execute("create table adjustments (adjustment_id, invoice_id, kind, amount, adjusted_on)")
        books.executemany("insert into adjustments values (?, ?, ?, ?, ?)", [tuple(map(str, row)) for row in rows()])
    books.close()
    (folder / "adjustments.sql").write_text("select * from adjustments", encoding="utf-8")
    return [f"sqlite:///{folder / 'books.db'}", str(folder / "adjustments.sql"), "--system", "sql"]


KINDS: list[Callable[[Path], list[str]]] = [parquet, dirty_csv, workbook, documents, database]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__, scope="module")
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What a command line says to load one kind of source."""
    said: list[str] = request.param(tmp_path_factory.mktemp("source"))
    return said


def start(source: list[str], out: Path) -> subprocess.Popen[str]:
    """A load in a session of its own, so that whatever it has started can be found."""
    command = [str(PROGRAM), "load", *source, "--out", str(out)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )  # fmt: skip


def left_running(session: int) -> list[str]:
    """The processes of a session that are not dead."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, *fields = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[2]) == session and state not in {"Z", "X"}:
            found.append(folder.name)
    return found


@pytest.mark.prove
@pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="processes are found by /proc")
def test_a_load_that_is_killed_leaves_no_snapshot_and_no_process(source: list[str], tmp_path: Path) -> None:
    out, moments = tmp_path / "snapshot", random.Random(str(source[-1]).rpartition("/")[2])
    for attempt in range(4):
        running = start(source, out)
        time.sleep(moments.uniform(0.8, LATEST))
        running.send_signal(signal.SIGKILL)
        running.wait()
        until = time.monotonic() + MOST_WAIT
        while left_running(running.pid) and time.monotonic() < until:
            time.sleep(0.2)
        assert left_running(running.pid) == []
        if out.exists():
            # It was finished before the signal came: then it is whole.
            assert check(open_snapshot(out)).holds
            out.rename(tmp_path / f"whole-{attempt}")
    done = start(source, out)
    said = done.communicate()
    assert done.returncode == 0, said
    assert check(open_snapshot(out)).holds
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own that is soon full."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if os.name != "posix" or not mount:
        pytest.skip("a small disk is mounted on POSIX systems alone")
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", f"size={FULL}", "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.prove
def test_a_full_disk_is_told_and_left_empty(source: list[str], full: Path) -> None:
    running = start(source, full / "snapshot")
    _, said = running.communicate()
    assert running.returncode == 2, said
    assert "Traceback" not in said
    assert "There is no space left on the disk" in said
    assert list(full.iterdir()) == []
