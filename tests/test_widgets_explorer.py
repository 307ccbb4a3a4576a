"""The explorer without a browser: counts, money, order, pages, marks and views, against the findings table itself."""

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
from workbench.widgets.features import Features
from workbench.widgets.screen import page, screen
from workbench.widgets.store import Store
from workbench.widgets.view import COLUMNS, FACETS, View

ROWS = 2_000
FILLED = [name for name in FACETS if name not in {"suppressed", "cause", "owner", "product"}]
NAMES = {"customer": {f"C-{number}": f"Customer {number}" for number in range(40)}}


@pytest.fixture(scope="module")
def run() -> Findings:
    return synthetic.findings(ROWS, customers=40)


@pytest.fixture(scope="module")
def store(run: Findings) -> Store:
    return Store(run, Features(names=NAMES))


def view(**plain: Any) -> View:
    return View.read(plain)


def rows_of(store: Store, **plain: Any) -> int:
    return sum(line.rows for line in store.totals(view(**plain)))


def test_totals_are_the_findings_money_both_ways_per_currency(run: Findings, store: Store) -> None:
    totals = store.totals(View())
    assert {line.currency: line.over for line in totals} == impact(run.found, "over_billed")
    assert {line.currency: line.under for line in totals} == impact(run.found, "under_billed")
    assert sum(line.rows for line in totals) == run.found.num_rows
    assert sum(line.at_risk for line in totals) == run.found["direction"].to_pylist().count("at_risk")


def test_suppressed_ones_are_counted_when_asked_for_and_never_in_the_money(run: Findings, store: Store) -> None:
    hidden, shown = store.totals(View()), store.totals(view(suppressed=True))
    assert sum(line.rows for line in shown) == run.table.num_rows
    assert [line.over for line in shown] == [line.over for line in hidden]


def test_the_screen_states_the_funnel_and_that_it_ties(run: Findings, store: Store) -> None:
    suppressed = run.table.num_rows - run.found.num_rows
    expected = f"{run.table.num_rows:,} candidates = {suppressed:,} suppressed + {run.found.num_rows:,} findings"
    shown = screen(store, view(facets={"control": ["ACC-03"]}))
    assert (shown["funnel"], shown["ties"]) == (expected, "ties to the funnel")


def test_the_screen_says_when_the_funnel_does_not_tie(run: Findings) -> None:
    short = Findings(run.table.slice(1), run.parameters, run.funnel, run.not_run)
    shown = screen(Store(short), View())
    assert "does not tie" in shown["funnel"]
    assert "does not tie to the funnel: 1,777 findings" in shown["ties"]


@pytest.mark.parametrize("name", FILLED)
def test_a_facet_counts_every_finding_once_with_its_money(run: Findings, store: Store, name: str) -> None:
    facts = store.facts(name, View(), 10_000)
    assert sum(value.rows for value in facts.values) == run.found.num_rows
    assert len(facts.values) == facts.every
    over = sum(line.over for value in facts.values for line in value.money if line.currency == "KWD")
    assert over == impact(run.found, "over_billed")["KWD"]


@pytest.mark.parametrize("name", FILLED)
def test_a_facet_counts_what_the_others_choose_and_not_its_own_choice(store: Store, name: str) -> None:
    other = "direction" if name != "direction" else "control"
    chosen = store.facts(other, View()).values[0].value
    first = store.facts(name, view(facets={other: [chosen]})).values[0].value
    both = view(facets={other: [chosen], name: [first]})
    counted = {value.value: value.rows for value in store.facts(name, both, 10_000).values}
    for value, rows in list(counted.items())[:5]:
        assert rows == rows_of(store, facets={other: [chosen], name: [value]})


def test_values_of_a_facet_are_alternatives_and_facets_narrow(run: Findings, store: Store) -> None:
    rows = run.found.to_pylist()
    expected = sum(row["control_id"] in {"ACC-03", "OCC-01"} and row["currency"] == "JPY" for row in rows)
    assert rows_of(store, facets={"control": ["ACC-03", "OCC-01"], "currency": ["JPY"]}) == expected > 0


