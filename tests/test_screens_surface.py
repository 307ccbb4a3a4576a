"""Screens as people meet them: the catalogue, the run, the section, text, JSON, CSV and the command."""

from __future__ import annotations

import csv
import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from sqlglot import exp, parse_one

from tests.pack_company import HOSTILE, PLAIN, make_snapshot
from tests.test_house import BANNED, tables_read
from workbench.errors import GateError, UnknownNameError, WorkbenchError
from workbench.findings import Findings
from workbench.schema import tables
from workbench.screens.catalogue import Screen, catalogue, read_screen, screen
from workbench.screens.command import command
from workbench.screens.export import as_json, write_csv
from workbench.screens.results import Screening
from workbench.screens.run import screens
from workbench.screens.section import section_html, section_page, section_text
from workbench.snapshot import Snapshot, open_snapshot

COMMON = {"from_date", "to_date", "most", "before_from", "month_from", "month_to"}


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return make_snapshot(tmp_path_factory.mktemp("screens") / "snapshot")


@pytest.fixture(scope="module")
def seen(books: Snapshot) -> Screening:
    return screens(books, period="2025-03")


@pytest.mark.parametrize("entry", catalogue().values(), ids=lambda entry: entry.id)
def test_screen_is_bound_portable_and_names_what_it_reads(entry: Screen) -> None:
    named = set(re.findall(r"\$([a-z_]+)", entry.sql))
    assert named - COMMON == set(entry.parameters), f"{entry.id}: parameters in the text and in the metadata differ"
    code = re.sub(r"--[^\n]*", "", entry.sql).lower()
    for what, pattern in BANNED.items():
        assert not re.search(pattern, code), f"{entry.id} uses {what}"
    assert not list(parse_one(entry.sql, dialect="duckdb").find_all(exp.Div)), f"{entry.id} divides; use portion()"
    for table, columns in [*entry.needs.items(), *entry.uses.items()]:
        assert set(columns) <= set(tables()[table].columns), f"{entry.id} names a column that {table} has not"
    undeclared = tables_read(entry.sql) - set(entry.needs) - set(entry.uses)
    assert not undeclared, f"{entry.id} reads {undeclared}: add them to needs or uses"


def test_a_screen_is_found_by_its_folder(tmp_path: Path) -> None:
    (tmp_path / "new_one.sql").write_text(screen("SCR-02").text.replace("SCR-02", "SCR-99"), encoding="utf-8")
    assert [entry.name for entry in catalogue(tmp_path).values()] == ["new_one"]
    (tmp_path / "odd.sql").write_text(screen("SCR-02").text.replace("ranked", "pie", 1), encoding="utf-8")
    with pytest.raises(UnknownNameError, match="form of a screen 'pie'"):
        read_screen(tmp_path / "odd.sql")


def test_money_stays_decimal(seen: Screening) -> None:
    for result in seen.results:
        for field in result.table.schema:
            is_money = field.name.endswith("_amount")
            assert pa.types.is_decimal(field.type) == is_money, f"{result.screen.id} {field.name} is {field.type}"


def test_results_are_per_entity_and_currency_and_nothing_is_counted_as_a_finding(
    books: Snapshot, findings: Findings
) -> None:
    seen = screens(books, period="2025-03")
    assert {(result.entity_id, result.currency) for result in seen.of("round_amounts")} == {
        (PLAIN, "SGD"), (HOSTILE, "JPY"), (None, "SGD"),
    }  # fmt: skip
    assert {result.entity_id for result in screens(books, entity=HOSTILE).results} == {HOSTILE}
    assert {result.entity_id for result in screens(books, entity=None).results} == {None}
    controls = set(findings.table["control_id"].to_pylist())
    assert not controls & set(catalogue())


def test_a_screen_without_its_columns_is_not_run_and_says_what_is_missing(seen: Screening) -> None:
    lacking = {state.screen.id: state.missing for state in seen.not_run}
    assert lacking["SCR-06"] == ("invoices.created_by", "invoices.created_at")
    assert set(lacking) == {"SCR-06", "SCR-07"}
    assert "Not run: missing invoices.created_by, invoices.created_at." in section_text(seen)
    assert "products" in {name for state in seen.partly for name in state.missing}


def test_nothing_hostile_becomes_markup(seen: Screening) -> None:
    for html in (section_html(seen), section_page(seen)):
        assert "<script" not in html
        assert "<img src=x" not in html
        assert "&lt;script&gt;alert(1)" in html
    assert "style=" not in section_html(seen), "the policy of a pack's page forbids it"
    assert section_page(seen) == seen._repr_html_()


def test_every_form_says_that_a_screen_is_no_finding(seen: Screening) -> None:
    for text in (section_html(seen), section_page(seen), str(seen), as_json(seen)):
        assert "screens" in text
        assert "finding" in text


def test_a_picture_sets_expected_against_found_in_both_lights(tmp_path: Path) -> None:
    from tests.screen_books import Books, documents
    from workbench.screens.chart import digit_chart, image

    results = Books().fill(invoices=documents([Decimal(2**n) / 100 for n in range(4, 37)] * 10)).ask("benford")
    tests = [result.digits for result in results if result.digits]
    svg = digit_chart(tests, "<b>E1</b>")
    assert svg.count('class="under"') == sum(len(test.digits) for test in tests) == 9 + 10 + 90
    assert svg.count('class="axis"') == 9 + 10 + 90 + len(tests)
    assert 'class="paper"' in svg
    assert "<b>" not in svg
    assert "style" not in svg
    assert image(svg, "words").startswith('<img alt="words"')


