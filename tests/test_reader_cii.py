"""The reader of Cross Industry Invoices: whatever the bytes, records or one sentence, and what UBL says as well."""

from __future__ import annotations

import base64
import io
import tracemalloc
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile import OFTEN, Trickle, columns, examples, mutations, records
from workbench.errors import WorkbenchError
from workbench.settings import QUERIES
from workbench.sources.readers import Reader, Record, cii, ubl

READER = cast("Reader", cii)
EXAMPLES = [each for each in examples("cii") if cii.fits(each)]
ORDINARY = next(each for each in EXAMPLES if b">RE-2024-0101<" in each and b">380<" in each)
COLUMNS = columns("cii")


def read(data: bytes) -> list[Record]:
    return list(records(READER, data))


def only(data: bytes, export: str = "documents") -> Record:
    (found,) = [record for record in read(data) if record.export == export]
    return found


@OFTEN
@given(data=mutations(EXAMPLES))
def test_a_broken_file_gives_records_or_a_sentence(data: bytes) -> None:
    try:
        found = read(data)
    except WorkbenchError:
        return
    assert not cii.fits(data[: 1 << 16]) or "documents" in {record.export for record in found}
    for record in found:
        assert record.values.keys() <= COLUMNS[record.export]
        assert bool(record.problem) != bool(record.values)


@OFTEN
@given(data=st.binary(max_size=300))
def test_any_bytes_are_told_from_an_invoice(data: bytes) -> None:
    assert not cii.fits(data)


@OFTEN
@given(data=st.sampled_from(EXAMPLES), size=st.integers(1, 700))
def test_how_the_bytes_arrive_changes_nothing(data: bytes, size: int) -> None:
    try:
        whole = read(data)
    except WorkbenchError:
        return
    assert list(READER.read(io.BufferedReader(Trickle(data, size)), "a.xml")) == whole


@OFTEN
@given(cut=st.integers(0, len(ORDINARY) - 30))
def test_a_document_that_is_cut_gives_what_was_whole_and_a_problem(cut: int) -> None:
    whole, found = read(ORDINARY), read(ORDINARY[:cut])
    assert found[:-1] == whole[: len(found) - 1]
    assert (found[-1].export, found[-1].problem[:15]) == ("documents", "is no whole XML")


@pytest.mark.parametrize("doctype", [b"<!DOCTYPE x>", b'<!DOCTYPE x [<!ENTITY j SYSTEM "file:///etc/hostname">]>'])
def test_a_document_type_is_refused(doctype: bytes) -> None:
    data = ORDINARY.replace(b"<rsm:Cross", doctype + b"<rsm:Cross", 1).replace(b">4711<", b">&j;<")
    assert cii.fits(data[: 1 << 16])
    with pytest.raises(WorkbenchError, match=r"a\.xml declares a document type"):
        read(data)


def test_an_invoice_of_zugferd_1_says_what_it_is() -> None:
    data = b'<r:CrossIndustryDocument xmlns:r="urn:ferd:CrossIndustryDocument:invoice:1p0"/>'
    assert cii.fits(data)
    with pytest.raises(WorkbenchError, match=r"a\.xml is a ZUGFeRD 1 invoice"):
        read(data)


def test_a_large_attachment_takes_no_memory() -> None:
    data = ORDINARY.replace(
        b"</ram:ApplicableHeaderTradeAgreement>",
        b"<ram:AdditionalReferencedDocument><ram:AttachmentBinaryObject>"
        + base64.b64encode(bytes(24 << 20))
        + b"</ram:AttachmentBinaryObject></ram:AdditionalReferencedDocument></ram:ApplicableHeaderTradeAgreement>",
        1,
    )
    tracemalloc.start()
    try:
        found = [record for record in READER.read(io.BytesIO(data), "a.xml") if record.export == "documents"]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < len(data) + (1 << 20)
    assert found == [only(ORDINARY)]


def test_a_huge_value_is_a_problem_of_its_line_alone() -> None:
    found = read(ORDINARY.replace(b">Bohrhammer<", b">" + b"o" * 70_000 + b"<", 1))
    problems = [(record.export, record.problem) for record in found if record.problem]
    assert problems == [("lines", "has more than 65,536 characters in item_name")]


@pytest.mark.parametrize(
    ("written", "value"),
    [("20240315", "2024-03-15"), ("2024-03-15", "2024-03-15"), ("202403", "202403"), ("20240315120000",) * 2],
)
def test_a_date_of_eight_digits_is_a_day_and_any_other_as_it_came(written: str, value: str) -> None:
    data = ORDINARY.replace(b">20240315<", f">{written}<".encode(), 1)
    assert only(data).values["issue_date"] == value


def test_the_two_syntaxes_have_the_same_exports_and_the_same_mappings() -> None:
    assert columns("ubl") == COLUMNS
    folders = [QUERIES / "1_sources" / system for system in ("ubl", "cii")]
    texts = [{file.name: file.read_text(encoding="utf-8") for file in folder.glob("*.sql")} for folder in folders]
    assert texts[0] == texts[1], "copy the file that was changed to the other system"


def test_neither_reader_takes_the_other_syntax() -> None:
    assert not any(ubl.fits(each) for each in EXAMPLES)
    assert not any(cii.fits(each) for each in examples("ubl"))
