"""The pages and the workbook of a pack: they foot, they say what is missing, and hostile text stays text."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests import synthetic
from tests.pack_company import HOSTILE, MARK, NAMES, PERIOD, PLAIN, make_snapshot
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.findings import COLUMNS, Findings, count
from workbench.pack import audit as open_audit
from workbench.pack.chart import bars
from workbench.pack.html import Page, money, table, text
from workbench.pack.scope import read_period, safe_name
from workbench.pack.summary import summary_page
from workbench.pack.work import Audit
from workbench.pack.workpaper import Workpaper, funnel_json
from workbench.snapshot import Snapshot, write_manifest


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    return make_snapshot(tmp_path / "snapshot")


@pytest.fixture
def audit(snapshot: Snapshot) -> Audit:
    """An audit of a made-up run: 200 candidates in three currencies, with reasons that try to do harm."""
    made = Audit(snapshot, read_period(PERIOD))
    made.findings = synthetic.findings()
    return made


def of(findings: Findings, rows: pa.Table) -> Findings:
    """The same run with other candidates."""
    funnel = tuple(count(line.control, line.examined, rows) for line in findings.funnel)
    return replace(findings, table=rows, funnel=funnel)


class Tags(HTMLParser):
    """What a browser would make of a page: its elements and their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: Counter[str] = Counter()
        self.attributes: set[str] = set()
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names[tag] += 1
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_summary_holds_no_script_and_asks_for_nothing(audit: Audit) -> None:
    page = summary_page(audit)
    tags = Tags(page)
    assert not {"script", "img", "link", "iframe", "form", "object"} & set(tags.names)
    assert not [name for name in tags.attributes if name.startswith("on") or name == "style"]
    assert re.search(r"default-src 'none'; style-src 'sha256-[^']+'", page)
    assert synthetic.HOSTILE[0] in "".join(Tags(Workpaper(audit).largest(500).html).words), "it is shown, as text"


@pytest.mark.parametrize("entity", [PLAIN, HOSTILE])
def test_a_hostile_name_is_shown_and_never_run(snapshot: Snapshot, entity: str) -> None:
    audit = Audit(snapshot, read_period(PERIOD), entity)
    audit.findings = synthetic.findings().for_entity(None)
    tags = Tags(summary_page(audit))
    assert not {"script", "img"} & set(tags.names)
    shown = " ".join(" ".join(tags.words).split())
    assert " ".join(NAMES[entity].split()) in shown
    assert entity in shown


def test_every_currency_is_said_both_ways_and_never_added(audit: Audit) -> None:
    page = summary_page(audit)
    for currency in ("SGD", "JPY", "KWD"):
        found = audit.findings.found.to_pylist()
        for way, sign in (("over_billed", "+"), ("under_billed", "\N{MINUS SIGN}")):
            impacts = [row["impact_amount"] for row in found if row["direction"] == way and row["currency"] == currency]
            shown = money(abs(sum(impacts, Decimal(0))), currency).html.removesuffix(f" {currency}")
            assert f'{sign}{shown} <span class="unit">{currency}</span>' in page


def test_the_chapters_that_a_reader_needs_are_all_there(audit: Audit) -> None:
    headings = re.findall(r"<h2 [^>]*>([^<]+)</h2>", summary_page(audit))
    assert headings == [
        "Scope", "Money both ways", "Causes", "Largest findings", "Where to look", "Open items", "Decisions",
        "Sampling", "Identities", "What could not be run", "From rows to findings", "Sources", "Rejected rows",
        "Parameters", "Controls", "How to check this pack", "Sign-off",
    ]  # fmt: skip


def test_what_was_not_run_is_said_with_what_is_missing(audit: Audit) -> None:
    page = summary_page(audit)
    assert "1 control could not be run; what would have been found is unknown: CUT-02." in page
    assert "deliveries, delivery_lines.quantity" in page


