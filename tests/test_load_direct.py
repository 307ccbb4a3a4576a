"""Reading a CSV file in pieces gives the rows, rejects and account that reading it record by record gives."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workbench.errors import WorkbenchError
from workbench.load import load
from workbench.sources import canonical
from workbench.sources.direct import Direct, read_directly

LINES = "invoice_line_id,invoice_id,line_number,quantity,unit_price,net_amount,tax_rate,period_from,description"
NUMBERS = [
    "1",
    "0",
    "-0",
    "+1",
    "-1.5",
    ".5",
    "5.",
    ".",
    "-",
    "1e5",
    "1E2",
    "1e-3",
    "1e+2",
    "0e-999",
    "1.2345",
    "1.23450",
    "1.23456",
    "123456789012345",
    "99999999999999.9999",
    "0000000000000000000001.5",
    "1,5",
    "1,234.50",
    "1.234,50",
    " 1",
    "1 ",
    "\t2",
    "nan",
    "inf",
    "0x10",
    "1_0",
    "(1)",
    "１",
    "9223372036854775808",
    "many",
    "",
    "  ",
    "12.0",
    "１２",
    "1000000e-10",
]
DAYS = [
    "2025-01-31",
    "0001-01-01",
    "0000-01-01",
    "9999-12-31",
    "2025-02-31",
    "2025-1-1",
    "20250101",
    "31.01.2025",
    "01/02/2025",
    "2025-01-31 ",
    "2025-01-31T00:00:00Z",
    "2025-01-31 10:00:00",
    "45000",
    "10000-01-01",
    "",
    " ",
]
TEXTS = ["a", "", " ", "  x", "x ", "é", "\x01", "=1+1", "a;b", "日本", "\u00a0", "\x1f", "\u2028", "\t"]
QUOTED = ['"a"', '""', '"a,b"', '"a\nb"', '"a""b"', '" "', '"1"', '"\r\n"', '"a\n\nb"', '"é,\n"']
ODD = ['5" pipe', '"open', 'a"b"', '"a"b', "\0", "\ufffd", "a\rb", '"""', "x,y", "1\n2", "\n", "\r\n"]


def field(some: list[str]) -> st.SearchStrategy[str]:
    return st.sampled_from(some * 4 + QUOTED * 2 + ODD)


LINE = st.tuples(
    st.integers(1, 12).map(str) | field(TEXTS),
    st.just("I1") | field(TEXTS),
    st.just("1") | field(NUMBERS),
    st.just("2") | field(NUMBERS),
    st.just("3.5") | field(NUMBERS),
    st.just("7.00") | field(NUMBERS),
    st.just("") | field(NUMBERS),
    st.just("2025-01-01") | field(DAYS),
    field(TEXTS),
).map(",".join)
PLAIN = st.integers(1, 99).map(lambda number: f"L{number},I1,1,2,3.5,7.00,0.19,2025-01-01,plain")


def outcome(folder: Path, name: str, data: bytes, **options: Any) -> tuple[Any, ...]:
    """All that a load says and writes but the moment; the words of its error where it ends in one."""
    out = Path(tempfile.mkdtemp(dir=folder)) / "snapshot"
    source = folder / f"{name}.csv"
    source.write_bytes(data)
    try:
        load([source], "canonical", out, **options)
    except WorkbenchError as error:
        return (str(error),)
    account = json.loads((out / "sources.json").read_text(encoding="utf-8"))
    account.pop("loaded_at")
    rows = duckdb.connect().execute(f"select * from '{out / f'{name}.parquet'}'")
    described = [(column[0], str(column[1])) for column in rows.description]
    return account, described, rows.fetchall(), (out / "rejects" / f"{name}.csv").read_text(encoding="utf-8")


