"""Every record of a file is found, by the engine and by our own reading alike, however broken the file is."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workbench.errors import WorkbenchError
from workbench.load import load
from workbench.progress import quiet
from workbench.sources.files import SourceFile
from workbench.sources.records import NOT_CLOSED, fields, raw_records, records
from workbench.sources.scan import Scan, scan
from workbench.sources.staging import Stage, Staged, _stage_carefully, _stage_fast

PIECES = ["a", "b", ",", '"', '""', "\n", "\r\n", "\r", " ", "é", "\0", '"x,y"', '"x\ny"', ",1\n", '"",']
HEADER = b"one,two\n"
ENGINE = duckdb.connect()


def looked_at(folder: Path, data: bytes, name: str = "table.csv") -> Scan:
    file = folder / name
    file.write_bytes(data)
    return scan(file, folder / "copy.csv", delimiter=",", encoding="")


def staged(folder: Path, data: bytes, name: str = "table.csv") -> Staged:
    (folder / name).write_bytes(data)
    scratch = Path(tempfile.mkdtemp(dir=folder))
    stage = Stage(ENGINE, scratch, "", "", quiet)
    return stage.add(SourceFile(folder / name, name))


def rows_of(file: Path) -> list[tuple[object, ...]]:
    return ENGINE.execute(f"select * from read_parquet('{file}')").fetchall()


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
@example('1,"two ""quoted"" words"\n"a\nb",2\n\n3,4')
@example("1,2\r\n\r\n3,4\r\n")
@example("1,2\n3,4\r")
@example('"1",""\n,\n')
@example(' "1",2\n')
def test_engine_and_own_reading_see_the_same_rows_where_the_structure_is_clean(body: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shape = looked_at(folder, HEADER + body.encode())
        scratch = folder / "scratch"
        scratch.mkdir()
        stage = Stage(ENGINE, scratch, "", "", quiet)
        if shape.clean and _stage_fast(stage, shape, ",", 2, folder / "fast.parquet"):
            assert _stage_carefully(shape, ",", 2, folder / "careful.parquet") == shape.records
            assert rows_of(folder / "fast.parquet") == rows_of(folder / "careful.parquet")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_every_byte_is_in_a_record_or_a_line_end(body: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        shape = looked_at(Path(name), HEADER + body.encode())
        found = b"".join(record.raw for record in records(shape, ","))
        assert found.replace(b"\r", b"").replace(b"\n", b"") == (HEADER + body.encode()).replace(b"\r", b"").replace(
            b"\n", b""
        )


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_a_record_is_found_again_by_its_number(body: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        shape = looked_at(Path(name), HEADER + body.encode())
        every = [record.raw.decode().replace("\0", "\\x00") for record in records(shape, ",")][1:]
        wanted = [number for number in range(1, len(every) + 1) if number % 2]
        assert list(raw_records(shape, ",", wanted)) == [every[number - 1] for number in wanted]


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=2, max_size=2)))
@settings(max_examples=60, deadline=None)
def test_what_was_written_as_csv_is_read_as_it_was(rows: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        text = io.StringIO(newline="")
        csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([["one", "two"], *rows])
        result = staged(Path(name), text.getvalue().encode())
        read = ENGINE.execute(f"select c0, c1 from {result.relation} order by _row").fetchall()
        assert read == [tuple(value or None for value in row) for row in rows]
        assert result.records == len(rows)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b", ["a", "b"]),
        (",", ["", ""]),
        ('"",x', ["", "x"]),
        (',"x,""y"""', ["", 'x,"y"']),
        ('5" pipe,6', ['5" pipe', "6"]),
        ('"a\nb",c', ["a\nb", "c"]),
    ],
)
def test_fields_of_a_record(text: str, expected: list[str]) -> None:
    assert fields(text, ",") == expected


def test_a_quote_that_is_never_closed_costs_one_line(tmp_path: Path) -> None:
    shape = looked_at(tmp_path, b'one,two\n1,2\n3,"open\n4,5\n6,7\n')
    assert [(record.raw, record.problem) for record in records(shape, ",")][1:] == [
        (b"1,2", ""),
        (b'3,"open', NOT_CLOSED),
        (b"4,5", ""),
        (b"6,7", ""),
    ]


def test_a_stray_quote_before_quoted_fields_costs_one_line(tmp_path: Path) -> None:
    shape = looked_at(tmp_path, b'one,two\n1,"open\n"a","b"\n"c","d"\n')
    problems = [record.problem for record in records(shape, ",")][1:]
    assert problems == [NOT_CLOSED, "", ""]


def test_quotes_that_make_rows_impossible_to_tell_apart_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.sources.records.RESCANS", 10_000)
    shape = looked_at(tmp_path, b"one,two\n" + b'a","b\n' * 1_000)
    with pytest.raises(WorkbenchError, match="stray quotes"):
        list(records(shape, ","))


def test_scan_counts_across_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = b"".join(b'%d,"text, with\nbreaks ""and"" quotes"\r\n' % number for number in range(500))
    whole = looked_at(tmp_path, b"one,two\r\n" + body)
    monkeypatch.setattr("workbench.sources.scan.BLOCK", 61)
    monkeypatch.setattr("workbench.sources.records.BLOCK", 61)
    pieces = looked_at(tmp_path, b"one,two\r\n" + body)
    assert whole.records == pieces.records == 500
    assert whole.clean
    assert pieces.clean
    assert list(raw_records(pieces, ",", [1, 250, 250, 500])) == [
        f'{number},"text, with\nbreaks ""and"" quotes"' for number in (0, 249, 249, 499)
    ]


@pytest.mark.parametrize(
    ("data", "clean"),
    [
        (b"a,b\n1,2\n", True),
        (b'a,b\n"1","2"\n', True),
        (b'a,b\n1,5" pipe\n', False),
        (b'a,b\n"1"x,2\n', False),
        (b'a,b\n"1,2\n', False),
        (b"a,b\r\n1,2\n", False),
        (b"a,b\r1,2\r", False),
        (b"a,b\n1,\0\n", False),
    ],
)
def test_structure_is_clean_only_when_it_is(tmp_path: Path, data: bytes, clean: bool) -> None:
    assert looked_at(tmp_path, data + b"3,4\n" * 200).clean is clean


def test_an_encoding_whose_mark_is_missing_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "invoices.csv").write_bytes("invoice_id,kind\nA,invoice\n".encode("utf-16-le"))
    with pytest.raises(WorkbenchError, match="cannot be read as utf-16: UTF-16 stream") as raised:
        load([tmp_path / "invoices.csv"], "canonical", tmp_path / "s", encoding="utf-16")
    assert "utf-16-le" in str(raised.value)
    assert not (tmp_path / "s").exists()
