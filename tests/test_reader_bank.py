"""Bank statements from anywhere: whatever the bytes, each record is whole or rejected, in bounded memory."""

from __future__ import annotations

import gzip
import io
import re
import shutil
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from workbench.errors import WorkbenchError
from workbench.load import Loaded, load
from workbench.sources.documents import HEAD
from workbench.sources.readers import Record, bai2, bank_rules, camt, mt940
from workbench.sources.systems import find_system

CASES = Path(__file__).parent / "sources" / "bank"
EXAMPLES: list[tuple[ModuleType, str]] = [
    (camt, "sepa_days/in/2024-01.xml"),
    (camt, "swiss_pages/in/page-2.xml"),
    (mt940, "mt940_german/in/umsatz.sta"),
    (mt940, "mt940_swift/in/daily.txt"),
    (bai2, "bai2_prior_day/in/PRIOR.BAI"),
    (bank_rules, "rules_us/in/bank_rules.yml"),
]
COLUMNS = {export.name: set(export.columns) for export in find_system("bank").exports}
QUIET = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
PIECES = [
    b"\0", b"\xff\xfe", b"\xc3", b"&bomb;", b"<!DOCTYPE x>", b"]]>", b":61:", b":62F:", b":86:", b"\n88,", b"\n49,,/",
    b"{4:", b"-}", b",", b"/", b"9" * 60, b"-", "\u2028\U0001f4b6".encode(), b"?20", b"\r\r\n", b"&*[", b"1e400",
]  # fmt: skip


def example(name: str) -> bytes:
    return (CASES / name).read_bytes()


def records(reader: ModuleType, content: bytes) -> list[Record]:
    found = list(reader.read(io.BytesIO(content), "some"))
    for record in found:
        assert record.values.keys() <= COLUMNS[record.export]
        assert bool(record.problem) != bool(record.values)
    return found


def whole(reader: ModuleType, content: bytes, export: str) -> list[dict[str, str]]:
    return [dict(each.values) for each in records(reader, content) if each.export == export and not each.problem]


def problems(reader: ModuleType, content: bytes) -> list[str]:
    return [each.problem for each in records(reader, content) if each.problem]


def read_or_refused(reader: ModuleType, content: bytes) -> None:
    """Any other exception than a WorkbenchError ends the test."""
    with suppress(WorkbenchError):
        records(reader, content)


@some.composite
def mutated(draw: some.DrawFn, content: bytes) -> bytes:
    for _ in range(draw(some.integers(1, 4))):
        at = draw(some.integers(0, len(content)))
        to = min(len(content), at + draw(some.integers(0, 80)))
        how = draw(some.sampled_from(["cut", "flip", "drop", "double", "insert"]))
        if how == "cut":
            content = content[:at]
        elif how == "flip":
            content = content[:at] + bytes(255 - byte for byte in content[at : at + 1]) + content[at + 1 :]
        elif how == "drop":
            content = content[:at] + content[to:]
        elif how == "double":
            content = content[:to] + content[at:]
        else:
            content = content[:at] + draw(some.sampled_from(PIECES)) + content[at:]
    return content


@pytest.mark.parametrize(("reader", "name"), EXAMPLES, ids=[name for _, name in EXAMPLES])
def test_a_broken_document_is_read_or_refused_with_a_sentence(reader: ModuleType, name: str) -> None:
    @QUIET
    @given(mutated(example(name)))
    def holds(content: bytes) -> None:
        assert reader.fits(content[:HEAD]) in {True, False}
        read_or_refused(reader, content)

    holds()


@pytest.mark.parametrize("reader", [camt, mt940, bai2, bank_rules])
def test_noise_is_read_or_refused_with_a_sentence(reader: ModuleType) -> None:
    @QUIET
    @given(some.binary(max_size=400))
    def holds(content: bytes) -> None:
        assert reader.fits(content) in {True, False}
        read_or_refused(reader, content)

    holds()


