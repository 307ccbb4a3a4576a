"""Two packs compared: every difference is named, and a change of code is told apart from a change of data."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.decided_company import decided
from tests.pack_company import HOSTILE, MARK, make_snapshot
from tests.quick_pack import audit_of, changed, forge, quick_pack
from workbench.errors import WorkbenchError
from workbench.pack.compare_command import command
from workbench.pack.comparing import CHANGED, GONE, NEW, SAME, Comparison, against, compare, section_html
from workbench.pack.comparing.pages import page
from workbench.pack.given import Given
from workbench.snapshot import Snapshot

MORE = ("update invoices set net_amount = 1450, gross_amount = 1450 where invoice_id = 'A-14'",)
LATER = (
    *MORE,
    "update invoices set net_amount = 123456, gross_amount = 123456 where invoice_id = 'A-15'",
    "update invoices set net_amount = 1350, gross_amount = 1350 where invoice_id = 'A-13'",
)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return make_snapshot(tmp_path_factory.mktemp("compare") / "snapshot")


@pytest.fixture(scope="module")
def before(snapshot: Snapshot) -> Path:
    return quick_pack(audit_of(snapshot), snapshot.folder.parent / "before" / "SG01-2025-03")


@pytest.fixture(scope="module")
def later(snapshot: Snapshot) -> Snapshot:
    return changed(snapshot, snapshot.folder.parent / "later", *LATER)


@pytest.fixture(scope="module")
def after(later: Snapshot) -> Path:
    return quick_pack(audit_of(later), later.folder.parent / "after" / "SG01-2025-03")


@pytest.fixture(scope="module")
def comparison(before: Path, after: Path) -> Comparison:
    return compare(before, after)


def ids(comparison: Comparison, kind: str) -> list[str]:
    return [f"{pair.control} {pair.row['subject_id']}" for pair in comparison.of(kind)]


def test_a_pack_is_the_same_as_its_zip(before: Path) -> None:
    same = compare(before, before.with_name(f"{before.name}.zip"))
    assert {pair.kind for pair in same.pairs} == {SAME}
    assert not same.differs
    assert not [figure for figure in same.figures if figure.differs]
    assert "Both are the same work" in same.as_text()


def test_what_the_data_changed_is_new_gone_and_changed(comparison: Comparison) -> None:
    assert ids(comparison, NEW) == ["ACC-01 A-13"]
    assert ids(comparison, GONE) == ["ACC-01 A-15"]
    assert ids(comparison, CHANGED) == ["ACC-01 A-14"]
    assert {*comparison.differs} == {"data"}
    assert "no difference comes from the controls" in comparison.as_text()
    (pair,) = comparison.of(CHANGED)
    assert pair.before
    assert pair.after
    assert (str(pair.before["impact_amount"]), str(pair.after["impact_amount"])) == ("100.0000", "50.0000")
    assert pair.why == "the data"


def test_money_is_summed_both_ways_by_kind_and_never_over_currencies(comparison: Comparison) -> None:
    told = {
        (one.kind, one.side): (str(one.amounts["over_billed"]), str(one.amounts["under_billed"]))
        for one in comparison.sums
        if one.control == "ACC-01"
    }
    assert told == {
        (NEW, "after"): ("50.0000", "0"),
        (GONE, "before"): ("0", "-10001.0000"),
        (CHANGED, "before"): ("100.0000", "0"),
        (CHANGED, "after"): ("50.0000", "0"),
    }


def test_figures_stand_before_and_after(comparison: Comparison) -> None:
    told = {figure.name: (figure.before, figure.after) for figure in comparison.figures}
    assert told["ACC-01 findings"] == ("2", "2")
    assert {figure.group for figure in comparison.figures} >= {"totals", "identities", "controls", "not_run"}


def test_a_closed_month_is_told_by_document_where_both_snapshots_are_at_hand(
    comparison: Comparison, before: Path, later: Snapshot
) -> None:
    told = json.loads(comparison.as_json())["documents"]
    assert {row["item_id"] for row in told} == {"A-13", "A-14", "A-15"}
    assert {row["item_id"]: row["closing_change"] for row in told}["A-14"] == "-50.0000"
    assert against(before, audit_of(later)).restatement is None, "what is at hand must not decide what a pack says"


def test_a_pack_in_the_making_compares_as_the_finished_one(
    comparison: Comparison, before: Path, later: Snapshot
) -> None:
    making = against(before, audit_of(later))
    assert making.pairs == comparison.pairs
    assert making.figures == comparison.figures
    assert {*making.differs} == {"data"}


def test_a_change_of_parameters_or_text_is_not_taken_for_a_change_of_data(
    snapshot: Snapshot, before: Path, tmp_path: Path
) -> None:
    own = {"VAL-01": {"days": 10_000}}
    other = compare(before, quick_pack(audit_of(snapshot, own=own), tmp_path / "SG01-2025-03"))
    assert other.differs["parameters"] == ("VAL-01.days 30 \N{RIGHTWARDS ARROW} 10000",)
    assert "data" not in other.differs
    assert ids(other, GONE) == ["VAL-01 A-R1"]
    assert other.of(GONE)[0].why == "now suppressed as in_grace"
    assert "no difference comes from the data" in other.as_text()

    def another_text(file: Path) -> None:
        fixed = json.loads(file.read_text(encoding="utf-8"))
        fixed["controls"]["ACC-01"]["fingerprint"] = "0" * 64
        fixed["controls"].pop("ACC-02")
        file.write_text(json.dumps(fixed), encoding="utf-8")

    forged = forge(Path(shutil.copytree(before, tmp_path / "code")), {"parameters.json": another_text})
    assert compare(before, forged).differs["code"] == (
        "control ACC-01 has another text",
        "control ACC-02 is no longer there",
    )


def test_findings_of_a_month_alone_are_not_said_to_be_settled(snapshot: Snapshot, before: Path, tmp_path: Path) -> None:
    next_month = compare(before, quick_pack(audit_of(snapshot, "2025-04"), tmp_path / "SG01-2025-04"))
    gone = {pair.row["subject_id"]: pair.why for pair in next_month.of(GONE) if pair.control == "ACC-01"}
    assert gone == {"A-14": "of its own month", "A-15": "of its own month"}
    assert "were not settled by that" in next_month.as_text()
    assert [pair.row["subject_id"] for pair in next_month.of(SAME)] == ["A-R1"]


def test_a_decision_changes_a_finding(snapshot: Snapshot, before: Path, tmp_path: Path) -> None:
    audit = audit_of(snapshot, given=Given(decided=decided(tmp_path / "store")))
    made = against(before, audit)
    told = {pair.row["subject_id"]: (pair.decision_before, pair.decision_after, pair.why) for pair in made.of(CHANGED)}
    assert told["A-14"] == ("open", "confirmed, credit 100.00 SGD", "a decision")
    assert "decisions" in made.differs


@pytest.mark.prove
def test_pages_escape_everything_and_fetch_nothing(snapshot: Snapshot, tmp_path: Path) -> None:
    one = quick_pack(audit_of(snapshot, entity=HOSTILE), tmp_path / "one" / "x")
    other = changed(snapshot, tmp_path / "snapshot", *(line.replace("A-1", "=B-1") for line in LATER))
    two = quick_pack(audit_of(other, entity=HOSTILE), tmp_path / "two" / "x")
    both = compare(one, two)
    assert len(both.of(NEW)) == 1
    html = page(both)
    assert "default-src 'none'" in html
    assert MARK not in html
    assert not re.search(r"<(script|img|link|iframe|object)\b|<[^>]*\son\w+=|<[^>]*https?://", html)
    assert section_html(both) in html


def test_the_command_prints_text_or_json_and_writes_a_page_once(before: Path, after: Path, tmp_path: Path) -> None:
    file = tmp_path / "changes.html"
    said = CliRunner().invoke(command, [str(before), str(after), "--json", "--out", str(file)])
    assert said.exit_code == 0
    assert json.loads(said.stdout)["counts"] == {NEW: 1, GONE: 1, CHANGED: 1, SAME: 2}
    assert file.read_text(encoding="utf-8").startswith("<!doctype html>")
    again = CliRunner().invoke(command, [str(before), str(after), "--out", str(file)])
    assert isinstance(again.exception, WorkbenchError)


def test_what_is_no_sound_pack_is_refused_with_a_sentence(snapshot: Snapshot, before: Path, tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match="There is no pack"):
        compare(before, tmp_path / "nowhere")
    with pytest.raises(WorkbenchError, match="does not verify"):
        compare(before, snapshot.folder)
    elsewhere = quick_pack(audit_of(snapshot, entity=None), tmp_path / "none")
    with pytest.raises(WorkbenchError, match=r"is about SG01 and 'none' about none; they cannot be compared"):
        compare(before, elsewhere)
    (elsewhere / "funnel.json").write_text("{}", encoding="utf-8")
    with pytest.raises(WorkbenchError, match="none' does not verify, so nothing is read from it"):
        compare(elsewhere, elsewhere)
