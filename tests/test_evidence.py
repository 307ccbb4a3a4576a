"""From a finding to its source rows: exact, located, bounded, and honest about keys that point nowhere."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests import synthetic
from workbench.errors import UnknownNameError
from workbench.evidence import trace
from workbench.snapshot import Snapshot, open_snapshot


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return synthetic.snapshot(tmp_path_factory.mktemp("books"), 300)


def finding(**evidence: list[str]) -> dict[str, Any]:
    row: dict[str, Any] = synthetic.findings(1).table.to_pylist()[0]
    return row | {"evidence": json.dumps(evidence), "subject_table": "invoice_lines"}


def test_rows_come_with_exact_decimals_file_and_row(books: Snapshot) -> None:
    rows = trace(books, finding(invoice_lines=["L-7"])).rows("invoice_lines").to_pylist()
    assert len(rows) == 1
    assert rows[0]["net_amount"] == Decimal("123456789012.3400")
    assert (rows[0]["_source"], rows[0]["_row"]) == ("invoice_lines.csv", 9)


def test_the_table_of_the_subject_comes_first(books: Snapshot) -> None:
    found = trace(books, finding(customers=["C-1"], invoices=["I-1"], invoice_lines=["L-1"]))
    assert [part.table.name for part in found.sources] == ["invoice_lines", "customers", "invoices"]


def test_keys_that_point_nowhere_are_named(books: Snapshot) -> None:
    part = trace(books, finding(invoices=["I-1", "gone", "I-1"])).sources[0]
    assert part.missing == ("gone",)
    assert part.caption == "invoices: 1 row; 1 of 2 keys point nowhere: gone"


def test_a_table_that_the_snapshot_lacks_has_every_key_missing(books: Snapshot) -> None:
    part = trace(books, finding(receipts=["R-1"])).sources[0]
    assert (part.found, part.missing) == (0, ("R-1",))


def test_a_limit_is_stated_and_the_rows_are_counted_all_the_same(books: Snapshot) -> None:
    part = trace(books, finding(invoice_lines=[f"L-{number}" for number in range(250)]), limit=10).sources[0]
    assert (part.rows.num_rows, part.found) == (10, 250)
    assert part.caption == "invoice_lines: 250 rows, the first 10 shown"


def test_a_key_of_several_columns_is_joined_by_slashes(tmp_path: Path) -> None:
    rates = {
        "currency": ["EUR", "EUR"],
        "quote_currency": ["SGD", "SGD"],
        "rate_date": [date(2025, 1, 31), date(2025, 2, 28)],
        "rate": pa.array([Decimal("1.40000000"), Decimal("1.42000000")], pa.decimal128(18, 8)),
    }
    pq.write_table(pa.table(rates), tmp_path / "fx_rates.parquet")
    rows = trace(open_snapshot(tmp_path), finding(fx_rates=["EUR/SGD/2025-02-28"])).rows("fx_rates").to_pylist()
    assert [row["rate"] for row in rows] == [Decimal("1.42000000")]


def test_a_hostile_key_is_a_value_and_nothing_else(books: Snapshot) -> None:
    hostile = "x'); drop table customers; --"
    assert trace(books, finding(customers=[hostile])).sources[0].missing == (hostile,)
    assert trace(books, finding(customers=["C-1"])).sources[0].found == 1


def test_a_table_that_is_none_says_which_are_near(books: Snapshot) -> None:
    with pytest.raises(UnknownNameError, match=r"canonical table 'invoice_line'.*\n.*invoice_lines"):
        trace(books, finding(invoice_line=["L-1"]))


def test_evidence_shows_hostile_text_escaped(books: Snapshot) -> None:
    html = trace(books, finding(invoice_lines=["L-0", "L-1"]))._repr_html_()
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;window.stolen=1&lt;/script&gt;" in html


def test_a_finding_without_evidence_has_no_sources(books: Snapshot) -> None:
    assert trace(books, finding()).sources == ()
