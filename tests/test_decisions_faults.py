"""The decision store under bad luck: killed, full, locked, newer, elsewhere; a sentence each, nothing lost."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from tests.test_decisions import new_store, raw
from workbench.decisions import Decision, open_store
from workbench.decisions.address import shown, told
from workbench.decisions.migrating import migrate, versions
from workbench.errors import WorkbenchError

DECIDES_FOR_EVER = """
import sys
from pathlib import Path
from workbench.decisions import Decision, open_store
store = open_store(sys.argv[1], seen=Path(sys.argv[2]))
number = 0
while True:
    number += 1
    entry = store.decide(Decision(f"{sys.argv[3]}-{number}", "accepted", "Ann", remark="x" * 500))
    print(entry.number, entry.hash, flush=True)
"""
DECIDES_UNTIL_FULL = """
import resource, sys
from pathlib import Path
from workbench.decisions import Decision, open_store
from workbench.errors import WorkbenchError
store = open_store(sys.argv[1], seen=Path(sys.argv[2]))
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
for number in range(10_000):
    try:
        entry = store.decide(Decision(f"F{number}", "accepted", "Ann", remark="x" * 5000))
    except WorkbenchError as error:
        print(error)
        break
    print(entry.number, entry.hash)
"""


def address(folder: Path) -> str:
    return f"sqlite:///{folder}/decisions.sqlite"


def kill_while_deciding(url: str, seen: Path, rounds: int) -> list[tuple[int, str]]:
    """Processes that decide and are killed at any moment; (number, hash) of every decision that was acknowledged."""
    chance = random.Random(7)
    acknowledged: list[tuple[int, str]] = []
    for turn in range(rounds):
        words = [sys.executable, "-c", DECIDES_FOR_EVER, url, str(seen), f"R{turn}"]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(chance.random() * 0.4)
        os.kill(process.pid, signal.SIGKILL)
        lines = [first, *process.stdout.read().splitlines(keepends=True)]
        process.wait()
        # The last line may have been cut by the kill itself.
        acknowledged += [(int(line.split()[0]), line.split()[1]) for line in lines if line.endswith("\n")]
    return acknowledged


def test_no_acknowledged_decision_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    acknowledged = kill_while_deciding(address(tmp_path), tmp_path / "seen", rounds=6)
    store = open_store(address(tmp_path), seen=tmp_path / "seen")
    kept = {entry.number: entry.hash for entry in store.entries()}
    assert len(acknowledged) > 6
    assert all(kept[number] == entry_hash for number, entry_hash in acknowledged)
    assert store.verify().holds
    # At most the one that was under way at each kill was kept without having been told.
    assert len(kept) - len(acknowledged) <= 6


def test_a_disk_that_fills_is_one_sentence_and_nothing_is_half_written(tmp_path: Path) -> None:
    if not hasattr(signal, "SIGXFSZ"):
        pytest.skip("this system has no limit on the size of files")
    words = [sys.executable, "-c", DECIDES_UNTIL_FULL, address(tmp_path), str(tmp_path / "seen")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    *told, problem, fix = done.stdout.splitlines()
    assert "its disk is full or failing" in problem and "nothing was half written" in problem and "Fix" in fix
    store = open_store(address(tmp_path), seen=tmp_path / "seen")
    assert [f"{entry.number} {entry.hash}" for entry in store.entries()] == told
    assert len(told) > 5 and store.verify().holds
    assert store.decide(Decision("after", "accepted", "Ann", remark="room again")).number == len(told) + 1


def test_a_store_of_a_newer_release_says_so_and_is_left_alone(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    store.decide(Decision("F1", "accepted", "Ann", remark="small"))
    raw(store, "update alembic_version set version_num = '0999'")
    before = Path(store.url.database or "").read_bytes()
    with pytest.raises(WorkbenchError, match="has version 0999, and this release knows none after 0002"):
        open_store(address(tmp_path), seen=tmp_path / "seen")
    assert Path(store.url.database or "").read_bytes() == before


def test_a_store_of_an_earlier_version_is_brought_up_to_date_with_its_chain(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    entry = store.decide(Decision("F1", "accepted", "Ann", remark="small"))
    raw(store, f"update alembic_version set version_num = '{versions()[0]}'")
    again = open_store(address(tmp_path), seen=tmp_path / "seen")
    assert again.entries() == [entry] and again.store_id == store.store_id and again.verify().holds
    with sqlite3.connect(tmp_path / "decisions.sqlite") as database, pytest.raises(sqlite3.IntegrityError):
        database.execute("delete from decision_entry")


def test_every_version_can_be_made_from_nothing_and_from_the_one_before(tmp_path: Path) -> None:
    import sqlalchemy

    shapes = []
    for steps in (("head",), versions()):
        engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/{len(steps)}.sqlite")
        for step in steps:
            with engine.begin() as connection:
                migrate(connection, step)
        with engine.begin() as connection:
            shapes.append(connection.exec_driver_sql("select sql from sqlite_master order by name").fetchall())
    assert shapes[0] == shapes[1]


def test_a_locked_store_is_one_sentence_after_the_wait(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    impatient = open_store(store.url, seen=tmp_path / "seen", wait=0.2)
    with store.writing(), pytest.raises(WorkbenchError, match="is locked by somebody else's work"):
        impatient.decide(Decision("F1", "accepted", "Bo", remark="small"))
    assert impatient.decide(Decision("F1", "accepted", "Bo", remark="small")).number == 1


def test_a_caller_that_fails_between_two_decisions_adds_neither(tmp_path: Path) -> None:
    store = new_store(tmp_path)

    def decide_and_fail() -> None:
        with store.writing() as writer:
            writer.decide(Decision("F1", "accepted", "Ann", remark="small"))
            raise KeyError

    with pytest.raises(KeyError):
        decide_and_fail()
    assert store.head().count == 0 and store.verify().holds


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://me:hunter2@127.0.0.1:1/nothing", "cannot be read"),
        ("postgresql://me:hunter%32@127.0.0.1:1/nothing", "cannot be read"),
        ("postgresql://127.0.0.1:1/nothing?password=hunter2&user=me", "cannot be read"),
        ("mysql://me:hunter2@127.0.0.1/nothing", "cannot be kept in 'mysql'"),
        ("me:hunter2@nowhere", "no address of a database"),
        ("postgresql://me:hunter2@host:port/x", "no address of a database"),
        ("sqlite:////nowhere/at/all.sqlite", "cannot be read"),
        ("sqlite://", "in memory would forget"),
    ],
)
def test_an_address_that_leads_nowhere_is_one_sentence_without_the_password(
    url: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(WorkbenchError, match=words) as raised:
        open_store(url, seen=tmp_path)
    error: BaseException | None = raised.value
    while error is not None:
        assert "hunter2" not in str(error)
        error = error.__cause__
    assert "\n  Fix: " in str(raised.value)


def test_what_a_driver_says_is_told_without_the_password() -> None:
    url = make_url("postgresql+psycopg://me:hunter2@host/x?sslpassword=hunter3")
    said = OperationalError("select 1", None, Exception("password hunter2 or hunter3 refused"))
    with pytest.raises(WorkbenchError, match=r"password \*\*\* or \*\*\* refused"), told(url, "read"):
        raise said
    assert "hunter" not in shown(url)


def test_the_address_comes_from_the_environment_with_its_password_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_DECISIONS", "postgresql://me@127.0.0.1:1/nothing")
    monkeypatch.setenv("WORKBENCH_DECISIONS_PASSWORD", "hunter2")
    with pytest.raises(WorkbenchError, match=r"postgresql.psycopg://me:\*\*\*@127") as raised:
        open_store(seen=tmp_path)
    assert "hunter2" not in str(raised.value)
    monkeypatch.setenv("WORKBENCH_DECISIONS", address(tmp_path))
    assert open_store(seen=tmp_path).name == address(tmp_path)


def test_a_file_that_is_no_store_is_one_sentence_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "decisions.sqlite").write_text("customer,amount\n" * 500, encoding="utf-8")
    with pytest.raises(WorkbenchError, match="file is not a database"):
        open_store(address(tmp_path), seen=tmp_path)
    assert (tmp_path / "decisions.sqlite").read_text(encoding="utf-8").startswith("customer")


def test_a_store_that_may_only_be_read_can_be_read(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    store.decide(Decision("F1", "accepted", "Ann", remark="small"))
    only = open_store(f"sqlite:///file:{tmp_path}/decisions.sqlite?mode=ro&uri=true", seen=tmp_path / "seen")
    assert only.standing("F1").state == "accepted"
    with pytest.raises(WorkbenchError, match="readonly"):
        only.decide(Decision("F2", "accepted", "Ann", remark="small"))


@pytest.mark.prove
def test_no_acknowledged_decision_is_lost_in_many_kills(tmp_path: Path) -> None:
    acknowledged = kill_while_deciding(address(tmp_path), tmp_path / "seen", rounds=60)
    store = open_store(address(tmp_path), seen=tmp_path / "seen")
    kept = {entry.number: entry.hash for entry in store.entries()}
    assert all(kept[number] == entry_hash for number, entry_hash in acknowledged)
    assert store.verify().holds
