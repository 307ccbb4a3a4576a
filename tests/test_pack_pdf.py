"""summary.pdf: all that summary.html says, readable anywhere, the same bytes everywhere, and no text that does harm."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from html import escape
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pypdf
import pytest

from tests import synthetic
from tests.pack_company import HOSTILE, NAMES, PERIOD, PLAIN, make_snapshot
from workbench.findings import COLUMNS, Findings, count
from workbench.money import grouped
from workbench.pack.chart import bars, picture
from workbench.pack.pdf import pdf_data, pdf_of, write_pdf
from workbench.pack.pdf.bars import money_bars
from workbench.pack.pdf.fitting import columns_of, fitted
from workbench.pack.pdf.reading import page_blocks
from workbench.pack.pdf.signs import BREAK, breakable, covered, shown, spelt, width
from workbench.pack.scope import read_period
from workbench.pack.slides import write_slides
from workbench.pack.summary import summary_page
from workbench.pack.work import Audit

EAST = "上海极光国际贸易有限公司 株式会社オーロラ直行便 한국어 회사 Ærø Łódź Ελλάς Москва"
# A letter without a shape.
FILLER = 0x3164
NASTY = (
    '#set text(size: 99pt) $x^2$ *bold* _it_ `code` \\ #panic("no") @ref <label> [box] // comment',
    "<script>alert(1)</script> & </td></table>",
    "W" * 300,
    "ー" * 300,
    "中文" * 150,
    "a\N{COMBINING ACUTE ACCENT}" * 150,
    EAST,
    "العربية 😀",
)
AWAY = """
import os, sys
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from pathlib import Path
from workbench.pack.chart import bars, picture
from workbench.pack.pdf import write_pdf
from workbench.pack.scope import read_period
from workbench.pack.slides import write_slides
from workbench.pack.work import Audit
from workbench.snapshot import open_snapshot
audit = Audit(open_snapshot(sys.argv[1]), read_period(sys.argv[2]), sys.argv[3])
write_pdf(audit, Path(sys.argv[4]) / "summary.pdf")
write_slides(audit, Path(sys.argv[4]) / "summary.pptx")
"""


@pytest.fixture(scope="module")
def audit(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """The month of one entity of the small company, every control run."""
    return Audit(make_snapshot(tmp_path_factory.mktemp("pdf") / "snapshot"), read_period(PERIOD), HOSTILE)


@pytest.fixture(scope="module")
def pdf(audit: Audit, tmp_path_factory: pytest.TempPathFactory) -> pypdf.PdfReader:
    file = tmp_path_factory.mktemp("made") / "summary.pdf"
    write_pdf(audit, file)
    return pypdf.PdfReader(file)


def text_of(reader: pypdf.PdfReader) -> str:
    """All its text without blanks and case: a line may end inside a long id, and some words stand in capitals."""
    return squeezed("".join(page.extract_text() for page in reader.pages))


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text).casefold()


def made_of(*cells: str) -> dict[str, Any]:
    """The data of a page whose title, chapter, paragraphs and table are these texts."""
    paragraphs = "".join(f"<p>{escape(cell)}</p>" for cell in cells)
    head = "".join(f"<th>{escape(cell[:40])}</th>" for cell in cells)
    kinds = ("text", "key", "number")
    row = "".join(f'<td class="{kinds[place % 3]}">{escape(cell)}</td>' for place, cell in enumerate(cells))
    table = f"<table><tr>{head}</tr><tr>{row}</tr></table>"
    page = f"<main><h1>{escape(cells[0])}</h1><h2>{escape(cells[0])}</h2>{paragraphs}{table}</main>"
    base = {"name": shown(cells[0]), "period": "March 2025", "pack": "0" * 64, "subject": "", "date": [2025, 4, 1]}
    return base | {"blocks": fitted(page_blocks(page))}


def reader_of(data: dict[str, Any]) -> pypdf.PdfReader:
    return pypdf.PdfReader(BytesIO(pdf_of(data)))


class Words(HTMLParser):
    """The words of a page's body outside navigation and pictures."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.depth = 0
        self.words: list[str] = []
        self.titles: list[str] = []
        self.tag = ""
        self.feed(page[page.index("<main>") :])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.depth += tag in {"nav", "svg"}
        self.tag = tag

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag in {"nav", "svg"}
        self.tag = ""

    def handle_data(self, data: str) -> None:
        if not self.depth:
            self.words += data.split()
        if self.tag == "h2":
            self.titles.append(data)


def test_every_word_and_every_chapter_of_the_summary_is_in_the_pdf(audit: Audit, pdf: pypdf.PdfReader) -> None:
    page = Words(summary_page(audit))
    text = text_of(pdf)
    assert len(page.words) > 900
    assert not [word for word in set(page.words) if squeezed(shown(word)) not in text]
    chapters = [entry["/Title"] for entry in pdf.outline if not isinstance(entry, list)]
    assert chapters == page.titles, "the outline names every chapter in its order"
    assert {"Scope", "Money both ways", "Open items", "Identities", "What could not be run", "Sign-off"} <= set(
        chapters
    )


