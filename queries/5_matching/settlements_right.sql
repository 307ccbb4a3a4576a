/*---
id: MAT-07
title: Orders with their value, what was billed for them where they were billed, else what was ordered
what: settlements
side: right
needs:
  orders: [order_id, entity_id, customer_id, order_date, currency, status]
uses:
  order_lines: [order_id, quantity, unit_price, discount_amount]
  invoices: [invoice_id, kind, status, order_id, currency, net_amount]
  customers: [customer_id, name]
---*/
-- Without tax, which a settlement states apart.
with ordered as (
    select
        order_id,
        sum(times_price(quantity, unit_price) - coalesce(discount_amount, 0)) as amount
    from order_lines
    group by order_id
),

billed as (
    select
        order_id,
        currency,
        sum(net_amount) as amount
    from invoices
    where status = 'issued' and kind <> 'credit_memo' and order_id is not null
    group by order_id, currency
)

select
    placed.order_id as id,
    'order' as kind,
    placed.entity_id as entity,
    null as "group",
    placed.currency,
    case
        when placed.status = 'cancelled' then 0
        else coalesce(billed.amount, round_money(ordered.amount, placed.currency), 0)
    end as amount,
    placed.order_date as day,
    list_filter([placed.order_id, placed.purchase_order], lambda text: text is not null) as "references",
    customer.name
from orders as placed
left join ordered on placed.order_id = ordered.order_id
left join billed on placed.order_id = billed.order_id and placed.currency = billed.currency
left join customers as customer on placed.customer_id = customer.customer_id
where placed.order_date <= $as_of
