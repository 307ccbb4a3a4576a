"""The decision store: what may be decided, who may approve it, and how the command line says so."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from workbench.decisions import Authority, ConflictError, Decision, Store, open_store
from workbench.decisions.authority import User
from workbench.decisions.command import decide as decide_command
from workbench.decisions.command import decisions as decisions_command
from workbench.decisions.entry import GENESIS
from workbench.errors import GateError, UnknownNameError, WorkbenchError

INSERT = "insert into decision_entry (number, previous_hash, entry_hash, at, by, act, after) values "
START = datetime(2025, 4, 2, 8, 0, 0, 250, tzinfo=UTC)
AUTHORITY = Authority(
    users=(
        User("U1", "Ann Tan", "clerk", "person", date(2020, 1, 1), None),
        User("U2", "Bo Lim", "manager", "person", date(2020, 1, 1), None),
        User("U3", "陈 美", "director", "person", date(2020, 1, 1), date(2025, 4, 2)),
        User("U4", "Night run", "manager", "system", None, None),
        User("U5", "Cy Ng", "clerk", "person", None, None),
        User("U5", "Cy Ng", "manager", "person", date(2025, 4, 2), None),
    ),
    limits={
        ("clerk", "credit_memo", "SGD"): Decimal("100.00"),
        ("manager", "credit_memo", "SGD"): Decimal("1000.00"),
        ("manager", "write_off", "SGD"): Decimal("50.00"),
        ("director", "credit_memo", "SGD"): Decimal("100000.00"),
    },
    snapshot="f" * 64,
)


class Clock:
    """A clock that is one second later each time it is read."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def new_store(folder: Path, clock: Callable[[], datetime] | None = None) -> Store:
    folder.mkdir(parents=True, exist_ok=True)
    return open_store(f"sqlite:///{folder}/decisions.sqlite", clock=clock or Clock(), seen=folder / "seen", wait=5)


def credit(finding_id: str = "F1", by: str = "U1", **changed: Any) -> Decision:
    given = Decision(
        finding_id,
        "confirmed",
        by,
        remedy="credit",
        amount=Decimal("250.5"),
        currency="SGD",
        root_cause="billing_run",
        owner="U1",
        due_on=date(2025, 5, 1),
    )
    return replace(given, **changed)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = new_store(tmp_path)
    yield opened
    opened.close()


def raw(store: Store, *statements: str) -> None:
    """Somebody with the file and without scruples: the triggers are gone first."""
    with sqlite3.connect(store.url.database or "") as database:
        names = database.execute("select name from sqlite_master where type = 'trigger'").fetchall()
        for (name,) in names:
            database.execute(f'drop trigger "{name}"')
        for statement in statements:
            database.execute(statement)
    database.close()


def test_a_decision_stands_until_the_next_one_and_both_are_kept(store: Store) -> None:
    first = store.decide(Decision("F1", "accepted", "Ann", remark="below 5 SGD"))
    second = store.decide(Decision("F1", "open", "Bo", after=first.number, remark="look again"))
    assert (first.number, first.previous_hash, first.at) == (1, GENESIS, "2025-04-02T08:00:01.000250Z")
    assert (second.number, second.after, second.previous_hash) == (2, 1, first.hash)
    standing = store.standing("F1")
    assert (standing.state, standing.by, standing.number) == ("open", "Bo", 2)
    assert [entry.state for entry in store.entries("F1")] == ["accepted", "open"]
    assert store.standing("F2").state == "open" and store.standing("F2").number == 0


def test_the_second_of_two_is_told_what_the_first_one_did(store: Store) -> None:
    store.decide(credit(by="Ann"))
    with pytest.raises(ConflictError) as raised:
        store.decide(Decision("F1", "accepted", "Bo", remark="small"))
    said = str(raised.value)
    assert "Ann on 2025-04-02 08:00:01 UTC" in said and "confirmed, credit 250.50 SGD" in said and "--after 1" in said
    assert raised.value.last.by == "Ann" and raised.value.seen == 0
    assert store.decide(Decision("F1", "accepted", "Bo", after=1, remark="small")).number == 2


