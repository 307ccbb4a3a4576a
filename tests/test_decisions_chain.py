"""The chain of decisions: whatever was changed, cut or written anew in a store shows."""

from __future__ import annotations

import json
import string
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.test_decisions import AUTHORITY, credit, new_store, raw
from workbench.decisions import Decision, Head, Store, make_scope, open_store
from workbench.decisions.chain import examine, extract, read_heads
from workbench.decisions.entry import GENESIS, Entry, hash_of, standings_of
from workbench.decisions.words import REMEDIES, ROOT_CAUSES, STATES
from workbench.errors import WorkbenchError


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = new_store(tmp_path)
    yield opened
    opened.close()


def filled(store: Store, number: int = 6) -> list[Head]:
    heads = []
    for place in range(number):
        store.decide(Decision(f"F{place}", "accepted", "Ann", remark=f"reason {place}"))
        heads.append(store.head())
    return heads


def test_a_missing_entry_is_named(store: Store) -> None:
    filled(store)
    raw(store, "delete from decision_entry where number in (3, 4)")
    problems = store.verify().problems
    assert problems[0] == "Entries 3 to 4 are missing."


def test_entries_that_changed_places_are_named(store: Store) -> None:
    filled(store)
    raw(
        store,
        "update decision_entry set number = 99 where number = 2",
        "update decision_entry set number = 2 where number = 4",
        "update decision_entry set number = 4 where number = 99",
    )
    said = store.verify().as_text()
    assert "Entry 2 was written as entry 4: the order was changed." in said
    assert "Entry 4 was written as entry 2" in said


def test_a_cut_tail_shows_against_what_the_workspace_saw_last(store: Store) -> None:
    filled(store)
    raw(store, "delete from decision_entry where number > 4")
    said = store.verify().as_text()
    assert said == "The store once had 6 entries and has 4: entries 5 to 6 were cut off its end."


def test_a_cut_tail_shows_against_a_pack_where_the_workspace_saw_nothing(store: Store, tmp_path: Path) -> None:
    filled(store)
    pack = tmp_path / "decisions.json"
    pack.write_text(json.dumps(extract(store.store_id, store.entries())), encoding="utf-8")
    raw(store, "delete from decision_entry where number > 4")
    elsewhere = open_store(store.url, seen=tmp_path / "nothing seen")
    assert elsewhere.verify().holds
    found = elsewhere.verify((read_heads(pack),))
    assert not found.holds and "entries 5 to 6" in found.problems[0]


def test_a_chain_written_anew_shows_against_an_earlier_head(store: Store, tmp_path: Path) -> None:
    heads = filled(store)
    other = new_store(tmp_path / "other")
    for place in range(6):
        other.decide(Decision(f"F{place}", "accepted", "Ann", remark="another reason"))
    forged = other.verify((replace(heads[3], store_id=""),))
    assert forged.problems == ("Entry 4 is not the one that was seen earlier: the chain was written anew.",)
    assert "another store" in other.verify((heads[3],)).problems[0]


def test_another_file_in_the_place_of_the_store_shows(store: Store, tmp_path: Path) -> None:
    filled(store, 2)
    other = new_store(tmp_path / "other")
    filled(other, 3)
    store.close()
    Path(other.url.database or "").replace(store.url.database or "")
    again = open_store(store.url, seen=tmp_path / "seen")
    assert "another store" in again.verify().problems[0]


def test_every_earlier_head_is_found_in_a_chain_that_grew(store: Store) -> None:
    heads = filled(store)
    found = store.verify(tuple(heads))
    assert found.holds and found.head == heads[-1]


def test_a_change_whose_hash_was_made_to_fit_shows_in_the_entry_after_it(store: Store) -> None:
    filled(store, 3)
    first, second, third = store.entries()
    forged = replace(second, remark="another reason")
    found = examine(store.store_id, [(first.hash, first), (forged.hash, forged), (third.hash, third)])
    assert found.problems == ("Entry 3 does not follow the entry before it: that one was changed, removed or moved.",)


def test_an_approval_that_nobody_gave_shows_even_with_sound_hashes(store: Store) -> None:
    store.decide(credit())
    proposal = store.entries()[0]
    own = replace(proposal, number=2, previous_hash=proposal.hash, act="approved", after=1, refers=1, authority="{}")
    rows = [(proposal.hash, proposal), (own.hash, own)]
    assert "approves what nobody else proposed" in examine(store.store_id, rows).problems[0]


