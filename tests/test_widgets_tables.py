"""Static tables: escaped, aligned, and money in its own digits."""

from __future__ import annotations

from decimal import Decimal
from html import escape

import pyarrow as pa
import pytest

from tests import synthetic
from workbench.controls import choose
from workbench.errors import WorkbenchError
from workbench.markup import Amount, cell_text, html_records, html_table, number_text
from workbench.widgets.catalogue import catalogue, question
from workbench.widgets.days import day
from workbench.widgets.tables import funnel_table, readiness_table


@pytest.mark.parametrize("text", synthetic.HOSTILE)
def test_hostile_text_is_escaped_wherever_it_stands(text: str) -> None:
    html = html_table([text], [[text], [[text, text]]], caption=text)
    for mark in ("<script", "<img", "<b>", "<h1>"):
        assert mark not in html


def test_numbers_stand_to_the_right_and_words_to_the_left() -> None:
    html = html_table(["word", "number"], [["a", Decimal("1234.5")]])
    assert 'text-align:left;white-space:nowrap;">a</td>' in html
    assert 'text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums;">1,234.5</td>' in html


@pytest.mark.parametrize(
    ("currency", "shown"), [("SGD", "1,234,567.00 SGD"), ("JPY", "1,234,567 JPY"), ("KWD", "1,234,567.000 KWD")]
)
def test_an_amount_has_the_digits_of_its_currency(currency: str, shown: str) -> None:
    assert cell_text(Amount(Decimal("1234567.0000"), currency, named=True)) == shown


def test_a_quantity_has_no_zeros_behind_its_last_digit() -> None:
    assert [number_text(Decimal(text)) for text in ("3.500000", "1000.000000", "-0.120000")] == [
        "3.5",
        "1,000",
        "-0.12",
    ]


def test_a_limit_is_stated() -> None:
    assert "2 of 3 rows shown" in html_table(["n"], [[1], [2], [3]], limit=2)


def test_no_rows_are_said_in_words() -> None:
    assert "Nothing here" in html_records(pa.table({"n": pa.array([], pa.int64())}))


def test_the_funnel_foots_and_keeps_currencies_apart() -> None:
    run = synthetic.findings(900)
    shown = funnel_table(run)
    suppressed = sum(sum(line.suppressed.values()) for line in run.funnel)
    found = run.found.num_rows
    assert f"900 candidates = {suppressed:,} suppressed + {found:,} findings" in shown.html
    for currency in ("SGD", "JPY", "KWD"):
        assert f" {currency}<br>" in shown.html or f" {currency}</td>" in shown.html


def test_the_funnel_names_what_could_not_run() -> None:
    html = funnel_table(synthetic.findings(9)).html
    assert "Not run: 1" in html
    assert "delivery_lines.quantity" in html


def test_readiness_counts_its_words() -> None:
    assert "1 controls: 0 ready, 0 partly, 1 not run" in readiness_table(synthetic.findings(9).not_run)


def test_a_control_is_shown_whole_with_its_sql_escaped() -> None:
    entry = next(entry for entry in choose() if "<" in entry.sql)
    html = question(entry.id).html
    assert "next step" in html
    assert escape(entry.sql) in html


def test_the_catalogue_lists_controls_by_family() -> None:
    assert "ACC-02" in catalogue("accuracy").html
    assert "COM-01" not in catalogue("accuracy").html


def test_a_day_is_read_or_refused_with_a_way_out() -> None:
    assert day("") is None
    assert str(day("2025-03-31")) == "2025-03-31"
    with pytest.raises(WorkbenchError, match="YYYY-MM-DD"):
        day("31.3.2025")