def test_an_entry_that_was_never_there_is_no_conflict_but_a_wrong_store(store: Store) -> None:
    with pytest.raises(WorkbenchError, match="has no entry 7"):
        store.decide(Decision("F1", "accepted", "Bo", after=7, remark="small"))


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        (credit(remedy=None), "there is no remedy"),
        (credit(root_cause=None, owner=None), "there is no root cause, owner"),
        (credit(due_on=None), "there is no due date"),
        (credit(remedy="refund"), "There is no remedy 'refund'"),
        (credit(root_cause="weather"), "There is no root cause 'weather'"),
        (credit(state="closed"), "There is no state 'closed'"),
        (credit(amount=Decimal(-1)), "amount is -1"),
        (credit(amount=Decimal(0)), "amount is 0"),
        (credit(amount=Decimal("NaN")), "amount is NaN"),
        (credit(amount=Decimal("1.005")), "more than the 2 decimals of SGD"),
        (credit(amount=Decimal("1.5"), currency="JPY"), "more than the 0 decimals of JPY"),
        (credit(currency=None), "currency of the remedy is ''"),
        (credit(currency="sgd"), "currency of the remedy is 'sgd'"),
        (credit(state="accepted", due_on=None), "A finding that is accepted has no remedy"),
        (Decision("F1", "accepted", "Ann"), "Nothing says why the finding is accepted"),
        (Decision("F1", "explained", "Ann", remark="  "), "Nothing says why the finding is explained"),
        (Decision("F1", "accepted", " ", remark="x"), "No person who decides is named"),
        (Decision("", "accepted", "Ann", remark="x"), "No finding is named"),
        (Decision("F1", "accepted", "A\x00nn", remark="x"), "some of which no name has"),
        (Decision("F1", "accepted", "Ann", remark="a\x00b"), "signs that no text has"),
        (Decision("F1", "accepted", "Ann", remark="x" * 8001), "8,001 signs"),
    ],
)
def test_what_cannot_stand_is_refused_in_words_and_nothing_is_added(
    store: Store, decision: Decision, words: str
) -> None:
    with pytest.raises(WorkbenchError, match=words.replace("(", r"\(")):
        store.decide(decision)
    assert store.head().count == 0


def test_an_amount_is_a_proposal_until_somebody_else_approves_it(store: Store) -> None:
    proposal = store.decide(credit())
    assert (proposal.act, proposal.amount, store.standing("F1").approval) == ("proposed", "250.50", "waiting")
    approval = store.approve("F1", "U2", AUTHORITY, after=1)
    assert (approval.act, approval.refers, approval.amount) == ("approved", 1, "250.50")
    assert json.loads(approval.authority or "") == {
        "role": "manager", "action": "credit_memo", "currency": "SGD", "limit": "1000.00", "snapshot": "f" * 64,
    }  # fmt: skip
    standing = store.standing("F1")
    assert (standing.approval, standing.proposed_by, standing.approved_by) == ("approved", "U1", "U2")
    with pytest.raises(WorkbenchError, match="Nothing waits for approval"):
        store.approve("F1", "U2", AUTHORITY, after=2)


def test_a_remedy_without_an_amount_needs_no_approval(store: Store) -> None:
    assert store.decide(credit(amount=None, currency=None)).act == "decided"
    assert store.standing("F1").approval == ""


@pytest.mark.parametrize(
    ("by", "amount", "words"),
    [
        ("U1", "50", "cannot approve it"),
        ("u1 ", "50", "cannot approve it"),
        ("Ann  tan", "50", "cannot approve it"),
        ("U2", "1000.01", "may approve a credit_memo of 1,000.00 SGD; this is 1,000.01 SGD"),
        ("U3", "50", "U3 is not active on 2025-04-02"),
        ("U4", "50", "only a person can approve"),
        ("U9", "50", "There is no user of the snapshot 'U9'"),
    ],
)
def test_nobody_approves_their_own_or_beyond_their_limit(store: Store, by: str, amount: str, words: str) -> None:
    store.decide(credit(amount=Decimal(amount)))
    with pytest.raises(WorkbenchError, match=words):
        store.approve("F1", by, AUTHORITY, after=1)
    assert store.standing("F1").approval == "waiting"


def test_a_limit_is_reached_and_not_passed_and_two_roles_count_by_their_dates(store: Store) -> None:
    store.decide(credit("F1", amount=Decimal("1000.00")))
    store.decide(credit("F2", amount=Decimal("1000.00")))
    assert store.approve("F1", "U2", AUTHORITY, after=1).act == "approved"
    assert json.loads(store.approve("F2", "U5", AUTHORITY, after=2).authority or "")["role"] == "manager"


def test_a_currency_or_action_without_a_limit_is_a_limit_of_nothing(store: Store) -> None:
    store.decide(credit(currency="JPY", amount=Decimal(1)))
    with pytest.raises(WorkbenchError, match="may approve a credit_memo of 0 JPY"):
        store.approve("F1", "U2", AUTHORITY, after=1)
    store.decide(credit("F2", remedy="write_off", amount=Decimal("50.01")))
    with pytest.raises(WorkbenchError, match="may approve a write_off of 50"):
        store.approve("F2", "U2", AUTHORITY, after=2)


