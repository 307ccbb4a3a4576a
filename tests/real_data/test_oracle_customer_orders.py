"""Oracle's customer orders: a catalogue on another basis is one cause, and what was never shipped stays visible."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.real_data.sets import facts, finding, found_by, mapped, rows
from workbench.causes import causes
from workbench.detect import run
from workbench.findings import Findings
from workbench.snapshot import Snapshot

NAME = "oracle_customer_orders"
# The export has orders and no invoices: an order is billed when it is placed, and one that was cancelled or refunded is
# credited in full. Nothing waits for delivery in a cancelled order, so its lines are none. What a shop sells (every
# store but the first, which is online) is handed over at its counter. Shipments carry no dates.
PREPARED = {
    "items": """
        select
            order_id || '/' || line_item_id as line_id,
            order_id,
            line_item_id,
            product_id,
            unit_price,
            cast(quantity as int) as quantity,
            cast(quantity as int) * cast(unit_price as decimal(9, 2)) as amount,
            customer_id,
            cast(cast(order_tms as timestamp) as date) as ordered_on,
            order_status,
            case when store_id = '1' then shipment_id else 'counter/' || order_id end as delivery_id,
            store_id <> '1' as is_counter
        from order_items inner join orders using (order_id)
    """,
    "standing": "from items where order_status <> 'CANCELLED'",
    "charges": """
        select *, order_id as invoice_id, 1 as sign from items
        union all
        select *, 'C' || order_id as invoice_id, -1 as sign from items where order_status in ('CANCELLED', 'REFUNDED')
    """,
}
MAPPING = {
    "customers": "select customer_id, customer_id as name, 'active' as status, 'USD' as currency from customers",
    "products": "select product_id, product_name as name, true as is_physical from products",
    "price_list": """
        select product_id as price_id, product_id, 'USD' as currency, unit_price, '2021-01-01' as valid_from
        from products
    """,
    "orders": """
        select distinct
            order_id,
            'CO' as entity_id,
            customer_id,
            ordered_on as order_date,
            'USD' as currency,
            case order_status when 'CANCELLED' then 'cancelled' else 'completed' end as status
        from items
    """,
    "order_lines": """
        select line_id as order_line_id, order_id, line_item_id as line_number, product_id, quantity, unit_price
        from standing
    """,
    "deliveries": """
        select
            shipment_id as delivery_id,
            'CO' as entity_id,
            customer_id,
            'sale' as kind,
            case shipment_status when 'DELIVERED' then 'delivered' when 'CREATED' then 'planned' else 'shipped' end
                as status,
            null as delivered_on
        from shipments
        union all
        select distinct delivery_id, 'CO', customer_id, 'sale', 'delivered', ordered_on
        from standing where is_counter
    """,
    "delivery_lines": """
        select line_id as delivery_line_id, delivery_id, line_id as order_line_id, product_id, quantity
        from standing where delivery_id is not null
    """,
    "invoices": """
        select
            invoice_id,
            invoice_id as invoice_number,
            if(sign > 0, 'orders', null) as series,
            if(sign > 0, 'invoice', 'credit_memo') as kind,
            'CO' as entity_id,
            customer_id,
            order_id,
            ordered_on as invoice_date,
            'USD' as currency,
            sum(sign * amount) as net_amount,
            0 as tax_amount,
            sum(sign * amount) as gross_amount,
            'issued' as status,
            if(sign < 0, order_id, null) as original_invoice_id,
            if(sign < 0, lower(order_status), null) as reason_code
        from charges
        group by invoice_id, order_id, sign, customer_id, ordered_on, order_status
    """,
    "invoice_lines": """
        select
            invoice_id || '/' || line_item_id as invoice_line_id,
            invoice_id,
            line_item_id as line_number,
            product_id,
            if(order_status = 'CANCELLED', null, line_id) as order_line_id,
            sign * quantity as quantity,
            unit_price,
            sign * amount as net_amount
        from charges
    """,
}
# On the day of the last order the newest of the unshipped ones is still in its days of grace.
AS_OF = date(2022, 5, 1)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return mapped(NAME, PREPARED, MAPPING, tmp_path_factory.mktemp("oracle") / "snapshot")


@pytest.fixture(scope="module")
def findings(snapshot: Snapshot) -> Findings:
    return run(snapshot, as_of=AS_OF)


def test_documents_and_amounts_are_the_measured_ones(snapshot: Snapshot) -> None:
    measured = facts(NAME)
    billed = dict(rows(snapshot, "select kind, sum(net_amount) from invoices group by kind"))
    taken_back = Decimal(measured["refunded_items"][1]) + Decimal(measured["cancelled_items"][1])
    assert billed == {"invoice": Decimal(measured["amount"]), "credit_memo": -taken_back}


def test_every_line_off_the_catalogue_is_found(findings: Findings) -> None:
    (line,) = (line for line in findings.funnel if line.control.id == "ACC-03")
    assert (line.examined, line.findings) == (
        facts(NAME)["order_items"],
        facts(NAME)["lines_price_not_equal_catalogue"],
    )


def test_the_catalogue_is_one_cause_and_the_unshipped_orders_stand_beside_it(
    snapshot: Snapshot, findings: Findings
) -> None:
    found = causes(findings, snapshot)
    (cause,) = found.causes
    assert (cause.control.id, cause.findings, cause.conditions) == ("ACC-03", 3841, ())
    assert found.alone == {"OCC-04": len(found_by(findings, "OCC-04"))}


def test_four_orders_were_billed_and_never_shipped(snapshot: Snapshot, findings: Findings) -> None:
    measured = facts(NAME)
    # A consignment that is only planned has not left either.
    planned = rows(
        snapshot,
        "select order_line_id from delivery_lines as item inner join deliveries as delivery "
        "on item.delivery_id = delivery.delivery_id where delivery.status = 'planned'",
    )
    assert len(planned) == measured["complete_items_by_shipment_status"]["CREATED"]
    unshipped = {"/".join(item) for item in measured["online_complete_items_without_shipment"]}
    assert {row["subject_id"] for row in found_by(findings, "OCC-04")} == unshipped | {line for (line,) in planned}
    assert len({line.split("/")[0] for line in unshipped}) == 4


def test_what_is_on_its_way_is_no_finding(findings: Findings) -> None:
    by_status = facts(NAME)["complete_items_by_shipment_status"]
    assert len(found_by(findings, "OCC-04", "in_transit")) == by_status["SHIPPED"] + by_status["IN-TRANSIT"]


def test_nothing_else_is_found(findings: Findings) -> None:
    assert finding(findings) == {"ACC-03", "OCC-04"}