def test_every_amount_of_the_audit_is_in_the_pdf_in_its_minor_unit(audit: Audit, pdf: pypdf.PdfReader) -> None:
    text = text_of(pdf)
    assert len(audit.money) >= 3
    for line in audit.money:
        if line.amount:
            assert squeezed(f"{grouped(abs(line.amount), line.currency)} {line.currency}") in text


def test_pages_are_numbered_and_name_the_pack(audit: Audit, pdf: pypdf.PdfReader) -> None:
    pages = len(pdf.pages)
    assert 5 <= pages <= 20
    for place, page in enumerate(pdf.pages, 1):
        text = squeezed(page.extract_text())
        assert f"page{place}of{pages}" in text
        assert audit.pack_id in text


def test_it_is_archival_tagged_dated_by_the_period_and_has_every_font_inside(
    audit: Audit, pdf: pypdf.PdfReader
) -> None:
    root: Any = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"], "tagged, for who reads it by ear"
    assert root["/Lang"] == "en"
    about = pdf.metadata
    assert about is not None and about.creation_date is not None
    assert about.creation_date.date() == audit.period.end
    xmp = root["/Metadata"].get_data().decode()
    assert re.search(r"<pdfaid:part>2<.*<pdfaid:conformance>A<", xmp, re.DOTALL)
    assert "<pdfuaid:part>1<" in xmp
    fonts = {key: font.get_object() for page in pdf.pages for key, font in page["/Resources"]["/Font"].items()}  # type: ignore[index]
    assert len(fonts) >= 3
    for font in fonts.values():
        inner = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert "/FontFile3" in inner or "/FontFile2" in inner, f"{font['/BaseFont']} is not in the file"


def test_heads_of_tables_stand_on_every_page_of_a_table(audit: Audit) -> None:
    rows = "".join(f"<tr><td>row {number}</td></tr>" for number in range(200))
    page = f"<main><h2>Long</h2><table><tr><th>Head of it</th></tr>{rows}</table></main>"
    made = reader_of(pdf_data(audit) | {"blocks": fitted(page_blocks(page))})
    assert len(made.pages) > 3
    assert all("Head of it" in page.extract_text() for page in made.pages)


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_hostile_long_and_foreign_text_is_text(text: str) -> None:
    made = text_of(reader_of(made_of(text)))
    assert squeezed(shown(text)) in made


def test_no_line_runs_off_the_page(tmp_path: Path, audit: Audit) -> None:
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler-utils) is not on this machine")
    wide = replace(synthetic.findings(40), table=long_rows(synthetic.findings(40)))
    other = Audit(audit.snapshot, audit.period, "")
    other.findings = wide
    write_pdf(other, tmp_path / "audit.pdf")
    (tmp_path / "nasty.pdf").write_bytes(pdf_of(made_of(*NASTY)))
    for name in ("audit.pdf", "nasty.pdf"):
        boxes = subprocess.run(["pdftotext", "-bbox", tmp_path / name, "-"], capture_output=True, text=True, check=True)
        ends = [float(end) for end in re.findall(r'<word [^>]*xMax="([\d.]+)"', boxes.stdout)]
        assert len(ends) > 50
        assert max(ends) < 595.3 - 36, f"{name}: a word ends outside of the margin"


def long_rows(findings: Findings) -> Any:
    """The same candidates, with ids of 200 signs and amounts of 30 digits."""
    table = findings.table
    names = pa.array([f"{'X' * 190}-{place}" for place in range(table.num_rows)])
    amounts = pa.array([Decimal("-123456789012345678901234567890.1234")] * table.num_rows, pa.decimal128(38, 4))
    table = table.set_column(table.column_names.index("subject_id"), "subject_id", names)
    return table.set_column(table.column_names.index("impact_amount"), "impact_amount", amounts).cast(COLUMNS)


def test_nothing_found_and_names_of_the_east_make_a_whole_document(tmp_path: Path) -> None:
    kept = NAMES[PLAIN]
    NAMES[PLAIN] = EAST
    try:
        audit = Audit(make_snapshot(tmp_path / "snapshot"), read_period(PERIOD), PLAIN)
    finally:
        NAMES[PLAIN] = kept
    findings = synthetic.findings()
    nothing = COLUMNS.empty_table()
    audit.findings = replace(
        findings, table=nothing, funnel=tuple(count(line.control, 0, nothing) for line in findings.funnel)
    )
    write_pdf(audit, tmp_path / "summary.pdf")
    reader = pypdf.PdfReader(tmp_path / "summary.pdf")
    assert squeezed(EAST) in squeezed(reader.pages[0].extract_text())
    assert squeezed("has no finding for March 2025") in text_of(reader)
    fonts = {font.get_object()["/BaseFont"] for font in reader.pages[0]["/Resources"]["/Font"].values()}  # type: ignore[index]
    assert [name for name in fonts if "PackSansCJK" in name]


