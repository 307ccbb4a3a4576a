"""Documents from folders and archives nobody should trust: each is read or rejected with its reason, none unpacked."""

from __future__ import annotations

import csv
import gzip
import io
import os
import re
import struct
import warnings
import zipfile
from contextlib import suppress
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.errors import WorkbenchError
from workbench.load import Loaded, load
from workbench.sources import documents as module
from workbench.sources.documents import ALWAYS_FINE, Document, Opener, documents

EXAMPLE = (Path(__file__).parent / "sources/ubl/dirt/in/01-good.xml").read_bytes()
OFTEN = settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])


def invoice(number: int) -> bytes:
    """A whole invoice of this number."""
    return EXAMPLE.replace(b">D-1<", f">D-{number}<".encode())


def pack(file: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, content in members.items():
            archive.writestr(name, content)
    return file


def read(document: Document) -> bytes:
    opener = Opener()
    try:
        with opener.open(document) as stream:
            return b"".join(iter(lambda: stream.read(1 << 16), b""))
    finally:
        opener.close()


def rejects(loaded: Loaded, table: str = "documents") -> list[dict[str, str]]:
    with (loaded.snapshot / "rejects" / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def figures(loaded: Loaded) -> tuple[int, int, int]:
    entry = next(entry for entry in loaded.exports if entry.table == "documents")
    return entry.read, entry.accepted, entry.rejected


def test_files_folders_and_archives_are_one_list_in_the_order_of_names(tmp_path: Path) -> None:
    (tmp_path / "in/b").mkdir(parents=True)
    (tmp_path / "in/b/2.xml").write_bytes(invoice(2))
    (tmp_path / "in/c.xml.gz").write_bytes(gzip.compress(invoice(3)))
    (tmp_path / "in/.hidden.xml").write_bytes(invoice(4))
    pack(tmp_path / "in/a.zip", {"x/1.xml": invoice(1), "__MACOSX/x/._1.xml": b"", "x/.git/y": b"", "x/": b""})
    found = documents([tmp_path / "in"])
    assert [each.name for each in found] == ["a.zip/x/1.xml", "b/2.xml", "c.xml.gz"]
    assert [read(each) for each in found] == [invoice(1), invoice(2), invoice(3)]


def test_an_input_that_does_not_exist_says_so(tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match=r"There is no source '.*nowhere'"):
        documents([tmp_path / "nowhere"])


def test_two_documents_of_one_name_cannot_be_told_apart(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "1.xml").write_bytes(invoice(1))
    with pytest.raises(WorkbenchError, match=r"Two of the documents are named 1\.xml"):
        documents([tmp_path / "a", tmp_path / "b"])


def test_two_members_of_one_name_cannot_be_told_apart(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr("1.xml", invoice(1))
        archive.writestr("1.xml", invoice(2))
    (tmp_path / "a.zip").write_bytes(buffer.getvalue())
    with pytest.raises(WorkbenchError, match=r"Two of the documents are named a\.zip/1\.xml"):
        documents([tmp_path / "a.zip"])


@pytest.mark.parametrize(
    "name",
    ["../1.xml", "a/../../1.xml", "/etc/1.xml", "..\\1.xml", "C:\\1.xml", "c:1.xml", "\\\\server\\1.xml", ".", "./"],
)
def test_a_path_that_climbs_out_is_refused(tmp_path: Path, name: str) -> None:
    pack(tmp_path / "a.zip", {"1.xml": invoice(1)})
    data = bytearray((tmp_path / "a.zip").read_bytes())
    (tmp_path / "a.zip").write_bytes(_renamed(bytes(data), name))
    before = sorted(tmp_path.rglob("*"))
    if name == "./":
        assert documents([tmp_path / "a.zip"]) == []
        return
    with pytest.raises(WorkbenchError, match="climbs out of its folder"):
        documents([tmp_path])
    assert sorted(tmp_path.rglob("*")) == before


def _renamed(archive: bytes, name: str) -> bytes:
    """An archive of one stored member under another name, as zipfile would never write it."""
    content = zipfile.ZipFile(io.BytesIO(archive)).read("1.xml")
    raw, crc = name.encode(), zipfile.crc32(content)  # type: ignore[attr-defined]
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 33, crc, len(content), len(content), len(raw), 0)
    central = struct.pack(
        "<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 0, 0, 33, crc, len(content), len(content), len(raw), 0, 0, 0, 0, 0, 0
    )
    start = len(local) + len(raw) + len(content)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, len(central) + len(raw), start, 0)
    return local + raw + content + central + raw + end


def test_a_name_with_a_colon_is_only_a_name(tmp_path: Path) -> None:
    pack(tmp_path / "a.zip", {"12:30 invoice.xml": invoice(1)})
    assert [each.name for each in documents([tmp_path])] == ["a.zip/12:30 invoice.xml"]


def test_a_link_in_an_archive_is_refused(tmp_path: Path) -> None:
    entry = zipfile.ZipInfo("1.xml")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(entry, "/etc/hostname")
    with pytest.raises(WorkbenchError, match="holds a link"):
        documents([tmp_path])


def test_an_archive_that_says_it_unpacks_to_far_too_much_is_refused(tmp_path: Path) -> None:
    pack(tmp_path / "a.zip", {f"{number}.xml": bytes(ALWAYS_FINE // 4) for number in range(5)})
    assert (tmp_path / "a.zip").stat().st_size < 1 << 20
    with pytest.raises(WorkbenchError, match=r"a\.zip unpacks to 80 MB, far more than it should"):
        documents([tmp_path])


@pytest.mark.parametrize("kind", ["zip", "gz"])
def test_a_bomb_is_a_reject(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ALWAYS_FINE", 1 << 20)
    bomb = EXAMPLE[:-20] + b" " * (8 << 20)
    (tmp_path / "in").mkdir()
    (tmp_path / "in/good.xml").write_bytes(invoice(1))
    if kind == "zip":
        pack(tmp_path / "in/a.zip", {"1.xml": bomb, "2.txt": os.urandom(60_000)})
    else:
        (tmp_path / "in/a.gz").write_bytes(gzip.compress(bomb))
    loaded = load([tmp_path / "in"], "ubl", tmp_path / "out")
    assert figures(loaded) == (2, 1, 1)
    assert re.search(r"unpacks to more than \d+ MB, far more than it should", rejects(loaded)[0]["_reason"])


def test_a_member_that_unpacks_to_more_than_it_says_is_a_reject(tmp_path: Path) -> None:
    pack(tmp_path / "in/a.zip", {"1.xml": EXAMPLE + b" " * 5_000}, zipfile.ZIP_DEFLATED)
    data = (tmp_path / "in/a.zip").read_bytes()
    said = struct.pack("<I", len(EXAMPLE) + 5_000)
    (tmp_path / "in/a.zip").write_bytes(data.replace(said, struct.pack("<I", len(EXAMPLE))))
    loaded = load([tmp_path / "in"], "ubl", tmp_path / "out")
    assert rejects(loaded)[0]["_reason"] == "a.zip/1.xml cannot be unpacked."


def test_an_encrypted_archive_is_a_reject_of_each_document(tmp_path: Path) -> None:
    pack(tmp_path / "in/a.zip", {"1.xml": invoice(1), "2.xml": invoice(2)}, zipfile.ZIP_STORED)
    data = bytearray((tmp_path / "in/a.zip").read_bytes())
    for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        place = data.find(mark)
        while place >= 0:
            data[place + at] |= 1
            place = data.find(mark, place + 4)
    (tmp_path / "in/a.zip").write_bytes(data)
    (tmp_path / "in/3.xml").write_bytes(invoice(3))
    loaded = load([tmp_path / "in"], "ubl", tmp_path / "out")
    assert figures(loaded) == (3, 1, 2)
    assert [row["_reason"] for row in rejects(loaded)] == [
        "a.zip/1.xml cannot be unpacked.",
        "a.zip/2.xml cannot be unpacked.",
    ]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_ways_of_packing_that_are_read(tmp_path: Path, method: int) -> None:
    pack(tmp_path / "a.zip", {"1.xml": invoice(1)}, method)
    assert [read(each) for each in documents([tmp_path])] == [invoice(1)]


def test_a_way_of_packing_that_is_not_read_is_a_reject(tmp_path: Path) -> None:
    pack(tmp_path / "in/a.zip", {"1.xml": invoice(1)}, zipfile.ZIP_LZMA)
    loaded = load([tmp_path / "in"], "ubl", tmp_path / "out")
    assert rejects(loaded)[0]["_reason"] == "a.zip/1.xml cannot be unpacked."


def test_a_damaged_archive_among_other_files_is_one_reject(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/1.xml").write_bytes(invoice(1))
    (tmp_path / "in/a.zip").write_bytes(b"PK\3\4 and then nothing")
    loaded = load([tmp_path / "in"], "ubl", tmp_path / "out")
    assert figures(loaded) == (2, 1, 1)
    assert rejects(loaded)[0]["_reason"] == "a.zip is no archive that can be read."


def test_a_damaged_archive_alone_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\3\4 and then nothing")
    with pytest.raises(WorkbenchError, match=r"a\.zip is no archive that can be read"):
        load([tmp_path / "a.zip"], "ubl", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_that_only_says_it_is_packed_is_a_reject(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/1.xml.gz").write_bytes(invoice(1))
    (tmp_path / "in/2.xml.gz").write_bytes(gzip.compress(invoice(2))[:-30])
    loaded = load([tmp_path / "in"], "ubl", tmp_path / "out")
    assert {row["_source"]: row["_reason"] for row in rejects(loaded)} == {
        "1.xml.gz": "1.xml.gz cannot be unpacked.",
        "2.xml.gz": "2.xml.gz cannot be unpacked.",
    }


def test_a_name_that_is_no_text_is_shown_as_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    try:
        (tmp_path / "in" / os.fsdecode(b"r\xe9sum\xe9.xml")).write_bytes(invoice(1))
    except OSError as error:
        pytest.skip(f"this file system has no such name: {error}")
    loaded = load([tmp_path / "in"], "ubl", tmp_path / "out")
    assert pq.read_table(loaded.snapshot / "invoices.parquet")["_source"].to_pylist() == ["r\\udce9sum\\udce9.xml"]


def test_nothing_that_the_system_reads_says_what_there_is(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/notes.txt").write_text("no invoice")
    with pytest.raises(WorkbenchError, match=r"holds nothing that ubl reads; it holds notes\.txt"):
        load([tmp_path / "in"], "ubl", tmp_path / "out")


def test_one_broken_among_many_is_one_reject(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    members = {f"{number:04d}.xml": invoice(number) for number in range(450)}
    members["0222.xml"] = members["0222.xml"][:3_000]
    pack(tmp_path / "in/a.zip", members)
    (tmp_path / "in/last.xml").write_bytes(invoice(999))
    loaded = load([tmp_path / "in"], "ubl", tmp_path / "out")
    assert figures(loaded) == (451, 450, 1)
    assert [row["_source"] for row in rejects(loaded)] == ["a.zip/0222.xml"]
    rows = pq.read_table(loaded.snapshot / "invoices.parquet").to_pylist()
    whole = [f"a.zip/{name}" for name in members if name != "0222.xml"]
    assert [row["_source"] for row in rows] == [*whole, "last.xml"]
    assert sum(row["gross_amount"] for row in rows) == Decimal(450 * 119)


def test_every_reject_shows_its_own_record(tmp_path: Path) -> None:
    lines = EXAMPLE[EXAMPLE.index(b"  <cac:InvoiceLine>") : EXAMPLE.index(b"</Invoice>")]
    members = {}
    for number in range(401):
        more = b"".join(lines.replace(b">Bohrhammer<", f">N{number}.{place}<".encode()) for place in range(16))
        members[f"{number:04d}.xml"] = invoice(number).replace(lines, more).replace(b">1</cbc:Inv", b">?</cbc:Inv")
    pack(tmp_path / "in/a.zip", members)
    loaded = load([tmp_path / "in"], "ubl", tmp_path / "out")
    rows = rejects(loaded, "invoice_lines")
    assert len(rows) == 401 * 16
    assert [
        row for row in rows if f'"item_name": "N{int(row["_source"][6:10])}.{int(row["_row"]) - 1}"' not in row["_raw"]
    ] == []


def test_every_document_is_hashed_the_rejected_ones_too(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    contents = {"1.xml": invoice(1), "2.xml": invoice(2)[:900], "3.xml": b"<!DOCTYPE x>" + invoice(3)[38:]}
    for name, content in contents.items():
        (tmp_path / "in" / name).write_bytes(content)
    loaded = load([tmp_path / "in"], "ubl", tmp_path / "out")
    assert figures(loaded) == (3, 1, 2)
    text = (loaded.snapshot / "sources.json").read_text(encoding="utf-8")
    assert [content for content in contents.values() if sha256(content).hexdigest() not in text] == []


def test_parts_are_the_same_on_any_number_of_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack(tmp_path / "in/a.zip", {f"{number:04d}.xml": invoice(number) for number in range(401)})
    tables = []
    for threads in ("1", "3"):
        monkeypatch.setenv("WORKBENCH_THREADS", threads)
        loaded = load([tmp_path / "in"], "ubl", tmp_path / threads)
        tables.append(pq.read_table(loaded.snapshot / "invoice_lines.parquet"))
    assert tables[0].equals(tables[1])


WHOLE = {"a/1.xml": invoice(1), "2.xml": invoice(2), "ü.xml": b"x" * 400}


@OFTEN
@given(
    method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2]),
    places=st.lists(st.tuples(st.integers(0, 1 << 20), st.binary(min_size=1, max_size=4)), min_size=1, max_size=6),
    cut=st.none() | st.integers(0, 1 << 20),
    at_end=st.booleans(),
)
def test_an_archive_broken_anywhere_raises_no_other_error(
    tmp_path: Path, method: int, places: list[tuple[int, bytes]], cut: int | None, at_end: bool
) -> None:
    file = pack(tmp_path / "a.zip", WHOLE, method)
    data = bytearray(file.read_bytes())
    for place, value in places:
        # The list of members is at the end.
        start = len(data) - 1 - place % 400 if at_end else place % len(data)
        data[start : start + len(value)] = value
    file.write_bytes(data if cut is None else data[: cut % len(data)])
    try:
        found = documents([file])
    except WorkbenchError:
        return
    for each in found:
        with suppress(WorkbenchError):
            read(each)
