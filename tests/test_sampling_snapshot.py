"""The population of a snapshot: what the controls left over, tied to the table's total."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.detect import run
from workbench.errors import GateError, WorkbenchError
from workbench.findings import COLUMNS, write
from workbench.sampling.paper import sample_redo, sample_select
from workbench.sampling.population import Line, check_tie
from workbench.sampling.sources import sample_population
from workbench.snapshot import Snapshot, open_snapshot
from workbench.workspace import example_snapshot

SCOPE = {"period": "2025-03", "entity": "SG01", "currency": "SGD"}


@pytest.fixture(scope="module")
def books() -> Snapshot:
    return open_snapshot(example_snapshot())


def findings(*subjects: tuple[str, str], suppressed: str | None = None) -> pa.Table:
    rows: list[dict[str, Any]] = [
        {"control_id": "X-01", "subject_table": table, "subject_id": name, "suppressed_by": suppressed}
        for table, name in subjects
    ]
    return pa.Table.from_pylist(rows, schema=COLUMNS)


@pytest.mark.parametrize("table", ["invoices", "invoice_lines", "receipts"])
def test_the_population_ties_to_its_table(books: Snapshot, table: str) -> None:
    own = sample_population(books, table=table, **SCOPE)
    left, found, dead, every = own.tie
    assert (left.items, left.amount) == (len(own.items), own.book)
    assert left.items + found.items + dead.items == every.items > 0
    assert left.amount + found.amount + dead.amount == every.amount


def test_the_total_is_that_of_the_table(books: Snapshot) -> None:
    rows = pq.read_table(
        books.folder / "invoices.parquet", columns=["entity_id", "currency", "invoice_date", "net_amount"]
    )
    wanted = sum(
        (row["net_amount"] for row in rows.to_pylist()
         if row["entity_id"] == "SG01" and row["currency"] == "SGD" and str(row["invoice_date"])[:7] == "2025-03"),
        Decimal(0),
    )  # fmt: skip
    assert sample_population(books, **SCOPE).tie[-1].amount == wanted


def test_a_found_document_goes_and_a_suppressed_one_stays(books: Snapshot) -> None:
    whole = sample_population(books, **SCOPE)
    name = whole.items[0].item_id
    less = sample_population(books, findings=findings(("invoices", name), ("orders", name)), **SCOPE)
    assert {item.item_id for item in whole.items} - {item.item_id for item in less.items} == {name}
    assert less.tie[1] == Line("found by controls, taken out", 1, whole.items[0].book)
    kept = sample_population(books, findings=findings(("invoices", name), suppressed="explained"), **SCOPE)
    assert kept.sha256 == whole.sha256


def test_a_found_line_takes_its_document_out_and_a_found_document_its_lines(books: Snapshot) -> None:
    lines = pq.read_table(books.folder / "invoice_lines.parquet", columns=["invoice_line_id", "invoice_id"]).to_pylist()
    documents = sample_population(books, **SCOPE)
    name = documents.items[0].item_id
    own = [row["invoice_line_id"] for row in lines if row["invoice_id"] == name]
    by_line = sample_population(books, findings=findings(("invoice_lines", own[0])), **SCOPE)
    assert name not in {item.item_id for item in by_line.items}
    by_document = sample_population(books, table="invoice_lines", findings=findings(("invoices", name)), **SCOPE)
    assert not set(own) & {item.item_id for item in by_document.items}
    assert by_document.tie[1].items == len(own)


@pytest.mark.parametrize("ending", ["parquet", pytest.param("csv", marks=pytest.mark.prove)])
def test_findings_of_a_run_are_taken_out_and_the_paper_is_drawn_again(
    books: Snapshot, tmp_path: Path, ending: str
) -> None:
    file = tmp_path / f"findings.{ending}"
    write(run(books, families=("accuracy",)).table, file)
    own = sample_population(books, findings=file, entity="SG01", currency="SGD")
    assert own.tie[1].items > 0
    paper = sample_select(own, method="mus", seed=1, tolerable=2_000_000, out=tmp_path / "p")
    assert sample_redo(tmp_path / "p", books, file) == paper
    with pytest.raises(GateError, match="not the paper's"):
        sample_redo(tmp_path / "p", books)


def test_an_entity_with_two_currencies_is_refused_until_one_is_chosen(books: Snapshot) -> None:
    with pytest.raises(WorkbenchError, match=r"2 currencies \(SGD [\d,]+, USD 1\)"):
        sample_population(books, entity="SG01")
    assert len(sample_population(books, entity="SG01", currency="USD").items) == 1


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"table": "orders"}, "no table to sample from 'orders'"), ({"period": "March"}, "is no month"),
     ({"entity": "XX"}, "holds no item"), ({"amount_column": "status"}, "no amount of invoices 'status'")],
)  # fmt: skip
def test_what_is_not_there_is_named(books: Snapshot, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(WorkbenchError, match=said):
        sample_population(books, **({"currency": "SGD"} | asked))


def test_a_tie_that_does_not_hold_stops() -> None:
    part, whole = Line("a", 1, Decimal(5)), Line("all", 2, Decimal(5))
    with pytest.raises(WorkbenchError, match=r"does not tie: 1 items of 5\.00 SGD against 2"):
        check_tie((part, whole), "SGD")
    check_tie((part, Line("all", 1, Decimal(5))), "SGD")