def test_no_finding_is_said_and_is_no_promise(audit: Audit) -> None:
    audit.findings = of(audit.findings, COLUMNS.empty_table())
    page = summary_page(audit)
    assert "no finding for March 2025: the controls that ran found nothing billed wrongly." in page
    assert "could not be run" in page
    assert "0 of" not in page.partition("Where to look")[0]


def test_nothing_that_ran_is_no_clean_result(audit: Audit) -> None:
    audit.findings = replace(of(audit.findings, COLUMNS.empty_table()), funnel=())
    assert "No control could be run, so nothing can be said about March 2025." in summary_page(audit)


def add_to_log(snapshot: Snapshot, **more: Any) -> None:
    log = json.loads((snapshot.folder / "sources.json").read_text())
    (snapshot.folder / "sources.json").write_text(json.dumps(log | more))
    write_manifest(snapshot.folder)


def test_the_log_says_who_loaded_what_when_and_from_which_day_to_which(snapshot: Snapshot) -> None:
    log = json.loads((snapshot.folder / "sources.json").read_text())
    log["tables"]["invoices"]["dates"] = {"invoice_date": ["2025-03-01", "2025-04-01"]}
    add_to_log(snapshot, tables=log["tables"], loaded_at="2025-04-02T08:00:00+00:00", user="ann", version="1.2")
    audit = Audit(snapshot, read_period(PERIOD))
    audit.findings = synthetic.findings()
    shown = " ".join(Tags(summary_page(audit).partition(">Sources</h2>")[2].partition("</section>")[0]).words)
    for words in ("2025-04-02T08:00:00+00:00", "ann", "invoice_date", "2025-03-01", "state no totals of themselves"):
        assert words in shown


def test_what_the_sources_state_of_themselves_is_an_identity(snapshot: Snapshot) -> None:
    tie = {
        "title": "Control totals",
        "subject": "invoices",
        "what": "rows",
        "found": "35",
        "stated": "35",
        "holds": True,
    }
    add_to_log(snapshot, ties=[tie, tie | {"what": "sum of net_amount", "stated": "9.00", "holds": False}])
    audit = Audit(snapshot, read_period(PERIOD))
    audit.findings = synthetic.findings()
    (stated,) = (entry for entry in audit.identities if entry.name == "Stated by the sources: Control totals")
    assert (stated.left, stated.right, stated.state) == ("2 stated", "1 found so", "FAILS")
    assert stated.note == "invoices: sum of net_amount 35, stated 9.00"


@pytest.mark.parametrize("lose", ["candidates", "rows", "files"])
def test_a_failed_identity_stands_before_the_conclusion(snapshot: Snapshot, lose: str) -> None:
    audit = Audit(snapshot, read_period(PERIOD))
    found = synthetic.findings()
    if lose == "candidates":
        found = replace(found, table=found.table.slice(1))
    elif lose == "rows":
        log = json.loads((snapshot.folder / "sources.json").read_text())
        log["tables"]["invoices"]["read"] += 1
        (snapshot.folder / "sources.json").write_text(json.dumps(log))
        write_manifest(snapshot.folder)
    else:
        (snapshot.folder / "rejects" / "invoices.csv").unlink()
    audit.findings = found
    page = summary_page(audit)
    failed = re.search(r"[12] identit(y|ies) FAILED", page)
    assert failed and failed.start() < page.index('class="verdict"')
    assert "Do not rely on this pack" in page


def test_a_snapshot_without_a_log_shows_no_completeness(tmp_path: Path) -> None:
    audit = Audit(make_snapshot(tmp_path / "bare", log=False), read_period(PERIOD))
    audit.findings = synthetic.findings()
    assert {entry.state for entry in audit.identities} == {"holds", "cannot be shown"}
    assert "3 identities could not be shown." in summary_page(audit)


