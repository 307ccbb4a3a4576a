"""The explorer without a browser: counts, money, order, pages and selection, against the findings table itself."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests import synthetic
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.findings import MONEY, Findings, impact
from workbench.snapshot import Snapshot
from workbench.widgets.exploration import Exploration, explore
from workbench.widgets.explorer import page, screen
from workbench.widgets.store import FACETS, SORTS, Store, View

ROWS = 2_000


@pytest.fixture(scope="module")
def run() -> Findings:
    return synthetic.findings(ROWS, customers=40)


@pytest.fixture(scope="module")
def store(run: Findings) -> Store:
    return Store(run, {f"C-{number}": f"Customer {number}" for number in range(40)})


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return synthetic.snapshot(tmp_path_factory.mktemp("books"), ROWS, customers=40)


@pytest.fixture
def live(run: Findings, books: Snapshot, monkeypatch: pytest.MonkeyPatch) -> Exploration:
    monkeypatch.delenv("WORKBENCH_MODE", raising=False)
    return explore(run, books)


@pytest.fixture
def batch(run: Findings, books: Snapshot, monkeypatch: pytest.MonkeyPatch) -> Exploration:
    monkeypatch.setenv("WORKBENCH_MODE", "batch")
    return explore(run, books)


def test_totals_are_the_findings_money_both_ways_per_currency(run: Findings, store: Store) -> None:
    totals = store.totals(View())
    assert {line["currency"]: line["over"] for line in totals} == impact(run.found, "over_billed")
    assert {line["currency"]: line["under"] for line in totals} == impact(run.found, "under_billed")
    assert sum(line["rows"] for line in totals) == run.found.num_rows


def test_suppressed_ones_are_counted_when_asked_for_and_never_in_the_money(run: Findings, store: Store) -> None:
    hidden, shown = store.totals(View()), store.totals(View(suppressed=True))
    assert sum(line["rows"] for line in shown) == run.table.num_rows
    assert [line["over"] for line in shown] == [line["over"] for line in hidden]


def test_the_screen_states_the_funnel(run: Findings, store: Store) -> None:
    suppressed = run.table.num_rows - run.found.num_rows
    expected = f"{run.table.num_rows:,} candidates = {suppressed:,} suppressed + {run.found.num_rows:,} findings"
    assert screen(store, View())["funnel"] == expected


def test_the_screen_says_when_the_funnel_does_not_tie(run: Findings) -> None:
    short = Findings(run.table.slice(1), run.parameters, run.funnel, run.not_run)
    assert "does not tie" in screen(Store(short), View())["funnel"]


@pytest.mark.parametrize("name", [facet for facet in FACETS if facet != "suppressed_by"])
def test_a_facet_counts_every_finding_once(run: Findings, store: Store, name: str) -> None:
    facet = store.facet(name, View(more={name: 10_000}))
    assert sum(entry["rows"] for entry in facet["values"]) == run.found.num_rows
    assert len(facet["values"]) == facet["all"]


def test_values_of_a_facet_are_alternatives_and_facets_narrow(run: Findings, store: Store) -> None:
    chosen: dict[str, tuple[str | None, ...]] = {"control_id": ("ACC-03", "OCC-01"), "currency": ("JPY",)}
    rows = run.found.to_pylist()
    expected = sum(row["control_id"] in {"ACC-03", "OCC-01"} and row["currency"] == "JPY" for row in rows)
    assert sum(line["rows"] for line in store.totals(View(chosen=chosen))) == expected > 0


def test_a_facet_keeps_its_other_values_when_one_is_chosen(store: Store) -> None:
    before = store.facet("control_id", View())
    after = store.facet("control_id", View(chosen={"control_id": ("ACC-03",)}))
    assert [entry["value"] for entry in after["values"]] == [entry["value"] for entry in before["values"]]


def test_a_chosen_value_is_listed_however_rare(store: Store) -> None:
    listed = {entry["value"] for entry in store.facet("customer_id", View(chosen={"customer_id": ("C-39",)}))["values"]}
    assert "C-39" in listed


def test_severities_and_months_stand_in_their_own_order(store: Store) -> None:
    values = {name: [entry["value"] for entry in store.facet(name, View())["values"]] for name in ("severity", "month")}
    assert values["severity"] == ["high", "medium", "low"]
    assert values["month"] == sorted(values["month"], reverse=True)


def test_none_is_a_value_like_any_other(run: Findings, store: Store) -> None:
    total = sum(line["rows"] for line in store.totals(View(chosen={"entity_id": (None,)})))
    assert total == run.found["entity_id"].null_count > 0


@pytest.mark.parametrize("words", ["customer 7", "L-19", "ON LINE 77", "occ-01"])
def test_search_looks_in_reason_subject_customer_and_control(store: Store, words: str) -> None:
    found = store.page(View(search=words), 0, ROWS)
    assert 0 < len(found) < ROWS
    for row in found:
        name = f"Customer {row['customer_id'].removeprefix('C-')}"
        everything = " ".join([row["reason"], row["subject_id"], row["finding_id"], name, row["control_id"]]).lower()
        assert words.lower() in everything


def test_hostile_words_are_looked_for_and_nothing_else(store: Store) -> None:
    assert store.totals(View(search="'; drop table candidate; --")) == []
    assert store.totals(View(chosen={"customer_id": ("' or true --",)})) == []
    assert store.totals(View())


def test_pages_cover_every_row_once_in_any_cut(run: Findings, store: Store) -> None:
    view = View(sort="impact", descending=True)
    seen = [row["finding_id"] for start in range(0, ROWS, 97) for row in store.page(view, start, 97)]
    assert len(seen) == len(set(seen)) == run.found.num_rows
    assert store.page(view, 0, ROWS) == [run.row(finding_id) for finding_id in seen]


@pytest.mark.parametrize("column", SORTS)
@pytest.mark.parametrize("descending", [False, True])
def test_the_first_screen_is_the_beginning_of_the_whole_order(store: Store, column: str, descending: bool) -> None:
    view = View(sort=column, descending=descending)
    first = store.page(view, 0, 30)
    whole = [*store.page(view, 1, ROWS)]
    assert first[1:] == whole[:29]


def test_amounts_are_sorted_within_their_currency(store: Store) -> None:
    rows = store.page(View(sort="impact", descending=True), 0, ROWS)
    currencies = [row["currency"] for row in rows]
    assert currencies == sorted(currencies)
    yen = [row["impact_amount"] for row in rows if row["currency"] == "JPY" and row["impact_amount"] is not None]
    assert yen == sorted(yen, reverse=True)


def test_high_severity_comes_first(store: Store) -> None:
    severities = [row["severity"] for row in store.page(View(), 0, ROWS)]
    assert list(dict.fromkeys(severities)) == ["high", "medium", "low"]


def test_an_unknown_facet_or_column_names_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="control_id"):
        View(chosen={"control": ("x",)})
    with pytest.raises(UnknownNameError, match="impact"):
        View(sort="impct")


def test_amounts_reach_the_browser_as_text_in_their_minor_unit(store: Store) -> None:
    rows = page(store, View(), 0, ROWS)
    assert all(isinstance(value, str) for row in rows for value in row.values())
    assert {len(row["expected"].partition(".")[2]) for row in rows if row["currency"] == "KWD"} == {3}
    assert {len(row["expected"].partition(".")[2]) for row in rows if row["currency"] == "JPY"} == {0}
    json.dumps(screen(store, View()))


def test_amounts_too_wide_for_the_fast_path_are_exact(run: Findings) -> None:
    wide = Decimal("9" * 30 + ".9999")
    column = run.table["impact_amount"].to_pylist()
    place = run.table["direction"].to_pylist().index("over_billed")
    column[place] = wide
    table = run.table.set_column(11, run.table.schema.field("impact_amount"), pa.array(column, MONEY))
    totals = Store(Findings(table, run.parameters, run.funnel, run.not_run)).totals(View(suppressed=True))
    found = table.filter(pc.is_null(table["suppressed_by"]))
    assert {line["currency"]: line["over"] for line in totals} == impact(found, "over_billed")


def test_no_candidates_are_an_empty_screen() -> None:
    shown = screen(Store(synthetic.findings(0)), View())
    assert (shown["total"], shown["rows"]) == (0, [])
    assert shown["funnel"] == "0 candidates = 0 suppressed + 0 findings"


def answer(live: Exploration, **message: Any) -> dict[str, Any]:
    """What the explorer says to a message of the page."""
    sent: list[dict[str, Any]] = []
    live.explorer.send = sent.append
    live.explorer._handle_custom_msg({"client": "page", "turn": 1, **message}, [])
    return sent[0]


def test_a_message_from_the_page_is_answered_with_the_view_it_asked_for(live: Exploration) -> None:
    reply = answer(live, kind="view", view={"chosen": {"control_id": ["ACC-03"]}}, count=10)
    assert {row["control"] for row in reply["rows"]} == {"ACC-03"}
    assert (reply["client"], reply["turn"], len(reply["rows"])) == ("page", 1, 10)
    assert live.view.chosen == {"control_id": ("ACC-03",)}


def test_rows_are_served_from_any_place(live: Exploration) -> None:
    reply = answer(live, kind="rows", view={}, start=1_700, count=40)
    assert reply["rows"] == page(live.store, View(), 1_700, 40)


def test_a_message_that_makes_no_sense_is_answered_with_the_way_out(live: Exploration) -> None:
    assert "severity" in answer(live, kind="view", view={"sort": "nothing"})["text"]


def test_selecting_a_finding_shows_its_evidence(live: Exploration, run: Findings) -> None:
    row = run.found.to_pylist()[5]
    live.explorer.selected = row["finding_id"]
    shown = live.panel.shown
    assert (live.selected, shown["finding_id"], shown["reason"]) == (
        row["finding_id"],
        row["finding_id"],
        row["reason"],
    )
    assert shown["sources"][0]["caption"] == "invoice_lines: 1 row"
    assert row["subject_id"] in shown["sources"][0]["rows"][0]
    live.explorer.selected = ""
    assert live.panel.shown == {}


def test_the_verdict_has_words_for_the_sign(live: Exploration, run: Findings) -> None:
    for row in run.table.slice(0, 40).to_pylist():
        live.selected = row["finding_id"]
        word = {"over_billed": "over-billed by ", "under_billed": "under-billed by ", "at_risk": "at risk"}
        assert live.panel.shown["verdict"].startswith(word[row["direction"]])
        assert "-" not in live.panel.shown["verdict"].removeprefix(word[row["direction"]])


def test_a_suppressed_one_says_by_what(live: Exploration, run: Findings) -> None:
    row = next(row for row in run.table.to_pylist() if row["suppressed_by"])
    live.selected = row["finding_id"]
    assert live.panel.shown["suppressed"] == "Suppressed as approved: signed"


def test_show_narrows_the_grid_as_a_click_does(live: Exploration) -> None:
    live.show(control_id="ACC-03", currency=["JPY", "KWD"])
    assert {row["control"] for row in live.explorer.opening["rows"]} == {"ACC-03"}
    assert live.select_first() == live.explorer.opening["rows"][0]["finding_id"]


def test_selecting_what_is_not_there_says_so(live: Exploration) -> None:
    with pytest.raises(WorkbenchError, match="no finding 'nothing'"):
        live.selected = "nothing"


def test_a_live_notebook_gets_the_widget_and_the_static_page(live: Exploration) -> None:
    bundle = live._repr_mimebundle_()
    assert {"text/html", "text/plain", "application/vnd.jupyter.widget-view+json"} <= set(bundle)


def test_a_batch_run_makes_no_widget(batch: Exploration) -> None:
    batch.show(control_id="OCC-01")
    batch.select_first()
    assert set(batch._repr_mimebundle_()) == {"text/html", "text/plain"}
    assert "explorer" not in vars(batch)
    assert "panel" not in vars(batch)


def test_the_static_page_holds_totals_first_rows_and_evidence_all_escaped(batch: Exploration) -> None:
    batch.selected = batch.findings.table["finding_id"][0].as_py()
    html = batch.static_html()
    for words in ("2,000 candidates", "20 of ", "invoice_lines: 1 row", "Next step", "&lt;script&gt;"):
        assert words in html
    for mark in ("<script", "<img", "<h1", "<b>"):
        assert mark not in html


def test_names_come_from_the_snapshot(batch: Exploration) -> None:
    assert batch.names["customer_id"]["C-0"] == synthetic.HOSTILE[0]


def test_a_snapshot_without_customers_shows_ids(run: Findings, books: Snapshot, tmp_path: Path) -> None:
    (tmp_path / "invoices.parquet").write_bytes((books.folder / "invoices.parquet").read_bytes())
    bare = explore(run, Snapshot(tmp_path))
    assert page(bare.store, View(), 0, 1)[0]["customer_name"].startswith("C-")
