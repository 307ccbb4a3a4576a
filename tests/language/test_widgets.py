"""Widgets, causes and the cash desk say all they say in the reader's language; ids, codes and data stay as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests import synthetic
from tests.language.pseudo import Pseudo, known_words, unsaid, words_of
from tests.matching_items import item, matched
from tests.test_causes import line, shop
from workbench.app import heading, pages, words_of_pages
from workbench.app_command import command
from workbench.cash import Counter, Desk
from workbench.causes import Causes, causes
from workbench.detect import run
from workbench.findings import Findings
from workbench.language import LANGUAGES, speaking
from workbench.language.catalogues import page_texts
from workbench.settings import NOTEBOOKS
from workbench.snapshot import Snapshot
from workbench.widgets.catalogue import catalogue, question
from workbench.widgets.exploration import Exploration, explore
from workbench.widgets.loading import load_folder
from workbench.widgets.tables import funnel_table, readiness_table
from workbench.widgets.view import COLUMNS

OTHERS = [name for name in LANGUAGES if name != "en"]
CUSTOMERS = "customer_id,name,status,opened_on,parent_id\nC-1,Aurora,active,2024-01-31,C-9\nC-2,Cedar,odd,2024-02-30,\n"
# What a page sends and is sent that nobody reads, and what is code to copy.
OFFERED = ("states", "remedies", "root_causes")
NOT_READ = {"view", "widths", "name", "value", "code", "xray_code", "state", "page", "level", "file", "document"}


@pytest.fixture(scope="module")
def findings() -> Findings:
    return synthetic.findings(200)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return synthetic.snapshot(tmp_path_factory.mktemp("books"))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A shop that bills one customer too much."""
    lines = [line("C1", f"P{number}", "12.00") for number in range(8)]
    lines += [line(f"C{number}", "P9", "10.00") for number in range(2, 60)]
    return shop(tmp_path_factory.mktemp("shop") / "s", lines)


@pytest.fixture(autouse=True)
def own_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKBENCH_MODE", raising=False)
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setenv("WORKBENCH_USER", "U-1")


def counter() -> Counter:
    left = [item("R0", "5", of="C0"), item("R1", "70"), item("R2", "70")]
    right = [item("I0", "5", "INV-0", of="C0"), item("I1", "70", "INV-1"), item("I2", "70", "INV-2")]
    return Counter(Desk(replace(matched(left, right), as_of=date(2025, 3, 31)), key="k"))


def caused(store: Snapshot) -> Causes:
    return causes(run(store, ids=("ACC-03",)), store)


def known(snapshot: Snapshot, findings: Findings) -> set[str]:
    """The words of the data, and of the made-up controls over it."""
    controls = [line.control.text for line in findings.funnel]
    return known_words(snapshot, findings.table) | words_of([*controls, *findings.table.column_names])


