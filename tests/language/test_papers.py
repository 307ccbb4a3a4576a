"""PDF, slides, workbooks, comparisons and a customer's pack speak the reader's language; their evidence does not."""

from __future__ import annotations

import json
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pypdf
import pytest
from click.testing import CliRunner
from lxml import html
from pptx import Presentation
from pptx.util import Inches

from tests import synthetic
from tests.language.pseudo import CLOSE, OPEN, Pseudo, known_words, unsaid, without_brackets, words_of
from tests.pack_company import PERIOD, make_snapshot
from tests.quick_pack import audit_of, changed, quick_pack
from workbench.language import LANGUAGES, speaking
from workbench.pack.audience import review_customers
from workbench.pack.compare_command import command
from workbench.pack.comparing import Comparison, compare
from workbench.pack.comparing.pages import as_text, page
from workbench.pack.comparing.records import as_json
from workbench.pack.pdf import pdf_data, pdf_of
from workbench.pack.pdf.signs import covered, spelt
from workbench.pack.scope import read_period
from workbench.pack.slides.parts import slides_of
from workbench.pack.work import Audit
from workbench.pack.workbook import write_workbook
from workbench.snapshot import Snapshot

OWN = "=C14"
FACES = {"zh_CN": ("zh-CN", "Microsoft YaHei"), "ja": ("ja-JP", "Meiryo")}
# Names of files, codes of data and commands stand as they are in every language.
CODES = words_of(
    "summary.html findings.xlsx parameters.json manifest.json python verify.py pack snapshot SHA-256 invoices "
    "invoice_lines receipts applications open credit_memo over under billed at risk SGD JPY net amount not is".split()
)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return make_snapshot(tmp_path_factory.mktemp("papers") / "snapshot")


@pytest.fixture(scope="module")
def made(snapshot: Snapshot) -> Audit:
    """An audit of a made-up run: three currencies, four controls."""
    audit = Audit(snapshot, read_period(PERIOD))
    audit.findings = synthetic.findings()
    return audit


@pytest.fixture(scope="module")
def packs(snapshot: Snapshot) -> tuple[Path, Path]:
    """A pack and one of the same month after its data changed."""
    place = snapshot.folder.parent
    sql = (
        "update invoices set net_amount = 1450, gross_amount = 1450 where invoice_id = 'A-14'",
        "update invoices set net_amount = 123456, gross_amount = 123456 where invoice_id = 'A-15'",
        "update invoices set net_amount = 1350, gross_amount = 1350 where invoice_id = 'A-13'",
    )
    later = changed(snapshot, place / "later", *sql)
    return quick_pack(audit_of(snapshot), place / "one" / "A"), quick_pack(audit_of(later), place / "two" / "B")


@pytest.fixture(scope="module")
def comparison(packs: tuple[Path, Path]) -> Comparison:
    return compare(*packs)


def left_out(page: str, known: set[str]) -> list[str]:
    """Texts of a page that were not said; code in the middle of one does not cut it, and a fingerprint is no word."""
    return unsaid(re.sub("<code.*?</code>|[0-9a-f]{16,64}", "", page), known | CODES)


def test_a_comparison_says_all_of_it(comparison: Comparison, snapshot: Snapshot) -> None:
    with speaking("ja", Pseudo()):
        said = page(comparison)
    known = known_words(snapshot, comparison.before.table, comparison.after.table)
    assert left_out(said, known) == []


def test_a_comparison_for_a_program_or_a_terminal_is_english(comparison: Comparison) -> None:
    told = as_text(comparison), json.dumps(as_json(comparison))
    with speaking("zh_CN"):
        assert (as_text(comparison), json.dumps(as_json(comparison))) == told


