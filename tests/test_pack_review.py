"""The monthly review makes whole packs that repeat byte for byte, or none."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import pyarrow.parquet as pq
import pytest

from tests.pack_company import HOSTILE, PERIOD, PLAIN, make_snapshot
from workbench.controls import controls
from workbench.detect import run
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.pack import review, verify
from workbench.pack.notebook import run_notebook
from workbench.pack.scope import read_period, safe_name
from workbench.snapshot import Snapshot, sha256

ALWAYS = {
    "README.txt", "findings.parquet", "findings.xlsx", "funnel.json", "manifest.json", "notebooks/5_audit_pack.html",
    "notebooks/5_audit_pack.ipynb", "parameters.json", "rejects/invoices.csv", "run.json", "snapshot-manifest.json",
    "sources.json", "summary.html", "verify.py", "controls/shared/functions/duckdb/money.sql",
    "controls/shared/schema.yml",
}  # fmt: skip
MAY_DIFFER = {"run.json", "manifest.json"}


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return make_snapshot(tmp_path_factory.mktemp("packs") / "snapshot")


@pytest.fixture(scope="module")
def packs(snapshot: Snapshot) -> list[Path]:
    """A review of everything: two entities and what belongs to none."""
    return review(snapshot, PERIOD, snapshot.folder.parent / "out", jobs=2)


def files(pack: Path) -> dict[str, bytes]:
    return {file.relative_to(pack).as_posix(): file.read_bytes() for file in pack.rglob("*") if file.is_file()}


def left_in(out: Path) -> list[str]:
    """What is in a folder beside the page that shows it."""
    return sorted(path.name for path in out.iterdir() if path.name not in {"index.html", "review.json"})


def notebook(folder: Path, *cells: str) -> Path:
    """A notebook with the parameters of the real one and these cells."""
    declared = "\n".join(
        f'{name} = ""  # as in 5_audit_pack' for name in ("snapshot", "period", "entity", "own", "folder")
    )
    made = [nbformat.v4.new_code_cell(text) for text in (declared, *cells)]  # type: ignore[no-untyped-call]
    made[0].metadata["tags"] = ["parameters"]
    file = folder / "failing.ipynb"
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata=metadata), file)  # type: ignore[no-untyped-call]
    return file


def test_there_is_a_pack_per_entity_and_one_for_what_belongs_to_none(packs: list[Path]) -> None:
    assert [pack.name for pack in packs] == [f"{safe_name(entity)}-{PERIOD}" for entity in (HOSTILE, PLAIN, None)]
    ids = [json.loads((pack / "parameters.json").read_text())["entity"]["id"] for pack in packs]
    assert ids == [HOSTILE, PLAIN, None]


def test_a_pack_is_complete_and_verifies_as_folder_and_as_zip(packs: list[Path]) -> None:
    for pack in packs:
        assert set(files(pack)) >= ALWAYS
        for name in controls():
            assert (pack / "controls" / f"{name}.sql").read_text(encoding="utf-8") == controls()[name].text
        assert verify(pack).holds
        assert verify(pack.with_name(f"{pack.name}.zip")).holds


def test_any_changed_byte_of_a_real_pack_is_named(packs: list[Path], tmp_path: Path) -> None:
    for name, content in files(packs[1]).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    for name, content in files(packs[1]).items():
        if name != "manifest.json":
            (tmp_path / name).write_bytes(bytes([content[0] ^ 1]) + content[1:])
            assert verify(tmp_path).changed == (name,)
            (tmp_path / name).write_bytes(content)


def test_the_zip_holds_the_folder_and_no_clock(packs: list[Path]) -> None:
    with zipfile.ZipFile(packs[0].with_name(f"{packs[0].name}.zip")) as archive:
        names = [member.filename for member in archive.infolist()]
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {name: archive.read(f"{packs[0].name}/{name}") for name in files(packs[0])} == files(packs[0])
    assert names == sorted(names)


def test_the_findings_are_those_of_the_run(packs: list[Path], snapshot: Snapshot) -> None:
    month = read_period(PERIOD)
    found = run(snapshot, from_date=month.first, to_date=month.end, as_of=month.end, open_from=True)
    for pack, entity in zip(packs, (HOSTILE, PLAIN, None), strict=True):
        assert pq.read_table(pack / "findings.parquet").equals(found.for_entity(entity).table)
    assert found.for_entity(PLAIN).found.num_rows >= 3, "the planted errors are found"


def test_the_pack_id_is_the_hash_of_parameters_that_name_inputs_and_code(packs: list[Path], snapshot: Snapshot) -> None:
    for pack in packs:
        manifest = json.loads((pack / "manifest.json").read_text())
        fixed = json.loads((pack / "parameters.json").read_text())
        assert manifest["pack_id"] == sha256(pack / "parameters.json")
        assert (
            fixed["snapshot"] == manifest["snapshot"] == snapshot.fingerprint == sha256(pack / "snapshot-manifest.json")
        )
        assert {name: entry["fingerprint"] for name, entry in fixed["controls"].items()} == {
            name: sha256(pack / "controls" / f"{name}.sql") for name in controls()
        }
        assert {"python", "duckdb", "papermill"} <= set(manifest["packages"])


def test_the_executed_notebook_shows_the_hash_before_any_result(packs: list[Path]) -> None:
    book = json.loads((packs[1] / "notebooks/5_audit_pack.ipynb").read_text())
    nbformat.validate(book)
    shown = [json.dumps(cell.get("outputs", [])) for cell in book["cells"]]
    hash_at = next(place for place, text in enumerate(shown) if sha256(packs[1] / "parameters.json") in text)
    result_at = next(place for place, text in enumerate(shown) if "candidates:" in text)
    assert hash_at < result_at
    assert all(cell["execution_count"] for cell in book["cells"] if cell["cell_type"] == "code")
    assert not [
        output for cell in book["cells"] for output in cell.get("outputs", []) if "text/plain" in output["data"]
    ]


def test_nothing_but_the_run_record_holds_clock_user_or_paths(packs: list[Path], snapshot: Snapshot) -> None:
    record = json.loads((packs[1] / "run.json").read_text())
    private = [str(snapshot.folder.parent), record["started"][:10]]
    for name, content in files(packs[1]).items():
        if name not in MAY_DIFFER | {"findings.xlsx", "findings.parquet"}:
            assert not [text for text in private if text.encode() in content], f"{name} holds what differs tomorrow"


@pytest.mark.prove
def test_the_same_review_elsewhere_gives_the_same_bytes(packs: list[Path], tmp_path: Path) -> None:
    again = make_snapshot(tmp_path / "another place" / "snapshot")
    (pack,) = review(again, PERIOD, tmp_path / "more", entities=[PLAIN])
    before, now = files(packs[1]), files(pack)
    assert before.keys() == now.keys()
    assert [name for name in before if before[name] != now[name] and name not in MAY_DIFFER] == []


def test_the_same_review_again_keeps_the_packs_and_another_never_overwrites_them(
    packs: list[Path], snapshot: Snapshot
) -> None:
    before = files(packs[1])
    assert review(snapshot, PERIOD, packs[1].parent, entities=[PLAIN]) == [packs[1]]
    with pytest.raises(WorkbenchError, match="exists already and a pack is never overwritten: it is pack"):
        review(snapshot, PERIOD, packs[1].parent, entities=[PLAIN], own={"VAL-01": {"days": 1}})
    assert files(packs[1]) == before


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["1 / 0"], r"failing.ipynb failed for SG01 in cell \d \(1 / 0\): ZeroDivisionError"),
        (["import sys", "sys.exit(0)", "x = 1"], "failing.ipynb failed for SG01"),
        (["import os", "os._exit(1)"], "failing.ipynb failed for SG01"),
        (["x = 1"], "saved no findings.parquet"),
        (["open(folder + '/summary.html', 'w').write('half')", "raise KeyboardInterrupt"], "KeyboardInterrupt"),
    ],
    ids=["error", "exit", "dead", "unsaved", "interrupted"],
)
def test_a_failing_notebook_leaves_nothing(snapshot: Snapshot, tmp_path: Path, cells: list[str], words: str) -> None:
    file = notebook(tmp_path, *cells)
    with pytest.raises(WorkbenchError, match=words):
        review(snapshot, PERIOD, tmp_path / "out", entities=[PLAIN], notebook=file)
    assert left_in(tmp_path / "out") == []


def test_one_failing_entity_does_not_stop_the_others(snapshot: Snapshot, tmp_path: Path) -> None:
    save = "import workbench as wb\nif entity == 'SG01': raise ValueError('only here')"
    names = ("findings.parquet", "findings.xlsx", "funnel.json", "summary.html")
    file = notebook(tmp_path, save, f"[open(f'{{folder}}/{{name}}', 'w').close() for name in {names}]")
    with pytest.raises(
        WorkbenchError, match=r"1 of 2 packs could not be made, 1 were: .* SG01 .*ValueError: only here"
    ) as error:
        review(snapshot, PERIOD, tmp_path / "out", entities=[PLAIN, HOSTILE], notebook=file, jobs=2)
    assert "--entity SG01" in error.value.fix
    made = f"{safe_name(HOSTILE)}-{PERIOD}"
    assert left_in(tmp_path / "out") == [made, f"{made}.zip"]
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "FAILED</strong> in cell 3</p>" in page
    assert "ValueError: only here" in page
    assert "raise ValueError(&#x27;only here&#x27;)" in page, "the cell is shown"
    again = review(snapshot, PERIOD, tmp_path / "out", entities=[HOSTILE], notebook=file)
    assert [pack.name for pack in again] == [made]
    assert "ValueError: only here" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8"), "it stays failed"


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupted_review_leaves_nothing(snapshot: Snapshot, tmp_path: Path, jobs: int) -> None:
    file = notebook(
        tmp_path, "open(folder + '/summary.html', 'w').write('half')", "import time; time.sleep(8)", "1 / 0"
    )
    out = tmp_path / "out"
    program = (
        "import sys; from pathlib import Path; from workbench.snapshot import open_snapshot\n"
        "from workbench.pack import review\n"
        "snapshot, out, notebook, jobs = sys.argv[1:]\n"
        f"review(open_snapshot(snapshot), '{PERIOD}', Path(out), entities=['{PLAIN}'], jobs=int(jobs), "
        "notebook=Path(notebook))"
    )
    command = [sys.executable, "-c", program, str(snapshot.folder), str(out), str(file), str(jobs)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        while process.poll() is None and not list(out.glob(".*/summary.html")):
            time.sleep(0.05)
        assert process.poll() is None, "the notebook was to be running by now"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)
    assert process.returncode not in {0, None}
    assert left_in(out) == []
    assert json.loads((out / "review.json").read_text(encoding="utf-8"))["packs"][0]["state"] in {
        "interrupted",
        "failed",
    }


def test_parameters_that_changed_after_they_were_fixed_stop_the_run(snapshot: Snapshot, tmp_path: Path) -> None:
    file = notebook(
        tmp_path,
        "import workbench as wb\nfrom workbench.snapshot import open_snapshot",
        "own = {'COM-01': {'grace_days': 99}}",
        "audit = wb.audit(open_snapshot(snapshot), period=period, entity=entity, own=own, folder=folder)",
        "audit.run()",
    )
    with pytest.raises(WorkbenchError, match=r"not what parameters.json of the pack fixed before: controls differ"):
        review(snapshot, PERIOD, tmp_path / "out", entities=[PLAIN], notebook=file)


def test_a_parameter_the_notebook_does_not_declare_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"There is no parameter of failing\.ipynb 'entiti'"):
        run_notebook(notebook(tmp_path, "x = 1"), {"entiti": "SG01"}, "SG01")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"period": "2025-13"}, "is no month"),
        ({"period": "2031-01"}, "holds no document of January 2031"),
        ({"entities": ["SG1"]}, "did you mean SG01"),
        ({"jobs": 0}, "0 jobs"),
        ({"own": {"NOPE": {}}}, "NOPE"),
    ],
)
def test_what_cannot_be_asked_is_said(snapshot: Snapshot, tmp_path: Path, asked: dict[str, Any], words: str) -> None:
    asked = {"period": PERIOD, "entities": [PLAIN], **asked}
    with pytest.raises(WorkbenchError) as error:
        review(snapshot, asked.pop("period"), tmp_path / "out", **asked)
    assert words in str(error.value)
    assert not (tmp_path / "out").exists()
