"""Topics: every step is there, whatever is missing, nothing found, or hostile; and the conclusion is handed on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.pack_company import HOSTILE, make_snapshot
from tests.planted_company import company, without
from workbench.controls import controls
from workbench.decisions import open_store
from workbench.decisions.words import ROOT_CAUSES
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.snapshot import open_snapshot
from workbench.topics import TOPICS, Topic, topic
from workbench.topics.period import read_period
from workbench.topics.services import BILLED, GAP, NOT_DUE, OUTSIDE, PART, PAUSED, TWICE, charges_of

# What each topic shows besides the steps that all have.
VIEWS = {
    "duplicates": ("alike", "side_by_side"),
    "prices": ("history",),
    "consignments": ("backlog", "oldest"),
    "services": ("timeline", "by_start"),
    "credits": ("who", "limits"),
    "cut_off": ("matrix", "by_month"),
    "offline": ("months", "account"),
    "customers": ("pairs", "side_by_side"),
}
LONG, ALIKE = pytest.mark.prove, ("consignments", "cut_off", "offline", "credits")


@cache
def made(name: str) -> Topic:
    return topic(name, open_snapshot(company()))


def shown(each: Topic) -> Iterator[str]:
    """The HTML of every step."""
    for name in ("scope", "funnel", "money", "why", "pareto", "trend", "what_next"):
        yield getattr(each, name)._repr_html_()
    yield each.largest()._repr_html_()
    yield each.propose()._repr_html_()
    for name in VIEWS[each.name]:
        view = getattr(each, name)
        yield (view() if callable(view) else view)._repr_html_()


@pytest.mark.parametrize("name", TOPICS)
def test_a_topic_names_controls_and_root_causes_that_exist(name: str) -> None:
    each = TOPICS[name]
    assert set(each.controls) <= set(controls())
    assert set(each.root_causes) <= set(each.controls)
    assert set(each.root_causes.values()) <= set(ROOT_CAUSES)
    assert len(each.next_steps) >= 3


@pytest.mark.prove
@pytest.mark.parametrize("name", TOPICS)
def test_every_step_shows_something_and_runs_nothing(name: str) -> None:
    parts = list(shown(made(name)))
    assert all(parts)
    assert made(name).findings.found.num_rows
    for part in parts:
        assert "<script" not in part.lower() and "<img src=x" not in part.lower()


@pytest.mark.parametrize("name", [pytest.param(name, marks=LONG if name in ALIKE else []) for name in TOPICS])
def test_a_snapshot_of_invoices_alone_says_what_it_lacks(name: str, tmp_path: Path) -> None:
    each = topic(name, make_snapshot(tmp_path / "s"))
    parts = list(shown(each))
    assert "Not run" in parts[0] or name == "customers"
    assert any("no " in part.lower() or "nothing" in part.lower() for part in parts[-len(VIEWS[name]) :])
    assert "<script" not in "".join(parts) and "onerror=alert(2)>" not in "".join(parts)


def test_nothing_found_is_said_in_words() -> None:
    each = topic("prices", open_snapshot(company()), period="1999")
    assert each.findings.found.num_rows == 0
    words = "".join(shown(each))
    for sentence in ("No finding has an amount.", "nothing to explain", "No finding.", "No price differs"):
        assert sentence in words


@pytest.mark.prove
def test_a_period_and_an_entity_narrow_it() -> None:
    whole = made("prices")
    entity = whole.findings.found["entity_id"].to_pylist()[0]
    part = topic("prices", open_snapshot(company()), period="2024", entity=entity)
    days = part.findings.found["event_date"].to_pylist()
    assert 0 < len(days) < whole.findings.found.num_rows
    assert {day.year for day in days} == {2024}
    assert set(part.findings.found["entity_id"].to_pylist()) == {entity}
    assert f"2024, entity {entity}" in part.scope.text


def test_a_topic_an_entity_or_a_period_that_is_none_is_refused_in_words(tmp_path: Path) -> None:
    snapshot = make_snapshot(tmp_path / "s")
    with pytest.raises(UnknownNameError, match="topic 'price'"):
        topic("price", snapshot)
    with pytest.raises(UnknownNameError, match="entity 'SG99'"):
        topic("prices", snapshot, entity="SG99")
    for bad in ("2025-13", "March", "2025-03-02/2025-03-01", "2025/2026"):
        with pytest.raises(WorkbenchError, match="period"):
            read_period(bad)


def test_a_period_is_a_year_a_month_or_two_days() -> None:
    assert read_period("").first is None
    assert (read_period("2025").first, read_period("2025").until) == (date(2025, 1, 1), date(2026, 1, 1))
    assert read_period("2025-12").until == date(2026, 1, 1)
    assert read_period("2025-03-05/2025-03-06").first == date(2025, 3, 5)


def test_a_conclusion_is_written_the_same_twice_and_names_no_file_after_an_entity(tmp_path: Path) -> None:
    each = topic("duplicates", make_snapshot(tmp_path / "s"), entity=HOSTILE)
    first = each.conclude(tmp_path / "out")
    before = [file.read_bytes() for file in first.files]
    again = topic("duplicates", make_snapshot(tmp_path / "t"), entity=HOSTILE).conclude(tmp_path / "out")
    assert [file.read_bytes() for file in again.files] == before
    assert all(file.parent == tmp_path / "out" and set(file.name).isdisjoint("<>/='|") for file in first.files)
    data = json.loads(first.files[0].read_text(encoding="utf-8"))
    assert data["topic"] == "duplicates" and data["in_short"]["findings"] == each.findings.found.num_rows
    assert "`../=cmd|'/C calc'!A0 <script>alert(1)</script>`" in first.files[1].read_text(encoding="utf-8")
    assert "<script" not in first._repr_html_()


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(WorkbenchError, match="cannot be written"):
        topic("duplicates", make_snapshot(tmp_path / "s")).conclude(tmp_path / "file")


def test_proposals_are_written_for_somebody_else_to_approve_and_left_alone_afterwards(tmp_path: Path) -> None:
    each = made("prices")
    store = f"sqlite:///{tmp_path / 'd.sqlite'}"
    assert each.proposals and all(entry.amount > 0 for entry in each.proposals)
    assert "none is written" in each.propose(store=store).text
    with pytest.raises(WorkbenchError, match="owner and a due date"):
        each.propose("ann", store=store)
    with pytest.raises(WorkbenchError, match="no date"):
        each.propose("ann", "bob", "soon", store=store)
    assert (
        f"{min(20, len(each.proposals)):,} written for approval"
        in each.propose("ann", "bob", "2025-12-31", store=store).text
    )
    with closing(open_store(store)) as opened:
        standing = opened.standing(each.proposals[0].finding_id)
    assert (standing.approval, standing.proposed_by, standing.owner) == ("waiting", "ann", "bob")
    assert standing.amount == Decimal(each.proposals[0].as_json()["amount"])
    assert "left alone: confirmed" in each.propose("eve", "bob", "2025-12-31", store=store).html


def service(kind: str, first: date | None, until: date | None, document: str | None = None) -> dict[str, Any]:
    return {
        "kind": kind,
        "contract_line_id": "K",
        "words": "Line",
        "day_from": first,
        "day_to": until,
        "document": document,
    }


def test_the_months_of_a_charge_say_gap_overlap_part_pause_and_what_is_not_due() -> None:
    days = [
        service("service", date(2025, 1, 1), date(2025, 8, 1)),
        service("billed", date(2024, 12, 1), date(2025, 2, 1), "I1"),
        service("billed", date(2025, 1, 31), date(2025, 2, 15), "I2"),
        service("billed", date(2025, 4, 1), date(2025, 5, 1), "I3"),
        service("paused", date(2025, 5, 1), date(2025, 6, 1)),
    ]
    (charge,) = charges_of(days, date(2025, 12, 31), {"K": date(2025, 7, 1)})
    assert charge.months == {
        "2024-12": BILLED, "2025-01": TWICE, "2025-02": PART, "2025-03": GAP, "2025-04": BILLED, "2025-05": PAUSED,
        "2025-06": GAP, "2025-07": NOT_DUE, "2025-08": OUTSIDE,
    }  # fmt: skip
    assert charge.notes["2025-01"] == "I1, I2"


@pytest.mark.prove
def test_a_contract_of_its_own_choice_or_of_none_has_a_timeline(tmp_path: Path) -> None:
    each = topic("services", without(tmp_path / "s", "service_pauses"))
    assert "month by month" in each.timeline().title
    assert (
        "has no recurring charge" in each.timeline("<b>none</b>").html
        and "<b>none" not in each.timeline("<b>none</b>").html
    )
