/*---
query: rerated_freight
what: >
  Every freight line that names its consignment, rated again: chargeable weight, the minimum charge and the fuel of the
  rate in force, and what that gives. Without exactly one rate in force there is no rated amount.
---*/
select
    line.settlement_line_id,
    line.settlement_id,
    settlement.entity_id,
    settlement.partner_id,
    settlement.status,
    settlement.currency,
    line.delivery_id,
    delivery.shipped_on,
    delivery.service_level,
    delivery.origin_zone,
    delivery.destination_zone,
    delivery.freight_payer,
    delivery.weight_kg,
    delivery.volume_m3,
    rated.chargeable_weight,
    coalesce(rated.chargeable_weight > delivery.weight_kg, false) as is_by_volume,
    rated.first_rate_id as rate_id,
    rate.minimum_charge,
    rate.flat_price,
    rate.price_per_kg,
    rate.fuel_percent,
    rated.amount as rated_amount,
    line.amount as charged_amount,
    line.amount - rated.amount as difference
from settlement_lines as line
inner join settlements as settlement on line.settlement_id = settlement.settlement_id
inner join deliveries as delivery on line.delivery_id = delivery.delivery_id
left join rated_freight as rated
    on
        line.delivery_id = rated.delivery_id
        and settlement.partner_id = rated.partner_id
        and settlement.currency = rated.currency
left join rate_cards as rate on rated.first_rate_id = rate.rate_id and rated.first_rate_id = rated.last_rate_id
where
    line.kind = 'freight'
    and settlement.status <> 'cancelled'
    and least(settlement.paid_on, settlement.period_to - 1) <= $as_of
order by abs(line.amount - rated.amount) desc, line.settlement_line_id
