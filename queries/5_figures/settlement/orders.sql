/*---
query: settled_orders
what: >
  Orders against what partners settled for them: one row per settlement, order and kind of difference. Ordered is what
  the order's lines are worth, rounded line by line; settled is the settlement's sales of that order less its refunds.
  Where the order is in another currency there is no ordered amount, since the two cannot be compared.
---*/
with worth as (
    select
        line.order_id,
        sum(
            round_money(
                times_price(line.quantity, line.unit_price) - coalesce(line.discount_amount, 0), ordered.currency
            )
        ) as amount,
        count(*) = count(line.unit_price) as is_priced
    from order_lines as line
    inner join orders as ordered on line.order_id = ordered.order_id
    group by line.order_id
),

arrived as (
    select
        order_id,
        min(delivered_on) as delivered_on
    from deliveries
    where status = 'delivered' and kind <> 'return'
    group by order_id
),

settled as (
    select
        settlement.settlement_id,
        coalesce(line.order_id, delivery.order_id) as order_id,
        settlement.partner_id,
        settlement.entity_id,
        settlement.currency,
        settlement.status,
        settlement.paid_on,
        sum(case when line.kind = 'sale' then line.amount else 0 end) as sales,
        sum(case when line.kind = 'refund' then line.amount else 0 end) as refunds,
        sum(case when line.kind = 'fee' then line.amount else 0 end) as fees
    from settlement_lines as line
    inner join settlements as settlement on line.settlement_id = settlement.settlement_id
    left join deliveries as delivery on line.delivery_id = delivery.delivery_id
    where
        line.kind in ('sale', 'refund', 'fee')
        and settlement.status <> 'cancelled'
        and least(settlement.paid_on, settlement.period_to - 1) <= $as_of
    group by
        settlement.settlement_id, coalesce(line.order_id, delivery.order_id), settlement.partner_id,
        settlement.entity_id, settlement.currency, settlement.status, settlement.paid_on
)

select
    settled.settlement_id,
    settled.order_id,
    settled.partner_id,
    settled.entity_id,
    settled.currency,
    settled.status,
    settled.paid_on,
    ordered.order_date,
    arrived.delivered_on,
    case when ordered.currency = settled.currency and worth.is_priced then worth.amount end as ordered_amount,
    settled.sales,
    settled.refunds,
    settled.fees,
    case
        when ordered.currency = settled.currency and worth.is_priced and settled.sales <> 0
            then settled.sales - worth.amount
    end as difference,
    count(*) over (partition by settled.partner_id, settled.order_id) as settlements
from settled
left join orders as ordered on settled.order_id = ordered.order_id
left join worth on settled.order_id = worth.order_id
left join arrived on settled.order_id = arrived.order_id
order by settled.partner_id, settled.settlement_id, settled.order_id