def test_the_funnel_foots(audit: Audit) -> None:
    said = funnel_json(audit)
    for line in said["controls"].values():
        assert line["candidates"] == sum(line["suppressed"].values()) + line["findings"]
        assert line["findings"] == sum(part["findings"] for part in line["money"])
    assert said["totals"] == {
        "candidates": audit.findings.table.num_rows,
        "findings": sum(line["findings"] for line in said["controls"].values()),
        "open": audit.findings.found.num_rows,
    }


def test_every_page_of_the_notebook_is_escaped(audit: Audit) -> None:
    paper = Workpaper(audit)
    pages = [
        paper.scope(), paper.parameters(), paper.run(), paper.conclusion(), paper.identities(), paper.money(),
        paper.funnel(), paper.not_run(), paper.largest(500), paper.save(),
    ]  # fmt: skip
    for page in pages:
        tags = Tags(page._repr_html_())
        assert "script" not in tags.names
        assert not [name for name in tags.attributes if name.startswith("on")]
    assert Tags(paper.money()._repr_html_()).names["img"] == 3, "a picture per currency"
    assert "Nothing was saved" in paper.save().html


def test_text_keeps_no_sign_that_turns_or_breaks_a_line() -> None:
    assert text("a\u202eb\u0000c\nd") == "a b c d"
    assert table(["head"], [[MARK]]).count("<img") == 0
    assert Page(table(["head"], [['" class="number"']]))._repr_html_().count("text-align:right") == 0


def test_bars_are_as_long_as_their_amounts_and_named_by_side() -> None:
    svg = bars([("A", Decimal(-50), Decimal(100)), ("B", Decimal(0), Decimal(25))], "SGD")
    widths = {
        name: [float(value) for value in re.findall(rf'class="{name}" [^>]*width="([\d.]+)"', svg)]
        for name in ("over", "under")
    }
    longest = widths["over"][0]
    assert [longest / 2, longest / 4] == pytest.approx([widths["under"][0], widths["over"][1]], abs=0.1)
    assert "under-billed" in svg
    assert "over-billed" in svg
    assert "\N{MINUS SIGN}50.00" in svg


@pytest.mark.parametrize("period", ["2025", "2025-13", "2025-00", "03-2025", "2025-3", "", "２０２５-03", "9999-12"])
def test_a_period_that_is_none_is_refused(period: str) -> None:
    with pytest.raises(WorkbenchError, match="is no month"):
        read_period(period)


def test_december_ends_with_the_year() -> None:
    assert str(read_period("2024-12").end) == "2025-01-01"


def test_file_names_are_plain_and_differ_where_ids_do() -> None:
    ids = [
        PLAIN,
        HOSTILE,
        "..",
        ".",
        "",
        "no-entity",
        "NO-ENTITY",
        "a/b",
        "a\\b",
        "a b",
        "x" * 300,
        "株式会社",
        "a\0b",
        None,
    ]
    names = [safe_name(entity) for entity in ids]
    assert len(set(names)) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}", name) for name in names)
    assert (names[0], names[-1]) == (PLAIN, "no-entity")


def test_parameters_are_fixed_and_the_id_changes_with_each(snapshot: Snapshot) -> None:
    def pack_id(**asked: Any) -> str:
        return open_audit(snapshot, **{"period": PERIOD, **asked}).audit.pack_id

    same = pack_id()
    assert pack_id() == same
    others = {
        pack_id(entity=PLAIN),
        pack_id(entity=None),
        pack_id(period="2025-04"),
        pack_id(own={"COM-01": {"grace_days": 6}}),
    }
    assert len(others | {same}) == 5


def test_names_that_do_not_exist_are_refused(snapshot: Snapshot) -> None:
    wrong: list[dict[str, Any]] = [{"own": {"COM-99": {}}}, {"own": {"COM-01": {"grace": 1}}}, {"entity": "SG02"}]
    for asked in wrong:
        with pytest.raises(UnknownNameError):
            open_audit(snapshot, period=PERIOD, **asked)


def test_without_a_period_the_newest_month_with_an_invoice_is_looked_at(snapshot: Snapshot) -> None:
    assert open_audit(snapshot).audit.period.text == "2025-04"
