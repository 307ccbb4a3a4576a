"""Two packs of the same work on two days, in two places, time zones and languages, on other cores: the same bytes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.byte_changes import unseen_in_folder, unseen_in_zip
from tests.decided_company import OVER, given
from tests.made_once import once
from tests.pack_company import PERIOD, PLAIN, make_snapshot
from workbench.errors import WorkbenchError
from workbench.pack import verify
from workbench.pack.earlier import zip_of
from workbench.pack.keys import make_key, open_signer
from workbench.pack.making import make_pack
from workbench.pack.scope import read_period
from workbench.pack.summary import summary_page
from workbench.pack.work import Audit
from workbench.snapshot import open_snapshot

ROOT = Path(__file__).parent.parent
MAY_DIFFER = {"run.json", "manifest.json", "manifest.sig"}
DAYS = 400


def make(place: Path) -> Path:
    """Make the signed pack of the company in a place."""
    snapshot = make_snapshot(place / "snapshot")
    audit = Audit(open_snapshot(snapshot.folder), read_period(PERIOD), PLAIN, given=given(snapshot, place / "given"))
    make_key("who signs", place / "keys")
    return make_pack(audit, place / "packs" / f"{PLAIN}-{PERIOD}", signer=open_signer(folder=place / "keys"))


def make_far_away(place: Path, clock: dict[str, str]) -> Path:
    """The same in another process: on fewer cores, in another place, time zone and language, on another day."""
    program = (
        "import os, sys; os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])\n" * (sys.platform == "linux")
        + "import sys; from pathlib import Path; from tests.test_pack_repeatable import make; make(Path(sys.argv[1]))"
    )
    far = {"TZ": "America/St_Johns", "LANG": "de_DE.UTF-8", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "99", **clock}
    done = subprocess.run(
        [sys.executable, "-c", program, str(place)],
        cwd=ROOT,
        env={**os.environ, **far},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return place / "packs" / f"{PLAIN}-{PERIOD}"


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What sets a process back by DAYS; nothing where there is no compiler."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        return {}
    library = tmp_path_factory.mktemp("clock") / "clock_back.so"
    source = Path(__file__).with_name("clock_back.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True)
    return {"LD_PRELOAD": str(library), "DAYS_BACK": str(DAYS)}


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory, clock: dict[str, str]) -> tuple[Path, Path]:
    one = once(tmp_path_factory, "here", make)
    return one, once(tmp_path_factory, "日本 far away", lambda place: make_far_away(place, clock))


def files(pack: Path) -> dict[str, bytes]:
    return {file.relative_to(pack).as_posix(): file.read_bytes() for file in pack.rglob("*") if file.is_file()}


def test_every_file_but_the_record_of_the_run_is_the_same(packs: tuple[Path, Path]) -> None:
    one, two = map(files, packs)
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name] and name not in MAY_DIFFER] == []
    assert one["run.json"] != two["run.json"]
    assert not [name for name in one if name.startswith(".")], "what only the work needed is put aside"


def test_the_notebook_as_it_ran_knows_the_decisions(packs: tuple[Path, Path]) -> None:
    book = (packs[0] / "notebooks" / "5_audit_pack.ipynb").read_text(encoding="utf-8")
    assert OVER in book and "kept by agreement" in book and "1 overdue" in (packs[0] / "summary.html").read_text()
    assert verify(packs[0]).decisions == 8


def test_the_zips_differ_in_the_same_three_files_alone(packs: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(zip_of(packs[0])) as one, zipfile.ZipFile(zip_of(packs[1])) as two:
        told = [
            [(member.filename, member.CRC, member.date_time) for member in zipped.infolist()] for zipped in (one, two)
        ]
    differ = {first[0].partition("/")[2] for first, second in zip(*told, strict=True) if first != second}
    assert differ == MAY_DIFFER


def test_one_hash_says_that_the_work_is_the_same_and_both_verify(packs: tuple[Path, Path]) -> None:
    one, two = map(verify, packs)
    assert one.holds and two.holds
    assert one.reproducible == two.reproducible and one.pack_id == two.pack_id
    assert one.manifest != two.manifest and one.signer != two.signer


def test_the_two_days_were_two(packs: tuple[Path, Path], clock: dict[str, str]) -> None:
    if not clock:
        pytest.skip("there is no C compiler (cc) to set a process's clock back")
    one, two = (json.loads((pack / "run.json").read_text())["started"][:10] for pack in packs)
    assert one > two, "the second was made on an earlier day, as it saw it"


def test_a_pack_names_the_one_it_is_compared_with_and_says_what_changed(packs: tuple[Path, Path]) -> None:
    snapshot = open_snapshot(packs[0].parent.parent / "snapshot")
    audit = Audit(snapshot, read_period("2025-04"), PLAIN, against=packs[0])
    again = Audit(snapshot, read_period("2025-04"), PLAIN, against=packs[1])
    assert audit.fixed["against"] == verify(packs[0]).pack_id and audit.pack_id == again.pack_id
    page = summary_page(audit)
    assert page == summary_page(again), "where the earlier pack is makes no difference"
    assert ">Since the last pack</h2>" in page and OVER in page.partition(">Since the last pack</h2>")[2]
    with pytest.raises(WorkbenchError, match="cannot be compared with"):
        Audit(snapshot, read_period("2025-04"), PLAIN, against=snapshot.folder)


@pytest.mark.prove
def test_ten_thousand_changes_of_one_byte_are_all_found(packs: tuple[Path, Path]) -> None:
    assert unseen_in_folder(packs[0], 5_000) == []
    assert unseen_in_zip(packs[0], 5_000) == 0
    assert verify(packs[0]).holds and verify(zip_of(packs[0])).holds
