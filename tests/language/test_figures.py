"""Receivables, figures, screens and sampling papers speak on pages; terminals, JSON and tables are English."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.language.pseudo import Pseudo, known_words, unsaid
from tests.pack_company import PERIOD, make_snapshot
from workbench.figures import catalogue as figure_files
from workbench.figures.run import figures
from workbench.figures.section import section_html as figures_html
from workbench.language import speaking
from workbench.language.retelling import joined, listed, retold, retold_clauses, together
from workbench.receivables import export, identities
from workbench.receivables.items import receivables
from workbench.receivables.movement import roll_forward
from workbench.receivables.notes import Note
from workbench.receivables.restatement import restated
from workbench.receivables.section import section_html as receivables_html
from workbench.receivables.section import section_text
from workbench.receivables.statements import statement
from workbench.sampling.paper import PAPER, open_paper, sample_evaluate, sample_select
from workbench.sampling.sources import sample_population
from workbench.screens import catalogue as screen_files
from workbench.screens.run import screens
from workbench.screens.section import section_html as screens_html
from workbench.snapshot import Snapshot

DAY = date(2025, 3, 31)
HASH = re.compile("[0-9a-f]{16,64}")
# Ids of figures and screens stand beside their titles.
IDS = {"fig", "scr"}


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return make_snapshot(tmp_path_factory.mktemp("figures") / "snapshot")


MADE: dict[str, Callable[[Snapshot], Any]] = {
    "open items": lambda books: receivables(books, DAY, currency="SGD"),
    "on two days": lambda books: receivables(books, [date(2020, 1, 31), DAY], clock="dated", by="document"),
    "roll-forward": lambda books: roll_forward(books, date(2025, 3, 1), date(2025, 4, 1)),
    "statement": lambda books: statement(books, "=C14", DAY),
    "restatement": lambda books: restated(books, books, PERIOD, clock="dated", known_then=date(2025, 3, 15)),
    "figures": lambda books: figures(books, period=PERIOD, by="entity", currency="SGD"),
    "screens": lambda books: screens(books, period=PERIOD),
}


@pytest.mark.parametrize("name", MADE)
def test_a_notebook_and_a_pack_say_all_of_it(snapshot: Snapshot, name: str) -> None:
    found = MADE[name](snapshot)
    section = {"figures": figures_html, "screens": screens_html}.get(name, receivables_html)
    with speaking("ja", Pseudo()):
        pages = (found._repr_html_(), section(found))
    known = known_words(snapshot) | IDS
    assert [unsaid(f"<div>{page}</div>", known) for page in pages] == [[], []]


def test_a_ledger_that_does_not_tie_is_told_in_the_language() -> None:
    row = {"as_of": DAY, "entity_id": "E1", "currency": "SGD"}
    note = "; ".join([identities.BOUNCED.format(amount="5.00"), identities.NO_LINE])
    failing = identities.equation(identities.LEDGER, row, 1, 2, note)  # type: ignore[arg-type]
    with speaking("ja", Pseudo()):
        assert unsaid(f"<p>{retold_clauses(failing.note, identities.NOTES)}</p>") == []
    with speaking("zh_CN"):
        assert retold_clauses(note, identities.NOTES) == (
            "5.00 由已冲销的收款核销（OCC-08）：此处为未清，在 COM-07 中为已结清；截至该日总账中没有该币种的应收明细行"
        )


def test_contradictions_are_told_as_a_reader_of_the_language_counts_them() -> None:
    note = Note("application_of_both", "SGD", 2, None, ("A1", "A2"))
    english = "2 applications that name both a receipt and a credit memo (the credit memo is taken): A1, A2."
    assert note.sentence == english
    with speaking("ja"):
        assert note.sentence == "入金と貸方票の両方を示す消込（貸方票を採る）2件：A1, A2。"


def test_a_terminal_and_a_program_read_english(snapshot: Snapshot) -> None:
    texts, files = [], []
    for language in ("en", "ja"):
        with speaking(language):
            found = receivables(snapshot, DAY, currency="SGD")
            shown = figures(snapshot, period=PERIOD, ids=["dso_count_back", "concentration"])
            texts.append((section_text(found), shown.as_text(), str(screens(snapshot, ids=("SCR-04",)))))
            files.append((export.as_json(found), shown.values))
    assert texts[0] == texts[1]
    assert files[0] == files[1]


def test_figures_in_two_languages(snapshot: Snapshot) -> None:
    found = figures(snapshot, period=PERIOD, ids=["dso"])
    for language, title, unit in (("zh_CN", "应收账款周转天数", "币种"), ("ja", "売上債権回転日数", "通貨")):
        with speaking(language):
            page = figures_html(found, trends=False)
        assert f"<h3>FIG-11 {title}</h3>" in page
        assert f'<th scope="col" class="text">{unit}</th>' in page


def test_every_text_of_the_sql_is_in_the_catalogues() -> None:
    for name in ("zh_CN", "ja"):
        with speaking(name):
            for text in (*figure_files.texts(), *screen_files.texts()):
                if not text.isascii() or " " in text:
                    assert retold(text, (text,)) != text, "run: make messages"


def paper_in(folder: Path, method: str) -> Path:
    lines = [f"INV{n:03},{(n * 7919) % 9973 + 1}.25,SGD" for n in range(200)]
    books = folder.parent / f"{folder.name}.csv"
    books.write_text("\n".join(["item_id,book_value,currency", *lines]) + "\n", encoding="utf-8")
    expected = {"attribute": ("5", "1")}.get(method, ("90000", "1000"))
    asked = {"tolerable": expected[0], "expected": expected[1], "seed": 7}
    sample_select(sample_population(books), method=method, out=folder, **asked)
    with (folder / "sample.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for place, row in enumerate(rows):
        if "deviation" in row:
            row["deviation"] = "yes" if place == 3 else "no"
        else:
            row["audited_value"] = "0.25" if place == 3 else row["book_value"]
    with (folder / "sample.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    sample_evaluate(folder, bound="cell" if method == "mus" else "")
    return folder


@pytest.mark.parametrize("method", ["attribute", "mus", "random", "stratified"])
def test_a_paper_speaks_on_its_page_and_stays_english_as_evidence(tmp_path: Path, method: str) -> None:
    english = paper_in(tmp_path / "same", method)
    kept, other = (english / PAPER).read_bytes(), tmp_path / "ja" / "same"
    other.parent.mkdir()
    with speaking("ja", Pseudo()):
        spoken = paper_in(other, method)
        page = (spoken / "paper.html").read_text(encoding="utf-8")
    assert (spoken / PAPER).read_bytes() == kept
    assert '<html lang="ja">' in page
    assert [text for text in unsaid(page, KEPT) if not HASH.fullmatch(text)] == []


# Names of methods, columns and packages are what commands and files call them; INV are ids, csv is a file.
KEPT = {
    "attribute", "mus", "random", "stratified", "binomial", "poisson", "stringer", "interval", "mean", "per", "unit",
    "item", "book", "value", "csv", "same", "inv", "sgd", "beta", "ppf", "gamma", "ceil", "sha", "counter", "billing",
    "workbench", "python", "scipy", "high", "none", "positive", "all",
}  # fmt: skip


def test_an_old_paper_is_read_in_any_language(tmp_path: Path) -> None:
    paper = open_paper(paper_in(tmp_path / "paper", "mus"))
    with speaking("zh_CN"):
        page = paper._repr_html_()
    assert "样本不支持总体的正数部分不存在重大错报的结论。" in page
    assert "<p>抽取后的更改：bound 确定为 stringer，评价时为 cell。</p>" in page
    assert '<th scope="col">层</th>' in page


def test_a_text_is_told_again_by_the_message_it_was_made_of() -> None:
    messages = ("{one} of {many}", "{count} rows of {many}", "because {why}", "it rains")
    assert retold("3 rows of 9", messages) == "3 rows of 9"
    with speaking("ja", Pseudo()):
        assert retold("3 rows of 9", messages) == "⟦3 rows of 9⟧"
        assert retold("3 columns", messages) == "3 columns"
        assert retold("because it rains", messages, ("why",)) == "⟦because ⟦it rains⟧⟧"
        assert retold_clauses("it rains; it pours", messages) == "⟦it rains⟧⟦; ⟧it pours"
        assert (joined([]), together([]), listed(["a"])) == ("", "", "a")
