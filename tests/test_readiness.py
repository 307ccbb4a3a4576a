"""A control that lacks what it needs does not run and says so."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.controls import control, readiness
from workbench.detect import run
from workbench.errors import WorkbenchError
from workbench.snapshot import Snapshot, open_snapshot

INVOICES = {
    "invoice_id": ["I1"],
    "invoice_number": ["I1"],
    "kind": ["invoice"],
    "entity_id": ["E1"],
    "customer_id": ["C1"],
    "invoice_date": ["2025-01-01"],
    "currency": ["SGD"],
    "gross_amount": ["1"],
    "status": ["issued"],
}
LINES = {
    "invoice_line_id": ["L1"],
    "invoice_id": ["I1"],
    "product_id": ["P1"],
    "quantity": ["1"],
    "unit_price": ["1"],
    "net_amount": ["1"],
}


def snapshot_of(folder: Path, **tables: dict[str, list[str]]) -> Snapshot:
    for name, columns in tables.items():
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")
    return open_snapshot(folder)


def test_a_missing_table_and_a_missing_column_are_named(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path, invoices=INVOICES)
    state = readiness(control("ACC-02"), snapshot)
    assert (state.state, state.missing) == ("not run", ("invoice_lines",))
    state = readiness(control("AUT-02"), snapshot)
    assert state.missing == ("invoices.created_by", "invoices.approved_by")


def test_a_table_that_may_be_missing_needs_its_columns_where_it_is_there(tmp_path: Path) -> None:
    document = INVOICES | {"reason_code": ["goodwill"], "original_invoice_id": ["I0"]}
    snapshot = snapshot_of(tmp_path, invoices=document)
    assert readiness(control("AUT-03"), snapshot).missing == ("adjustments",)
    bare = {"adjustment_id": ["A1"], "invoice_id": ["I1"], "kind": ["write_off"], "amount": ["1"]}
    snapshot = snapshot_of(tmp_path, adjustments=bare | {"adjusted_on": ["2025-01-02"], "reason_code": ["small"]})
    state = readiness(control("AUT-03"), snapshot)
    assert (state.state, state.missing) == ("not run", ("adjustments.document_reference",))


def test_one_of_several_tables_is_enough(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path, invoices=INVOICES, invoice_lines=LINES)
    state = readiness(control("ACC-03"), snapshot)
    assert (state.state, state.missing) == ("not run", ("contract_lines or price_list",))
    prices = {
        "price_id": ["R1"],
        "product_id": ["P1"],
        "currency": ["SGD"],
        "unit_price": ["1"],
        "valid_from": ["2025"],
    }
    snapshot = snapshot_of(tmp_path, price_list=prices)
    assert readiness(control("ACC-03"), snapshot).state == "partly"


def test_one_of_several_columns_is_enough(tmp_path: Path) -> None:
    state = readiness(control("CUT-05"), snapshot_of(tmp_path, invoices=INVOICES))
    assert (state.state, state.missing[:1]) == ("not run", ("invoices.created_at or invoices.posted_on",))
    snapshot = snapshot_of(tmp_path, invoices=INVOICES | {"posted_on": ["2025-02-01"]})
    assert readiness(control("CUT-05"), snapshot).state == "partly"


@pytest.mark.parametrize(
    ("control_id", "name", "given", "said"),
    [
        ("CUT-04", "close", "monthly", "close is 'monthly', which is none of its words"),
        ("CUT-04", "days", 45.5, "no whole number"),
        ("CUT-04", "days", Decimal("45.5"), "no whole number"),
        ("CUT-04", "days", True, "no whole number"),
        ("CUT-04", "min_amount", "5,5", "min_amount is '5,5', which is no number"),
        ("COM-05", "systemic_share", "5%", "systemic_share is '5%', which is no number"),
    ],
)
def test_a_value_that_a_parameter_does_not_know_is_refused(
    tmp_path: Path, control_id: str, name: str, given: object, said: str
) -> None:
    with pytest.raises(WorkbenchError, match=said):
        run(snapshot_of(tmp_path, invoices=INVOICES), ids=(control_id,), own={control_id: {name: given}})


def test_what_did_not_run_is_in_the_result_and_the_rest_runs(tmp_path: Path) -> None:
    findings = run(snapshot_of(tmp_path, invoices=INVOICES, invoice_lines=LINES))
    assert {state.control.id for state in findings.not_run} >= {"COM-01", "VAL-01", "ACC-03"}
    assert {line.control.id for line in findings.funnel} >= {"OCC-01", "ACC-02"}


def test_a_control_that_stops_on_the_data_is_named_and_the_rest_runs(tmp_path: Path) -> None:
    twice = {name: [*values, *values] for name, values in LINES.items()} | {"net_amount": ["2", "2"]}
    findings = run(snapshot_of(tmp_path, invoices=INVOICES, invoice_lines=twice), ids=("ACC-02", "OCC-01"))
    (stopped,) = findings.not_run
    assert (stopped.control.id, stopped.state) == ("ACC-02", "failed")
    assert "more than once" in stopped.missing[0]
    assert [line.control.id for line in findings.funnel] == ["OCC-01"]


def test_a_period_without_a_day_is_refused(tmp_path: Path) -> None:
    from datetime import date

    day = date(2025, 1, 1)
    with pytest.raises(WorkbenchError, match="has no day"):
        run(snapshot_of(tmp_path, invoices=INVOICES), from_date=day, to_date=day)


def test_a_parameter_that_does_not_exist_is_named_with_its_neighbours(tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match="grace_dayz"):
        run(snapshot_of(tmp_path, invoices=INVOICES), own={"COM-01": {"grace_dayz": "7"}})
