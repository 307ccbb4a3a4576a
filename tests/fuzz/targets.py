"""What every reader is fuzzed with: bytes in, and what must be true of whatever comes out."""

from __future__ import annotations

import io
import tempfile
import zlib
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unittest.mock import patch

from tests.fuzz import changes
from tests.hostile import SOURCES, Trickle, columns
from workbench.errors import WorkbenchError
from workbench.sources.layout import grids
from workbench.sources.mapping import aside, read_mapping
from workbench.sources.pieces import Irregular, Piece, Pieces, header_end, is_regular
from workbench.sources.proposal import propose
from workbench.sources.readers import Record, reader
from workbench.sources.records import Record as CsvRecord
from workbench.sources.records import fields, records, without_end
from workbench.sources.scan import scan
from workbench.sources.sheets import open_book
from workbench.sources.staging import read_header, read_record, shown_delimiter

FOUND = Path(__file__).parent / "found"
LARGEST_SEED = 6_000
HEAD = 1 << 16


@dataclass(frozen=True)
class Target:
    """A reader under test: `run` raises for bytes that it does not read as it promises; `seeds` begin the search."""

    name: str
    run: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]
    change: changes.Change
    most: int = 8_192


def _documents(name: str, system: str) -> Callable[[bytes], None]:
    """Any bytes give records with known columns, numbered and told alike however they arrive, or one sentence."""
    each, known = reader(name), columns(system)

    def run(data: bytes) -> None:
        each.fits(data[:HEAD])
        whole = list(_told(each.read(io.BytesIO(data), "a")))
        for record in whole:
            assert isinstance(record, str) or record.values.keys() <= known[record.export]
            assert isinstance(record, str) or all(isinstance(value, str) for value in record.values.values())
            assert isinstance(record, str) or not (record.problem and record.values)
        size = 1 + zlib.crc32(data) % 97
        trickled = list(_told(each.read(io.BufferedReader(Trickle(data, size), 1), "a")))
        assert _kept(trickled) == _kept(whole)

    return run


def _told(made: Iterator[Record]) -> Iterator[Record | str]:
    try:
        yield from made
    except WorkbenchError as error:
        yield error.problem


def _kept(made: list[Record | str]) -> list[object]:
    """What is whole: how far a parser comes before it sees a break depends on where its blocks end."""
    return [record if isinstance(record, str) else (record.export, record.values) for record in made]


@cache
def _folder() -> Path:
    shared = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="fuzz-", dir=shared if shared.is_dir() else None))


def _file(name: str, data: bytes) -> Path:
    file = _folder() / name
    file.write_bytes(data)
    return file


ENCODINGS = ["", "", "", "", "", "utf-16", "gb18030", "shift_jis", "cp1252"]


def csv_file(data: bytes) -> None:
    """Every byte but line ends is in a record once; the two ways to cut a file agree; a record has fields or a problem.

    The first byte of the data chooses the encoding.
    """
    encoding, data = ENCODINGS[data[0] % len(ENCODINGS) if data else 0], data[1:]
    file = _file("rows.csv", data)
    with suppress(WorkbenchError):
        shape = scan(file, _folder() / "copy.csv", delimiter=",", encoding=encoding)
        delimiter = shown_delimiter(shape) or ","
        if delimiter != ",":
            shape = scan(file, _folder() / "copy.csv", delimiter=delimiter, encoding=encoding)
        found = list(records(shape, delimiter))
        bare = shape.plain.read_bytes().removeprefix(BOM_UTF8).translate(None, b"\r\n")
        assert b"".join(record.raw for record in found).translate(None, b"\r\n") == bare
        assert not shape.clean or shape.records == max(len(found) - 1, 0)
        header = read_header("rows.csv", shape, delimiter, given=False)
        for record in found[1:]:
            texts, problem = read_record(record.raw, record.problem, delimiter, len(header))
            assert (texts is None) == bool(problem)
            assert texts is None or len(texts) == len(header) == len(fields(record.raw.decode(), delimiter))
        if shape.encoding == "utf-8" and not encoding:
            _in_pieces(file, found, delimiter, 40 + zlib.crc32(data) % 200)


def _in_pieces(file: Path, expected: list[CsvRecord], delimiter: str, size: int) -> None:
    """The pieces of a file hold the records that reading it one by one gives, and their problems."""
    with patch("workbench.sources.pieces.PIECE", size), suppress(Irregular):
        start = header_end(file)
        if is_regular(file.read_bytes()[:start].removeprefix(BOM_UTF8), ord(delimiter)):
            assert [each for piece in Pieces(file, start, delimiter) for each in in_order(piece)] == expected[1:]


def in_order(piece: Piece) -> list[CsvRecord]:
    """The records of a piece, the odd ones at their places."""
    segment = piece.cut()
    places = zip(segment.starts.tolist(), segment.ends.tolist(), strict=True) if segment else ()
    found = [CsvRecord(without_end(piece.data[start : end + 1]), "") for start, end in places]
    for odd in piece.odd:
        found.insert(odd.number - 1, CsvRecord(odd.raw, odd.problem))
    return found


