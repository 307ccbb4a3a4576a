"""A list that is taken in says all that it shows; the file's own headings and values stay what they are."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

import pytest

from tests.language import gather
from tests.language.pseudo import Pseudo, unsaid, words_of
from workbench.detect import run
from workbench.errors import WorkbenchError
from workbench.findings import Findings
from workbench.intake import Intake, first_finding, intake, unlocks
from workbench.intake.books import NOTES, Books
from workbench.intake.columns import exports, fields
from workbench.intake.copying import WHY_COPIED
from workbench.intake.field_words import MESSAGES, field_in_words
from workbench.intake.unlocking import MEANINGS, meaning
from workbench.language import LANGUAGES, speaking
from workbench.markup import words_of_name
from workbench.schema import tables
from workbench.settings import QUERIES
from workbench.workspace import example_folder

UNCLEAR = "Liste\n\nInvoice No;Date;Customer;Item;Amount;Remark\n1;03/04/2024;C;A;2,500;x\n2;05/06/2024;C;A;1,500;y\n"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Intake, Books, Findings]]:
    """The list of the example company, which all tests share, taken in and loaded in a workspace of its own."""
    company, workspace = example_folder(), tmp_path_factory.mktemp("workspace")
    (workspace / company.name).symlink_to(company)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_WORKSPACE", str(workspace))
        taken = intake()
        books = taken.load()
        yield taken, books, run(books, ids=("OCC-01",))


@pytest.fixture
def unclear(tmp_path: Path) -> Intake:
    """A folder in which much is left to be said."""
    (tmp_path / "Umsatz.csv").write_text(UNCLEAR, encoding="utf-8")
    (tmp_path / "preise.csv").write_text("Artikel,Preis,Gültig ab\nA-1,12.5,2024-01-01\n", encoding="utf-8")
    (tmp_path / "junk.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    return intake(tmp_path, invoice="")


def in_words(*shown: object) -> str:
    """What is shown as HTML and as text, on one page."""
    return "".join(f"{each._repr_html_()}<p>{escape(repr(each))}</p>" for each in shown)  # type: ignore[attr-defined]


def data_words(taken: Intake) -> set[str]:
    """The headings and values of the lists that were taken in, the names of their files, and the currency."""
    headings = [each for sheet in taken.sheets for each in sheet.headings]
    known = words_of([*(each.text for each in headings), *(value for each in headings for value in each.values)])
    return known | words_of([*(sheet.name for sheet in taken.sheets), *taken.aside, *taken.constants["currency"][:1]])


def test_the_sample_says_all_of_it(sample: tuple[Intake, Books, Findings]) -> None:
    taken, books, findings = sample
    nothing = run(books, ids=("ACC-01",))
    assert nothing.found.num_rows == 0
    with speaking("ja", Pseudo()):
        page = in_words(taken, books, first_finding(findings, books), first_finding(nothing, books), unlocks(books))
    # A refused row stands as it came, a reason as the control's SQL wrote it; a control has its id beside its title.
    known = data_words(taken) | words_of(findings.found["reason"].to_pylist()) | words_of(findings.found["control_id"])
    # The first values of a column are cut where they grow long.
    known |= words_of([*(raw for *_, raw in books.refused()), "example.inva"])
    known |= words_of(state.control.id for state in books.ready)
    assert unsaid(page, known) == []


def test_what_is_left_to_be_said_is_said_in_the_language(unclear: Intake) -> None:
    with speaking("ja", Pseudo()):
        page = in_words(unclear)
    assert unsaid(page, data_words(unclear)) == []
    with speaking("zh_CN"):
        text = repr(unclear)
    assert "须指定发票号码：wb.intake(file, invoice=\"其中一个标题\")" in text  # fmt: skip
    assert "preise.csv：1行3列，按价目表读取；utf-8，以逗号分隔；小数点为句点；" in text
    with speaking("ja"), pytest.raises(WorkbenchError, match="does not say invoice numbers; its headings are"):
        unclear.load()


def test_the_sample_speaks_chinese_and_japanese(sample: tuple[Intake, Books, Findings]) -> None:
    taken, books, findings = sample
    with speaking("zh_CN"):
        said, page = repr(books), first_finding(findings, books).html
        assert "  Corrects → original_invoice（原发票）：确定\n" in repr(taken)
    assert "读取1,720行 = 发票行1,718行 + 拒收2行；单据791张，另有2张无法完整读取，客户56个" in said
    assert "第62行：quantity为“two”，不是数量（最多12位，6位小数）\n" in said
    assert ">Customer name</th>" in page and ">Order</th>" in page
    with speaking("ja"):
        said, page = repr(books), first_finding(findings, books).text
    assert "1721行目：invoice_dateが空；quantityが空；unit_priceが空\n" in said
    assert page.startswith("OCC-01 請求書の二重発行：SG-2024-0000838 of 2024-07-18 and ")
    assert "過大請求 16,979.95 SGD\ninvoice lines.csv、4行目：SG-2024-0000883 | " in page


def test_a_refused_value_with_a_semicolon_stands_as_it_is(sample: tuple[Intake, Books, Findings]) -> None:
    from workbench.intake.books import _told

    with speaking("ja"):
        assert _told("quantity is 'a; b', which is no whole number") == "quantity is 'a; b', which is no whole number"
        assert _told("net is empty; tax is 'x', which is no whole number") == "netが空；taxが「x」で、整数ではない"


def test_every_field_and_table_and_note_has_its_words() -> None:
    names = {name for export in exports() for name in fields(export)}
    assert {words_of_name(name) for name in names} == MESSAGES.keys()
    assert {meaning(name) for name in tables()} == set(MEANINGS)
    notes = (QUERIES / "1_sources" / "invoice_list").glob("note_*.sql")
    assert {file.read_text(encoding="utf-8").split("note: ")[1].split("\n")[0] for file in notes} == set(NOTES)
    assert field_in_words("invoice_date") == "invoice date"


@pytest.mark.parametrize("name", [name for name in LANGUAGES if name != "en"])
def test_no_translation_shows_the_sense(name: str) -> None:
    catalogue = gather.catalogue_of("intake", name)
    assert [message.id for message in catalogue if message.id and "#" in str(message.string)] == []
    assert all(catalogue.get(why).string for why in WHY_COPIED)