@pytest.mark.parametrize(("name", "words"), [("zh-Hans", "两份审计包的比较"), ("ja_JP", "二つのパックの比較")])
def test_compare_writes_the_page_in_the_language_asked_for(
    packs: tuple[Path, Path], tmp_path: Path, name: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The option stays in the environment, as it should for whatever a command starts.
    monkeypatch.setenv("WORKBENCH_LANGUAGE", "en")
    out = tmp_path / "changes.html"
    done = CliRunner().invoke(command, [*map(str, packs), "--out", str(out), "--language", name])
    assert done.exit_code == 0, done.output
    assert "What differs: data." in done.output
    assert words in out.read_text(encoding="utf-8")


def texts_of(deck: Any) -> list[str]:
    """Every text of a presentation: shapes, tables, charts, notes, descriptions."""
    found = []
    for slide in deck.slides:
        for shape in slide.shapes:
            found.append(shape._element.xpath("string(.//p:cNvPr/@descr)"))
            if shape.has_text_frame:
                found.append(shape.text_frame.text)
            if shape.has_table:
                found += [cell.text for row in shape.table.rows for cell in row.cells]
            if shape.has_chart:
                found += [*shape.chart.plots[0].categories, *(series.name for series in shape.chart.series)]
        found.append(slide.notes_slide.notes_text_frame.text)
    return [text for text in found if text]


def test_slides_say_all_of_it(made: Audit, snapshot: Snapshot) -> None:
    with speaking("ja", Pseudo()):
        texts = texts_of(Presentation(BytesIO(slides_of(made))))
    reasons = known_words(snapshot, made.findings.table) | CODES
    # A text that is cut to its place loses the bracket at its end.
    outside = [without_brackets(text + CLOSE * (text.count(OPEN) - text.count(CLOSE))) for text in texts]
    assert [text for text in outside if words_of([text]) - reasons] == []


@pytest.mark.parametrize("name", FACES)
def test_slides_name_their_language_and_a_typeface_that_has_its_signs(made: Audit, name: str) -> None:
    with speaking(name):
        deck = Presentation(BytesIO(slides_of(made)))
    language, face = FACES[name]
    assert deck.core_properties.language == language
    xml = "".join(shape._element.xml for slide in deck.slides for shape in slide.shapes)
    east = re.findall(r'lang="([^"]+)" altLang="en-US"', xml)
    assert set(east) == {language}
    assert xml.count(f'<a:ea typeface="{face}"/>') >= len(east)
    for slide in deck.slides:
        for shape in slide.shapes:
            assert shape.top + shape.height <= Inches(7.5), shape.name
            assert shape.left + shape.width <= Inches(13.34), shape.name


def test_the_pdf_names_its_language_and_has_a_sign_for_every_text(made: Audit) -> None:
    with speaking("ja"):
        data = pdf_data(made)
        document = pypdf.PdfReader(BytesIO(pdf_of(data)))
    assert document.trailer["/Root"]["/Lang"] == "ja"
    assert {block["kind"] for block in data["blocks"]} >= {"bars"}, "pictures of money are drawn for paper"
    first = document.pages[0].extract_text()
    assert "請求監査パック" in first
    assert "パック" in first.splitlines()[-1]
    assert "[U+" not in first


def test_every_translation_can_be_printed() -> None:
    from tests.language import gather

    for name in set(LANGUAGES) - {"en"}:
        for domain in ("base", "controls", "figures", "pack", "papers"):
            for message in gather.catalogue_of(domain, name):
                text = "".join(message.string) if not isinstance(message.string, str) else message.string
                assert covered().issuperset(map(ord, text)), text


def test_han_signs_take_the_form_of_the_language() -> None:
    assert spelt("直行") == [("直行", "zh")]
    with speaking("ja"):
        assert spelt("直行") == [("直行", "ja")]
        assert spelt("한국") == [("한국", "ko")]
    with speaking("zh_CN"):
        assert spelt("オーロラ直行") == [("オーロラ直行", "ja")]


def test_the_workbook_explains_its_english_heads(made: Audit, tmp_path: Path) -> None:
    written = {}
    for name in ("en", "ja"):
        with speaking(name):
            write_workbook(made, tmp_path / f"{name}.xlsx")
        written[name] = openpyxl.load_workbook(tmp_path / f"{name}.xlsx")
    english, japanese = (book["Findings"] for book in (written["en"], written["ja"]))
    assert written["en"].sheetnames == written["ja"].sheetnames
    assert [[cell.value for cell in row] for row in english] == [[cell.value for cell in row] for row in japanese]
    assert [cell.comment for cell in english[1] if cell.comment] == []
    assert [cell.comment.text for cell in japanese[1]][:3] == ["統制", "重要度", "検出事項ID"]
    assert [cell.value for cell in written["ja"]["Parameters"][1]] == [
        "統制", "パラメーター", "値", "既定値", "単位", "理由",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def customers(snapshot: Snapshot) -> tuple[Path, Path]:
    """The same customer's pack in English and in a language whose every text stands in brackets."""
    place = snapshot.folder.parent
    (english,) = review_customers(snapshot, PERIOD, place / "english", [OWN])
    with speaking("ja", Pseudo()):
        (spoken,) = review_customers(snapshot, PERIOD, place / "spoken", [OWN])
    return english, spoken


def test_a_customer_reads_its_language_and_gets_the_same_evidence(customers: tuple[Path, Path]) -> None:
    english, spoken = customers
    for name in ("findings.parquet", "funnel.json", "sources.json", "verify.py"):
        assert (english / name).read_bytes() == (spoken / name).read_bytes(), name
    assert json.loads((spoken / "parameters.json").read_text(encoding="utf-8"))["language"] == "ja"
    assert html.fromstring((spoken / "summary.html").read_text(encoding="utf-8")).get("lang") == "ja"
    heads = [cell.value for cell in openpyxl.load_workbook(spoken / "findings.xlsx")["Findings"][1]]
    assert heads[:2] == ["⟦Control⟧", "⟦Question⟧"]
    told = (spoken / "README.txt").read_text(encoding="utf-8")
    assert told.startswith(OPEN)
    assert (english / "README.txt").read_text(encoding="utf-8") in told


def test_a_customers_page_says_all_of_it(customers: tuple[Path, Path], snapshot: Snapshot) -> None:
    found = pq.read_table(customers[1] / "findings.parquet")
    said = (customers[1] / "summary.html").read_text(encoding="utf-8")
    assert left_out(said, known_words(snapshot, found)) == []
