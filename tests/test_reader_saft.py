"""The reader of SAF-T: whatever the bytes, records or one sentence, in little memory, and nothing lost."""

from __future__ import annotations

import io
import random
import re
import tracemalloc
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile import OFTEN, SOURCES, Trickle, columns, examples, mutations, records
from workbench.errors import WorkbenchError
from workbench.load import load
from workbench.sources.readers import Reader, Record, saft

READER = cast("Reader", saft)
EXAMPLES = [each for each in examples("saft") if saft.fits(each)]
ORDINARY = (SOURCES / "saft/ordinary/in/saft-2024-01.xml").read_bytes()
OECD = (SOURCES / "saft/oecd/in/D406.xml").read_bytes()
COLUMNS = columns("saft")
FIRST = ORDINARY.index(b"      <Invoice>")
INVOICE = ORDINARY[FIRST : ORDINARY.index(b"</Invoice>") + 11]


def read(data: bytes) -> list[Record]:
    return list(records(READER, data))


def some(data: bytes, export: str) -> list[Record]:
    return [record for record in read(data) if record.export == export]


@OFTEN
@given(data=mutations(EXAMPLES))
def test_a_broken_file_gives_records_or_a_sentence(data: bytes) -> None:
    try:
        found = read(data)
    except WorkbenchError:
        return
    for record in found:
        assert record.values.keys() <= COLUMNS[record.export]
        assert bool(record.problem) != bool(record.values)


@OFTEN
@given(data=st.binary(max_size=300))
def test_any_bytes_are_told_from_an_audit_file(data: bytes) -> None:
    assert not saft.fits(data)


@OFTEN
@given(data=st.sampled_from([each for each in EXAMPLES if len(each) < 30_000]), size=st.integers(1, 700))
def test_how_the_bytes_arrive_changes_nothing(data: bytes, size: int) -> None:
    try:
        whole = read(data)
    except WorkbenchError:
        return
    assert list(READER.read(io.BufferedReader(Trickle(data, size)), "a.xml")) == whole


@OFTEN
@given(cut=st.integers(0, len(ORDINARY) - 14))
def test_a_file_that_is_cut_gives_what_was_whole_and_a_problem(cut: int) -> None:
    whole, found = read(ORDINARY), read(ORDINARY[:cut])
    assert found[:-1] == whole[: len(found) - 1]
    assert (found[-1].export, found[-1].problem[:15]) == ("saft_files", "is no whole XML")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_an_encoding_that_the_file_declares_is_read(encoding: str) -> None:
    declared = encoding.removesuffix("-sig").upper()
    data = ORDINARY.decode().replace("encoding='UTF-8'", f"encoding='{declared}'").encode(encoding)
    assert saft.fits(data[: 1 << 16])
    assert some(data, "saft_products")[1].values["name"] == "Afinação"


@pytest.mark.parametrize("namespace", [b"urn:OECD:StandardAuditFile-Tax:AO_1.01_01", b"urn:x", b""])
def test_the_elements_of_any_country_are_read(namespace: bytes) -> None:
    data = re.sub(rb'xmlns="[^"]*"', b'xmlns="' + namespace + b'"', ORDINARY)
    assert saft.fits(data)
    assert read(data) == read(ORDINARY)


def test_prefixes_change_nothing() -> None:
    data = re.sub(rb"<(/?)(\w)", rb"<\1n:\2", ORDINARY.replace(b" xmlns=", b" xmlns:n="))
    assert saft.fits(data)
    assert read(data) == read(ORDINARY)


def test_what_stands_in_another_namespace_is_no_value() -> None:
    data = ORDINARY.replace(b"<InvoiceNo>", b'<x:InvoiceNo xmlns:x="urn:other">7</x:InvoiceNo><InvoiceNo>')
    assert read(data) == read(ORDINARY)


BOMB = (
    b'<!DOCTYPE AuditFile [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]>"
)


@pytest.mark.parametrize(
    "doctype",
    [
        BOMB,
        b'<!DOCTYPE AuditFile [<!ENTITY j SYSTEM "file:///etc/hostname">]>',
        b'<!DOCTYPE AuditFile SYSTEM "http://127.0.0.1:1/evil.dtd">',
        b'<!DOCTYPE AuditFile [<!ENTITY % x SYSTEM "http://127.0.0.1:1/evil.dtd"> %x;]>',
        b"<!DOCTYPE AuditFile>",
    ],
)
def test_a_document_type_is_refused_before_it_does_anything(doctype: bytes) -> None:
    data = ORDINARY.replace(b"<AuditFile", doctype + b"<AuditFile", 1).replace(b">FT A/1<", b">&j;<")
    assert saft.fits(data[: 1 << 16])
    with pytest.raises(WorkbenchError, match=r"a\.xml declares a document type"):
        read(data)