def workbook(data: bytes) -> None:
    """A workbook gives rows of texts, and a proposal, or one sentence."""
    file = _file("book.xlsx", data)
    with suppress(WorkbenchError):
        book = open_book(file)
        for sheet in book.sheets:
            for row in book.rows(sheet.name):
                assert all(isinstance(text, str) for text in row)
        if zlib.crc32(data) % 4 == 0:
            for grid in grids(file, _folder()):
                propose(grid)


def mapping(data: bytes) -> None:
    """A mapping.yml says what it says, or why it cannot be read."""
    file = _file("mapping.yml", data)
    with suppress(WorkbenchError):
        for entry in read_mapping(file):
            assert entry.file and entry.header and entry.columns is not None
        aside(file)


def _cases(system: str, *suffixes: str) -> Callable[[], list[bytes]]:
    """The small committed exports of a system."""

    def seeds() -> list[bytes]:
        files = (file for file in sorted((SOURCES / system).rglob("in/**/*")) if file.suffix.lower() in suffixes)
        return [file.read_bytes() for file in files if file.stat().st_size <= LARGEST_SEED]

    return seeds


def _csv_seeds() -> list[bytes]:
    """Exports of every system of tables, and what dirt looks like."""
    whole = [data for system in ("oracle_ar", "sap_sd", "salesforce") for data in _cases(system, ".csv")()]
    text = 'id;name\n1;"a;b"\n2;"c""d"\n\n3;5" pipe\r\n4;"open\n'
    encoded = [bytes([5 + at]) + text.encode(name) for at, name in enumerate(ENCODINGS[5:])]
    return [b"\0" + data for data in whole[::9] if len(data) < 1_500] + [b"\0" + text.encode(), *encoded]


def _workbook_seeds() -> list[bytes]:
    import xlsxwriter

    made = []
    for number, options in enumerate(({}, {"date_1904": True}, {"strings_to_numbers": True})):
        stream = io.BytesIO()
        with xlsxwriter.Workbook(stream, {"in_memory": True, **options}) as book:
            sheet = book.add_worksheet("Invoices")
            sheet.write_row(0, 0, ["Acme Ltd", "", "at 2025-03-31"])
            sheet.write_row(2, 0, ["Invoice No", "Customer", "Date", "Net", "Tax", "Gross"])
            for row in range(3, 6):
                sheet.write_row(row, 0, [f"I{row}", "C1", 45_700 + row, row * 10.5, row, "△11.5"])
            sheet.write_row(6, 0, ["Total", "", "", "=sum(D4:D6)", "#N/A", True])
            if number == 1:
                sheet.merge_range(8, 0, 8, 3, "merged")
                book.add_worksheet("Hidden").hide()
        made.append(stream.getvalue())
    return made


def _mapping_seeds() -> list[bytes]:
    whole = (
        "- file: a.xlsx\n  sheet: Invoices\n  table: invoices\n  header: [3, 4]\n  columns:\n"
        "    invoice_id: Invoice No\n    invoice_number: [Invoice No, (row)]\n    entity_id: E\n    customer_id: C\n"
        "    invoice_date: D\n    gross_amount: G\n  constants: {entity_id: SG01, currency: SGD, kind: by sign}\n"
        "  computed: {net_amount: gross_amount - tax_amount}\n  words: {status: {Paid: issued}}\n"
        "  totals: [Total, 合計]\n  credit_notes: positive\n- file: b.csv\n  table: none\n"
    )
    other = b"- file: '*.csv'\n  table: customers\n  columns: {customer_id: a}\n"
    return [whole.encode(), other, b"[]", b"a: &a [*a]\n"]


TARGETS = {
    target.name: target
    for target in (
        Target("csv", csv_file, _csv_seeds, changes.bytes_alone, 2_048),
        Target("workbook", workbook, _workbook_seeds, changes.workbook, 16_384),
        Target("ubl", _documents("ubl", "ubl"), _cases("ubl", ".xml"), changes.tree),
        Target("cii", _documents("cii", "cii"), _cases("cii", ".xml"), changes.tree),
        Target("saft", _documents("saft", "saft"), _cases("saft", ".xml"), changes.tree),
        Target("camt", _documents("camt", "bank"), _cases("bank", ".xml"), changes.tree),
        Target("mt940", _documents("mt940", "bank"), _cases("bank", ".sta"), changes.bytes_alone, 1_024),
        Target("bai2", _documents("bai2", "bank"), _cases("bank", ".bai", ".txt"), changes.bytes_alone, 1_024),
        Target("mapping", mapping, _mapping_seeds, changes.yaml_tree, 2_048),
    )
}


def found(name: str) -> list[Path]:
    """The inputs that once showed a fault of a reader."""
    return sorted(file for file in (FOUND / name).glob("*") if file.is_file())