@pytest.mark.parametrize(
    ("reader", "name", "movements"),
    [
        (camt, "sepa_days/in/2024-01.xml", 5),
        (mt940, "mt940_german/in/umsatz.sta", 4),
        (bai2, "bai2_prior_day/in/PRIOR.BAI", 5),
    ],
)
def test_a_document_cut_anywhere_gives_whole_movements_and_a_problem(
    reader: ModuleType, name: str, movements: int
) -> None:
    content = example(name)
    ordinary = whole(reader, content, "movements")
    assert len(ordinary) == movements
    said = re.compile(rb"[^\s]")
    for end in range(len(content) // 4, len(content), 37):
        if not said.search(content[end:]) or not reader.fits(content[:end]):
            continue
        found = whole(reader, content[:end], "movements")
        assert found == ordinary[: len(found)]
        is_between_messages = reader is mt940 and content[:end].rstrip().endswith((b"\n-", b"}"))
        kept = {"statements", "pending"}
        ended = [each for each in records(reader, content[:end]) if each.export in kept and not each.problem]
        assert problems(reader, content[:end]) or is_between_messages or ended


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE Document [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE Document SYSTEM "http://example.org/statement.dtd">',
    ],
)
def test_entities_are_refused(declared: str) -> None:
    content = example("sepa_days/in/2024-01.xml").replace(b"<Document", declared.encode() + b"<Document", 1)
    with pytest.raises(WorkbenchError, match="document type"):
        records(camt, content)
    late = content.replace(b"<Document", b"<!--" + b"x" * HEAD + b"--><Document", 1)
    with pytest.raises(WorkbenchError, match="document type"):
        records(camt, late)


def test_an_entity_that_nobody_declared_is_a_problem() -> None:
    content = example("sepa_days/in/2024-01.xml").replace(b"Stadtwerke", b"&bomb;")
    assert len(whole(camt, content, "movements")) == 2
    assert "Entity 'bomb' not defined" in problems(camt, content)[0]


def test_a_statement_in_utf_16_is_read() -> None:
    text = example("asian_currencies/in/statements.xml").decode().replace("UTF-8", "UTF-16")
    content = text.encode("utf-16")
    assert camt.fits(content[:HEAD])
    assert [each["amount"] for each in whole(camt, content, "movements")] == ["123456", "12.625"]


def test_a_text_without_end_breaks_its_entry_alone() -> None:
    content = example("sepa_days/in/2024-01.xml").replace(b"Strom Januar", b"x" * 200_000)
    assert [each["amount"] for each in whole(camt, content, "movements")] == [
        "1190.00", "450.00", "-75.50", "-150.00", "-9.90",
    ]  # fmt: skip
    assert problems(camt, content) == ["holds a text of more than 65,536 characters"]


@pytest.mark.parametrize("reader", [mt940, bai2])
def test_a_line_beyond_measure_is_refused(reader: ModuleType) -> None:
    with pytest.raises(WorkbenchError, match="more than 1 MB"):
        records(reader, b":20:X\n01,a,b/\n" + b"9" * (2 << 20))


@pytest.mark.parametrize(
    "rules",
    [
        "bank_rules: &a [*a]",
        "bank_rules: {accounts: &a {x: y}, customers: *a}",
        "bank_rules: " + "[" * 500_000,
        "bank_rules: !!python/object/apply:os.system [ls]",
        "bank_rules: {accounts: [1]}",
        "bank_rules: {other: 1}",
        "bank_rules:\n  receipts: text",
        "bank_rules: {accounts: {a: ''}}",
        "bank_rules: {}\n--- two\n",
        "bank_rules: \x01",
        "bank_rules: {}" + " " * (1 << 20),
    ],
)
def test_rules_that_are_no_rules_are_refused(rules: str) -> None:
    with pytest.raises(WorkbenchError):
        records(bank_rules, rules.encode())


def test_an_account_in_rules_stays_the_text_it_is() -> None:
    content = b"bank_rules: {accounts: {0975312468: US01, DE89 3704: DE01}}"
    assert [each["account"] for each in whole(bank_rules, content, "bank_rules")] == ["0975312468", "DE893704"]