def test_empty_tables_have_nothing_to_say(tmp_path: Path) -> None:
    snapshot = make_snapshot(tmp_path / "full", log=False)
    for name in ("invoices", "invoice_lines"):
        file = snapshot.folder / f"{name}.parquet"
        pq.write_table(pq.read_table(file).slice(0, 0), file)
    seen = screens(open_snapshot(snapshot.folder), period="2025-03")
    assert seen.results == ()
    assert "Nothing to look at in these days." in str(seen)
    assert "Nothing to look at" in section_html(seen)


def test_the_month_of_the_bridge_is_that_of_the_newest_invoice(books: Snapshot) -> None:
    days = screens(books, ids=("SCR-02",)).period
    assert (days.before_from, days.month_from, days.to_date) == (date(2025, 3, 1), date(2025, 4, 1), date(2025, 4, 2))
    days = screens(books, ids=("SCR-02",), as_of=date(2025, 3, 10)).period
    assert (days.month_from, days.month_to, days.to_date) == (date(2025, 3, 1), date(2025, 3, 11), date(2025, 3, 11))
    days = screens(books, ids=("SCR-02",), period="2025-01", as_of=date(2025, 2, 1)).period
    assert (days.before_from, days.month_from, days.to_date) == (date(2024, 12, 1), date(2025, 1, 1), date(2025, 2, 1))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"period": "2025-13"}, "is no month"),
        ({"period": "2025-W1"}, "is no month"),
        ({"period": "2025-03", "from_date": date(2025, 3, 1)}, "Both a period and dates"),
        ({"from_date": date(2025, 3, 1), "to_date": date(2025, 3, 1)}, "has no day"),
        ({"from_date": date(2026, 3, 1)}, "has no day up to 2025-04-02"),
        ({"entity": "SG02"}, "no entity 'SG02'"),
        ({"ids": ("SCR-99",)}, "no screen 'SCR-99'"),
        ({"own": {"SCR-02": {"times": 2}}}, "no parameter of SCR-02 'times'"),
        ({"own": {"SCR-02": {}}, "ids": ("SCR-01",)}, "no chosen screen 'SCR-02'"),
        ({"most": 0}, "most is 0"),
    ],
)
def test_a_wrong_call_is_one_sentence(books: Snapshot, wrong: dict[str, object], words: str) -> None:
    with pytest.raises(WorkbenchError, match=re.escape(words)):
        screens(books, **wrong)  # type: ignore[arg-type]


def test_the_csv_is_safe_for_spreadsheets_and_exact(books: Snapshot, tmp_path: Path) -> None:
    seen = screens(books, period="2025-03", own={"SCR-02": {"min_times": 2}})
    lines = write_csv(seen, tmp_path / "screens.csv")
    with (tmp_path / "screens.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == lines
    assert any(row["customer_id"].startswith("'=C") for row in rows)
    assert not [cell for row in rows for cell in row.values() if cell[:1] in {"=", "+", "@"}]
    yen = [row["net_amount"] for row in rows if row["currency"] == "JPY" and row["net_amount"]]
    assert "1600" in yen
    assert not [amount for amount in yen if "." in amount]
    assert any("not applicable" in row["refusal"] for row in rows)


def test_the_command_prints_text_or_json_and_writes_the_csv(books: Snapshot, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "screens.csv"
    words = [str(books.folder), "--period", "2025-03", "--entity", PLAIN]
    told = CliRunner().invoke(command, [*words, "--out", str(out)])
    assert told.exit_code == 0, told.output
    assert "SCR-04 Round amounts" in told.output
    assert f"rows are in {out}" in told.output
    asked = CliRunner().invoke(command, [*words, "--json", "--screen", "scr-02"])
    found = json.loads(asked.stdout)
    assert {entry["screen_id"] for entry in found["results"]} == {"SCR-02"}
    assert found["what"] == "screens rank where to look; none is a finding"
    with pytest.raises(WorkbenchError, match=r"does not end in \.csv"):
        CliRunner().invoke(command, [*words, "--out", "x.xlsx"], catch_exceptions=False)


def test_what_stops_on_the_data_is_named(tmp_path: Path) -> None:
    file = make_snapshot(tmp_path / "full", log=False).folder / "invoices.parquet"
    rows = pq.read_table(file)
    wide = pa.array([Decimal(10) ** 20] * rows.num_rows, pa.decimal128(38, 4))
    pq.write_table(rows.set_column(rows.column_names.index("net_amount"), "net_amount", wide), file)
    seen = screens(open_snapshot(file.parent), ids=("SCR-02", "SCR-04"), period="2025-03")
    assert [(state.screen.id, state.state) for state in seen.not_run] == [("SCR-02", "failed"), ("SCR-04", "failed")]
    assert "Failed: The query failed:" in str(seen)
    told = CliRunner().invoke(command, [str(file.parent), "--screen", "SCR-02"])
    assert isinstance(told.exception, GateError)
