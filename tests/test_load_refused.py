"""What is no table, or is there already, is refused in a sentence, and nothing is left behind."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest

from tests.test_load import HEADER, invoice, invoices, loaded_from
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.load import load

REFUSED: dict[str, tuple[str, bytes, str]] = {
    "empty": ("invoices.csv", b"", "is empty: it has not even a header"),
    "blank": ("invoices.csv", b"\n\n", "is empty: it has not even a header"),
    "column absent": ("invoices.csv", b"invoice,kind\n1,2\n", "has no column invoice_id, invoice_number"),
    "column twice": ("invoices.csv", f"{HEADER},Kind\n".encode(), "has two columns named 'Kind'"),
    "gzip cut": ("invoices.csv.gz", gzip.compress(invoices(invoice("A")).encode())[:-20], "cut short or is no gzip"),
    "no gzip": ("invoices.csv.gz", invoices(invoice("A")).encode(), "cut short or is no gzip"),
    "no parquet": ("invoices.parquet", b"PAR1 nothing PAR1", "is no Parquet file"),
    "no workbook": ("invoices.xlsx", b"PK nothing", "is no workbook"),
    "no table": ("bills.csv", b"a,b\n1,2\n", r"holds no canonical table; it holds bills\.csv"),
    "million columns": ("invoices.csv", b",".join(b"c%d" % n for n in range(1_000_000)), "has 1,000,000 columns"),
    "UTF-16 without a mark": ("invoices.csv", invoices(invoice("A")).encode("utf-16-le"), "UTF-16 without a mark"),
    "header not closed": ("invoices.csv", b'"invoice_id,kind\n1,2\n', "The header of .* opens a quote"),
}


@pytest.mark.parametrize(("name", "content", "problem"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_table_is_refused_in_a_sentence(tmp_path: Path, name: str, content: bytes, problem: str) -> None:
    with pytest.raises(WorkbenchError, match=problem) as error:
        loaded_from(tmp_path, content, name)
    assert error.value.fix
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def test_a_workbook_that_unpacks_to_far_too_much_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with zipfile.ZipFile(tmp_path / "in/invoices.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (80 << 20))
    with pytest.raises(WorkbenchError, match="unpacks to more than 64 MB"):
        load([tmp_path / "in"], "canonical", tmp_path / "snapshot")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match=r"There is no source '.*nowhere'"):
        load([tmp_path / "nowhere"], "canonical", tmp_path / "snapshot")


def test_a_table_in_two_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "invoices.csv.gz").write_bytes(gzip.compress(b"x"))
    with pytest.raises(WorkbenchError, match=r"Table invoices is in two files, invoices\.csv and invoices\.csv\.gz"):
        loaded_from(tmp_path, invoices(invoice("A")))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "invoices.csv").symlink_to(tmp_path / "gone.csv")
    with pytest.raises(WorkbenchError, match=r"invoices\.csv cannot be read or written: No such file"):
        load([tmp_path / "in"], "canonical", tmp_path / "snapshot")


def test_a_snapshot_is_never_overwritten(tmp_path: Path) -> None:
    loaded_from(tmp_path, invoices(invoice("A")))
    with pytest.raises(WorkbenchError, match="exists already"):
        loaded_from(tmp_path, invoices(invoice("A")))


def test_an_interrupted_load_leaves_nothing(tmp_path: Path) -> None:
    def interrupt(_what: str, _done: int, _all: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loaded_from(tmp_path, invoices(invoice("A")), progress=interrupt)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_an_unknown_encoding_delimiter_and_system_are_named(tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match="There is no encoding 'klingon'"):
        loaded_from(tmp_path, invoices(invoice("A")), encoding="klingon")
    with pytest.raises(WorkbenchError, match="which is no single character"):
        loaded_from(tmp_path, invoices(invoice("A")), delimiter=";;")
    with pytest.raises(UnknownNameError, match="There is no system 'canonicle'"):
        load([tmp_path], "canonicle", tmp_path / "snapshot")
