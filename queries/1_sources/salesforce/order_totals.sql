/*---
tie_out: Order totals
---*/
with stated as (
    select
        loaded_orders.order_id,
        loaded_orders.currency,
        read_money(plain_value(sales_order.totalamount)) as amount
    from loaded_orders
    inner join sales_order
        on loaded_orders._source = sales_order._source and loaded_orders._row = sales_order._row
    where
        read_money(plain_value(sales_order.totalamount)) is not null
        and exists (select 1 from order_item)
),

lines as (
    select
        order_id,
        round(sum(cast(quantity as decimal(19, 6)) * cast(unit_price as decimal(18, 8))), 4) as amount
    from loaded_order_lines
    group by order_id
)

select
    stated.order_id as subject,
    'TotalAmount, and quantity x unit price of its lines' as what,
    stated.currency,
    stated.amount as stated,
    cast(coalesce(lines.amount, 0) as decimal(38, 4)) as found
from stated
left join lines on stated.order_id = lines.order_id
order by stated.order_id
