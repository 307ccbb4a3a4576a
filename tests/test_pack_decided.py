"""Decisions in a pack: they are read once, they add up, they are shown, and the chain of them can be followed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.decided_company import ELSEWHERE, MISSING, OVER, REMARK, UNDER, given
from tests.pack_company import HOSTILE, PERIOD, PLAIN, make_snapshot
from tests.small_pack import make_small
from tests.test_decisions import Clock, new_store, raw
from tests.test_pack_pages import Tags
from workbench.decisions import Decision
from workbench.decisions.explaining import tally
from workbench.decisions.words import EXPLAINED
from workbench.errors import WorkbenchError
from workbench.pack import audit as open_audit
from workbench.pack import verify
from workbench.pack.decided import Decided, read_store
from workbench.pack.deciding import open_items, states_of
from workbench.pack.given import MAKING, Given, forget, read_given
from workbench.pack.identities import HOLDS, NOT_SHOWN
from workbench.pack.making import add_manifest
from workbench.pack.papers import demand_placed, read_papers
from workbench.pack.scope import read_period
from workbench.pack.summary import summary_page
from workbench.pack.verify_standalone import canonical
from workbench.pack.work import Audit
from workbench.pack.workbook import write_workbook
from workbench.pack.workpaper import Workpaper, funnel_json
from workbench.snapshot import Snapshot

CHAIN = "decisions.json"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("company")


@pytest.fixture(scope="module")
def snapshot(place: Path) -> Snapshot:
    return make_snapshot(place / "snapshot")


@pytest.fixture(scope="module")
def own(snapshot: Snapshot, place: Path) -> Given:
    return given(snapshot, place)


@pytest.fixture(scope="module")
def audit(snapshot: Snapshot, own: Given) -> Audit:
    return Audit(snapshot, read_period(PERIOD), PLAIN, given=own)


@pytest.fixture(scope="module")
def bare(snapshot: Snapshot) -> Audit:
    """The same work without any decision."""
    return Audit(snapshot, read_period(PERIOD), PLAIN)


def words(page: str) -> str:
    return " ".join(" ".join(Tags(page).words).split())


def test_what_an_explanation_covers_is_suppressed_and_the_funnel_foots(audit: Audit, bare: Audit) -> None:
    lines = {line.control.id: line for line in audit.findings.funnel}
    assert lines["VAL-01"].suppressed == {EXPLAINED: 1}
    assert audit.findings.table.num_rows == bare.findings.table.num_rows
    assert audit.findings.found.num_rows == bare.findings.found.num_rows - 1
    assert all(line.candidates == sum(line.suppressed.values()) + line.findings for line in lines.values())
    states = [one.state for one in audit.applied]
    assert states == ["in force", "expired", "withdrawn"] and [len(one.finding_ids) for one in audit.applied] == [
        1,
        0,
        0,
    ]


def test_findings_are_the_sum_of_decisions_and_what_is_open(audit: Audit) -> None:
    assert states_of(audit) == tally(audit.findings, audit.decided.standings)
    assert sum(states_of(audit).values()) == audit.findings.found.num_rows == 3
    assert funnel_json(audit)["totals"] == {"candidates": 5, "findings": 3, "open": 1}
    named = {entry.name: entry for entry in audit.identities}
    assert named["Findings = sum of decisions + open"].state == HOLDS
    assert named["Explained candidates = what the explanations in force suppress"].right == "1 by 1 in force"


def test_open_items_begin_with_what_is_overdue(audit: Audit) -> None:
    left = [(one.left, one.row["finding_id"]) for one in open_items(audit)]
    assert left == [("overdue", OVER), ("waits for approval", UNDER), ("open", MISSING)]
    page = summary_page(audit)
    first = words(page.partition("<nav>")[0])
    assert "Open items: 1 overdue, 1 waiting for approval, 1 undecided" in first
    assert "2025-03-20, overdue" in first and "nobody has decided" in first
    assert first.index(OVER) < first.index(UNDER) < first.index(MISSING)


def test_four_eyes_and_the_limit_are_shown(audit: Audit) -> None:
    shown = words(summary_page(audit).partition(">Decisions</h2>")[2].partition("</section>")[0])
    assert "credit 100.00 SGD U1" in shown and "U2 2025-03-25 09:00:03 UTC" in shown
    assert "manager, credit memo up to 1,000.00 SGD" in shown
    assert "rebill 10,001.00 SGD U1" in shown and "waits for approval" in shown
    assert "3 findings = 1 open + 2 confirmed + 0 explained + 0 accepted." in shown


def test_every_explanation_is_listed_with_scope_expiry_who_count_and_money(audit: Audit) -> None:
    shown = words(summary_page(audit).partition(">Explanations</h3>")[2].partition("</section>")[0])
    assert "VAL-01, customer C1, currency=SGD in force until 2026-01-01 U2" in shown
    assert "kept by agreement 1 over 300.00 SGD" in shown
    assert "COM-05, entity_id=SG01 expired until 2025-04-01" in shown
    assert "ACC-01, customer =C15 withdrawn until 2026-01-01 by U1: the form was found" in shown


def test_nothing_that_people_wrote_runs(audit: Audit, tmp_path: Path) -> None:
    assert "script" not in Tags(summary_page(audit)).names
    paper = Workpaper(audit)
    for page in (paper.decisions(), paper.open_items(), paper.sampling(), paper.since()):
        assert "script" not in Tags(page._repr_html_()).names
    write_workbook(audit, tmp_path / "findings.xlsx")
    for sheet in openpyxl.load_workbook(tmp_path / "findings.xlsx"):
        formulas = [cell.value for line in sheet.iter_rows() for cell in line if cell.data_type == "f"]
        assert sheet.title == "Summary" or not formulas


def test_the_workbook_says_what_was_decided_on_each_finding(audit: Audit, tmp_path: Path) -> None:
    write_workbook(audit, tmp_path / "findings.xlsx")
    book = openpyxl.load_workbook(tmp_path / "findings.xlsx")
    heads = [cell.value for cell in book["Findings"][1]]
    rows = {row[2]: dict(zip(heads, row, strict=True)) for row in book["Findings"].iter_rows(2, values_only=True)}
    over = rows[OVER]
    assert (over["Decision"], over["Left to do"], over["Remedy"]) == ("confirmed", "overdue", "credit")
    assert (over["Root cause"], over["Owner"], over["Remark"]) == ("billing run", "U5", REMARK)
    assert over["Remedy amount"] == 100 and str(over["Due"]).startswith("2025-03-20")
    assert over["Approval"] == "approved by U2 (manager, credit memo up to 1,000.00 SGD); proposed by U1"
    assert rows[UNDER]["Approval"] == "waits for approval; proposed by U1"
    assert (rows[MISSING]["Decision"], rows[MISSING]["Decided by"]) == ("open", None)
    told = [row for row in book["Suppressed"].iter_rows(2, values_only=True) if row[14] == EXPLAINED]
    assert [row[15] for row in told] == ["explanation of entry 5: kept by agreement"]
    formulas = {cell.value for line in book["Summary"].iter_rows() for cell in line if cell.data_type == "f"}
    assert [one for one in formulas if one.startswith("=COUNTIFS(Findings[Decision]")]


def test_without_a_store_a_pack_says_that_nobody_has_decided(bare: Audit) -> None:
    page = words(summary_page(bare))
    assert "Decisions: none yet" in page and "No decision yet: nobody has decided on any finding of this pack." in page
    assert bare.fixed["decisions"] is None


def test_the_pack_id_is_another_for_another_decision(audit: Audit, bare: Audit, snapshot: Snapshot) -> None:
    shorter = Decided(audit.decided.store_id, audit.decided.entries[:-1])
    other = Audit(snapshot, read_period(PERIOD), PLAIN, given=Given(decided=shorter))
    assert len({audit.pack_id, bare.pack_id, other.pack_id}) == 3
    fixed = audit.fixed["decisions"]
    assert (fixed["count"], fixed["hash"]) == (audit.decided.head.count, audit.decided.head.hash)
    assert [one["state"] for one in fixed["explanations"]] == ["in force", "expired", "withdrawn"]


def test_another_process_decides_by_the_very_same_entries(audit: Audit, own: Given, tmp_path: Path) -> None:
    own.write(tmp_path)
    again = read_given(tmp_path, PERIOD)
    assert again.decided.entries == own.decided.entries and again.decided.head == own.decided.head
    assert [one.as_fixed() for one in again.papers] == [one.as_fixed() for one in own.papers]
    forget(tmp_path)
    assert not (tmp_path / MAKING).exists() and (tmp_path / "sample").is_dir()


def test_a_decision_made_meanwhile_changes_nothing(snapshot: Snapshot, tmp_path: Path) -> None:
    store = new_store(tmp_path / "store")
    store.decide(Decision(OVER, "accepted", "U1", remark="small"))
    (tmp_path / "pack").mkdir()
    rests_on = Given(decided=read_store(store.url.render_as_string()))
    first = Audit(snapshot, read_period(PERIOD), PLAIN, given=rests_on)
    (tmp_path / "pack" / "parameters.json").write_text(first.text)
    rests_on.write(tmp_path / "pack")
    store.decide(Decision(OVER, "open", "U2", after=1, remark="not so fast"))
    store.close()
    seen = open_audit(snapshot, period=PERIOD, entity=PLAIN, folder=str(tmp_path / "pack")).audit
    assert seen.pack_id == first.pack_id
    assert states_of(seen)["accepted"] == 1


def test_a_store_that_is_not_there_or_not_whole_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_DECISIONS", f"sqlite:///{tmp_path}/none.sqlite")
    assert read_store().entries == () and not (tmp_path / "none.sqlite").exists()
    with pytest.raises(WorkbenchError, match="There is no decision store"):
        read_store(f"sqlite:///{tmp_path}/none.sqlite")
    store = new_store(tmp_path, Clock())
    store.decide(Decision("F1", "accepted", "U1", remark="small"))
    store.decide(Decision("F2", "accepted", "U1", remark="small"))
    raw(store, "update decision_entry set remark = 'large' where number = 1")
    with pytest.raises(WorkbenchError, match="not as it was written: Entry 1"):
        read_store(store.url.render_as_string())
    store.close()


def test_a_pack_tells_no_decision_of_another_entity_and_its_chain_can_be_followed(audit: Audit, tmp_path: Path) -> None:
    pack = make_small(audit, tmp_path / PLAIN)
    told = json.loads((pack / CHAIN).read_text())
    assert ELSEWHERE not in (pack / CHAIN).read_text() and "not of this entity" not in (pack / CHAIN).read_text()
    assert [entry["number"] for entry in told["entries"]] == list(range(1, 9))
    assert set(told["standing"]) == {OVER, UNDER}
    verdict = verify(pack)
    assert verdict.holds and verdict.decisions == 8


def lie(audit: Audit, pack: Path, change: Any) -> str:
    """What verify says of a pack whose maker changed decisions.json and listed it as it then was."""
    told = json.loads((pack / CHAIN).read_text())
    change(told)
    (pack / CHAIN).write_bytes(canonical(told))
    (pack / "manifest.json").unlink()
    add_manifest(audit, pack, None)
    return verify(pack).as_text()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda told: told["entries"][0].update(amount="999.00"), "Decision 1 is not as it was written."),
        (lambda told: told["entries"].pop(3), "Decision 5 does not follow the one before it."),
        (lambda told: told["entries"].pop(), "The last decision is not the one that the chain's head names."),
        (lambda told: told["standing"][OVER].update(state="accepted"), f"What stands for finding {OVER}"),
        (lambda told: told["head"].update(count=0, hash="0" * 64), "not those that were fixed before the results"),
        (lambda told: told["entries"][4].pop("act"), "Decision 5 is not as it was written."),
        (lambda told: told.pop("entries"), "decisions.json is not as the workbench writes it"),
        (lambda told: told.update(entries=[1]), "decisions.json is not as the workbench writes it"),
        (lambda told: told["entries"].reverse(), "does not follow the one before it"),
    ],
)
def test_a_chain_that_was_changed_is_named_although_every_hash_fits(
    audit: Audit, tmp_path: Path, change: Any, said: str
) -> None:
    pack = make_small(audit, tmp_path / PLAIN)
    assert verify(pack).holds
    assert said in lie(audit, pack, change)


def test_a_sampling_paper_stands_in_the_pack_with_conclusion_and_tie(audit: Audit, own: Given, tmp_path: Path) -> None:
    (one,) = audit.given.papers
    shown = words(summary_page(audit).partition(">Sampling</h2>")[2].partition("</section>")[0])
    assert "Monetary unit sample of invoices, SGD: supported" in shown and one.paper.conclusion in shown
    assert "all invoices of the scope 16 126,555.00 SGD" in shown
    assert next(entry for entry in audit.identities if entry.name.startswith("Sample")).state == HOLDS
    own.write(tmp_path)
    names = {file.name for file in (tmp_path / "sample" / one.paper.paper_id).iterdir()}
    assert names == {"paper.json", "paper.html", "sample.csv"}


def test_a_paper_of_another_snapshot_fails_its_identity_and_one_of_a_file_shows_nothing(own: Given) -> None:
    (one,) = own.papers
    other = one.identity("0" * 64)
    assert (other.state, other.note) == ("FAILS", "it was drawn from another snapshot")
    fixed = json.loads(json.dumps(one.paper.fixed))
    fixed["population"] |= {"tie": [], "source": {"file": "own.csv"}}
    assert replace(one, paper=replace(one.paper, fixed=fixed)).identity("0" * 64).state == NOT_SHOWN


def test_papers_go_where_they_belong_and_none_is_lost(snapshot: Snapshot, own: Given, place: Path) -> None:
    assert Audit(snapshot, read_period(PERIOD), HOSTILE, given=own).given.papers == ()
    with pytest.raises(WorkbenchError, match="which gets no pack here"):
        demand_placed(own.papers, [HOSTILE, None])
    with pytest.raises(WorkbenchError, match="and the review of 2025-04"):
        read_papers([place / "paper"], "2025-04")
    with pytest.raises(WorkbenchError, match="no sampling paper in"):
        read_papers([place / "store"], PERIOD)
    with pytest.raises(WorkbenchError, match="given twice"):
        read_papers([place / "paper", place], PERIOD)


def test_a_sample_that_was_changed_after_its_evaluation_is_refused(snapshot: Snapshot, tmp_path: Path) -> None:
    given(snapshot, tmp_path)
    with (tmp_path / "paper" / "sample.csv").open("a") as stream:
        stream.write("\n")
    with pytest.raises(WorkbenchError, match="not the file that its paper was evaluated with"):
        read_papers([tmp_path / "paper"], PERIOD)


def test_the_notebook_shows_the_same_decisions(audit: Audit) -> None:
    paper = Workpaper(audit)
    assert OVER in paper.open_items().html and "kept by agreement" in paper.decisions().html
    assert "supported" in paper.sampling().html
    assert "No earlier pack was given" in paper.since().html