@pytest.mark.parametrize(
    "change", [(b">FT A/2<", b">FT\x00A/2<"), (b">FT A/2<", b">\xff\xfe<"), (b">FT A/2<", b">&#0;<")]
)
def test_bytes_that_are_no_text_break_the_file_there(change: tuple[bytes, bytes]) -> None:
    found = read(ORDINARY.replace(*change))
    assert found[-1].problem.startswith("is no whole XML")
    assert [record.values["invoice_no"] for record in found if record.export == "saft_invoices"] == ["FT A/1"]


def test_elements_without_end_are_a_problem() -> None:
    assert read(ORDINARY[:FIRST] + b"<Invoice>" * 100_000)[-1].problem.startswith("is no whole XML")


def test_a_huge_value_is_a_problem_of_its_record_alone() -> None:
    data = ORDINARY.replace(b">Adiantamento<", b">" + b"A" * 70_000 + b"<")
    broken = [record for record in read(data) if record.problem]
    assert [(record.export, record.problem) for record in broken] == [
        ("saft_invoice_lines", "has more than 65,536 characters in description")
    ]
    assert len(broken[0].raw) <= 2_000


def test_a_tag_of_many_megabytes_is_refused_before_it_is_read_whole() -> None:
    stream = io.BytesIO(ORDINARY[:FIRST] + b'<Invoice x="%s">' % (b"S" * (40 << 20)))
    with pytest.raises(WorkbenchError, match=r"a\.xml has a tag or comment of more than 4 MB"):
        list(READER.read(stream, "a.xml"))
    assert stream.tell() < 8 << 20


def test_many_documents_take_no_memory() -> None:
    stream = io.BytesIO(ORDINARY.replace(INVOICE, INVOICE * 5_000, 1))
    tracemalloc.start()
    try:
        count = sum(record.export == "saft_invoices" for record in READER.read(stream, "a.xml"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 5_009
    assert peak < 4 << 20


def test_the_state_of_a_document_is_no_part_of_its_content() -> None:
    def contents(data: bytes) -> list[str]:
        return [record.values["content"] for record in some(data, "saft_invoices")]

    cancelled = ORDINARY.replace(b"<InvoiceStatus>N", b"<InvoiceStatus>A").replace(b"<ATCUD>0", b"<ATCUD>1")
    assert contents(cancelled) == contents(ORDINARY)
    assert contents(ORDINARY.replace(b">9.00<", b">9.01<"))[0] != contents(ORDINARY)[0]


def test_what_a_section_states_comes_before_its_documents() -> None:
    exports = [record.export for record in read(ORDINARY)]
    assert exports.index("saft_totals") < exports.index("saft_invoice_lines")
    assert exports.count("saft_totals") == 2


def test_purchases_are_no_invoices() -> None:
    numbers = {record.values["invoice_no"] for record in some(OECD, "saft_invoices")}
    assert "P1" not in numbers
    assert len(numbers) == 8


@pytest.mark.parametrize("root", [b"<auditfile/>", b"<Invoice/>", b'<schema targetNamespace="urn:AuditFile"/>', b""])
def test_what_is_no_audit_file_is_left_to_others(root: bytes) -> None:
    assert not saft.fits(root)


AMOUNT = re.compile(rb"(<(?:\w*Amount|\w*Total|Quantity|UnitPrice|TaxPercentage|TaxPayable|LineNumber)>)[^<]+(?=</)")
EXTREMES = (
    b"999999999999.999999 -9999999999.99999999 99999999999999.9999 0.00000001 1e5 1E-8 -0 0.5 3 +1 NaN -- . inf 1_000 "
    b"99999999999999999999999999999999999999999999 0.1234567890123456789"
).split()


@pytest.mark.parametrize("whole", [ORDINARY, OECD])
def test_no_number_stops_a_load(whole: bytes, tmp_path: Path) -> None:
    chance = random.Random(20241)
    (tmp_path / "in").mkdir()
    for number in range(60):
        data = AMOUNT.sub(lambda found: found[1] + chance.choice(EXTREMES), whole)
        data = re.sub(rb"(<(?:InvoiceNo|PaymentRefNo)>)", rb"\g<1>%d-" % number, data)
        (tmp_path / f"in/{number}.xml").write_bytes(data)
    loaded = load([tmp_path / "in"], "saft", tmp_path / "out")
    exports = {entry.table: entry.read for entry in loaded.exports}
    tables = {entry.table: entry.read for entry in loaded.tables}
    assert tables["invoices"] == exports["saft_invoices"]
    assert tables["invoice_lines"] == exports["saft_invoice_lines"]