def test_an_approver_is_told_when_the_proposal_is_another_by_now(store: Store) -> None:
    store.decide(credit())
    store.decide(credit(after=1, amount=Decimal("999.00")))
    with pytest.raises(ConflictError, match="999"):
        store.approve("F1", "U2", AUTHORITY, after=1)


@pytest.mark.parametrize(
    "statement",
    [
        "update decision_entry set remark = 'other'",
        "delete from decision_entry",
        "insert or replace into decision_entry select * from decision_entry where number = 1",
        INSERT + "(5, 'x', 'y', 't', 'b', 'decided', 0)",
        INSERT + "(2, 'fork', 'y', 't', 'b', 'decided', 0)",
        "update decision_store set store_id = 'mine'",
        "delete from decision_store",
        "insert into decision_store values ('second', 'now')",
    ],
)
def test_the_database_itself_refuses_to_change_what_was_decided(store: Store, statement: str) -> None:
    store.decide(Decision("F1", "accepted", "Ann", remark="small"))
    before = store.entries()
    with sqlite3.connect(store.url.database or "") as database, pytest.raises(sqlite3.IntegrityError):
        database.execute(statement)
    database.close()
    assert store.entries() == before and store.verify().holds


def ran(*words: object) -> tuple[int, str, str]:
    """Exit code as the command line would give it, what was printed, and the error."""
    group = decide_command if words[0] == "decide" else decisions_command
    done = CliRunner().invoke(group, [str(word) for word in words[1:]])
    if isinstance(done.exception, WorkbenchError):
        return (1 if isinstance(done.exception, GateError) else 2), done.output, str(done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output, done.output


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.delenv("WORKBENCH_DECISIONS", raising=False)
    return tmp_path


def test_the_command_line_decides_lists_and_verifies_in_the_workspace(here: Path) -> None:
    code, printed, _ = ran("decide", "F1", "--state", "accepted", "--remark", "small", "--by", "Ann")
    assert (code, printed) == (0, "entry 1, finding F1: accepted, by Ann\n")
    assert (here / "workspace/decisions.sqlite").is_file()
    code, _, said = ran("decide", "F1", "--state", "open", "--by", "Bo")
    assert code == 2 and "was decided by Ann" in said
    code, printed, _ = ran("decide", "F1", "--state", "open", "--by", "Bo", "--after", "1", "--json")
    assert code == 0 and json.loads(printed)["number"] == 2
    code, printed, _ = ran("decisions", "list", "--json")
    assert [(one["finding_id"], one["state"]) for one in json.loads(printed)] == [("F1", "open")]
    code, printed, _ = ran("decisions", "list", "--finding", "F1")
    assert printed.count("\n") == 2 and "Ann: accepted" in printed
    code, printed, _ = ran("decisions", "verify", "--json")
    head = json.loads(printed)["head"]
    assert code == 0 and head["count"] == 2
    assert ran("decisions", "verify", "--head", f"2:{head['hash']}")[0] == 0
    code, printed, said = ran("decisions", "verify", "--head", f"3:{head['hash']}")
    assert code == 1 and "entry 3 was cut off its end" in printed and "not as they were made" in said
    assert ran("decisions", "verify", "--head", "nonsense")[0] == 2


def test_the_command_line_explains_and_withdraws(here: Path) -> None:
    words = ["--control", "acc-03", "--customer", "C1", "--expires", "2999-01-01", "--remark", "agreed", "--by", "Ann"]
    code, printed, _ = ran("decisions", "explain", *words, "--where", "currency=SGD")
    assert code == 0 and "entry 1, no single finding: explained" in printed
    code, printed, _ = ran("decisions", "list", "--explanations")
    assert printed == "     1  in force, until 2999-01-01: ACC-03, customer C1, currency=SGD: agreed\n"
    assert ran("decisions", "withdraw", 1, "--by", "Bo")[0] == 0
    assert "withdrawn" in ran("decisions", "list", "--explanations")[1]
    assert "Bo withdrew" in ran("decisions", "withdraw", 1, "--by", "Cy")[2]
    assert "is no explanation" in ran("decisions", "withdraw", 2, "--by", "Cy")[2]


def test_every_command_has_an_example_and_every_option_its_help() -> None:
    for command in (decide_command, decisions_command, *decisions_command.commands.values()):
        assert "Example:" in (command.help or ""), command.name
        for option in command.params:
            assert getattr(option, "help", "argument") or option.param_type_name == "argument", option.name


def test_unknown_names_are_told_with_the_nearest(store: Store) -> None:
    with pytest.raises(UnknownNameError, match="did you mean credit"):
        store.decide(credit(remedy="credits"))
