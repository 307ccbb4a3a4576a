"""Figures as people meet them: groups, rows behind, trends, currencies, pages, text, JSON, CSV and the command."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from click.testing import CliRunner

from tests.cases import Case, engine_of
from tests.pack_company import make_snapshot
from tests.receivable_books import write_snapshot
from workbench.detect import run
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.example import SMALLEST, make_company
from workbench.figures import figures
from workbench.figures.catalogue import catalogue, figure
from workbench.figures.chart import Panel, trend_chart
from workbench.figures.command import command
from workbench.figures.export import as_json, write_csv
from workbench.figures.ground import Ask, Ground
from workbench.figures.results import Figures
from workbench.figures.run import worked_out
from workbench.figures.section import section_page
from workbench.figures.windows import window_of
from workbench.snapshot import Snapshot, open_snapshot

# All but leakage, which runs every control.
QUICK = tuple(name for name in catalogue() if name != "FIG-25")
RECEIVABLE = ("dso", "collection_effectiveness", "aged_debt", "unapplied_share", "roll_rate", "first_time_right")


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("figures")
    make_company(folder, lines=SMALLEST, clean=True, form="parquet")
    return open_snapshot(folder)


@pytest.fixture(scope="module")
def lacking(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return make_snapshot(tmp_path_factory.mktemp("figures") / "snapshot")


@pytest.fixture(scope="module")
def found(books: Snapshot) -> Figures:
    return figures(books, period="2025-03", ids=QUICK)


@pytest.fixture(scope="module")
def by_customer(books: Snapshot) -> Figures:
    return figures(books, period="2025-03", by="customer", ids=QUICK)


@pytest.mark.parametrize("which", ["found", "by_customer"])
def test_the_rows_behind_add_up_to_numerator_and_denominator(which: str, request: pytest.FixtureRequest) -> None:
    seen: Figures = request.getfixturevalue(which)
    checked = 0
    for value in seen.values.to_pylist():
        if figure(value["figure_id"]).form == "forecast":
            continue
        rows = seen.rows(value["figure_id"], value["group"], value["currency"], value["part"])
        for name in ("numerator", "denominator"):
            if value[name] is not None:
                assert (pc.sum(rows[name]).as_py() or 0) == value[name], f"{value['figure_id']} {value['part']} {name}"
                checked += 1
    assert checked > 20


def test_groups_add_up_to_the_whole(found: Figures, by_customer: Figures) -> None:
    for entry in found.chosen:
        if entry.form in {"ratio", "total"}:
            whole, parts = (_sums(seen.of(entry.id)) for seen in (found, by_customer))
            assert whole == parts, entry.id


def _sums(values: pa.Table) -> dict[tuple[Any, ...], list[Decimal]]:
    sums: dict[tuple[Any, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for row in values.to_pylist():
        for place, name in enumerate(("numerator", "denominator")):
            sums[row["currency"], row["part"]][place] += row[name] or 0
    return {key: pair for key, pair in sums.items() if any(pair)}


def test_money_and_values_are_decimal_and_dates_are_days(found: Figures) -> None:
    for name in ("numerator", "denominator", "value"):
        assert pa.types.is_decimal(found.values.schema.field(name).type)
    for rows in found.behind.values():
        assert not any(pa.types.is_floating(field.type) for field in rows.schema)


def test_a_trend_says_of_each_month_what_was_said_then(books: Snapshot, found: Figures) -> None:
    trend = found.trend("collection_effectiveness", months=4)
    assert sorted(set(trend["as_of"].to_pylist())) == [
        date(2024, 12, 31), date(2025, 1, 31), date(2025, 2, 28), date(2025, 3, 31),
    ]  # fmt: skip
    then = figures(books, period="2025-02", ids=["collection_effectiveness"])
    assert trend.filter(pc.equal(trend["as_of"], date(2025, 2, 28))).to_pylist() == then.values.to_pylist()
    now = trend.filter(pc.equal(trend["as_of"], date(2025, 3, 31))).to_pylist()
    assert now == found.of("collection_effectiveness").to_pylist()


LATER: dict[str, list[dict[str, Any]]] = {
    "invoices": [
        {"invoice_id": "N1", "invoice_date": "2025-04-01", "due_date": "2025-04-01", "gross_amount": 9},
        {"invoice_id": "N2", "kind": "credit_memo", "original_invoice_id": "I1", "invoice_date": "2025-04-01",
         "gross_amount": -100, "reason_code": "cancel"},
    ],
    "receipts": [{"receipt_id": "N3", "received_on": "2025-04-01", "amount": 60}],
    "applications": [
        {"application_id": "N4", "receipt_id": "N3", "invoice_id": "I2", "applied_on": "2025-04-01", "amount": 50}
    ],
    "adjustments": [{"adjustment_id": "N5", "invoice_id": "I2", "adjusted_on": "2025-04-01"}],
}  # fmt: skip
BEFORE: dict[str, list[dict[str, Any]]] = {
    "invoices": [
        {"invoice_id": "I1", "due_date": "2025-03-10"},
        {"invoice_id": "I2", "invoice_date": "2025-02-10", "due_date": "2025-02-20"},
    ],
    "receipts": [{"receipt_id": "R1", "amount": 30, "status": "unapplied"}],
    "applications": [],
    "adjustments": [],
}


@pytest.mark.parametrize("name", [*RECEIVABLE, "dso_count_back", "concentration", "average_days_delinquent"])
@pytest.mark.parametrize("clock", ["known", "dated"])
def test_nothing_dated_after_the_as_of_date_changes_a_figure(name: str, clock: str) -> None:
    window = window_of(date(2025, 3, 31), "", None)
    said = []
    for more in ({}, LATER):
        given = {table: [*rows, *more.get(table, [])] for table, rows in BEFORE.items()}
        engine = engine_of(Case("FIG", name, given, {}, [], []))
        said.append(worked_out(Ground(engine, [window], Ask(clock)), figure(name), figure(name).values({})).to_pylist())
        engine.close()
    assert said[0] == said[1]
    assert any(row["value"] is not None for row in said[0])


def test_who_should_be_suspended_is_whom_the_control_finds(books: Snapshot) -> None:
    day = date(2025, 11, 30)
    seen = figures(books, as_of=day, ids=["to_suspend", "suspended_but_paid"])
    control = run(books, ids=("VAL-07",), as_of=day).table
    named = [*seen.rows("to_suspend")["customer_id"].to_pylist(), *seen.rows("FIG-29")["customer_id"].to_pylist()]
    assert set(named) == set(control["customer_id"].to_pylist())


def test_names_that_do_not_exist_are_refused(books: Snapshot, found: Figures) -> None:
    for wrong in (
        {"by": "region"},
        {"ids": ["dsso"]},
        {"clock": "maybe"},
        {"currency": "XXX"},
        {"own": {"dso": {"n": 1}}},
    ):
        with pytest.raises(UnknownNameError):
            figures(books, **wrong)  # type: ignore[arg-type]
    for own in (
        {"lead_time": {"percentile": 101}},
        {"concentration": {"top": 0}},
        {"expected_credit_loss": {"loss_rates": "1-30=x"}},
    ):
        with pytest.raises(WorkbenchError):
            figures(books, period="2025-03", own=own)
    with pytest.raises(UnknownNameError, match="part of FIG-16"):
        found.rows("aged_debt", part="over 45 days")
    with pytest.raises(WorkbenchError, match="was not asked for"):
        figures(books, period="2025-03", ids=["dso"]).of("concentration")
    with pytest.raises(WorkbenchError, match="no month"):
        found.trend("dso", months=0)


def test_a_figure_that_could_not_run_has_no_rows_and_says_why(lacking: Snapshot) -> None:
    seen = figures(lacking, period="2025-03", ids=["aged_debt", "dso"])
    with pytest.raises(WorkbenchError, match=r"missing invoices\.due_date"):
        seen.rows("aged_debt")
    assert "Not run: missing invoices.due_date." in seen.as_text()
    assert "Not run: missing invoices.due_date." in seen.section_html()
    assert "Ran in part: missing invoices.posted_on, " in seen.as_text()


def test_nothing_hostile_becomes_markup(lacking: Snapshot) -> None:
    seen = figures(lacking, period="2025-03", by="customer", ids=["dso", "concentration"])
    for html in (seen.section_html(), section_page(seen)):
        assert "<script" not in html
        assert "<img src=x" not in html
    assert "style=" not in seen.section_html(), "the policy of a pack's page forbids it"
    assert section_page(seen) == seen._repr_html_()
    assert str(seen) == seen.as_text()


def test_a_picture_has_a_column_per_month_and_a_dash_where_there_is_none() -> None:
    svg = trend_chart(
        [Panel("<b>SGD", ["a", "b", "c"], [("x", [1.0, None, -2.0]), ("y", [0.0, 1.0, 1.0])], "last")], "<i>"
    )
    assert svg.count('class="under"') == 2
    assert svg.count('class="over"') == 3
    assert svg.count("–") == 1
    assert "<b>" not in svg
    assert "<i>" not in svg
    assert "style" not in svg


def test_json_and_csv_lose_no_digit_and_hold_no_formula(found: Figures, by_customer: Figures, tmp_path: Path) -> None:
    values = json.loads(as_json(found))["values"]
    assert len(values) == found.values.num_rows
    assert all(isinstance(row["value"], str | None) for row in values)
    assert write_csv(by_customer.values, tmp_path / "figures.csv") == by_customer.values.num_rows
    with (tmp_path / "figures.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            assert row["group"][:1] not in {"=", "+", "@"}
    with pytest.raises(WorkbenchError, match=r"\.csv"):
        write_csv(found.values, tmp_path / "figures.txt")


def test_the_command_prints_text_json_and_a_file(books: Snapshot, tmp_path: Path) -> None:
    words = [str(books.folder), "--period", "2025-03", "--figure", "dso", "--figure", "FIG-26"]
    told = CliRunner().invoke(command, [*words, "--by", "entity", "--out", str(tmp_path / "f.csv")])
    assert told.exit_code == 0, told.output
    assert "FIG-11 Days sales outstanding" in told.output
    assert "values are in" in told.output
    told = CliRunner().invoke(command, [*words, "--trend", "--json"])
    assert len({row["as_of"] for row in json.loads(told.stdout)["values"]}) == 12


def test_the_reporting_currency_is_exact_and_each_row_shows_its_rate() -> None:
    given = {
        "fx_rates": [{"currency": "SGD", "quote_currency": "JPY", "rate_date": "2025-03-31", "rate": "3"}],
        "invoices": [
            {"invoice_id": "I1", "currency": "JPY", "gross_amount": 100},
            {"invoice_id": "I2", "gross_amount": "0.01"},
        ],
    }
    engine = engine_of(Case("FIG", "currency", given, {}, [], []))
    ground = Ground(engine, [window_of(None, "2025-03", None)], Ask(currency="SGD"))
    value = worked_out(ground, figure("dso"), {}).to_pylist()[0]
    rows = engine.query("select * from behind where role = 'credit sales' order by subject_id").to_pylist()
    engine.close()
    assert [row["rate"] for row in rows] == [Decimal("0.333333333333"), Decimal(1)]
    assert [row["own_currency"] for row in rows] == ["JPY", "SGD"]
    assert value["numerator"] == Decimal("33.3433333300") == sum(row["denominator"] for row in rows)


def test_a_day_before_the_first_row_is_said_above_the_figures(tmp_path: Path) -> None:
    invoice = {"invoice_id": "I1", "invoice_date": "2025-03-05", "due_date": "2025-04-04", "gross_amount": "100"}
    books = write_snapshot(tmp_path / "books", invoices=[invoice], receipts=[], applications=[])
    early = figures(books, as_of=date(2020, 1, 1), ids=["dso"])
    assert "The first row is of 2025-03-05; nothing was there on 2020-01-01." in early.as_text()
    assert "The first row" not in figures(books, as_of=date(2025, 3, 5), ids=["dso"]).as_text()
    none = write_snapshot(tmp_path / "none", invoices=[], receipts=[], applications=[])
    assert "no document and no receipt" in figures(none, as_of=date(2025, 1, 1), ids=["dso"]).section_html(trends=False)


def test_the_command_writes_the_rows_behind_one_figure_and_they_add_up(tmp_path: Path) -> None:
    invoice = {"invoice_date": "2025-03-05", "due_date": "2025-03-20", "gross_amount": "100"}
    invoices = [invoice | {"invoice_id": "I1"}, invoice | {"invoice_id": "I2", "gross_amount": "40.5"}]
    books = write_snapshot(tmp_path / "books", invoices=invoices, receipts=[], applications=[]).folder
    words = [str(books), "--as-of", "2025-03-31", "--rows", "--out", str(tmp_path / "rows.csv")]
    done = CliRunner().invoke(command, [*words, "--figure", "dso"], catch_exceptions=False)
    assert done.exit_code == 0 and "4 rows are in" in done.output
    with (tmp_path / "rows.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert sum(Decimal(row["numerator"]) for row in rows) == Decimal("140.5")
    assert {row["subject_id"] for row in rows} == {"I1", "I2"}
    for more in ([], ["--figure", "dso", "--figure", "aged_debt"], ["--figure", "dso", "--trend"]):
        refused = CliRunner().invoke(command, [*words, *more])
        assert isinstance(refused.exception, WorkbenchError) and "one --figure" in refused.exception.fix