class Long(io.RawIOBase):
    """A stream that is made while it is read."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts, self._rest = parts, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        self._rest = self._rest or next(self._parts, b"")
        block, self._rest = self._rest[: len(view)], self._rest[len(view) :]
        view[: len(block)] = block
        return len(block)


def many(content: bytes, begins: bytes, ends: bytes, times: int) -> Iterator[bytes]:
    start, end = content.index(begins), content.index(ends) + len(ends)
    yield content[:start]
    for _ in range(times):
        yield content[start:end]
    yield content[end:]


@pytest.mark.parametrize(
    ("reader", "name", "begins", "ends"),
    [
        (camt, "sepa_days/in/2024-01.xml", b"<Ntry>", b"</Ntry>"),
        (camt, "sepa_days/in/2024-01.xml", b"<TxDtls><Refs><EndToEndId>E2E-1", b"</TxDtls>"),
        (mt940, "mt940_german/in/umsatz.sta", b":61:", b"GmbH\n"),
        (bai2, "bai2_prior_day/in/PRIOR.BAI", b"16,195", b"OMEGA/\n"),
    ],
    ids=["entries", "details of one entry", "swift lines", "transactions"],
)
def test_memory_does_not_grow_with_a_statement(reader: ModuleType, name: str, begins: bytes, ends: bytes) -> None:
    content = example(name)
    if begins.startswith(b"<TxDtls><Refs>"):
        at = content.index(begins)
        content = content[:at] + content[at:].replace(ends, b"</TxDtls>\n", 1)
        ends = content[at : content.index(b"</TxDtls>\n") + 10][-30:]
    peaks = []
    for times in (500, 5_000):
        tracemalloc.start()
        stream = io.BufferedReader(Long(many(content, begins, ends, times)))
        count = sum(1 for _ in reader.read(stream, "long"))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert count >= times
    assert peaks[1] < 2 * peaks[0] + (1 << 20)


def loaded(folder: Path, **files: bytes) -> Loaded:
    source = folder / "in"
    source.mkdir()
    for name, content in files.items():
        (source / name).write_bytes(content)
    return load([source], "bank", folder / "out")


def lines(found: Loaded) -> list[dict[str, object]]:
    names = ["bank_line_id", "booked_on", "amount", "reference"]
    return pq.read_table(found.snapshot / "bank_lines.parquet", columns=names).to_pylist()


def test_an_archive_gives_what_its_files_give(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    names = [name for reader, name in EXAMPLES if reader is not bank_rules]
    plain = loaded(tmp_path / "a", **{Path(name).name: example(name) for name in names})
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in names[1:]:
            packed.writestr(f"2024/{Path(name).name}", example(name))
    first = {f"{Path(names[0]).name}.gz": gzip.compress(example(names[0]))}
    zipped = loaded(tmp_path / "b", **first, **{"statements.zip": archive.getvalue()})
    assert sorted(map(str, lines(plain))) == sorted(map(str, lines(zipped)))


def test_a_statement_that_unpacks_to_far_too_much_is_a_reject(tmp_path: Path) -> None:
    bomb = gzip.compress(b":20:X\n:25:1\n:28C:1\n:60F:C240101EUR0,\n" + (b"x" * 200_000 + b"\n") * 500)
    found = loaded(tmp_path, **{"bomb.sta.gz": bomb, "fine.sta": example("mt940_german/in/umsatz.sta")})
    assert len(lines(found)) == 4
    assert "far more than it should" in (found.snapshot / "rejects/statements.csv").read_text(encoding="utf-8")


def test_hostile_words_stay_words(tmp_path: Path) -> None:
    content = example("sepa_days/in/2024-01.xml").replace(b"Strom", "'; drop\u2028".encode())
    found = loaded(tmp_path, **{"a.xml": content})
    assert [line["reference"] for line in lines(found)][2] == "AP-77; '; drop Januar"


@pytest.mark.parametrize("name", [name for _, name in EXAMPLES[:5]])
def test_every_record_of_a_broken_file_is_accounted_for(name: str, tmp_path: Path) -> None:
    @settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
    @given(mutated(example(name)))
    def holds(content: bytes) -> None:
        shutil.rmtree(tmp_path / "in", ignore_errors=True)
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        try:
            found = loaded(tmp_path, **{"broken.dat": content, "whole.sta": example("mt940_german/in/umsatz.sta")})
        except WorkbenchError:
            pytest.fail("one broken file stopped the load")
        for entry in (*found.exports, *found.tables):
            assert entry.read == entry.accepted + entry.rejected
        amounts = [each["amount"] for each in lines(found)]
        assert all(isinstance(amount, Decimal) for amount in amounts)

    holds()