NAMES = st.text(string.ascii_letters + " 陈é", min_size=1, max_size=8).filter(lambda text: text.strip())
TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=30)
DECISIONS = st.builds(
    Decision,
    finding_id=st.sampled_from(["F1", "F2", "F3"]),
    state=st.sampled_from(sorted(STATES)),
    by=NAMES,
    remedy=st.sampled_from([None, *REMEDIES]),
    amount=st.none() | st.decimals("0.01", "99999999.99", places=2),
    currency=st.just("SGD"),
    root_cause=st.sampled_from([None, *ROOT_CAUSES]),
    owner=st.none() | NAMES,
    due_on=st.none() | st.dates(date(2025, 1, 1), date(2030, 1, 1)),
    remark=st.none() | TEXTS,
)


def add_all(store: Store, wanted: list[Decision]) -> int:
    """Add what can stand, each after the finding's last entry, approving every second proposal; how many were added."""
    added = 0
    for decision in wanted:
        after = store.standing(decision.finding_id).number
        try:
            entry = store.decide(replace(decision, after=after))
        except WorkbenchError:
            continue
        added += 1
        if entry.act == "proposed" and added % 2 and Decimal(entry.amount or 0) <= 1000 and entry.remedy == "credit":
            store.approve(entry.finding_id or "", "U2", AUTHORITY, entry.number)
            added += 1
    return added


@settings(max_examples=40)
@given(wanted=st.lists(DECISIONS, max_size=12))
def test_any_sequence_of_decisions_verifies_and_adds_up(
    wanted: list[Decision], tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = new_store(tmp_path_factory.mktemp("any"))
    added = add_all(store, wanted)
    found = store.verify()
    assert found.holds, found.problems
    assert found.head.count == added == len(store.entries())
    assert standings_of(store.entries()) == store.standings()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, dict[str, Any]]]:
    """The rows of a store with an entry of every kind: stored hash and columns."""
    store = new_store(tmp_path_factory.mktemp("written"))
    store.decide(Decision("F0", "accepted", "Ann", remark="small"))
    store.decide(credit(via="notebook"))
    store.approve("F1", "U2", AUTHORITY, after=2)
    store.explain(make_scope("ACC-03", "C1"), date(2026, 1, 1), "Bo", "agreed", "F3")
    store.withdraw(4, "Bo", "not agreed")
    store.decide(Decision("F0", "open", "Bo", after=1))
    assert store.verify().holds
    return [(entry.hash, {**dict.fromkeys(Entry.__dataclass_fields__), **entry.as_dict()})
            for entry in store.entries()]  # fmt: skip


@settings(max_examples=300)
@given(data=st.data())
def test_any_single_change_of_a_stored_row_is_found(data: st.DataObject, written: list[tuple[str, Any]]) -> None:
    place = data.draw(st.integers(0, len(written) - 1))
    column = data.draw(st.sampled_from(["entry_hash", *written[0][1]]))
    value = data.draw(st.none() | st.integers(-3, 9) | st.text(max_size=8) | st.sampled_from(["U2", "F1", "accepted"]))
    stored, fields = written[place]
    assume(value != (stored if column == "entry_hash" else fields[column]))
    changed = (value, fields) if column == "entry_hash" else (stored, {**fields, column: value})
    rows = [*written[:place], changed, *written[place + 1 :]]
    found = examine("s", [(one, Entry(**own)) for one, own in rows])
    assert not found.holds


@pytest.mark.parametrize("column", [*Entry.__dataclass_fields__, "entry_hash"])
def test_a_change_in_the_file_is_found_in_every_column(store: Store, column: str) -> None:
    filled(store, 3)
    value = "0x7" if column in {"number", "after", "refers"} else "x'ff00'"
    raw(
        store,
        "pragma ignore_check_constraints = on",
        f'update decision_entry set "{column}" = {value} where number = 2',
    )
    assert not store.verify().holds


def test_the_hash_is_that_of_the_documented_json(store: Store) -> None:
    entry = store.decide(Decision("F1", "accepted", "Ann", remark="美"))
    plain = {"act": "decided", "after": 0, "at": entry.at, "by": "Ann", "finding_id": "F1", "number": 1,
             "previous_hash": GENESIS, "remark": "美", "state": "accepted"}  # fmt: skip
    assert entry.hash == hash_of(plain)
    import hashlib

    text = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert entry.hash == hashlib.sha256(text.encode()).hexdigest()


def test_a_pack_carries_its_own_entries_and_the_links_of_all_others(store: Store) -> None:
    filled(store, 4)
    document = extract(store.store_id, store.entries(), ["F1"])
    assert [sorted(entry) for entry in document["entries"][2:]] == [["hash", "number", "previous_hash"]] * 2
    assert document["entries"][1]["remark"] == "reason 1" and "reason 2" not in json.dumps(document)
    assert document["head"]["count"] == 4
    links = document["entries"]
    assert all(one["hash"] == two["previous_hash"] for one, two in pairwise(links))
