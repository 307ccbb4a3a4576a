/*---
query: settlement_items
what: >
  The lines of one settlement, each with the order and the consignment it is for, and in how many other live settlements
  of the partner a line of the same kind names them.
---*/
with own as (
    select
        line.*,
        settlement.partner_id
    from settlement_lines as line
    inner join settlements as settlement on line.settlement_id = settlement.settlement_id
    where line.settlement_id = $settlement
),

elsewhere as (
    select
        own.settlement_line_id,
        list(distinct other.settlement_id order by other.settlement_id) as settlement_ids
    from own
    inner join settlement_lines as other
        on
            own.kind = other.kind
            and own.settlement_id <> other.settlement_id
            and coalesce(own.delivery_id, own.order_id) = coalesce(other.delivery_id, other.order_id)
    inner join settlements as settlement
        on other.settlement_id = settlement.settlement_id and own.partner_id = settlement.partner_id
    where settlement.status not in ('cancelled', 'draft')
    group by own.settlement_line_id
)

select
    own.settlement_line_id,
    own.kind,
    own.amount,
    own.order_id,
    own.delivery_id,
    coalesce(delivery.shipped_on, delivery.delivered_on) as shipped_on,
    delivery.delivered_on,
    delivery.status as delivery_status,
    delivery.service_level,
    delivery.destination_zone,
    delivery.weight_kg,
    delivery.volume_m3,
    ordered.order_date,
    ordered.currency as order_currency,
    elsewhere.settlement_ids as elsewhere
from own
left join deliveries as delivery on own.delivery_id = delivery.delivery_id
left join orders as ordered on coalesce(own.order_id, delivery.order_id) = ordered.order_id
left join elsewhere on own.settlement_line_id = elsewhere.settlement_line_id
order by own.kind, own.settlement_line_id
