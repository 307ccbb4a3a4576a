"""What clicks set off, without a browser: messages, marks, saved views, decisions, long work, and the static page."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from tests import synthetic
from workbench.decisions import Decision, open_store
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.findings import Findings
from workbench.progress import Report
from workbench.snapshot import Snapshot
from workbench.widgets.exploration import Exploration, explore
from workbench.widgets.jobs import CANCELLED, DONE, FAILED, Job, Standing, time_left
from workbench.widgets.running import start
from workbench.widgets.saved import delete_view, load_view, save_view, saved_views, view_json
from workbench.widgets.screen import page
from workbench.widgets.view import View

ROWS = 2_000
ONE = {"facets": {"control": ["ACC-03"]}}


@pytest.fixture(scope="module")
def run() -> Findings:
    return synthetic.findings(ROWS, customers=40)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return synthetic.snapshot(tmp_path_factory.mktemp("books"), ROWS, customers=40)


@pytest.fixture
def live(run: Findings, books: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Exploration:
    monkeypatch.delenv("WORKBENCH_MODE", raising=False)
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("WORKBENCH_USER", "U-1")
    (tmp_path / "x").mkdir()
    return explore(run, books, causes=())


@pytest.fixture
def batch(run: Findings, books: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Exploration:
    monkeypatch.setenv("WORKBENCH_MODE", "batch")
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path))
    return explore(run, books)


def answer(live: Exploration, **message: Any) -> dict[str, Any]:
    """What the explorer says to a message of the page."""
    sent: list[dict[str, Any]] = []
    live.live.explorer.send = sent.append
    live.live.explorer._handle_custom_msg({"client": "page", "turn": 1, **message}, [])
    return sent[-1]


def ask(live: Exploration, **message: Any) -> list[dict[str, Any]]:
    """What the panel says to a message of the page."""
    sent: list[dict[str, Any]] = []
    live.live.panel.send = sent.append
    live.live.panel._handle_custom_msg(message, [])
    return sent


def ids(live: Exploration, count: int) -> list[str]:
    found: list[str] = live.table["finding_id"].to_pylist()[:count]
    return found


def test_a_message_from_the_page_is_answered_with_the_view_it_asked_for(live: Exploration) -> None:
    reply = answer(live, kind="view", view=ONE, count=10)
    assert {row["control"] for row in reply["rows"]} == {"ACC-03"}
    assert (reply["client"], reply["turn"], len(reply["rows"])) == ("page", 1, 10)
    assert live.view == View.read(ONE)
    assert reply["code"] == f"wb.explore(findings, snapshot, view={ONE!r})"


def test_rows_are_served_from_any_place(live: Exploration) -> None:
    assert answer(live, kind="rows", start=1_700, count=40)["rows"] == page(live.store, View(), 1_700, 40)


@pytest.mark.parametrize("message", [{"kind": "view", "view": {"sort": [["nothing", "asc"]]}}, {"kind": "nothing"}])
def test_a_message_that_makes_no_sense_is_answered_with_the_way_out(live: Exploration, message: Any) -> None:
    assert "Fix: " in answer(live, **message)["text"]


def test_what_breaks_in_a_callback_reaches_the_page(live: Exploration) -> None:
    reply = answer(live, kind="rows", start="x")
    assert (reply["kind"], "ValueError" in reply["text"]) == ("problem", True)


def test_marks_are_kept_from_view_to_view_and_sum_up_their_money(live: Exploration) -> None:
    some = ids(live, 3)
    assert answer(live, kind="mark", what="some", findings=some, on=True)["marks"]["count"] == 3
    answer(live, kind="view", view=ONE)
    marks = answer(live, kind="mark", what="all", on=True)["marks"]
    shown = set(live.table["finding_id"].to_pylist())
    assert set(live.marked["finding_id"].to_pylist()) == {*some, *shown}
    assert (marks["here"], marks["count"]) == (len(shown), len({*some, *shown}))
    assert sum(line["findings"] for line in marks["money"]) == marks["count"]
    assert answer(live, kind="mark", what="nothing")["marks"]["count"] == 0


def test_thousands_of_ids_stay_in_the_kernel(live: Exploration) -> None:
    wanted = ids(live, 1_500)
    live.show({"findings": wanted})
    opening = live.live.explorer.opening
    assert (opening["view"]["findings"], opening["ids"], opening["total"]) == (["kept"], 1_500, 1_500)
    assert "save this view" in opening["code"]
    reply = answer(live, kind="view", view={**opening["view"], **ONE})
    assert 0 < reply["total"] < 1_500
    assert len(live.view.findings) == 1_500


def test_a_range_is_marked_whichever_way_it_was_drawn(live: Exploration) -> None:
    answer(live, kind="mark", what="range", first=9, last=5, on=True)
    assert set(live.marked["finding_id"].to_pylist()) == set(ids(live, 10)[5:])


def test_a_view_is_saved_listed_shown_again_and_forgotten(live: Exploration) -> None:
    live.show(ONE)
    live.save("large ones")
    assert saved_views() == ["large ones"]
    live.show()
    live.show("large ones")
    assert live.view == View.read(ONE)
    assert answer(live, kind="forget", name="large ones")["views"] == []
    with pytest.raises(UnknownNameError, match="large"):
        load_view("large ones")


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", " padded", "x" * 90])
def test_a_name_that_is_no_files_is_refused(live: Exploration, name: str) -> None:
    for use in (lambda: save_view(name, View()), lambda: load_view(name), lambda: delete_view(name)):
        with pytest.raises(WorkbenchError, match="no name for a view"):
            use()


def test_a_file_that_is_no_view_says_so(live: Exploration, tmp_path: Path) -> None:
    (tmp_path / "views").mkdir()
    (tmp_path / "views" / "broken.json").write_text("[1, 2", encoding="utf-8")
    assert "is no view" in answer(live, kind="load", name="broken")["text"]


def test_what_goes_into_a_pack_is_plain_json_with_the_totals(live: Exploration, run: Findings) -> None:
    live.show(ONE)
    record = json.loads(json.dumps(live.record()))
    assert record["view"] == ONE
    assert record["rows"] == sum(line["findings"] for line in record["totals"]) == live.table.num_rows
    assert view_json(live.view) == json.dumps(ONE, indent=2, sort_keys=True) + "\n"


def test_opening_a_finding_shows_its_evidence_and_its_place(live: Exploration, run: Findings) -> None:
    finding = ids(live, 4)[3]
    live.live.explorer.selected = finding
    shown = live.live.panel.shown
    assert (live.selected, shown["finding_id"], shown["place"]) == (finding, finding, 4)
    assert shown["reason"] == run.row(finding)["reason"]
    assert shown["sources"][0]["caption"] == "invoice_lines: 1 row"
    assert shown["xray_code"] == f"wb.xray(snapshot, '{shown['document']}', findings)"
    ask(live, kind="step", by=1)
    assert live.selected == ids(live, 5)[4]
    live.selected = ""
    assert live.live.panel.shown == {}


def test_next_stops_at_the_last_and_says_when_nothing_is_shown(live: Exploration) -> None:
    live.selected = ids(live, ROWS)[-1]
    ask(live, kind="step", by=1)
    assert live.selected == ids(live, ROWS)[-1]
    live.show({"search": "no such words"})
    assert "no next one" in ask(live, kind="step", by=1)[0]["words"]


def test_the_verdict_has_words_for_the_sign(live: Exploration, run: Findings) -> None:
    word = {"over_billed": "over-billed by ", "under_billed": "under-billed by ", "at_risk": "at risk"}
    for row in run.table.slice(0, 12).to_pylist():
        live.selected = row["finding_id"]
        verdict = live.live.panel.shown["verdict"]
        assert verdict.startswith(word[row["direction"]])
        assert "-" not in verdict.removeprefix(word[row["direction"]])


def test_a_suppressed_one_says_by_what(live: Exploration, run: Findings) -> None:
    live.selected = next(row["finding_id"] for row in run.table.to_pylist() if row["suppressed_by"])
    assert live.live.panel.shown["suppressed"] == "Suppressed as approved: signed"


def test_selecting_what_is_not_there_says_so(live: Exploration) -> None:
    with pytest.raises(WorkbenchError, match="no finding 'nothing'"):
        live.selected = "nothing"


def test_an_xray_is_fetched_beside_the_cells(live: Exploration) -> None:
    live.selected = ids(live, 1)[0]
    ask(live, kind="xray")
    assert live.live.job is not None
    assert live.live.job.wait(60)
    live.live.job.thread.join()
    assert "<script" not in live.live.panel.page["html"]
    assert live.live.explorer.job["state"] == DONE


def test_causes_become_a_facet(run: Findings, books: Snapshot, live: Exploration) -> None:
    class Made:
        short = "ACC-03: customer C-1"
        finding_ids = tuple(run.found["finding_id"].to_pylist()[:5])

    found = explore(run, books, causes=[Made()], view={"facets": {"cause": ["ACC-03: customer C-1"]}})
    assert found.table.num_rows == 5


FORM = {"state": "confirmed", "remedy": "credit", "root_cause": "billing_run", "owner": "U-9", "due_on": "2025-05-01"}


def test_deciding_on_the_open_finding_takes_its_whole_impact(live: Exploration) -> None:
    live.show({"facets": {"direction": ["over_billed"]}})
    finding = live.select_first()
    said = ask(live, kind="decide", whom="open", form={**FORM, "by": "U-1"})
    assert said == [{"kind": "said", "words": "Decided on 1 finding", "can_undo": True, "conflicts": [], "refused": [],
                     "untold": 0}]  # fmt: skip
    standing = open_store().standing(finding)
    assert (standing.amount, standing.approval, standing.by) == (live.finding["impact_amount"], "waiting", "U-1")
    assert live.store.page(live.view, 0, 1)[0]["decision"] == "waiting"
    assert live.store.page(live.view, 0, 1)[0]["owner"] == "U-9"
    assert "U-1" in live.live.panel.desk["standing"]


def test_a_decision_that_cannot_stand_says_why_and_writes_nothing(live: Exploration) -> None:
    live.select_first()
    said = ask(live, kind="decide", whom="open", form={"state": "confirmed", "by": "U-1"})
    assert "needs remedy, root cause, owner, due date" in said[0]["words"]
    assert open_store().entries() == []


@pytest.mark.parametrize("form", [{"due_on": "31.3."}, {"remedy": "credit", "amount": "much"}])
def test_what_was_mistyped_is_named(live: Exploration, form: dict[str, str]) -> None:
    live.select_first()
    assert ask(live, kind="decide", whom="open", form={"by": "U-1", **FORM, **form})[0]["failed"]


def test_many_are_decided_at_once_conflicts_are_left_alone_and_undo_adds_entries(live: Exploration) -> None:
    some = ids(live, 3)
    answer(live, kind="mark", what="some", findings=some, on=True)
    store = open_store()
    store.decide(Decision(some[0], "accepted", by="U-2", remark="mine"))
    said = ask(live, kind="decide", whom="marked", form={"state": "explained", "by": "U-1", "remark": "agreed"})
    assert said[0]["words"] == "Decided on 2 findings; 1 in conflict"
    assert "decided by U-2" in said[0]["conflicts"][0]
    assert [store.standing(name).state for name in some] == ["accepted", "explained", "explained"]
    assert ask(live, kind="undo")[0]["words"] == "Taken back: 2 findings"
    assert [store.standing(name).state for name in some] == ["accepted", "open", "open"]
    assert [entry.remark for entry in store.entries(some[1])] == ["agreed", "takes back entry 2"]
    assert "Nothing was decided here yet" in ask(live, kind="undo")[0]["words"]


def test_more_than_a_few_are_decided_beside_the_cells_and_can_be_cancelled(live: Exploration) -> None:
    answer(live, kind="mark", what="all", on=True)
    batch = live.decide(live.marked, state="accepted", remark="x")
    assert len(batch.numbers) == live.marked.num_rows > 1_000

    def stop(_what: str, done: int, _every: int) -> None:
        if done:
            raise WorkbenchError("stopped")

    with pytest.raises(WorkbenchError, match="stopped"):
        live.decide(live.marked, state="open", progress=stop)
    assert len(open_store().entries()) == len(batch.numbers)


def test_decisions_that_cannot_be_read_are_told_and_hide_no_finding(
    run: Findings, books: Snapshot, tmp_path: Path
) -> None:
    file = tmp_path / "broken.sqlite"
    file.write_text("no database", encoding="utf-8")
    found = explore(run, books, decisions=f"sqlite:///{file}", causes=())
    assert found.table.num_rows == run.found.num_rows
    assert "decision store" in found.static_html()


def test_a_batch_run_makes_no_widget_and_no_store(batch: Exploration, tmp_path: Path) -> None:
    batch.show(control="OCC-01")
    batch.select_first()
    assert "live" not in vars(batch)
    assert list(tmp_path.iterdir()) == []


def test_the_static_page_holds_totals_first_rows_and_evidence_all_escaped(batch: Exploration) -> None:
    batch.selected = batch.findings.table["finding_id"][0].as_py()
    html = batch.static_html()
    for words in (
        "2,000 candidates",
        "ties to the funnel",
        "20 of ",
        "invoice_lines: 1 row",
        "Next step",
        "&lt;script",
    ):
        assert words in html
    for mark in ("<script", "<img", "<h1", "<b>"):
        assert mark not in html


def test_a_job_tells_how_far_it_is_and_stops_when_asked() -> None:
    told: list[Standing] = []
    going, stopped = threading.Event(), threading.Event()

    def work(report: Report) -> None:
        report("step", 1, 1)
        going.set()
        stopped.wait(10)
        report("step", 2, 2)

    job = Job("Work", work, told.append).start()
    assert going.wait(10)
    job.cancel()
    stopped.set()
    with pytest.raises(WorkbenchError, match="Work was cancelled"):
        job.result()
    job.thread.join()
    assert [standing.state for standing in told] == ["running", CANCELLED]


def test_a_job_that_fails_says_so_in_words() -> None:
    told: list[Standing] = []
    job = Job("Work", lambda _report: 1 // 0, told.append).start()
    job.thread.join()
    assert (told[-1].state, "ZeroDivisionError" in told[-1].problem) == (FAILED, True)


def test_work_is_started_beside_the_cells_and_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKBENCH_MODE", raising=False)

    async def waiting() -> int:
        return await start(sum, [1, 2, 3])

    assert asyncio.run(waiting()) == 6
    monkeypatch.setenv("WORKBENCH_MODE", "batch")
    running = start(lambda progress: progress("step", 1, 1) or 7, title="Seven")
    assert (running.result(), running._shown, repr(running)) == (7, None, "Seven: done")


def test_time_left_is_said_in_words() -> None:
    assert [time_left(seconds) for seconds in (None, 0.2, 75, 600)] == ["", "about 1 s left", "about 75 s left",
                                                                       "about 10 min left"]  # fmt: skip
