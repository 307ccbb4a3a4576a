/*---
control: OCC-04
plants: billed consignments that were cancelled, or are planned to this day
sized: false
touches: [deliveries]
---*/
-- Consignments of one line and of one order line, billed on one line in the month in which they arrived; no carrier was
-- paid for them.
create temp table plain as
with lone as (
    select
        delivery_id,
        min(delivery_line_id) as delivery_line_id
    from delivery_lines
    group by delivery_id
    having count(*) = 1
),

lone_ordered as (
    select order_line_id
    from delivery_lines
    where order_line_id is not null
    group by order_line_id
    having count(*) = 1
),

billed as (
    select
        coalesce(item.order_line_id, line.order_line_id) as order_line_id,
        min(line.invoice_line_id) as invoice_line_id,
        min(line.invoice_id) as invoice_id,
        min(line.order_id) as order_id,
        min(line.customer_id) as customer_id,
        min(line.invoice_date) as invoice_date,
        min(line.currency) as currency,
        min(line.net_amount) as net_amount
    from live_lines as line
    left join delivery_lines as item on line.delivery_line_id = item.delivery_line_id
    group by coalesce(item.order_line_id, line.order_line_id)
    having count(*) = 1 and min(line.kind) = 'invoice' and min(coalesce(line.reason_code, '')) <> 'prepayment'
),

things as (
    select distinct product_id
    from products
    where is_physical
),

settled as (
    select distinct delivery_id
    from settlement_lines
),

settled_order as (
    select distinct order_id
    from settlement_lines
)

select
    delivery.delivery_id,
    delivery.order_id,
    item.delivery_line_id,
    item.order_line_id,
    billed.invoice_line_id,
    billed.invoice_id,
    billed.currency,
    billed.net_amount,
    dice(delivery.delivery_id, 1) % 2 as kind
from lone
inner join deliveries as delivery on lone.delivery_id = delivery.delivery_id
inner join delivery_lines as item on lone.delivery_line_id = item.delivery_line_id
inner join lone_ordered on item.order_line_id = lone_ordered.order_line_id
inner join order_lines as ordered on item.order_line_id = ordered.order_line_id
inner join orders as purchase on ordered.order_id = purchase.order_id
inner join things on ordered.product_id = things.product_id
inner join billed on item.order_line_id = billed.order_line_id
left join settled on delivery.delivery_id = settled.delivery_id
left join settled_order on delivery.order_id = settled_order.order_id
where
    delivery.kind = 'sale'
    and delivery.status = 'delivered'
    and item.quantity > 0
    and purchase.status = 'completed'
    and coalesce(purchase.reason_code, '') <> 'prepayment'
    and billed.net_amount > 0
    and billed.invoice_date <= getvariable('as_of') - 10
    and month_of(billed.invoice_date) = month_of(delivery.delivered_on)
    and coalesce(settled.delivery_id, settled_order.order_id) is null
    and billed.invoice_line_id not in (select subject_id from before)
    and billed.invoice_id not in (select id from taken)
    and billed.customer_id not in (select id from taken)
    and item.order_line_id not in (select id from taken)
    and item.delivery_line_id not in (select id from taken)
    and delivery.delivery_id not in (select id from taken)
    and ordered.order_id not in (select id from taken);

create temp table undelivered as
with ranked as (
    select
        *,
        row_number() over (partition by kind, currency order by dice(delivery_id, 2), delivery_id) as turn
    from plain
)

select *
from ranked
order by turn, dice(delivery_id, 3), delivery_id
limit getvariable('errors');

update deliveries
set
    status = case undelivered.kind when 0 then 'cancelled' else 'planned' end,
    shipped_on = null,
    delivered_on = null
from undelivered
where deliveries.delivery_id = undelivered.delivery_id;

insert into planted by name
select
    invoice_line_id as subject_id,
    0 as expected_amount,
    net_amount as billed_amount,
    case kind
        when 0 then 'billed, and the consignment was cancelled'
        else 'billed, and the consignment is planned to this day'
    end as what
from undelivered;

insert into taken
select unnest([invoice_id, order_line_id, order_id, delivery_line_id, delivery_id])
from undelivered
