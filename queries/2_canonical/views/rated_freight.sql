/*---
view: rated_freight
what: >
  What the rate card asks for a consignment: one row for a delivery, a partner that carried or settled it, and a
  currency that has a rate in force on the day it was shipped (else delivered) for its lane and chargeable weight. A
  null on the card matches any; the rate that names most of service level and zones holds. Where several do,
  first_rate_id and last_rate_id differ and there is no amount; nor is there one beyond a million millions.
kept: when named
needs:
  deliveries: [delivery_id]
  rate_cards: [rate_id, partner_id, weight_from, currency, valid_from]
uses:
  deliveries:
    [order_id, partner_id, shipped_on, delivered_on, service_level, origin_zone, destination_zone, weight_kg, volume_m3]
  rate_cards:
    [service_level, origin_zone, destination_zone, weight_to, price_per_kg, flat_price, minimum_charge, kg_per_m3,
     fuel_percent, valid_to]
  settlements: [settlement_id, partner_id]
  settlement_lines: [settlement_id, kind, order_id, delivery_id]
---*/
with charged as (
    select distinct
        line.delivery_id,
        line.order_id,
        settlement.partner_id
    from settlement_lines as line
    inner join settlements as settlement on line.settlement_id = settlement.settlement_id
    where line.kind = 'freight'
),

carriage as (
    select
        delivery_id,
        partner_id
    from deliveries
    where partner_id is not null
    union
    select
        delivery_id,
        partner_id
    from charged
    where delivery_id is not null
    union
    select
        delivery.delivery_id,
        charged.partner_id
    from charged
    inner join deliveries as delivery on charged.order_id = delivery.order_id
    where charged.delivery_id is null
),

consignments as (
    select
        carriage.partner_id,
        delivery.delivery_id,
        coalesce(delivery.shipped_on, delivery.delivered_on) as shipped_on,
        delivery.weight_kg,
        delivery.volume_m3,
        coalesce(delivery.service_level, '') as service_level,
        coalesce(delivery.origin_zone, '') as origin_zone,
        coalesce(delivery.destination_zone, '') as destination_zone
    from carriage
    inner join deliveries as delivery on carriage.delivery_id = delivery.delivery_id
),

lanes as (
    select distinct
        partner_id,
        service_level,
        origin_zone,
        destination_zone
    from consignments
),

-- Each lane with the rates that fit it: few rows, so that a consignment meets only the rates of its own lane.
lane_rates as (
    select
        lane.partner_id,
        lane.service_level,
        lane.origin_zone,
        lane.destination_zone,
        rate.rate_id,
        rate.currency,
        rate.valid_from,
        rate.valid_to,
        rate.weight_from,
        rate.weight_to,
        coalesce(rate.price_per_kg, 0) as price_per_kg,
        rate.kg_per_m3,
        cast(coalesce(rate.flat_price, 0) as decimal(18, 4)) as flat_price,
        cast(coalesce(rate.minimum_charge, 0) as decimal(18, 4)) as minimum_charge,
        cast(100 + coalesce(rate.fuel_percent, 0) as decimal(20, 8)) * 0.01 as with_fuel,
        case when rate.service_level is null then 0 else 1 end
        + case when rate.origin_zone is null then 0 else 1 end
        + case when rate.destination_zone is null then 0 else 1 end as named
    from lanes as lane
    inner join rate_cards as rate
        on
            lane.partner_id = rate.partner_id
            and lane.service_level = coalesce(rate.service_level, lane.service_level)
            and lane.origin_zone = coalesce(rate.origin_zone, lane.origin_zone)
            and lane.destination_zone = coalesce(rate.destination_zone, lane.destination_zone)
),

fitting as (
    select
        consignment.delivery_id,
        consignment.partner_id,
        rate.rate_id,
        rate.currency,
        rate.weight_from,
        rate.weight_to,
        rate.price_per_kg,
        rate.flat_price,
        rate.minimum_charge,
        rate.with_fuel,
        rate.named,
        greatest(
            cast(consignment.weight_kg as decimal(37, 12)),
            cast(consignment.volume_m3 as decimal(19, 6)) * cast(rate.kg_per_m3 as decimal(18, 6))
        ) as chargeable_weight
    from consignments as consignment
    inner join lane_rates as rate
        on
            consignment.partner_id = rate.partner_id
            and consignment.service_level = rate.service_level
            and consignment.origin_zone = rate.origin_zone
            and consignment.destination_zone = rate.destination_zone
            and consignment.shipped_on >= rate.valid_from
            and (rate.valid_to is null or consignment.shipped_on < rate.valid_to)
),

-- Exact in 20 decimals; what is too large to be exact has no amount.
weighed as (
    select
        *,
        flat_price + try_cast(
            try_cast(chargeable_weight as decimal(22, 12)) * try_cast(price_per_kg as decimal(16, 8))
            as decimal(32, 20)
        ) as weight_charge
    from fitting
    where
        chargeable_weight >= weight_from
        and (weight_to is null or chargeable_weight < weight_to)
),

ranked as (
    select
        delivery_id,
        partner_id,
        currency,
        min(chargeable_weight) as chargeable_weight,
        min(rate_id) as first_rate_id,
        max(rate_id) as last_rate_id,
        round_money(
            min(
                try_cast(
                    case when weight_charge is not null then greatest(minimum_charge, weight_charge) end
                    as decimal(26, 14)
                ) * try_cast(with_fuel as decimal(12, 10))
            ),
            currency
        ) as amount,
        row_number() over (partition by delivery_id, partner_id, currency order by named desc) as turn
    from weighed
    group by delivery_id, partner_id, currency, named
)

select
    delivery_id,
    partner_id,
    currency,
    chargeable_weight,
    first_rate_id,
    last_rate_id,
    case when first_rate_id = last_rate_id then amount end as amount
from ranked
where turn = 1
