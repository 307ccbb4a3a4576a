"""Every reader keeps its promises on its seeds, on what was once found, and on what a fuzzer makes of both."""

from __future__ import annotations

import importlib.util
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS, csv_file, found
from workbench.errors import WorkbenchError
from workbench.sources.readers import reader
from workbench.sources.sheets import open_book

RUNS = {"workbook": 1_500, "mapping": 8_000}
OTHERS = 4_000


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_and_what_was_once_found_are_read_as_promised(name: str) -> None:
    target = TARGETS[name]
    seeds = target.seeds()
    assert seeds
    for data in [*seeds, *(file.read_bytes() for file in found(name))]:
        target.run(data)


BITS = ['"', '"', '""', ",", ",", "\n", "\n", "a", "\r\n", "\r", 'x,"y",z\n', "1,2,3\n", '"q\nr",2,3\n', '5" p,1,2\n']


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(BITS), max_size=60))
def test_the_two_ways_to_cut_a_file_agree_on_any_quotes(bits: list[str]) -> None:
    csv_file(b"\0a,b,c\n" + "".join(bits).encode())


@pytest.mark.parametrize("name", ["ubl", "cii", "saft", "camt", "mt940", "bai2"])
def test_the_seeds_of_a_reader_are_documents_of_its_kind(name: str) -> None:
    fitting = [data for data in TARGETS[name].seeds() if reader(name).fits(data)]
    assert len(fitting) >= 3


def test_an_archive_whose_parts_begin_before_it_is_no_workbook(tmp_path: Path) -> None:
    whole = TARGETS["workbook"].seeds()[0]
    at = whole.rindex(b"PK\5\6") + 16
    moved = int.from_bytes(whole[at : at + 4], "little") + 100_000
    file = tmp_path / "book.xlsx"
    file.write_bytes(whole[:at] + moved.to_bytes(4, "little") + whole[at + 4 :])
    with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as archive, pytest.raises((OSError, ValueError)):
        archive.read(archive.infolist()[0])
    with pytest.raises(WorkbenchError, match="no workbook that can be read"):
        open_book(file)


@pytest.mark.prove
@pytest.mark.parametrize("name", TARGETS)
def test_a_fuzzer_finds_nothing_in_a_bounded_search(name: str, tmp_path: Path) -> None:
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris is not installed here: it has no wheel for this Python or system")
    command = [sys.executable, "-m", "tests.fuzz", name, str(RUNS.get(name, OTHERS)), str(tmp_path / "corpus")]
    done = subprocess.run(command, capture_output=True, check=False, cwd=Path(__file__).parents[1])
    said = done.stderr.decode(errors="replace")
    assert done.returncode == 0, f"python -m tests.fuzz {name}: {said[-3_000:]}"
    assert "stat::number_of_executed_units" in said
