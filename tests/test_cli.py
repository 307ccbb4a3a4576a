"""The command line: exit codes, and one sentence with the way out for whatever is wrong."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

PROGRAM = Path(sys.executable).parent / "workbench"
HEADER = (
    "invoice_id,invoice_number,kind,entity_id,customer_id,invoice_date,currency,"
    "net_amount,tax_amount,gross_amount,status\n"
)
ROW = "I1,INV-1,invoice,E1,C1,2025-03-01,SGD,100.00,9.00,109.00,issued\n"


def workbench(*words: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(PROGRAM), *map(str, words)], cwd=folder, capture_output=True, text=True, check=False)


def exports(folder: Path, text: str | bytes, name: str = "invoices.csv") -> Path:
    source = folder / "exports"
    source.mkdir()
    (source / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return source


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        ("", "invoices.csv", "empty"),
        (HEADER.replace(",", ";|") + ROW.replace(",", ";|"), "invoices.csv", "--delimiter ';'"),
        (HEADER.replace("invoice_date,", "") + ROW, "invoices.csv", "invoice_date"),
        (gzip.compress((HEADER + ROW * 5000).encode())[:-50], "invoices.csv.gz", "invoices.csv.gz"),
        ((HEADER + ROW.replace("C1", "客户公司") * 200).encode("gb18030"), "invoices.csv", "gb18030"),
        ("a,b\n1,2\n", "something.csv", "canonical table"),
    ],
    ids=["empty", "delimiter", "column", "gzip", "encoding", "no table"],
)
def test_unreadable_input_is_one_sentence_and_exit_code_2(
    tmp_path: Path, content: str | bytes, name: str, words: str
) -> None:
    source = exports(tmp_path, content, name)
    done = workbench("load", source, "--out", "snapshot", folder=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr.startswith("Error: ") and words in done.stderr and "Fix: " in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "snapshot").exists()


def test_broken_rows_are_rejected_counted_and_kept_whole(tmp_path: Path) -> None:
    broken = [
        ROW.replace("I1", "I2").replace("2025-03-01", "2025-02-31"),
        ROW.replace("I1", "I3").replace("100.00", "hundred"),
        ROW,
        "I4,only,three\n",
    ]
    source = exports(tmp_path, "\ufeff" + HEADER + ROW + "".join(broken))
    done = workbench("load", source, "--out", "snapshot", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "5 read = 1 accepted + 4 rejected" in done.stdout
    with (tmp_path / "snapshot/rejects/invoices.csv").open(encoding="utf-8", newline="") as stream:
        rejects = list(csv.DictReader(stream))
    assert [row["_row"] for row in rejects] == ["2", "3", "4", "5"]
    assert [row["_raw"] for row in rejects] == [line.rstrip("\n") for line in broken]
    assert "2025-02-31" in rejects[0]["_reason"] and "hundred" in rejects[1]["_reason"]
    assert "repeats" in rejects[2]["_reason"]


def test_a_run_writes_every_candidate_and_fails_on_demand(tmp_path: Path) -> None:
    source = exports(tmp_path, HEADER + ROW + ROW.replace("I1", "I2"))
    assert workbench("load", source, "--out", "snapshot", folder=tmp_path).returncode == 0
    done = workbench("run", "snapshot", "--control", "OCC-01", "--out", "f.csv", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["controls"][0]["findings"] == 1
    with (tmp_path / "f.csv").open(encoding="utf-8", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["control_id"], row["subject_id"], row["billed_amount"], row["impact_amount"]) == (
        "OCC-01",
        "I2",
        "109.00",
        "109.00",
    )
    gated = workbench("run", "snapshot", "--control", "OCC-01", "--out", "f.csv", "--fail-on", "high", folder=tmp_path)
    assert gated.returncode == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "nowhere", "--out", "f.csv"), "There is no snapshot 'nowhere'"),
        (("run", "nowhere", "--out", "f.xlsx"), "neither .parquet nor .csv"),
        (("run", "nowhere", "--out", "f.csv", "--from", "2025-02-30"), "is no date"),
        (("run", "nowhere", "--out", "f.csv", "--param", "COM-01"), "is not ID.name=value"),
        (("controls", "COM-1"), "did you mean COM-01"),
        (("controls", "--family", "completness"), "did you mean completeness"),
        (("load", "nowhere", "--out", "s"), "nowhere"),
        (("load", ".", "--system", "orakle", "--out", "s"), "orakle"),
        (("verify", "nowhere"), "nowhere"),
        (("review", "nowhere", "--period", "2025-13", "--out", "p"), "nowhere"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_a_wrong_call_is_one_sentence_and_exit_code_2(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = workbench(*words, folder=tmp_path)
    assert done.returncode == 2, done.stdout
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_check_fails_its_gate_when_a_byte_of_the_snapshot_changes(tmp_path: Path) -> None:
    source = exports(tmp_path, HEADER + ROW)
    workbench("load", source, "--out", "snapshot", folder=tmp_path)
    assert workbench("check", "snapshot", folder=tmp_path).returncode == 0
    rejects = tmp_path / "snapshot/rejects/invoices.csv"
    rejects.write_bytes(rejects.read_bytes() + b" ")
    done = workbench("check", "snapshot", folder=tmp_path)
    assert done.returncode == 1 and "FAILS" in done.stdout


def test_a_hostile_id_stays_text_in_the_csv(tmp_path: Path) -> None:
    source = exports(tmp_path, HEADER + ROW.replace("C1", "=1+1") + ROW.replace("I1", "I2").replace("C1", "=1+1"))
    workbench("load", source, "--out", "snapshot", folder=tmp_path)
    assert workbench("run", "snapshot", "--out", "f.csv", folder=tmp_path).returncode == 0
    with (tmp_path / "f.csv").open(encoding="utf-8", newline="") as stream:
        assert {row["customer_id"] for row in csv.DictReader(stream)} == {"'=1+1"}


@pytest.mark.prove
@pytest.mark.skipif(not (find_spec("pyspark") and shutil.which("java")), reason="Spark needs pyspark and java")
def test_a_run_on_spark_writes_what_a_run_on_duckdb_writes(tmp_path: Path) -> None:
    source = exports(tmp_path, HEADER + ROW + ROW.replace("I1", "I2"))
    assert workbench("load", source, "--out", "snapshot", folder=tmp_path).returncode == 0
    for engine, out in (("duckdb", "d.csv"), ("local[2]", "s.csv")):
        done = workbench("run", "snapshot", "--control", "OCC-01", "--engine", engine, "--out", out, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "WARN" not in done.stderr + done.stdout and "incubator" not in done.stderr
    assert (tmp_path / "s.csv").read_bytes() == (tmp_path / "d.csv").read_bytes()
    assert {entry.name for entry in tmp_path.iterdir()} == {"exports", "snapshot", "d.csv", "s.csv"}


def test_an_engine_that_does_not_exist_is_one_sentence(tmp_path: Path) -> None:
    source = exports(tmp_path, HEADER + ROW)
    assert workbench("load", source, "--out", "snapshot", folder=tmp_path).returncode == 0
    done = workbench("run", "snapshot", "--engine", "oracle", "--out", "f.csv", folder=tmp_path)
    assert done.returncode == 2 and "There is no engine 'oracle'" in done.stderr


def test_help_waits_for_no_engine() -> None:
    ask = "import sys, workbench.cli; print({'duckdb', 'numpy', 'pandas', 'pyarrow', 'scipy'} & sys.modules.keys())"
    said = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "set()"
