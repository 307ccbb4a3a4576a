"""X-rays, settlements and topics say all that they show; what a program reads of them is the same in every language."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.language import gather
from tests.language.pseudo import OPEN, Pseudo, unsaid, words_of
from tests.pack_company import make_snapshot
from tests.planted_company import company
from tests.test_topics import shown as steps
from tests.test_xray_document import CHAIN, DAY, finding, found, write
from tests.test_xray_settlement import ROWS
from workbench.detect import run
from workbench.findings import Findings
from workbench.language import LANGUAGES, speaking
from workbench.schema import tables
from workbench.settlement import settlements
from workbench.settlement.codes import CODES, in_words, sense
from workbench.snapshot import Snapshot, open_snapshot
from workbench.topics import TOPICS, topic
from workbench.xray import Books, customer, settlement, xray
from workbench.xray.layout import parts

# Two candidates of each kind: on a line and on the document, a finding and one that is explained.
TOLD = found(
    finding(),
    finding(finding_id="f2", control_id="AUT-01", subject_table="invoices", subject_id="I1", suppressed_by="approved"),
)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    with Books(open_snapshot(write(tmp_path_factory.mktemp("spoken"), {**ROWS, **CHAIN}))) as kept:
        yield kept


def data_words(snapshot: Snapshot, findings: Findings) -> set[str]:
    """The words of the rows, of the findings and of the tables' names; nothing of what the project says itself."""
    # A sentence that is cut at its values shows the pseudo language's brackets at its ends only.
    known = words_of(tables()) | {"from"}
    for table in (findings.table, *(pq.read_table(file) for file in snapshot.folder.glob("*.parquet"))):
        for column in table.columns:
            if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
                known |= words_of(column.unique().to_pylist())
    return known


def outside(page: str, known: set[str]) -> list[str]:
    """What a page of the pseudo language did not say; words on both sides of a text that was said stay two words."""
    return unsaid(page.replace(OPEN, f" {OPEN}"), known)


@pytest.mark.parametrize("document", ["I1", "CM1", "DR1", "T2"])
def test_the_x_ray_of_a_document_says_all_of_it(books: Books, document: str) -> None:
    with speaking("ja", Pseudo()):
        pages = xray(books, document, TOLD).page(), xray(books, document).page()
    for page in pages:
        assert 'lang="ja"' in page
        assert outside(page, data_words(books.snapshot, TOLD)) == []


@pytest.mark.parametrize("name", ["C1", "C2"])
def test_the_x_ray_of_a_customer_says_all_of_it(books: Books, name: str) -> None:
    with speaking("ja", Pseudo()):
        pages = customer(books, name, TOLD, as_of=DAY).page(), customer(books, name, clock="dated").page()
    assert [outside(page, data_words(books.snapshot, TOLD)) for page in pages] == [[], []]


def test_settlements_say_all_of_it(books: Books) -> None:
    findings = run(books.snapshot, families=("settlement",), as_of=DAY)
    with speaking("ja", Pseudo()):
        pages = [settlement(books, key, findings).page() for key in ("S1", "S2", "S3")]
        review = settlements(books.snapshot, as_of=DAY)
        pages += [review._repr_html_(), review.payout("S2")._repr_html_(), review.lines("S1").html]
        pages += [review.of_partner("T1").html, review.orders_apart.html, review.freight_apart.html]
    known = data_words(books.snapshot, findings)
    assert [outside(page, known) for page in pages] == [[]] * len(pages)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name == "duplicates" else pytest.mark.prove) for name in TOPICS]
)
def test_a_topic_says_all_of_it(name: str, tmp_path: Path) -> None:
    snapshot = make_snapshot(tmp_path / "s") if name == "duplicates" else open_snapshot(company())
    with speaking("ja", Pseudo()):
        each = topic(name, snapshot)
        pages = [*steps(each), each.conclude(tmp_path / "out")._repr_html_()]
    # Codes of suppressions, ids of controls and names of columns stand in the funnel as they are.
    codes = [code for line in each.findings.funnel for code in line.suppressed]
    codes += [*each.controls, *(name for state in each.findings.not_run for name in state.missing)]
    known = data_words(snapshot, each.findings) | words_of(codes)
    assert [outside(page, known) for page in pages] == [[]] * len(pages)


def test_a_document_speaks_chinese_and_japanese(books: Books) -> None:
    with speaking("zh_CN"):
        shown = xray(books, "I1", TOLD)
        page, words = shown.page(), [event.words for event in shown.events]
    assert shown.bridge.waterfall.steps[0].words == "应开不含税金额"
    assert "已交货、按订单价格" in words and "承诺于2025-05-03前付款" in words
    for text in ("发票 N-1 (I1)", "价格与约定不符", "合同", "未清余额", "超过限额5.00 SGD", 'lang="zh-CN"'):
        assert text in page
    with speaking("ja"):
        page = xray(books, "CM1", TOLD).page()
    for text in ("貸方票 N-3 (CM1)", "N-1（I1、2025-03-06、税込143.00 SGD）への貸方票", "入力者と承認者が同一"):
        assert text in page


def test_a_customer_and_a_settlement_speak(books: Books) -> None:
    with speaking("ja"):
        assert "1件中1件を履行" in customer(books, "C1", TOLD, as_of=DAY).page()
        steps = settlement(books, "S2").steps
    assert [step.words for step in steps.differences] == ["計算と合わない正味額"]
    with speaking("zh_CN"):
        page = settlement(books, "S2")._repr_html_()
    assert "差额：无法推算的净额 -5.00 SGD。" in page and "未提供发现" in page


def test_a_conclusion_is_the_same_data_in_every_language_and_reads_in_its_own(tmp_path: Path) -> None:
    each = topic("duplicates", make_snapshot(tmp_path / "s"))
    written = {}
    for name in LANGUAGES:
        with speaking(name):
            data, text = each.conclude(tmp_path / name).files
        written[name] = data.read_bytes()
        assert text.read_text(encoding="utf-8").startswith({"en": "# Dup", "zh_CN": "# 重复", "ja": "# 重複"}[name])
    assert written["zh_CN"] == written["ja"] == written["en"]


def test_a_word_with_several_senses_shows_the_word_alone() -> None:
    assert (sense("open#amount"), in_words("open"), in_words("on_account"), in_words(None)) == (
        "open", "open", "on_account", "",
    )  # fmt: skip
    with speaking("zh_CN"):
        assert (sense("open#amount"), in_words("open"), in_words("no such code")) == (
            "未清金额",
            "未结",
            "no such code",
        )


@pytest.mark.parametrize("name", [name for name in LANGUAGES if name != "en"])
def test_no_translation_shows_the_sense(name: str) -> None:
    catalogue = gather.catalogue_of("views", name)
    assert [message.id for message in catalogue if message.id and "#" in str(message.string)] == []
    assert all(catalogue.get(code) for code in CODES)


def test_a_sentence_is_cut_at_its_values_in_the_order_of_the_language() -> None:
    assert parts("to {a} from {b}", a="X", b="") == ["to", "X", "from"]
    assert parts("{b}·{a}発", a="X", b="Y") == ["Y", "·", "X", "発"]
