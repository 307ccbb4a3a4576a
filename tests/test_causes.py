"""Causes: a systemic error is one thing to put right, and what is not part of it stays visible."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.pack_company import _write as write_table
from workbench.causes import causes
from workbench.detect import run
from workbench.findings import Findings
from workbench.snapshot import Snapshot, open_snapshot

LISTED = Decimal("10.00")


def shop(folder: Path, lines: list[dict[str, Any]]) -> Snapshot:
    """One entity with a price list (10.00 for each product) and invoices of one line each, as the lines say."""
    folder.mkdir()
    tables: dict[str, list[dict[str, object]]] = {
        "invoices": [],
        "invoice_lines": [],
        "price_list": [
            {"price_id": f"L-{product}", "product_id": product, "currency": "SGD", "unit_price": LISTED,
             "valid_from": date(2024, 1, 1)}
            for product in sorted({line["product"] for line in lines})
        ],
    }  # fmt: skip
    for number, line in enumerate(lines, 1):
        net = line["price"] * line.get("quantity", 1)
        tables["invoices"].append(
            {"invoice_id": f"I{number}", "invoice_number": f"N{number}", "kind": "invoice", "entity_id": "E1",
             "customer_id": line["customer"], "invoice_date": line.get("day", date(2025, 3, 3)), "currency": "SGD",
             "net_amount": net, "tax_amount": Decimal(0), "gross_amount": net, "status": "issued"}
        )  # fmt: skip
        tables["invoice_lines"].append(
            {"invoice_line_id": f"I{number}-1", "invoice_id": f"I{number}", "line_number": 1,
             "product_id": line["product"], "quantity": Decimal(line.get("quantity", 1)),
             "unit_price": line["price"], "net_amount": net}
        )  # fmt: skip
    for name, rows in tables.items():
        write_table(folder, name, rows)
    return open_snapshot(folder)


def priced(snapshot: Snapshot) -> Findings:
    return run(snapshot, ids=("ACC-03",))


def line(customer: str, product: str, price: str, day: date = date(2025, 3, 3)) -> dict[str, Any]:
    return {"customer": customer, "product": product, "price": Decimal(price), "day": day}


def test_most_of_what_was_examined_is_one_cause(tmp_path: Path) -> None:
    lines = [line(f"C{number}", f"P{number}", f"{number + 20}.00") for number in range(8)] + [line("C9", "P9", "10.00")]
    snapshot = shop(tmp_path / "s", lines)
    found = causes(priced(snapshot), snapshot)
    assert [(cause.findings, cause.examined, cause.conditions) for cause in found.causes] == [(8, 9, ())]
    assert found.alone == {}


def test_the_same_ratio_is_a_cause_and_what_is_left_stands_alone(tmp_path: Path) -> None:
    lines = [line("C1", f"P{number}", "9.00") for number in range(6)]
    lines += [line("C2", "P7", "13.00"), line("C3", "P8", "14.50")]
    lines += [line(f"C{number}", "P9", "10.00") for number in range(20)]
    snapshot = shop(tmp_path / "s", lines)
    found = causes(priced(snapshot), snapshot)
    (cause,) = found.causes
    assert dict(cause.conditions) == {"billed / expected": "0.9", "customer": "C1"}
    assert (cause.findings, cause.under, cause.over) == (6, {"SGD": Decimal("-6.0000")}, {})
    assert found.alone == {"ACC-03": 2}


def test_a_product_that_is_off_since_a_day_is_a_cause_though_its_amounts_differ(tmp_path: Path) -> None:
    since = date(2025, 6, 1)
    lines = [line(f"C{number}", "P1", "10.00", date(2025, 1, 1 + number)) for number in range(20)]
    lines += [line(f"C{number}", "P1", f"1{number}.50", since.replace(day=1 + number)) for number in range(6)]
    snapshot = shop(tmp_path / "s", lines)
    (cause,) = causes(priced(snapshot), snapshot).causes
    assert (dict(cause.conditions), cause.first, cause.examined) == ({"product": "P1"}, since, 6)


def test_few_findings_have_no_cause(tmp_path: Path) -> None:
    lines = [line(f"C{number}", "P1", "10.00") for number in range(20)] + [line("C1", "P2", "9.00")] * 4
    snapshot = shop(tmp_path / "s", lines)
    found = causes(priced(snapshot), snapshot)
    assert (found.causes, found.alone) == ((), {"ACC-03": 4})


def test_words_name_count_condition_days_and_money_and_html_is_escaped(tmp_path: Path) -> None:
    lines = [line("<script>x</script>", f"P{number}", "9.00") for number in range(6)]
    lines += [line(f"C{number}", "P9", "10.00") for number in range(20)]
    snapshot = shop(tmp_path / "s", lines)
    findings = priced(snapshot)
    found = causes(findings, snapshot)
    assert found.causes[0].words == (
        "ACC-03: 6 findings: billed / expected 0.9, customer <script>x</script>, 2025-03-03 to 2025-03-03"
        "; under -6.00 SGD"
    )
    assert "<script>" not in found._repr_html_()
    assert found.of(findings.found["finding_id"][0].as_py()) is found.causes[0]
    assert found.of("none") is None


def test_a_convention_goes_before_the_ratio(tmp_path: Path) -> None:
    lines = [line("C1", f"P{number}", "9.00") for number in range(6)]
    lines += [line(f"C{number}", "P9", "10.00") for number in range(20)]
    snapshot = shop(tmp_path / "s", lines)
    findings = priced(snapshot)
    named = pa.array(["half even"] * findings.table.num_rows, pa.string())
    place = findings.table.schema.get_field_index("convention")
    told = Findings(findings.table.set_column(place, "convention", named), findings.parameters, findings.funnel, (), ())
    (cause,) = causes(told, snapshot).causes
    assert dict(cause.conditions) == {"convention": "half even", "customer": "C1"}


@pytest.mark.parametrize("count", [5, 6])
def test_a_cause_begins_at_five(tmp_path: Path, count: int) -> None:
    lines = [line("C1", f"P{number}", "9.00") for number in range(count)]
    lines += [line(f"C{number}", "P9", "10.00") for number in range(20)]
    snapshot = shop(tmp_path / "s", lines)
    assert [cause.findings for cause in causes(priced(snapshot), snapshot).causes] == [count]
