/*---
control: OCC-03
plants: consignments smaller than what was billed, and goods that came back without a credit
sized: false
touches: [deliveries, delivery_lines]
---*/
create temp table plain as
with lone as (
    select
        order_line_id,
        min(delivery_line_id) as delivery_line_id
    from delivery_lines
    where order_line_id is not null
    group by order_line_id
    having count(*) = 1
),

billed as (
    select
        coalesce(item.order_line_id, line.order_line_id) as order_line_id,
        min(line.invoice_id) as invoice_id,
        min(line.customer_id) as customer_id,
        min(line.currency) as currency,
        min(line.quantity) as quantity,
        min(line.unit_price) as unit_price
    from live_lines as line
    left join delivery_lines as item on line.delivery_line_id = item.delivery_line_id
    where line.invoice_date <= getvariable('as_of')
    group by coalesce(item.order_line_id, line.order_line_id)
    having count(*) = 1 and min(line.kind) = 'invoice'
)

select
    item.delivery_line_id,
    item.delivery_id,
    item.order_line_id,
    item.quantity,
    delivery.order_id,
    delivery.delivered_on,
    billed.invoice_id,
    billed.currency,
    billed.unit_price,
    dice(item.delivery_line_id, 1) % 2 as kind
from lone
inner join delivery_lines as item on lone.delivery_line_id = item.delivery_line_id
inner join deliveries as delivery on item.delivery_id = delivery.delivery_id
inner join billed on lone.order_line_id = billed.order_line_id
where
    delivery.kind = 'sale'
    and delivery.status = 'delivered'
    and delivery.delivered_on < getvariable('as_of')
    and item.quantity > 1
    and item.quantity = billed.quantity
    and item.order_line_id not in (select subject_id from before)
    and item.order_line_id not in (select id from taken)
    and item.delivery_line_id not in (select id from taken)
    and item.delivery_id not in (select id from taken)
    and billed.invoice_id not in (select id from taken)
    and billed.customer_id not in (select id from taken)
    and coalesce(delivery.order_id not in (select id from taken), true);

create temp table short as
with ranked as (
    select
        *,
        row_number() over (partition by kind, currency order by dice(delivery_line_id, 2), delivery_line_id) as turn
    from plain
)

select
    *,
    least(quantity - 1, 1 + dice(delivery_line_id, 3) % 5) as missing,
    order_line_id || '-OCC03' as return_id
from ranked
order by turn, dice(delivery_line_id, 4), delivery_line_id
limit getvariable('errors');

update delivery_lines set quantity = short.quantity - short.missing
from short
where delivery_lines.delivery_line_id = short.delivery_line_id and short.kind = 0;

insert into deliveries by name
select
    original.* replace (
        short.return_id as delivery_id,
        'return' as kind,
        least(short.delivered_on + 1, getvariable('as_of')) as shipped_on,
        least(short.delivered_on + 1 + cast(dice(short.delivery_line_id, 5) % 20 as integer), getvariable('as_of'))
            as delivered_on,
        null as partner_id
    )
from deliveries as original
inner join short on original.delivery_id = short.delivery_id
where short.kind = 1;

insert into delivery_lines by name
select
    original.* replace (
        short.return_id as delivery_line_id,
        short.return_id as delivery_id,
        -short.missing as quantity
    )
from delivery_lines as original
inner join short on original.delivery_line_id = short.delivery_line_id
where short.kind = 1;

insert into planted by name
select
    order_line_id as subject_id,
    round_money(times_price(quantity - missing, unit_price), currency) as expected_amount,
    round_money(times_price(quantity, unit_price), currency) as billed_amount,
    case kind
        when 0 then 'a consignment smaller than what was billed'
        else 'goods that came back without a credit'
    end as what
from short;

insert into taken
select unnest([order_line_id, delivery_line_id, delivery_id, return_id, order_id, invoice_id])
from short
