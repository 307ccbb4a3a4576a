"""The desk with live buttons, without a page: answers are kept, conflicts are said, and every answer is code."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.matching_items import item, matched
from workbench.cash import Counter, Desk
from workbench.cash.counter import PAGE
from workbench.errors import WorkbenchError

HOSTILE = "<img src=x onerror=alert(1)>\u202e"


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path / "workspace"))
    return tmp_path / "workspace"


def desk(key: str = "2025-03-31-abc", receipts: int = 2) -> Desk:
    """R1 and R2 (and more) fit I1 and I2, which are alike; R0 fits I0 alone."""
    left = [item("R0", "5", of="C0"), *(item(f"R{number + 1}", "70", name=HOSTILE) for number in range(receipts))]
    right = [item("I0", "5", "INV-0", of="C0"), item("I1", "70", "INV-1"), item("I2", "70", "INV-2")]
    return Desk(replace(matched(left, right), as_of=date(2025, 3, 31)), key=key)


def of(counter: Counter, receipt: str, invoice: str) -> str:
    (row,) = [
        row
        for row in counter.desk.matching.proposals.to_pylist()
        if (row["left_id"], row["right_id"]) == (receipt, invoice)
    ]
    return str(row["match_id"])


def hear(counter: Counter, **message: Any) -> dict[str, Any]:
    """What the page shows after it sent a message."""
    counter._hear(None, message, None)
    view: dict[str, Any] = counter.view()
    return view


def test_answers_are_there_again_when_the_kernel_starts_anew() -> None:
    first = desk().open()
    first.accept(of(first, "R1", "I2"))
    first.refuse("R0", "asked the customer")
    again = desk().open()
    assert again.desk.accepted == first.desk.accepted
    assert again.desk.refused == {"R0": "asked the customer"}
    again.take_back("R0")
    assert desk().open().desk.refused == {}
    assert not desk("another-day").open().desk.accepted


def test_two_counters_at_once_lose_no_answer() -> None:
    one, other = desk().open(), desk().open()
    one.accept(of(one, "R1", "I1"))
    other.accept(of(other, "R2", "I2"))
    assert len(desk().open().desk.accepted) == 2
    with pytest.raises(WorkbenchError, match="I1 is taken by receipt R1 already"):
        other.accept(of(other, "R2", "I1"))


def test_code_gives_the_same_desk() -> None:
    counter = desk().open()
    counter.accept(of(counter, "R1", "I2"))
    counter.refuse("R2", 'he said "no"')
    here = {"desk": desk("")}
    exec(counter.code, here)
    assert (here["desk"].accepted, here["desk"].refused) == (counter.desk.accepted, counter.desk.refused)


def test_a_click_that_cannot_be_is_answered_in_a_sentence_and_changes_nothing() -> None:
    counter = desk().open()
    hear(counter, kind="accept", name=of(counter, "R1", "I1"))
    view = hear(counter, kind="accept", name=of(counter, "R2", "I1"))
    assert view["failed"] and view["said"].startswith("I1 is taken by receipt R1 already")
    assert len(counter.desk.accepted) == 1
    for message in ({"kind": "accept", "name": "M0"}, {"kind": "refuse", "name": "R9"}, {"kind": "dance"}, {}):
        assert hear(counter, **message)["failed"]
    assert len(counter.desk.accepted) == 1


def test_the_page_is_plain_text_values_and_what_waits_comes_first(workspace: Path) -> None:
    counter = desk(receipts=PAGE + 5).open()
    view = counter.view()
    json.dumps(view)
    assert (view["pages"], view["count"], len(view["receipts"])) == (2, PAGE + 6, PAGE)
    assert view["receipts"][0]["state"] == "to be decided"
    assert all("\u202e" not in row["from"] for row in view["receipts"])
    assert HOSTILE not in counter.static_html() and "&lt;img" in counter.static_html()
    last = hear(counter, kind="page", name="9")
    assert last["page"] == 2 and last["receipts"][-1]["state"] == "fits one way only"
    opened = hear(counter, kind="open", name="R7")
    assert [way["items"] for way in opened["alternatives"]] == [["INV-1  70.00"], ["INV-2  70.00"]] or [
        way["items"] for way in opened["alternatives"]
    ] == [["INV-2  70.00"], ["INV-1  70.00"]]
    hear(counter, kind="accept", name=opened["alternatives"][0]["id"])
    said = hear(counter, kind="export")["said"]
    assert said == f"2 applications are in {workspace / 'cash' / 'applications-2025-03-31-abc.csv'}"
    assert hear(counter, kind="export", name="out.txt")["failed"]


def test_answers_that_no_longer_fit_or_cannot_be_read_are_said(workspace: Path) -> None:
    file = workspace / "cash" / "2025-03-31-abc.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"accepted": ["M0"], "refused": {"R1": "no"}}', encoding="utf-8")
    counter = desk().open()
    assert counter.desk.refused == {"R1": "no"} and "M0" in counter.view()["said"]
    file.write_text("[1", encoding="utf-8")
    with pytest.raises(WorkbenchError, match="holds no answers"):
        desk().open()


def test_a_desk_without_a_key_keeps_nothing_and_nothing_at_all_is_an_empty_page(workspace: Path) -> None:
    counter = desk("").open()
    counter.refuse("R1")
    assert not workspace.exists()
    empty = Desk(replace(matched([], []), as_of=date(2025, 3, 31))).open()
    view = empty.view()
    assert (view["count"], view["pages"], view["open"], view["alternatives"]) == (0, 1, "", [])