def test_a_chosen_value_is_listed_however_rare(store: Store) -> None:
    listed = {value.value for value in store.facts("customer", view(facets={"customer": ["C-39"]})).values}
    assert "C-39" in listed


def test_values_are_found_by_their_words_within_a_facet(store: Store) -> None:
    found = store.facts("customer", View(), find="customer 1")
    assert found.every == 11
    assert {value.label.startswith("Customer 1") for value in found.values} == {True}


def test_severities_months_and_bands_stand_in_their_own_order(store: Store) -> None:
    values = {name: [value.value for value in store.facts(name, View(), 99).values] for name in FILLED}
    assert values["severity"] == ["high", "medium", "low"]
    assert values["month"] == sorted(values["month"], reverse=True)
    assert values["amount"] == ["0", "10", "100", None]


def test_a_band_holds_the_amounts_that_its_name_says(run: Findings, store: Store) -> None:
    sizes = [abs(row["impact_amount"]) for row in run.found.to_pylist() if row["impact_amount"] is not None]
    assert rows_of(store, facets={"amount": ["10"]}) == sum(10 <= size < 100 for size in sizes) > 0
    assert rows_of(store, facets={"amount": [None]}) == run.found["impact_amount"].null_count


def test_none_is_a_value_like_any_other(run: Findings, store: Store) -> None:
    assert rows_of(store, facets={"entity": [None]}, suppressed=True) == run.table["entity_id"].null_count > 0


@pytest.mark.parametrize("words", ["customer 7", "L-19", "ON LINE 77", "occ-01"])
def test_search_looks_in_reason_subject_customer_and_control(store: Store, words: str) -> None:
    found = store.page(view(search=words), 0, ROWS)
    assert 0 < len(found) < ROWS
    for row in found:
        name = f"Customer {row['customer_id'].removeprefix('C-')}"
        everything = " ".join([row["reason"], row["subject_id"], row["finding_id"], name, row["control_id"]]).lower()
        assert words.lower() in everything


def test_hostile_words_are_looked_for_and_nothing_else(store: Store) -> None:
    assert rows_of(store, search="'; drop table candidate; -- .*") == 0
    assert rows_of(store, facets={"customer": ["' or true --"]}) == 0
    assert rows_of(store)


def test_findings_are_shown_by_their_ids(run: Findings, store: Store) -> None:
    ids = run.found["finding_id"].to_pylist()[3:9]
    assert set(store.table(view(findings=ids))["finding_id"].to_pylist()) == set(ids)


def test_pages_cover_every_row_once_in_any_cut(run: Findings, store: Store) -> None:
    wanted = view(sort=[["impact", "desc"]])
    seen = [row["finding_id"] for start in range(0, ROWS, 97) for row in store.page(wanted, start, 97)]
    assert len(seen) == len(set(seen)) == run.found.num_rows
    assert store.table(wanted)["finding_id"].to_pylist() == seen


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("way", ["asc", "desc"])
def test_every_column_sorts_and_what_it_lacks_comes_last(store: Store, column: str, way: str) -> None:
    rows = page(store, view(sort=[[column, way]]), 0, ROWS)
    filled = [bool(row["control" if column == "title" else column]) for row in rows]
    if column not in {"impact", "expected", "billed"}:
        assert filled == sorted(filled, reverse=True)
    if column in {"date", "subject", "reason", "finding", "control", "month"}:
        texts = [row[column] for row in rows]
        assert texts == sorted(texts, reverse=way == "desc")


def test_amounts_are_sorted_within_their_currency(store: Store) -> None:
    rows = store.page(view(sort=[["impact", "desc"]]), 0, ROWS)
    currencies = [row["currency"] for row in rows]
    assert currencies == sorted(currencies)
    yen = [row["impact_amount"] for row in rows if row["currency"] == "JPY" and row["impact_amount"] is not None]
    assert yen == sorted(yen, reverse=True)


def test_a_second_column_orders_what_the_first_leaves_equal(store: Store) -> None:
    rows = store.page(view(sort=[["control", "asc"], ["date", "desc"]]), 0, ROWS)
    keys = [(row["control_id"], -row["event_date"].toordinal()) for row in rows]
    assert keys == sorted(keys)


