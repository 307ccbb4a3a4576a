"""summary.pptx: native charts and tables whose numbers are the audit's, a sentence as each title, the same bytes."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pypdf
import pytest
from pptx import Presentation
from pptx.util import Inches

from tests import synthetic
from tests.pack_company import HOSTILE, PERIOD, PLAIN, make_snapshot
from workbench.findings import COLUMNS, count
from workbench.money import grouped
from workbench.pack import review
from workbench.pack.pdf.signs import width
from workbench.pack.scope import read_period
from workbench.pack.slides.deck import cut
from workbench.pack.slides.money import MOST_BARS, MOST_CURRENCIES
from workbench.pack.slides.package import settled
from workbench.pack.slides.parts import slides_of
from workbench.pack.work import Audit
from workbench.snapshot import Snapshot


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return make_snapshot(tmp_path_factory.mktemp("slides") / "snapshot")


@pytest.fixture(scope="module")
def audit(snapshot: Snapshot) -> Audit:
    """The month of one entity with a name that tries to do harm, every control run."""
    return Audit(snapshot, read_period(PERIOD), HOSTILE)


@pytest.fixture(scope="module")
def made(snapshot: Snapshot) -> Audit:
    """An audit of a made-up run: three currencies, four controls, hostile reasons."""
    audit = Audit(snapshot, read_period(PERIOD))
    audit.findings = synthetic.findings()
    return audit


def deck(audit: Audit) -> Any:
    return Presentation(BytesIO(slides_of(audit)))


def texts(slide: Any) -> list[str]:
    """Every text on a slide, cells of tables too."""
    said = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
    tables = [shape.table for shape in slide.shapes if shape.has_table]
    return said + [cell.text for table in tables for row in table.rows for cell in row.cells]


def charts(slides: Any) -> list[Any]:
    return [shape.chart for slide in slides.slides for shape in slide.shapes if shape.has_chart]


def test_every_slide_says_its_point_and_names_its_pack(audit: Audit) -> None:
    slides = deck(audit)
    assert 7 <= len(slides.slides) <= 12
    for slide in slides.slides:
        assert slide.shapes.title.text_frame.text.strip()
        assert audit.pack_id in slide.notes_slide.notes_text_frame.text
        assert audit.pack_id[:16] in " ".join(texts(slide))
        for shape in slide.shapes:
            if shape.has_chart or shape.has_table:
                assert len(shape._element.nvGraphicFramePr.cNvPr.get("descr")) > 15, "words for who cannot see it"
    titles = [slide.shapes.title.text_frame.text for slide in slides.slides]
    assert len(set(titles)) == len(titles)


def test_the_charts_hold_the_money_of_the_audit_and_their_words_are_exact(made: Audit) -> None:
    slides = deck(made)
    drawn: dict[tuple[str, str, str], tuple[float, str]] = {}
    for slide in slides.slides:
        own = [shape.chart for shape in slide.shapes if shape.has_chart]
        if not own or [series.name for series in own[0].series] != ["Over-billed", "Under-billed"]:
            continue
        currency = re.search(r" (SGD|JPY|KWD) ", slide.shapes.title.text_frame.text)
        assert currency
        for series in own[0].series:
            labels = {
                label.idx.val if hasattr(label.idx, "val") else int(label.idx.get("val")): label
                for label in series._element.dLbls.iter("{*}dLbl")
            }
            for place, (category, value) in enumerate(zip(own[0].plots[0].categories, series.values, strict=True)):
                if value is not None:
                    said = "".join(node.text for node in labels[place].iter("{*}t"))
                    drawn[currency[1], category.split()[0], series.name] = (value, said)
    lines = {
        (str(line.currency), line.control.id, line.direction.replace("_", "-").capitalize()): line
        for line in made.money
        if line.direction != "at_risk" and line.amount
    }
    assert drawn.keys() == lines.keys()
    assert len(drawn) > 12
    for key, line in lines.items():
        value, said = drawn[key]
        assert value == float(line.amount)
        sign = "+" if line.amount > 0 else "\N{MINUS SIGN}"
        assert said == f"{sign}{grouped(abs(line.amount), line.currency)}"


def test_the_totals_of_every_currency_stand_in_a_table(made: Audit) -> None:
    said = texts(deck(made).slides[1])
    for currency in ("SGD", "JPY", "KWD"):
        own = [line for line in made.money if line.currency == currency]
        for way, sign in (("over_billed", "+"), ("under_billed", "\N{MINUS SIGN}")):
            total = sum((line.amount for line in own if line.direction == way), Decimal(0))
            assert f"{sign}{grouped(abs(total), currency)}" in said
            assert f"{sum(line.findings for line in own if line.direction == way):,}" in said


def test_candidates_are_findings_and_suppressed_in_the_funnel_and_causes_add_up(made: Audit) -> None:
    slides = charts(deck(made))
    funnel = next(chart for chart in slides if [series.name for series in chart.series] == ["Findings", "Suppressed"])
    values = [sum(value or 0 for value in series.values) for series in funnel.series]
    assert values == [made.findings.found.num_rows, made.findings.table.num_rows - made.findings.found.num_rows]
    singles = [chart for chart in slides if [series.name for series in chart.series] == ["Findings"]]
    sums = [sum(chart.plots[0].series[0].values) for chart in singles]
    assert sums == [made.findings.found.num_rows] * 2, "causes, and decisions by state"


def test_many_currencies_and_controls_are_cut_and_the_rest_is_summed(snapshot: Snapshot) -> None:
    audit = Audit(snapshot, read_period(PERIOD))
    findings = synthetic.findings(400)
    place = findings.table.column_names.index("currency")
    codes = [f"C{number % 20:02}" for number in range(findings.table.num_rows)]
    table = findings.table.set_column(place, "currency", pa.array(codes)).cast(COLUMNS)
    audit.findings = replace(
        findings, table=table, funnel=tuple(count(line.control, 1, table) for line in findings.funnel)
    )
    slides = deck(audit)
    money = [chart for chart in charts(slides) if chart.series[0].name == "Over-billed"]
    assert len(money) == MOST_CURRENCIES
    assert "more currencies in summary.html" in slides.slides[1].notes_slide.notes_text_frame.text
    assert all(len(list(chart.plots[0].categories)) <= MOST_BARS for chart in charts(slides))


def test_nothing_found_gives_slides_that_say_so(snapshot: Snapshot) -> None:
    audit = Audit(snapshot, read_period(PERIOD))
    findings = synthetic.findings()
    nothing = COLUMNS.empty_table()
    audit.findings = replace(
        findings, table=nothing, funnel=tuple(count(line.control, 0, nothing) for line in findings.funnel)
    )
    said = [slide.shapes.title.text_frame.text for slide in deck(audit).slides]
    assert "There is no finding to decide on" in said
    assert not [chart for chart in charts(deck(audit)) if chart.series[0].name == "Over-billed"]


def test_hostile_names_are_text_and_nothing_in_the_workbooks_is_a_formula(audit: Audit) -> None:
    content = slides_of(audit)
    said = " ".join(text for slide in deck(audit).slides for text in texts(slide))
    assert '=HYPERLINK("http://x","y") Very Long Name' in said
    with zipfile.ZipFile(BytesIO(content)) as package:
        books = [name for name in package.namelist() if name.endswith(".xlsx")]
        assert books
        for name in books:
            for row in openpyxl.load_workbook(BytesIO(package.read(name))).active.iter_rows():  # type: ignore[union-attr]
                assert all(cell.data_type in {"s", "n"} for cell in row)
        assert not [name for name in package.namelist() if b'TargetMode="External"' in package.read(name)]


def test_no_text_is_wider_than_its_place(audit: Audit) -> None:
    slides = deck(audit)
    for slide in slides.slides:
        for shape in slide.shapes:
            assert shape.left >= 0 and shape.left + shape.width <= slides.slide_width
            assert shape.top >= 0 and shape.top + shape.height <= slides.slide_height
            for row in shape.table.rows if shape.has_table else ():
                for column, cell in zip(shape.table.columns, row.cells, strict=True):
                    runs = cell.text_frame.paragraphs[0].runs
                    wide = sum(width(run.text) * run.font.size.pt * 12_700 for run in runs)
                    lines = row.height / max((run.font.size for run in runs), default=row.height) / 1.2
                    assert wide <= (column.width - Inches(0.12)) * max(1, int(lines)), cell.text


def test_names_of_the_east_are_cut_by_width_and_marked_with_their_language(audit: Audit) -> None:
    assert cut("株式会社" * 10, 1, 12).endswith("\N{HORIZONTAL ELLIPSIS}")
    assert width(cut("株式会社" * 10, 1, 12)) <= 6
    assert cut("short\u202e name", 3, 12) == "short  name"
    named = Audit(audit.snapshot, audit.period, HOSTILE)
    named.findings = audit.findings
    named.__dict__["_facts"] = ({HOSTILE: "上海极光有限公司 株式会社オーロラ"}, {})
    runs = [
        (run.text, run._r.rPr.get("lang"))
        for shape in deck(named).slides[0].shapes
        if shape.has_text_frame
        for paragraph in shape.text_frame.paragraphs
        for run in paragraph.runs
    ]
    assert ("株式会社オーロラ", "ja-JP") in runs


def test_the_bytes_know_no_clock_and_fonts_are_everywhere(audit: Audit) -> None:
    content = slides_of(audit)
    assert slides_of(audit) == content
    assert settled(content, audit.period.end) == content
    with zipfile.ZipFile(BytesIO(content)) as package:
        assert {member.date_time for member in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        for name in package.namelist():
            part = package.read(name)
            faces = set(re.findall(rb'<a:latin typeface="([^"+]*)"', part))
            assert faces <= {b"Arial", b""}, f"{name} asks for {faces}"
    about = Presentation(BytesIO(content)).core_properties
    assert about.created is not None and about.created.date() == audit.period.end == date(2025, 4, 1)


@pytest.mark.prove
def test_the_month_before_is_compared_where_its_pack_is_given(snapshot: Snapshot, tmp_path: Path) -> None:
    (before,) = review(snapshot, PERIOD, tmp_path, entities=[PLAIN])
    audit = Audit(snapshot, read_period("2025-04"), PLAIN, against=before)
    slides = [slide for slide in deck(audit).slides if "against" in slide.shapes.title.text_frame.text]
    assert (
        slides[0].shapes.title.text_frame.text
        == f"1 new finding, 3 gone, 0 changed, 1 unchanged, against {before.name}"
    )
    drawn = next(shape.chart for shape in slides[0].shapes if shape.has_chart)
    assert list(drawn.series[0].values) == [1, 3, 0, 1]


def test_a_deck_is_read_by_an_office_program(audit: Audit, tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if not office:
        pytest.skip("LibreOffice is not on this machine")
    (tmp_path / "summary.pptx").write_bytes(slides_of(audit))
    own = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    words = [
        office,
        own,
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        str(tmp_path),
        str(tmp_path / "summary.pptx"),
    ]
    subprocess.run(words, capture_output=True, check=False, timeout=300)
    if not (tmp_path / "summary.pdf").is_file():
        pytest.skip("this LibreOffice has no Impress")
    assert len(pypdf.PdfReader(tmp_path / "summary.pdf").pages) == len(deck(audit).slides)
