"""The reader of UBL: whatever the bytes, records or one sentence, in little memory, and nothing lost."""

from __future__ import annotations

import base64
import io
import random
import re
import tracemalloc
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile import OFTEN, Trickle, columns, examples, mutations, records
from workbench.errors import WorkbenchError
from workbench.load import load
from workbench.sources.readers import Reader, Record, ubl

READER = cast("Reader", ubl)
EXAMPLES = [each for each in examples("ubl") if ubl.fits(each)]
ORDINARY = next(each for each in EXAMPLES if b">RE-2024-0101<" in each and b"CreditNote-2" not in each)
COLUMNS = columns("ubl")
LINE = ORDINARY[ORDINARY.index(b"  <cac:InvoiceLine>") : ORDINARY.index(b"</cac:InvoiceLine>") + 20]


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
    assert not ubl.fits(data[: 1 << 16]) or "documents" in {record.export for record in found}
    for record in found:
        assert record.values.keys() <= COLUMNS[record.export]
        assert bool(record.problem) != bool(record.values)


@OFTEN
@given(data=st.binary(max_size=300))
def test_any_bytes_are_told_from_an_invoice(data: bytes) -> None:
    assert not ubl.fits(data)


@OFTEN
@given(data=st.sampled_from(EXAMPLES), size=st.integers(1, 700))
def test_how_the_bytes_arrive_changes_nothing(data: bytes, size: int) -> None:
    try:
        whole = read(data)
    except WorkbenchError:
        return
    assert list(READER.read(io.BufferedReader(Trickle(data, size)), "a.xml")) == whole


@OFTEN
@given(cut=st.integers(0, len(ORDINARY) - 12))
def test_a_document_that_is_cut_gives_what_was_whole_and_a_problem(cut: int) -> None:
    whole, found = read(ORDINARY), read(ORDINARY[:cut])
    assert found[:-1] == whole[: len(found) - 1]
    assert (found[-1].export, found[-1].problem[:15]) == ("documents", "is no whole XML")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_an_encoding_that_the_file_declares_is_read(encoding: str) -> None:
    declared = encoding.removesuffix("-sig").upper()
    data = ORDINARY.decode().replace('encoding="UTF-8"', f'encoding="{declared}"').encode(encoding)
    assert ubl.fits(data[: 1 << 16])
    assert only(data).values["buyer_name"] == "Stadtwerke Beispiel AöR"


def test_the_same_content_has_the_same_hash_however_it_is_written() -> None:
    other = ORDINARY.replace(b"cbc:", b"b:").replace(b"xmlns:cbc", b"xmlns:b").replace(b"><", b">\n <")
    assert only(other).values["content"] == only(ORDINARY).values["content"]
    changed = ORDINARY.replace(b">12.80<", b">12.81<")
    assert only(changed).values["content"] != only(ORDINARY).values["content"]


BOMB = (
    b'<!DOCTYPE Invoice [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]>"
)


@pytest.mark.parametrize(
    "doctype",
    [
        BOMB,
        b'<!DOCTYPE Invoice [<!ENTITY j SYSTEM "file:///etc/hostname">]>',
        b'<!DOCTYPE Invoice SYSTEM "http://127.0.0.1:1/evil.dtd">',
        b'<!DOCTYPE Invoice [<!ENTITY % x SYSTEM "http://127.0.0.1:1/evil.dtd"> %x;]>',
        b"<!DOCTYPE Invoice>",
    ],
)
def test_a_document_type_is_refused_before_it_does_anything(doctype: bytes) -> None:
    data = ORDINARY.replace(b"<Invoice", doctype + b"<Invoice", 1).replace(b">4711<", b">&j;<")
    assert ubl.fits(data[: 1 << 16])
    with pytest.raises(WorkbenchError, match=r"a\.xml declares a document type"):
        read(data)


@pytest.mark.parametrize("change", [(b">4711<", b">47\x0011<"), (b">4711<", b">\xff\xfe<"), (b">4711<", b">&#0;<")])
def test_bytes_that_are_no_text_are_a_problem_of_the_document(change: tuple[bytes, bytes]) -> None:
    found = only(ORDINARY.replace(*change))
    assert found.problem.startswith("is no whole XML")
    assert "RE-2024-0101" in found.raw


def test_elements_without_end_are_a_problem() -> None:
    inside = ORDINARY.index(b"<cac:AccountingSupplierParty>")
    found = only(ORDINARY[:inside] + b"<cac:Party>" * 100_000)
    assert found.problem.startswith("is no whole XML")


@pytest.mark.parametrize("column", [b">Bohrhammer<", b'unitCode="C62"'])
def test_a_huge_value_is_a_problem_of_its_line_alone(column: bytes) -> None:
    huge = column.replace(b"ohrhammer", b"o" * 70_000).replace(b"C62", b"C" * 70_000)
    found = [record for record in read(ORDINARY.replace(column, huge, 1)) if record.export in {"lines", "documents"}]
    assert [record.problem for record in found if record.problem] == [
        f"has more than 65,536 characters in {'unit' if b'unit' in column else 'item_name'}"
    ]
    assert max(len(record.raw) for record in found) <= 2_000


