"""Northwind: a price list that changed on one day, and three lines that were off it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.real_data.sets import facts, finding, found_by, mapped, rows
from workbench.detect import run
from workbench.findings import Findings
from workbench.snapshot import Snapshot

NAME = "northwind_orders"
# An order is the only document of this export, so it is billed as it was ordered and on that day. Dates are written
# 7/16/1996; the last day of a price is written where ours is the first day without it.
PREPARED = {
    "lines": """
        select
            OrderID || '/' || ProductID as line_id,
            OrderID as order_id,
            ProductID as product_id,
            Quantity as quantity,
            UnitPrice as unit_price,
            cast(Quantity as int) * cast(UnitPrice as decimal(9, 2)) as list_amount,
            list_amount * cast(Discount as decimal(3, 2)) as discount_amount
        from order_details
    """,
    "documents": """
        select
            orders.OrderID as order_id,
            any_value(CustomerID) as customer_id,
            any_value(strptime(OrderDate, '%-m/%-d/%Y')) as ordered_on,
            any_value(strptime(ShippedDate, '%-m/%-d/%Y')) as shipped_on,
            any_value(ShipVia) as carrier,
            sum(list_amount - discount_amount) as amount
        from orders inner join lines on orders.OrderID = lines.order_id
        group by orders.OrderID
    """,
}
MAPPING = {
    "customers": """
        select CustomerID as customer_id, CompanyName as name, Country as country, 'USD' as currency, 'active' as status
        from customers
    """,
    "products": "select ProductID as product_id, ProductName as name, true as is_physical from products",
    "price_list": """
        select
            ProductID || '/' || valid_from as price_id,
            ProductID as product_id,
            'USD' as currency,
            UnitPrice as unit_price,
            valid_from,
            cast(valid_to as date) + 1 as valid_to
        from derived_price_list
    """,
    "orders": """
        select
            order_id,
            'Northwind' as entity_id,
            customer_id,
            ordered_on as order_date,
            'USD' as currency,
            case when shipped_on is null then 'open' else 'shipped' end as status
        from documents
    """,
    "order_lines": """
        select line_id as order_line_id, order_id, product_id, quantity, unit_price, discount_amount from lines
    """,
    "deliveries": """
        select
            order_id as delivery_id,
            'Northwind' as entity_id,
            customer_id,
            order_id,
            'sale' as kind,
            'shipped' as status,
            shipped_on,
            carrier as partner_id
        from documents where shipped_on is not null
    """,
    "delivery_lines": """
        select
            line_id as delivery_line_id,
            order_id as delivery_id,
            line_id as order_line_id,
            product_id,
            quantity
        from lines inner join documents using (order_id)
        where shipped_on is not null
    """,
    "invoices": """
        select
            order_id as invoice_id,
            order_id as invoice_number,
            'orders' as series,
            'invoice' as kind,
            'Northwind' as entity_id,
            customer_id,
            order_id,
            ordered_on as invoice_date,
            'USD' as currency,
            amount as net_amount,
            0 as tax_amount,
            amount as gross_amount,
            'issued' as status
        from documents
    """,
    "invoice_lines": """
        select
            line_id as invoice_line_id,
            order_id as invoice_id,
            row_number() over (partition by order_id order by cast(product_id as int)) as line_number,
            product_id,
            line_id as order_line_id,
            quantity,
            unit_price,
            discount_amount,
            list_amount - discount_amount as net_amount
        from lines
    """,
}
# What somebody would take who looks at no dates: the catalogue as it is at the end.
CATALOGUE = """
    select ProductID as price_id, ProductID as product_id, 'USD' as currency, UnitPrice as unit_price,
        '1996-07-04' as valid_from
    from products
"""


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return mapped(NAME, PREPARED, MAPPING, tmp_path_factory.mktemp("northwind") / "snapshot")


@pytest.fixture(scope="module")
def findings(snapshot: Snapshot) -> Findings:
    return run(snapshot)


def test_lines_and_amounts_are_the_measured_ones(snapshot: Snapshot) -> None:
    measured = facts(NAME)
    ((lines, gross, net),) = rows(
        snapshot, "select count(*), sum(net_amount + discount_amount), sum(net_amount) from invoice_lines"
    )
    assert (lines, gross, net) == (measured["lines"], Decimal(measured["gross"]), Decimal(measured["net"]))


def test_three_lines_are_off_the_dated_price_list_and_no_other(findings: Findings) -> None:
    found = {row["subject_id"]: row["reason"] for row in found_by(findings, "ACC-03")}
    measured = {
        f"{order}/{product}": (billed, agreed)
        for order, product, billed, agreed in facts(NAME)["lines_off_derived_price_list"]
    }
    assert len(found) == 3
    assert found.keys() == measured.keys()
    for line, (billed, agreed) in measured.items():
        assert f"billed at {billed}, agreed {agreed} by price" in found[line]


def test_the_three_come_to_the_difference_in_price_times_quantity(snapshot: Snapshot, findings: Findings) -> None:
    quantities = dict(rows(snapshot, "select invoice_line_id, quantity from invoice_lines"))
    expected = {
        f"{order}/{product}": (Decimal(billed) - Decimal(agreed)) * quantities[f"{order}/{product}"]
        for order, product, billed, agreed in facts(NAME)["lines_off_derived_price_list"]
    }
    assert {row["subject_id"]: row["impact_amount"] for row in found_by(findings, "ACC-03")} == expected


def test_a_price_list_without_dates_would_give_hundreds(tmp_path: Path) -> None:
    undated = mapped(NAME, PREPARED, MAPPING | {"price_list": CATALOGUE}, tmp_path / "snapshot")
    (line,) = run(undated, ids=("ACC-03",)).funnel
    assert line.findings == facts(NAME)["lines_price_not_equal_current_list"]


def test_what_was_never_shipped_is_found_once_the_days_of_grace_are_over(
    snapshot: Snapshot, findings: Findings
) -> None:
    unshipped = dict(
        rows(
            snapshot,
            "select invoice_id, invoice_date from invoices where order_id not in (select order_id from deliveries)",
        )
    )
    assert len(unshipped) == facts(NAME)["unshipped"]
    days = int(str(findings.parameters.own["OCC-04"]["grace_days"]))
    late = {order for order, day in unshipped.items() if (findings.parameters.as_of - day).days >= days}
    assert {row["subject_id"].split("/")[0] for row in found_by(findings, "OCC-04")} == late
    young = {row["subject_id"].split("/")[0] for row in found_by(findings, "OCC-04", "in_grace")}
    assert set(unshipped) - late <= young


def test_numbers_without_a_gap_are_no_finding(findings: Findings) -> None:
    assert facts(NAME)["order_number_gaps"] == 0
    assert [line.candidates for line in findings.funnel if line.control.id == "COM-05"] == [0]


def test_nothing_else_is_found_but_amounts_that_are_not_whole_cents(snapshot: Snapshot, findings: Findings) -> None:
    assert finding(findings) == {"ACC-02", "ACC-03", "ACC-07", "OCC-04"}
    parts = "select {} from invoice_lines where net_amount <> round(net_amount, 2)"
    lines = {row[0] for row in rows(snapshot, parts.format("invoice_line_id"))}
    documents = {row[0] for row in rows(snapshot, parts.format("invoice_id"))}
    assert {row["subject_id"] for row in found_by(findings, "ACC-02")} == lines
    assert {row["subject_id"] for row in found_by(findings, "ACC-07")} == documents
