/*---
query: account_orders
what: >
  What was delivered and not billed, and ordered and not delivered, as of a day, an order line a row, customer by
  customer: VAL-05's second and third part of an exposure.
parameters:
  as_of: {unit: date, why: what happened later does not count}
---*/
with quantities as (
    select
        line.order_line_id,
        line.quantity as wanted,
        cast(null as decimal(18, 6)) as handed_over,
        cast(null as decimal(18, 6)) as kept,
        cast(null as decimal(18, 6)) as billed
    from order_lines as line
    inner join orders as purchase on line.order_id = purchase.order_id
    where purchase.status in ('open', 'shipped') and purchase.order_date <= $as_of
    union all
    select
        item.order_line_id,
        cast(null as decimal(18, 6)) as wanted,
        case when delivery.kind = 'sale' then greatest(0, item.quantity) else 0 end as handed_over,
        case when delivery.kind = 'sale' then item.quantity else -abs(item.quantity) end as kept,
        cast(null as decimal(18, 6)) as billed
    from delivery_lines as item
    inner join deliveries as delivery on item.delivery_id = delivery.delivery_id
    where
        delivery.kind in ('sale', 'return')
        and delivery.status in ('shipped', 'delivered')
        and coalesce(least(delivery.shipped_on, delivery.delivered_on) <= $as_of, true)
    union all
    select
        ordered_line_id as order_line_id,
        cast(null as decimal(18, 6)) as wanted,
        cast(null as decimal(18, 6)) as handed_over,
        cast(null as decimal(18, 6)) as kept,
        quantity as billed
    from linked_lines
    where kind <> 'credit_memo' and invoice_date <= $as_of
),

-- What was billed ahead of its delivery is among the open invoices, or paid: it is not counted again as ordered.
pending as (
    select
        order_line_id,
        greatest(0, sum(kept) - coalesce(sum(billed), 0)) as unbilled_quantity,
        greatest(0, sum(wanted) - coalesce(greatest(sum(handed_over), sum(billed)), 0)) as undelivered_quantity
    from quantities
    where order_line_id is not null
    group by order_line_id
)

select
    purchase.customer_id,
    purchase.currency,
    line.order_line_id,
    coalesce(
        round_money(
            times_price(pending.unbilled_quantity, line.unit_price)
            - coalesce(portion(line.discount_amount, pending.unbilled_quantity, line.quantity), 0),
            purchase.currency
        ),
        0
    ) as unbilled_amount,
    coalesce(
        round_money(
            times_price(pending.undelivered_quantity, line.unit_price)
            - coalesce(portion(line.discount_amount, pending.undelivered_quantity, line.quantity), 0),
            purchase.currency
        ),
        0
    ) as undelivered_amount
from pending
inner join order_lines as line on pending.order_line_id = line.order_line_id
inner join orders as purchase on line.order_id = purchase.order_id
where pending.unbilled_quantity > 0 or pending.undelivered_quantity > 0
order by purchase.customer_id, line.order_line_id