def test_a_huge_value_of_a_part_is_a_problem_of_the_document() -> None:
    found = only(ORDINARY.replace(b">10042<", b">" + b"1" * 70_000 + b"<"))
    assert found.problem == "has more than 65,536 characters in value"


@pytest.mark.parametrize("token", [b'<cbc:ID schemeID="%s"/>', b"<!--%s-->", b"<?x %s?>", b"<cbc:%s/>"])
def test_a_tag_or_comment_of_many_megabytes_is_refused_before_it_is_read_whole(token: bytes) -> None:
    data = ORDINARY.replace(b"<cbc:ProfileID>", token.replace(b"%s", b"S" * (40 << 20)) + b"<cbc:ProfileID>", 1)
    stream = io.BytesIO(data)
    with pytest.raises(WorkbenchError, match=r"a\.xml has a tag or comment of more than 4 MB"):
        list(READER.read(stream, "a.xml"))
    assert stream.tell() < 8 << 20


def test_a_large_attachment_takes_no_memory() -> None:
    attachment = base64.b64encode(bytes(24 << 20))
    data = ORDINARY.replace(
        b"<cac:AccountingSupplierParty>",
        b"<cac:AdditionalDocumentReference><cac:Attachment><cbc:EmbeddedDocumentBinaryObject>"
        + attachment
        + b"</cbc:EmbeddedDocumentBinaryObject></cac:Attachment></cac:AdditionalDocumentReference>"
        + b"<cac:AccountingSupplierParty>",
        1,
    )
    assert _peak(data) < 1 << 20
    assert only(data).values == only(ORDINARY).values


def test_many_lines_take_no_memory() -> None:
    assert _peak(ORDINARY.replace(LINE, LINE * 10_000, 1)) < 4 << 20


def _peak(data: bytes) -> int:
    stream = io.BytesIO(data)
    tracemalloc.start()
    try:
        count = sum(1 for _ in READER.read(stream, "a.xml"))
        assert count
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_what_stands_in_no_namespace_of_ubl_is_no_value() -> None:
    data = ORDINARY.replace(
        b"<cbc:CustomizationID>",
        b'<x:ID xmlns:x="urn:other">1</x:ID><ID xmlns="">2</ID><cac:X><cbc:ID>3</cbc:ID></cac:X><cbc:CustomizationID>',
        1,
    )
    assert only(data).values["number"] == "RE-2024-0101"


@pytest.mark.parametrize(
    "root",
    [
        b'<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"/>',
        b'<schema xmlns="urn:x" targetNamespace="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"/>',
        b"<Invoice/>",
        b"",
    ],
)
def test_what_is_no_invoice_is_left_to_others(root: bytes) -> None:
    assert not ubl.fits(root)


def test_a_wrapper_without_an_invoice_says_so() -> None:
    with pytest.raises(WorkbenchError, match=r"a\.xml holds no UBL invoice or credit note"):
        read(b"<StandardBusinessDocument><Invoice/></StandardBusinessDocument>")


def test_two_documents_in_one_wrapper_are_kept_apart() -> None:
    one = ORDINARY[ORDINARY.index(b"<Invoice") :]
    two = one.replace(b"RE-2024-0101", b"RE-2024-0102")
    found = read(b"<All>" + one + two + b"</All>")
    documents = {record.values["document"]: record.values for record in found if record.export == "documents"}
    assert {number: values["number"] for number, values in documents.items()} == {
        "1": "RE-2024-0101",
        "2": "RE-2024-0102",
    }
    assert [record.values["document"] for record in found if record.export == "lines"] == ["1"] * 5 + ["2"] * 5


AMOUNT = re.compile(rb"(<cbc:(?:\w*Amount|\w*Quantity|Percent)\b[^>]*>)[^<]*")
EXTREMES = (
    b"999999999999.999999 -9999999999.99999999 99999999999999.9999 0.00000001 1e5 1E-8 -0 0.5 3 +1 NaN --".split()
)


def test_no_number_stops_a_load(tmp_path: Path) -> None:
    chance = random.Random(20241)
    (tmp_path / "in").mkdir()
    for number in range(150):
        data = ORDINARY.replace(b"-0101<", b"-%d<" % number)
        data = AMOUNT.sub(lambda found: found[1] + chance.choice(EXTREMES), data)
        data = data.replace(b">EUR<", chance.choice([b">EUR<", b">JPY<", b">KWD<", b">CLF<"]))
        (tmp_path / f"in/{number}.xml").write_bytes(data)
    loaded = load([tmp_path / "in"], "ubl", tmp_path / "out")
    figures = {entry.table: (entry.read, entry.accepted > 0, entry.rejected > 0) for entry in loaded.tables}
    assert (figures["invoices"], figures["invoice_lines"]) == ((150, True, True), (750, True, True))