class Ways:
    """Loads a file in pieces and again record by record, and counts how often the first was done."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch
        self.taken = 0

    def _counted(self, *given: Any) -> Direct | None:
        found = read_directly(*given)
        self.taken += found is not None
        return found

    def same(self, name: str, data: bytes, piece: int = 1 << 20, **options: Any) -> tuple[Any, ...]:
        with tempfile.TemporaryDirectory() as folder:
            with self._patch.context() as patch:
                patch.setattr("workbench.sources.pieces.PIECE", piece)
                patch.setattr(canonical, "read_directly", self._counted)
                direct = outcome(Path(folder), name, data, **options)
            with self._patch.context() as patch:
                patch.setattr(canonical, "read_directly", lambda *_: None)
                careful = outcome(Path(folder), name, data, **options)
        assert direct == careful
        return direct


@pytest.fixture(scope="module")
def ways() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        yield Ways(patch)


@pytest.mark.prove
@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.one_of(PLAIN, PLAIN, PLAIN, LINE), max_size=14),
    st.sampled_from(["\n", "\n", "\r\n"]),
    st.sampled_from([1 << 20, 400, 150]),
    st.booleans(),
)
@example(["L1,I1,1,2,3.5,7.00,0.19,2025-01-01,a", ""], "\n", 150, True)
@example(['L1,I1,1,2,3.5,7.00,0.19,2025-01-01,"a', 'b"'], "\n", 150, True)
def test_dirty_lines_are_read_the_same_in_pieces(
    ways: Ways, lines: list[str], end: str, piece: int, closed: bool
) -> None:
    text = end.join([LINES, *lines]) + (end if closed else "")
    ways.same("invoice_lines", text.encode(), piece)


@pytest.mark.prove
@settings(max_examples=10, deadline=None)
@given(st.lists(st.one_of(PLAIN.map(str.encode), st.binary(max_size=12), LINE.map(str.encode)), max_size=8))
def test_bytes_that_are_no_text_are_read_the_same_in_pieces(ways: Ways, lines: list[bytes]) -> None:
    many = [b"L9%d,I1,1,2,3.5,7.00,0.19,2025-01-01,plain" % number for number in range(400)]
    ways.same("invoice_lines", b"\n".join([LINES.encode(), *lines, *many]), 4_000)


MOMENTS = [
    "2025-01-01",
    "2025-01-01 10:00",
    "2025-01-01T10:00:00",
    "2025-01-01 10",
    "2025-01-01 10:00:00.5",
    "2025-01-01 10:00:00.",
    "2025-01-01 10:00:00.1234567",
    "2025-01-01 10:00:00Z",
    "2025-01-01T10:00:00+08:00",
    "2025-01-01 24:00:00",
    "now",
    "2025-02-30 10:00:00",
    "0000-01-01 00:00:00",
    "0001-01-01 00:00:00",
    "9999-12-31 23:59:59.999999",
    "2025-01-01 10:60",
    "",
    " ",
]
TRUTHS = ["true", "TRUE", "f", "No", "1", "0", "yes", "ja", "", " ", " true", "2", "T", "ſ"]


@pytest.mark.prove
@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(MOMENTS), st.sampled_from(TRUTHS)), min_size=1, max_size=8))
def test_moments_and_truths_are_read_the_same_in_pieces(ways: Ways, values: list[tuple[str, str]]) -> None:
    lines = [f"C{number},T1,{moment},{truth}" for number, (moment, truth) in enumerate(values)]
    ways.same("incidents", "\n".join(["incident_id,contract_line_id,started_at,is_excused", *lines, ""]).encode())


def test_a_file_with_dirty_rows_is_read_in_pieces_too(ways: Ways) -> None:
    before = ways.taken
    lines = [f"C{number},T1,{moment},yes" for number, moment in enumerate(MOMENTS)]
    ways.same("incidents", "\n".join(["incident_id,contract_line_id,started_at,is_excused", *lines, ""]).encode())
    assert ways.taken == before + 1


def test_a_file_in_many_pieces_keeps_the_numbers_of_its_rows(ways: Ways) -> None:
    lines = [f"L{number},I1,1,2,3.5,7.00,0.19,2025-01-01,plain" for number in range(3_000)]
    lines[1_500] = "L1500,I1,1,many,3.5,7.00,,,"
    lines[1_501] = " L1501,I1,1, 2 ,3.5,1e2,,,"
    lines[2_000] = "L2000,I1,1"
    lines[2_999] = "L7,I1,1,2,3.5,7.00,,,again"
    before = ways.taken
    account, _, rows, rejects = ways.same("invoice_lines", "\n".join([LINES, *lines, ""]).encode(), 5_000)
    assert ways.taken == before + 1
    table = account["tables"]["invoice_lines"]
    assert (table["read"], table["accepted"], table["rejected"]) == (3_000, 2_997, 3)
    assert [row[-1] for row in rows] == [*range(1, 1_501), *range(1_502, 2_001), *range(2_002, 3_000)]
    assert [line.split(",")[1] for line in rejects.splitlines()[1:]] == ["1501", "2001", "3000"]


def test_stray_quotes_and_strange_numbers_all_over_are_read_in_pieces_too(ways: Ways) -> None:
    odd = ['5" pipe', '"open', '"a"b', '"two\nlines"', '"with, comma"', "a\rb", '""', "plain"]
    amounts = ["7.00", "1e2", "many", " 7 ", "0000000000000000000001.5"]
    lines = [
        f"L{number},I1,1,2,3.5,{amounts[number // 7 % 5] if number % 7 == 0 else '7.00'},0.19,2025-01-01,"
        f"{odd[number // 5 % 8] if number % 5 == 0 else 'plain'}"
        for number in range(2_000)
    ]
    before = ways.taken
    account, _, rows, _ = ways.same("invoice_lines", "\n".join([LINES, *lines, ""]).encode(), 6_000)
    assert ways.taken == before + 1
    table = account["tables"]["invoice_lines"]
    assert table["read"] == len(rows) + table["rejected"]
    assert table["rejected"] > 100
    assert [row[-1] for row in rows] == sorted(row[-1] for row in rows)


def test_a_column_in_another_form_is_read_by_that_form(ways: Ways) -> None:
    lines = [f'L{number},I1,1,2,"3,5","7,25",,2025-01-01,plain' for number in range(30)]
    *_, rows, rejects = ways.same("invoice_lines", "\n".join([LINES, *lines, ""]).encode())
    assert len(rows) == 30
    assert len(rejects.splitlines()) == 1


def test_what_stops_a_reading_midway_is_told_as_it_is(tmp_path: Path) -> None:
    source = tmp_path / "invoice_lines.csv"
    source.write_text(LINES + "\nL1,I1,1,2,3.5,7.00,,,\n")

    def stopped(what: str, *_: int) -> None:
        if what.startswith("reading"):
            raise InterruptedError(what)

    with pytest.raises(WorkbenchError, match="cannot be read"):
        load([source], "canonical", tmp_path / "snapshot", progress=stopped)
    assert [entry.name for entry in tmp_path.iterdir()] == ["invoice_lines.csv"]