def test_high_severity_comes_first_and_the_largest_of_each_currency(store: Store) -> None:
    rows = store.page(View(), 0, ROWS)
    assert list(dict.fromkeys(row["severity"] for row in rows)) == ["high", "medium", "low"]
    sizes = [abs(row["impact_amount"] or 0) for row in rows if row["severity"] == "high" and row["currency"] == "SGD"]
    assert sizes == sorted(sizes, reverse=True)


def test_amounts_reach_the_browser_as_text_in_their_minor_unit(store: Store) -> None:
    rows = page(store, View(), 0, ROWS)
    assert all(isinstance(value, str) for row in rows for name, value in row.items() if name != "marked")
    assert {len(row["expected"].partition(".")[2]) for row in rows if row["currency"] == "KWD"} == {3}
    assert {len(row["expected"].partition(".")[2]) for row in rows if row["currency"] == "JPY"} == {0}
    json.dumps(screen(store, View()))


@pytest.mark.parametrize("wide", ["9" * 30 + ".9999", "9" * 14 + ".9999", "-" + "9" * 33 + ".0001"])
def test_amounts_too_wide_for_the_fast_path_are_exact(run: Findings, wide: str) -> None:
    column = run.table["impact_amount"].to_pylist()
    direction = "under_billed" if wide.startswith("-") else "over_billed"
    column[run.table["direction"].to_pylist().index(direction)] = Decimal(wide)
    table = run.table.set_column(11, run.table.schema.field("impact_amount"), pa.array(column, MONEY))
    store = Store(Findings(table, run.parameters, run.funnel, run.not_run))
    found = table.filter(pc.is_null(table["suppressed_by"]))
    for way, name in (("over", "over_billed"), ("under", "under_billed")):
        assert {line.currency: getattr(line, way) for line in store.totals(View())} == impact(found, name)
    assert store.page(view(sort=[["impact", "desc"]]), 0, 1)


def test_no_candidates_are_an_empty_screen() -> None:
    shown = screen(Store(synthetic.findings(0)), View())
    assert (shown["total"], shown["rows"], shown["facets"]) == (0, [], [])
    assert shown["ties"] == "ties to the funnel"
    assert shown["funnel"] == "0 candidates = 0 suppressed + 0 findings"


def test_an_unknown_facet_column_or_part_names_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="control"):
        view(facets={"contol": ["x"]})
    with pytest.raises(UnknownNameError, match="impact"):
        view(sort=[["impct", "asc"]])
    with pytest.raises(UnknownNameError, match="facets"):
        view(facet={})
    with pytest.raises(WorkbenchError, match="is no view"):
        view(sort="impact")


def test_a_value_that_is_not_there_offers_the_three_nearest(store: Store) -> None:
    (said,) = store.unknown(view(facets={"customer": ["C-99"]}))
    assert said.startswith("No finding has customer 'C-99': did you mean C-9, ")
    assert said.count("C-") == 4


def test_an_id_that_is_not_there_offers_the_three_nearest(run: Findings, store: Store) -> None:
    known = run.table["finding_id"][7].as_py()
    with pytest.raises(WorkbenchError) as told:
        store.place(known[:-1] + "x")
    assert known in told.value.fix
    assert told.value.fix.count(",") == 2


def test_a_view_is_small_json_and_back() -> None:
    plain = {"facets": {"control": ["ACC-03"], "customer": ["C-1", None]}, "search": "x", "sort": [["impact", "desc"]]}
    assert View.read(plain).as_json() == plain
    assert View().as_json() == {}
    assert View.read(View.read(plain).as_json()) == View.read(plain)


def test_a_snapshot_without_customers_shows_ids_and_says_what_is_missing(run: Findings, tmp_path: Path) -> None:
    from workbench.widgets.exploration import explore

    whole = synthetic.snapshot(tmp_path / "whole", 60, customers=40)
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "invoices.parquet").write_bytes((whole.folder / "invoices.parquet").read_bytes())
    bare = explore(run, Snapshot(tmp_path / "bare"))
    assert page(bare.store, View(), 0, 1)[0]["customer"].startswith("C-")
    assert any("customers" in text for text in bare.missing)
    assert "no customers" in bare.static_html()