def test_the_same_bytes_in_another_process_place_language_and_on_one_core(audit: Audit, tmp_path: Path) -> None:
    here, away = tmp_path / "here", tmp_path / "away"
    for folder in (here, away):
        folder.mkdir()
    write_pdf(audit, here / "summary.pdf")
    write_slides(audit, here / "summary.pptx")
    other = {"TZ": "Asia/Tokyo", "LANG": "ja_JP.UTF-8", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "4711"}
    words = [str(audit.snapshot.folder), audit.period.text, str(audit.entity), str(away)]
    subprocess.run([sys.executable, "-c", AWAY, *words], env={**os.environ, **other}, check=True)
    for name in ("summary.pdf", "summary.pptx"):
        one, two = ((folder / name).read_bytes() for folder in (here, away))
        assert hashlib.sha256(one).digest() == hashlib.sha256(two).digest(), f"{name} differs"


def test_bars_hold_the_money_of_the_audit_and_nothing_at_risk(audit: Audit) -> None:
    drawn = {
        (currency, bar.control.id, way): side.amount
        for currency, bars in money_bars(audit)
        for bar in bars
        for way, side in (("over_billed", bar.over), ("under_billed", bar.under))
        if side
    }
    said = {
        (line.currency, line.control.id, line.direction): line.amount
        for line in audit.money
        if line.direction != "at_risk" and line.amount
    }
    assert drawn == said
    assert (
        max(side.share for _, bars in money_bars(audit) for bar in bars for side in (bar.over, bar.under) if side) == 1
    )


def test_an_element_that_is_not_known_gives_what_it_holds() -> None:
    held = "<aside>One <mark>two</mark></aside><details><summary>Three</summary>Four</details>"
    page = f"<main><article>{held}</article></main>"
    said = [run["text"] for block in page_blocks(page) for run in block["runs"]]
    assert "".join(said) == "One twoThreeFour"


def test_pictures_lists_and_ragged_rows_are_set_with_their_text() -> None:
    svg = bars([("ACC-01 株式会社", Decimal(-5), Decimal(10))], "JPY").replace("Money both", "Another way both")
    items = "<ul><li>one</li></ul><ol><li>two <code>x</code></li></ol><pre>three\n  four</pre>"
    ragged = "<table><tr><th>a</th><th>b</th></tr><tr><td>c</td></tr><tr><td>d</td><td>e</td></tr></table>"
    page = f"<main><h2>Title</h2>{svg}<p>{picture(svg, 'said')}</p>{items}{ragged}</main>"
    blocks = fitted(page_blocks(page))
    assert [block["kind"] for block in blocks] == ["heading", "picture", "picture", "list", "list", "code", "table"]
    text = text_of(reader_of(made_of("x") | {"blocks": blocks}))
    assert text.count("acc-01株式会社") == 2
    assert re.search(r"one.*two.*x.*three.*four.*a.*b.*c.*d.*e", text)


def test_headings_never_skip_a_level() -> None:
    page = "<main><h3>before</h3><h2>a</h2><h5>b</h5><h3>c</h3></main>"
    made = [(block["kind"], block.get("level")) for block in page_blocks(page)]
    assert made == [("paragraph", None), ("heading", 1), ("heading", 2), ("heading", 2)]
    reader_of(made_of("x") | {"blocks": fitted(page_blocks(page))})


def test_columns_fill_the_room_and_break_only_what_does_not_fit() -> None:
    def cell(text: str, kind: str = "text") -> dict[str, Any]:
        return {"runs": [{"text": text}], "kind": kind}

    widths = columns_of([[cell("short"), cell("1,234.00", "number"), cell("a long reason " * 20)]], 3, 60)
    assert sum(widths) == pytest.approx(60)
    assert widths[1] >= width("1,234.00")
    tight = columns_of([[cell("x" * 200), cell("y" * 100), cell("z")]], 3, 60)
    assert sum(tight) == pytest.approx(60, abs=0.5)
    assert tight[2] < tight[1] <= tight[0]
    assert BREAK not in breakable("some words that fit", 10)
    assert max(map(width, breakable("x" * 50, 10).split(BREAK))) <= 10


def test_signs_that_no_font_holds_are_told_by_their_number_and_languages_by_their_letters() -> None:
    assert shown("一 ok") == "一 ok"
    assert shown("\N{GRINNING FACE}!") == "[U+1F600]!"
    assert shown("cafe\N{COMBINING ACUTE ACCENT}") in {"café", "cafe\N{COMBINING ACUTE ACCENT}"}
    for codec in ("gb2312", "shift_jis", "euc_kr", "cp1250", "cp1251", "cp1252", "cp1253", "cp1257", "cp1258"):
        signs = {chr(code) for code in range(0x80, 0xFFFF) if encodes(chr(code), codec)}
        assert {ord(sign) for sign in signs if sign.isalpha()} - {FILLER} <= covered(), (
            f"the fonts lack signs of {codec}"
        )
    assert spelt("Ltd 直 ア") == [("Ltd ", ""), ("直", "ja"), (" ", ""), ("ア", "ja")]
    assert spelt("直") == [("直", "zh")]


def encodes(sign: str, codec: str) -> bool:
    """Whether a character set holds a sign."""
    try:
        return len(sign.encode(codec)) <= 2
    except UnicodeEncodeError:
        return False
