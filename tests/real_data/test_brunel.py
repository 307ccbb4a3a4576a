"""Brunel's freight: a carrier's rate card as it is, with holes and overlaps, and a day of consignments."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.real_data.sets import facts, finding, found_by, mapped, rows
from workbench.detect import run
from workbench.findings import Findings
from workbench.snapshot import Snapshot

NAME = "brunel_freight"
PREPARED = {
    # The card as its authors read it: by carrier, lane, service and days of transit, both ends of a band inside.
    "rated": """
        select
            "Order ID" as order_id,
            any_value("Order Date") as order_date,
            any_value(orderlist.carrier) as carrier,
            count(rate_id) as rates,
            case when count(rate_id) = 1 then max(greatest(minimum_charge, per_kg * cast(weight as decimal(19, 6)))) end
                as exact_amount
        from orderlist
        left join (
            select
                *,
                row_number() over () as rate_id,
                cast("minimum cost" as decimal(18, 8)) as minimum_charge,
                cast(rate as decimal(18, 8)) as per_kg
            from freightrates
        ) as card
            on
                orderlist.carrier = card.carrier
                and "Origin Port" = orig_port_cd
                and "Destination Port" = dest_port_cd
                and "Service Level" = svc_cd
                and tpt = tpt_day_cnt
                and cast(weight as decimal(18, 6)) >= cast(minm_wgh_qty as decimal(18, 6))
                and cast(weight as decimal(18, 6)) <= cast(max_wgh_qty as decimal(18, 6))
        group by "Order ID"
    """,
}
# Nothing says what was billed: a consignment with one rate is settled at it, any other at 0. Our bands end before
# weight_to, so they end a millionth later; our lanes have no days of transit, so the service names them. Service CRF is
# freight that the customer arranges.
MAPPING = {
    "partners": """
        select distinct carrier as partner_id, carrier as name, 'carrier' as kind, 'USD' as currency from rated
    """,
    "rate_cards": """
        select
            row_number() over () as rate_id,
            carrier as partner_id,
            svc_cd || '/' || tpt_day_cnt as service_level,
            orig_port_cd as origin_zone,
            dest_port_cd as destination_zone,
            minm_wgh_qty as weight_from,
            case when max_wgh_qty <> '99999.99' then cast(max_wgh_qty as decimal(18, 6)) + 0.000001 end as weight_to,
            rate as price_per_kg,
            "minimum cost" as minimum_charge,
            'USD' as currency,
            '2013-01-01' as valid_from
        from freightrates
    """,
    "deliveries": """
        select
            "Order ID" as delivery_id,
            "Plant Code" as entity_id,
            customer as customer_id,
            "Order ID" as order_id,
            'sale' as kind,
            'shipped' as status,
            "Order Date" as shipped_on,
            carrier as partner_id,
            case "Service Level" when 'CRF' then 'customer' else 'own' end as freight_payer,
            "Service Level" || '/' || tpt as service_level,
            "Origin Port" as origin_zone,
            "Destination Port" as destination_zone,
            weight as weight_kg
        from orderlist
    """,
    "settlements": """
        select
            carrier as settlement_id,
            'Brunel' as entity_id,
            carrier as partner_id,
            'payable' as direction,
            min(order_date) as period_from,
            cast(max(order_date) as date) + 1 as period_to,
            'USD' as currency,
            coalesce(sum(round(exact_amount, 2)), 0) as gross_amount,
            0 as fees_amount,
            0 as refunds_amount,
            0 as reserve_amount,
            0 as tax_amount,
            coalesce(sum(round(exact_amount, 2)), 0) as net_amount,
            'approved' as status
        from rated group by carrier
    """,
    "settlement_lines": """
        select
            order_id as settlement_line_id,
            carrier as settlement_id,
            'freight' as kind,
            order_id,
            order_id as delivery_id,
            coalesce(round(exact_amount, 2), 0) as amount
        from rated
    """,
}


# The orders of one day carry no date that a control looks from.
DAY_AFTER = date(2013, 5, 27)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return mapped(NAME, PREPARED, MAPPING, tmp_path_factory.mktemp("brunel") / "snapshot")


@pytest.fixture(scope="module")
def findings(snapshot: Snapshot) -> Findings:
    return run(snapshot, as_of=DAY_AFTER)


def of_carrier(kind: str) -> int:
    """Orders without a rate of the carrier that the facts describe with this word."""
    (count,) = (count for carrier, count in facts(NAME)["no_rate_by_carrier"].items() if kind in carrier)
    return int(count)


def test_each_order_is_rated_once_twice_or_not(snapshot: Snapshot) -> None:
    measured = facts(NAME)
    ((once, twice, none),) = rows(
        snapshot,
        """select
            count(case when first_rate_id = last_rate_id then delivery.delivery_id end),
            count(case when first_rate_id <> last_rate_id then delivery.delivery_id end),
            count(case when first_rate_id is null then delivery.delivery_id end)
        from deliveries as delivery left join rated_freight as rated on delivery.delivery_id = rated.delivery_id""",
    )
    assert (once, twice, none) == (6264, 727, 2224)
    names = ("orders_with_exactly_one_rate", "orders_with_two_rates", "orders_with_no_rate")
    assert [once, twice, none] == [measured[name] for name in names]


def test_the_rates_that_were_chosen_come_to_the_measured_total(snapshot: Snapshot) -> None:
    measured = facts(NAME)
    sums = """select round(sum(greatest(minimum_charge, price_per_kg * cast(weight_kg as decimal(19, 6)))), 2)
        from rated_freight as rated
        inner join deliveries as delivery on rated.delivery_id = delivery.delivery_id
        inner join rate_cards as rate on rated.first_rate_id = rate.rate_id
        where first_rate_id = last_rate_id"""
    assert rows(snapshot, sums) == [(Decimal(str(measured["total_cost_unique"])),)]


def test_the_two_rates_of_an_order_come_to_the_measured_least_and_most(snapshot: Snapshot) -> None:
    ((least, most),) = rows(
        snapshot,
        """with asked as (
            select
                rated.delivery_id,
                greatest(rate.minimum_charge, rate.price_per_kg * cast(delivery.weight_kg as decimal(19, 6))) as amount
            from rated_freight as rated
            inner join deliveries as delivery on rated.delivery_id = delivery.delivery_id
            inner join rate_cards as rate on rate.rate_id in (rated.first_rate_id, rated.last_rate_id)
            where rated.first_rate_id <> rated.last_rate_id
        ),
        spans as (select min(amount) as least, max(amount) as most from asked group by delivery_id)
        select round(sum(least), 2), round(sum(most), 2) from spans""",
    )
    assert [least, most] == [Decimal(str(amount)) for amount in facts(NAME)["ambiguous_total_min_max"]]


def test_freight_at_the_one_rate_is_silent_and_no_rate_and_two_rates_are_findings(findings: Findings) -> None:
    found = found_by(findings, "SET-04")
    twice = [row for row in found if "two rates are in force" in row["reason"]]
    without = [row for row in found if "no rate of" in row["reason"]]
    assert (len(twice), len(without)) == (facts(NAME)["orders_with_two_rates"], of_carrier("DTD"))
    assert len(found) == len(twice) + len(without)
    assert {row["direction"] for row in found} == {"at_risk"}


def test_freight_that_the_customer_arranged_needs_no_rate(findings: Findings) -> None:
    arranged = found_by(findings, "SET-04", "customer_freight")
    assert len(arranged) == of_carrier("customer-arranged")


def test_nothing_else_is_found(findings: Findings) -> None:
    assert finding(findings) == {"SET-04"}


def test_a_cent_too_much_is_found_on_every_order_with_one_rate(tmp_path: Path) -> None:
    charged = MAPPING["settlement_lines"].replace("round(exact_amount, 2)", "round(exact_amount, 2) + 0.01")
    snapshot = mapped(NAME, PREPARED, MAPPING | {"settlement_lines": charged}, tmp_path / "snapshot")
    over = [row for row in found_by(run(snapshot, ids=("SET-04",), as_of=DAY_AFTER), "SET-04") if row["impact_amount"]]
    assert len(over) == facts(NAME)["orders_with_exactly_one_rate"]
    assert {row["impact_amount"] for row in over} == {Decimal("0.0100")}
