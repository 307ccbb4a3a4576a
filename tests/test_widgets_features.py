"""What facets say beyond the findings: products, owners, names and decisions, each where it can be known."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests import synthetic
from workbench.decisions import Standing
from workbench.engine.duck import DuckEngine
from workbench.findings import Findings
from workbench.snapshot import Snapshot, open_snapshot
from workbench.widgets.features import Features, decision_columns, features_of
from workbench.widgets.store import Store
from workbench.widgets.view import View

LINES = 30


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """Lines of which two in three are of product P-1, and customers with an owner."""
    folder = synthetic.snapshot(tmp_path_factory.mktemp("books"), LINES).folder
    _add(folder / "invoice_lines.parquet", "product_id", [f"P-{1 + (n % 3 == 2)}" for n in range(LINES)])
    _add(folder / "customers.parquet", "owner", ["U-1", None] * 6)
    pq.write_table(pa.table({"product_id": ["P-1"], "name": ["<b>Wool</b>"]}), folder / "products.parquet")
    return open_snapshot(folder)


def _add(file: Path, name: str, values: list[str | None]) -> None:
    pq.write_table(pq.read_table(file).append_column(name, pa.array(values, pa.string())), file)


def about(run: Findings, table: str, evidence: list[dict[str, list[str]]]) -> Findings:
    """The same run, its findings about another table, each citing these keys."""
    rows = run.table.slice(0, len(evidence))
    rows = rows.set_column(3, "subject_table", pa.array([table] * len(evidence)))
    rows = rows.set_column(15, "evidence", pa.array([json.dumps(cited) for cited in evidence]))
    return Findings(rows, run.parameters, run.funnel, run.not_run)


def features(run: Findings, books: Snapshot) -> Features:
    engine = DuckEngine(books.folder)
    try:
        return features_of(run, books, engine)
    finally:
        engine.close()


def test_a_finding_about_a_line_is_about_its_product(books: Snapshot) -> None:
    run = synthetic.findings(LINES)
    found = features(run, books)
    lines = [int(name.removeprefix("L-")) for name in run.table["subject_id"].to_pylist()]
    assert found.products is not None
    assert found.products.to_pylist() == [f"P-{1 + (line % 3 == 2)}" for line in lines]


def test_a_finding_that_cites_lines_of_one_product_alone_is_about_it(books: Snapshot) -> None:
    cited = [{"invoice_lines": ["L-0", "L-1"]}, {"invoice_lines": ["L-0", "L-2"]}, {"invoices": ["I-0"]}]
    found = features(about(synthetic.findings(9), "invoices", cited), books)
    assert found.products is not None
    assert found.products.to_pylist() == ["P-1", None, None]


def test_the_owner_is_the_customers_and_names_are_there(books: Snapshot) -> None:
    run = synthetic.findings(LINES)
    store = Store(run, features(run, books))
    counted = {value.value: value.rows for value in store.facts("owner", View()).values}
    evens = [int(name.removeprefix("C-")) % 2 == 0 for name in run.found["customer_id"].to_pylist()]
    assert counted == {"U-1": sum(evens), None: len(evens) - sum(evens)}
    assert store.facet("product").label("P-1") == "<b>Wool</b>"


def test_a_decisions_owner_goes_before_the_customers(books: Snapshot) -> None:
    run = synthetic.findings(LINES)
    store = Store(run, features(run, books))
    ids = store.column("finding_id")
    first, second = run.found["finding_id"].to_pylist()[:2]
    standings = {
        first: Standing(first, 1, "confirmed", owner="U-9", approval="waiting"),
        second: Standing(second, 2, "accepted"),
        "0" * 16: Standing("0" * 16, 3, "accepted"),
    }
    store.set_decisions(*decision_columns(ids, standings))
    assert store.table(View.read({"facets": {"owner": ["U-9"]}}))["finding_id"].to_pylist() == [first]
    counted = {value.value: value.rows for value in store.facts("decision", View()).values}
    assert counted == {"open": run.found.num_rows - 2, "waiting": 1, "accepted": 1}


def test_what_the_snapshot_lacks_is_named(tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    whole = synthetic.snapshot(tmp_path / "whole", 9)
    (tmp_path / "bare" / "invoices.parquet").write_bytes((whole.folder / "invoices.parquet").read_bytes())
    found = features(synthetic.findings(9), Snapshot(tmp_path / "bare"))
    assert [text.split(" ")[0] for text in found.missing] == ["product", "owner", "names"]
