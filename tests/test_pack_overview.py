"""A review goes on where it was, shares one run of the controls, and its page shows every pack and every failure."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from tests.pack_company import HOSTILE, PERIOD, PLAIN, make_snapshot
from tests.quick_pack import audit_of, changed, quick_pack
from tests.test_pack_review import files, left_in, notebook
from workbench.errors import GateError, WorkbenchError
from workbench.pack import review, verify
from workbench.pack.monthly import review_all
from workbench.pack.notebook import NotebookFailure
from workbench.pack.overview import Row, overview_page, read_row
from workbench.pack.overview.board import Board, Entry
from workbench.pack.overview.progress import shown_board
from workbench.pack.review_command import command
from workbench.pack.scope import safe_name
from workbench.pack.sharing import FOLDER, PROOF, TABLE, WORDS, candidates, run_controls, shared
from workbench.pack.work import NOTEBOOK, Audit
from workbench.snapshot import Snapshot, sha256

# What a pack cannot be without; the funnel is read by the page.
SAVES = """
for name in ("findings.parquet", "findings.xlsx", "summary.html", "funnel.json"):
    open(f"{folder}/{name}", "w").write("{}")
"""


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return make_snapshot(tmp_path_factory.mktemp("overview") / "snapshot")


def test_shared_candidates_are_used_only_when_they_are_proved(
    snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = audit_of(snapshot)
    found = run_controls(snapshot, audit.period, {})
    with shared(audit, found) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        again = candidates(audit)
        assert again.table.equals(found.table)
        assert (again.funnel, again.not_run, again.partly) == (found.funnel, found.not_run, found.partly)
        assert again.parameters == found.parameters
        assert candidates(audit_of(snapshot, entity=HOSTILE)).table.equals(found.table), "entities share them"
        other = changed(snapshot, tmp_path / "other", "delete from invoices where invoice_id = 'A-14'")
        for stranger in (
            audit_of(snapshot, "2025-02"),
            audit_of(snapshot, own={"VAL-01": {"days": 1}}),
            audit_of(other),
        ):
            with pytest.raises(WorkbenchError, match="belong to another snapshot, period, code or other parameters"):
                candidates(stranger)
        for name in (TABLE, WORDS):
            file = Path(environment[FOLDER], name)
            content = file.read_bytes()
            file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
            with pytest.raises(WorkbenchError, match="were changed after they were found"):
                candidates(audit)
            file.write_bytes(content)
        monkeypatch.setenv(PROOF, "0" * 64)
        with pytest.raises(WorkbenchError, match="were changed after they were found"):
            candidates(audit)
    with pytest.raises(WorkbenchError, match="cannot be read"):
        candidates(audit)


def test_a_killed_review_goes_on_where_it_was(snapshot: Snapshot, tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    slow.touch()
    wait = f"import os, time\nwhile entity == {PLAIN!r} and os.path.exists({str(slow)!r}): time.sleep(0.05)"
    file, out = notebook(tmp_path, SAVES, wait), tmp_path / "out"
    program = (
        "import sys; from pathlib import Path; from workbench.snapshot import open_snapshot\n"
        "from workbench.pack import review\n"
        f"review(open_snapshot(sys.argv[1]), '{PERIOD}', Path(sys.argv[2]), entities=[sys.argv[4], '{PLAIN}'], "
        "notebook=Path(sys.argv[3]))"
    )
    command_line = [sys.executable, "-c", program, str(snapshot.folder), str(out), str(file), HOSTILE]
    first = out / f"{safe_name(HOSTILE)}-{PERIOD}"
    with subprocess.Popen(command_line, stderr=subprocess.PIPE) as process:
        while process.poll() is None and not list(out.glob(f".{PLAIN}-*/summary.html")):
            time.sleep(0.05)
        assert process.poll() is None, "the second notebook was to be running by now"
        process.kill()
        process.communicate(timeout=60)
    assert "running" in (out / "index.html").read_text(encoding="utf-8")
    assert verify(first).holds
    before = files(first)
    first.with_name(f"{first.name}.zip").unlink()
    slow.unlink()
    result = review_all(snapshot, PERIOD, out, entities=[HOSTILE, PLAIN], notebook=file)
    assert result.kept == (first,)
    assert files(first) == before
    assert verify(first.with_name(f"{first.name}.zip")).holds, "the zip that was lacking is there"
    packs = sorted((first.name, f"{PLAIN}-{PERIOD}"))
    assert left_in(out) == sorted([*packs, *(f"{name}.zip" for name in packs)])
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "1 made, 1 kept, made before" in page
    assert "refresh" not in page
    (first / "summary.html").write_text("changed", encoding="utf-8")
    with pytest.raises(WorkbenchError, match=r"is not as it was made: changed: 'summary\.html'"):
        review(snapshot, PERIOD, out, entities=[HOSTILE], notebook=file)


def test_the_page_shows_every_pack_and_trusts_none(snapshot: Snapshot, tmp_path: Path) -> None:
    pack = quick_pack(audit_of(snapshot, entity=HOSTILE), tmp_path / f"{safe_name(HOSTILE)}-{PERIOD}")
    (pack / "summary.html").write_text('<h1><script>alert(9)</script>x &lt;b&gt;</h1><p class="verdict">&lt;i&gt;</p>')
    broken = quick_pack(audit_of(snapshot, entity=None), tmp_path / f"no-entity-{PERIOD}")
    (broken / "funnel.json").write_text('{"totals": 3, "controls": {"A": {"money": [{"amount": "x"}]}}}')
    (tmp_path / "no pack").mkdir()
    assert read_row(tmp_path / "no pack") is None
    rows = [row for row in map(read_row, (pack, broken)) if row]
    assert [(row.direction, str(row.amount)) for row in map(_Money, rows[0].money)] == [
        ("at_risk", "0"), ("over_billed", "400.0000"), ("under_billed", "-10001.0000"),
    ]  # fmt: skip
    failed = Row("x", "X <script>", PERIOD, "failed", cell="cell 3", source="1 / 0\n# <b>", error="Error: <img>")
    page = overview_page([*rows, failed])
    assert "default-src 'none'" in page
    assert not re.search(r"<(script|img|iframe)\b|<[^>]*\son\w+=", page)
    assert "&lt;b&gt;" in page
    assert "X &lt;script&gt; FAILED</strong> in cell 3" in page
    assert "1 / 0\n# &lt;b&gt;" in page
    assert "\N{MINUS SIGN}10,001 JPY" in page
    assert "refresh" in overview_page([Row("x", "X", PERIOD, "running")])


class _Money:
    def __init__(self, line: tuple[str, str, int, object]) -> None:
        self.currency, self.direction, self.findings, self.amount = line


def test_a_board_says_what_runs_what_failed_and_how_long_it_takes(tmp_path: Path) -> None:
    said = io.StringIO()
    with shown_board(Console(file=said, force_terminal=False, width=200)) as watch:
        board = Board(tmp_path, 2, watch)
        board.prepare("COM-01 asks", 3, 54)
        board.add([Entry(name, name, PERIOD) for name in ("one", "two", "three")])
        board.begin("one")
        entry = board.entries["one"]
        assert board.left(entry) is None
        entry.began -= 40
        board.stage("one", "Conclusion", 4, 8)
        assert board.left(entry) == pytest.approx(40, abs=5)
        assert board.left_in_all() is None, "nothing is known of those that wait"
        board.end("one", "made")
        board.begin("two")
        assert board.left(board.entries["two"]) == pytest.approx(40, abs=5)
        assert board.left_in_all() == pytest.approx(80, abs=8)
        board.end("two", "failed", NotebookFailure("p", "f", "cell 3", "1 / 0", "ZeroDivisionError: x"))
        board.stop()
    assert "COM-01 asks, 3 of 54" in said.getvalue()
    assert "two: FAILED; 2 of 3 packs" in said.getvalue()
    told = json.loads((tmp_path / "review.json").read_text(encoding="utf-8"))["packs"]
    assert {entry["name"]: entry["state"] for entry in told} == {"two": "failed", "three": "interrupted"}
    later = Board(tmp_path, 1, watch)
    later.add([Entry("two", "two", PERIOD)])
    assert "interrupted" in (tmp_path / "index.html").read_text(encoding="utf-8"), "what others left is shown still"


def test_a_terminal_shows_names_as_they_are(tmp_path: Path) -> None:
    said = io.StringIO()
    with shown_board(Console(file=said, force_terminal=True, width=120)) as watch:
        board = Board(tmp_path, 1, watch)
        board.add([Entry("[red]x[/red]\x1b[2J", "x", PERIOD)])
        board.begin("[red]x[/red]\x1b[2J")
        board.stage("[red]x[/red]\x1b[2J", "Identities", 3, 6)
    assert "[red]x[/red]" in said.getvalue()
    assert "\x1b[2J" not in said.getvalue()


@pytest.mark.prove
def test_a_second_version_says_why_and_is_kept_too(snapshot: Snapshot, tmp_path: Path) -> None:
    file = notebook(tmp_path, SAVES)
    (first,) = review(snapshot, PERIOD, tmp_path / "out", entities=[PLAIN], notebook=file)
    (second,) = review(snapshot, PERIOD, tmp_path / "out", entities=[PLAIN], notebook=file, why="a rate was wrong")
    assert second.name == f"{first.name}-v2"
    assert json.loads((second / "parameters.json").read_text(encoding="utf-8"))["replaces"]["name"] == first.name
    again = review_all(snapshot, PERIOD, tmp_path / "out", entities=[PLAIN], notebook=file, why="a rate was wrong")
    assert again.kept == (second,)


@pytest.mark.prove
def test_last_months_pack_is_found_in_a_folder_of_packs(snapshot: Snapshot, tmp_path: Path) -> None:
    before = quick_pack(audit_of(snapshot, "2025-02"), tmp_path / "february" / f"{PLAIN}-2025-02")
    file = notebook(tmp_path, SAVES)
    packs = review(
        snapshot, PERIOD, tmp_path / "out", entities=[PLAIN, HOSTILE], notebook=file, against=before.parent, jobs=2
    )
    told = [json.loads((pack / "parameters.json").read_text(encoding="utf-8"))["against"] for pack in packs]
    assert told == [sha256(before / "parameters.json"), None], "the other entity has no pack of last month"


def test_the_command_ends_with_a_gate_where_an_entity_failed(
    snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path / "workspace"))
    given = [str(snapshot.folder), "--period", PERIOD, "--out", str(tmp_path / "out")]
    refused = CliRunner().invoke(command, [*given, "--customer", "C1"])
    assert "goes with --audience customer" in str(refused.exception)
    refused = CliRunner().invoke(command, [*given, "--param", "VAL-01"])
    assert "--param 'VAL-01' is not ID.name=value" in str(refused.exception)
    failing = notebook(tmp_path, "1 / 0")
    monkeypatch.setitem(review_all.__kwdefaults__, "notebook", failing)
    said = CliRunner().invoke(command, [*given, "--entity", PLAIN])
    assert isinstance(said.exception, GateError)
    assert "1 of 1 packs could not be made" in str(said.exception)
    assert "0 packs; next, open" in said.output


def test_the_notebook_of_the_review_is_the_packs_own(snapshot: Snapshot) -> None:
    assert Audit(snapshot, audit_of(snapshot).period).fixed["notebook"] == sha256(NOTEBOOK)