def read(value: Any) -> Iterator[str]:
    """All texts that a page is given to show, as HTML."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from read(part) if name not in NOT_READ else ()
    elif isinstance(value, list | tuple):
        for part in value:
            yield from read(part)
    elif isinstance(value, str):
        yield f"<p>{escape(value)}</p>"


def opened(findings: Findings, books: Snapshot) -> Exploration:
    investigation = explore(findings, books, causes=())
    investigation.show(suppressed=True)
    investigation.select_first()
    return investigation


def test_the_explorer_and_the_panel_say_nothing_past_the_catalogue(findings: Findings, books: Snapshot) -> None:
    with speaking("ja", Pseudo()):
        investigation = opened(findings, books)
        live = investigation.live
        investigation.decide(state="accepted", remark="small", by="U-1")
        static = investigation.static_html()
        desk = {**live.panel.desk, **{part: [words for _, words in live.panel.desk[part]] for part in OFFERED}}
        shown = "".join(read([live.explorer.opening, live.explorer.columns, live.panel.shown, desk]))
        investigation.show(customer="nobody")
        empty = investigation.static_html()
    data = known(books, findings) | {"small"}
    assert unsaid(static, data) == []
    assert unsaid(empty, data) == []
    assert unsaid(f"<div>{shown}</div>", data) == []


def test_tables_of_a_run_and_of_a_load_say_nothing_past_the_catalogue(
    findings: Findings, books: Snapshot, tmp_path: Path
) -> None:
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports/customers.csv").write_text(CUSTOMERS, encoding="utf-8")
    with speaking("ja", Pseudo()):
        shown = [funnel_table(findings).html, readiness_table(findings.not_run), catalogue("accuracy").html]
        shown += [question("ACC-03").html.partition("<details>")[0]]
        load = load_folder(str(tmp_path / "exports"), out=str(tmp_path / "books"))._repr_html_()
    data = known(books, findings)
    assert unsaid("<hr>".join(shown), data) == []
    assert unsaid(load, data | words_of([CUSTOMERS, "customers.csv rejects"])) == []


def test_causes_say_nothing_past_the_catalogue(store: Snapshot) -> None:
    with speaking("ja", Pseudo()):
        found = caused(store)
        why = found.why()
        pictures = [why.pareto(), found.heat(), found.heat("product", "month"), found.trend()]
        shown = [found._repr_html_(), why._repr_html_(), *(picture.html for picture in pictures)]
        lines = [str(found), repr(why), *why.labels, *(repr(picture) for picture in pictures)]
        drawn = [json.dumps(picture.figure.get("layout"), ensure_ascii=False) for picture in pictures]
    data = known_words(store, found.findings.table if found.findings else ())
    assert unsaid("<hr>".join(shown), data) == []
    assert unsaid("".join(read(lines)), data) == []
    assert all("⟦" in layout for layout in drawn)


def test_the_cash_desk_says_nothing_past_the_catalogue() -> None:
    with speaking("ja", Pseudo()):
        desk = counter()
        desk.accept(str(desk.desk.matching.proposals["match_id"][0]))
        desk.refuse("R0", "asked")
        static, view = desk.static_html(), "".join(read(desk.view()))
        static += desk.desk.receipt("R1").html + desk.desk.without_match.html
        desk._hear(None, {"kind": "accept", "name": str(desk.desk.matching.proposals["match_id"][1])}, [])
        said = desk.said
    table = desk.desk.matching.matches
    data = words_of(value for row in table.to_pylist() for value in row.values()) | {"asked", "inv"}
    assert unsaid(static, data) == []
    assert unsaid(f"<div>{view}</div>", data) == []
    assert "⟦" in said


def test_the_page_of_pages_says_nothing_past_the_catalogue() -> None:
    with speaking("ja", Pseudo()):
        words = words_of_pages(NOTEBOOKS)
    assert all(words[name].startswith("⟦") for name in ("intro", "all_pages", "pages", "cell"))


def test_pages_are_called_by_their_headings(tmp_path: Path) -> None:
    with speaking("ja"):
        folder = pages()
        words = words_of_pages(folder)
    assert folder == tmp_path / "workspace/pages-ja"
    notebook = json.loads((folder / "0_start_here.ipynb").read_text(encoding="utf-8"))
    assert words["headings"]["0_start_here.ipynb"] == notebook["metadata"]["title"] == heading(notebook) != ""
    assert words["language"] == "ja"


@pytest.mark.parametrize(
    ("name", "severity", "money", "remedy"),
    [("zh_CN", "高", "多开票", "坏账核销："), ("ja", "高", "過大請求", "貸倒償却：")],
)
def test_a_screen_in_another_language(
    findings: Findings, books: Snapshot, name: str, severity: str, money: str, remedy: str
) -> None:
    with speaking(name):
        investigation = opened(findings, books)
        live, static = investigation.live, investigation.static_html()
    facets = {facet["name"]: facet for facet in live.explorer.opening["facets"]}
    assert [entry["value"] for entry in facets["severity"]["values"]] == ["high", "medium", "low"]
    assert facets["severity"]["values"][0]["label"] == severity
    assert money in [entry["label"] for entry in facets["direction"]["values"]]
    code, words = live.panel.desk["remedies"][2]
    assert (code, words.startswith(remedy)) == ("write_off", True)
    row = live.explorer.opening["rows"][0]
    assert (row["level"], row["severity"], row["control"]) == ("high", severity, "ACC-03")
    assert f'lang="{name.replace("_", "-")}"' in static
    assert live.explorer.spoken == {"language": name.replace("_", "-"), "texts": page_texts(name)}
    assert live.explorer.view.code("findings", "books") == "wb.explore(findings, books, view={'suppressed': True})"


@pytest.mark.parametrize("name", OTHERS)
def test_no_two_columns_are_called_the_same(findings: Findings, books: Snapshot, name: str) -> None:
    with speaking(name):
        columns = explore(findings, books, causes=()).live.explorer.columns
    assert list(columns) == list(COLUMNS)
    assert len(set(columns.values())) == len(COLUMNS)


def test_what_is_kept_is_the_same_in_every_language(findings: Findings, books: Snapshot, store: Snapshot) -> None:
    records, names, answers = [], [], []
    for name in LANGUAGES:
        with speaking(name):
            records.append(json.dumps(opened(findings, books).record()))
            names.append([cause.short for cause in caused(store).causes])
            answers.append([row["state"] for row in counter().desk.rows()])
    assert len(set(records)) == 1
    assert names[0] and names.count(names[0]) == len(names)
    assert answers.count(answers[0]) == len(answers)


def test_a_language_that_nobody_speaks_here_is_said_before_anything_starts() -> None:
    result = CliRunner().invoke(command, ["--language", "fr", "--no-browser"])
    assert "There is no language 'fr'" in str(result.exception)


def test_english_widgets_carry_no_texts() -> None:
    with speaking("en"):
        desk = counter()
        desk._ipython_display_()
    assert desk.static_html().startswith('<div class="workbench wbc-static">')
    assert desk._widget is not None
    assert desk._widget.spoken == {"language": "en", "texts": {}}
