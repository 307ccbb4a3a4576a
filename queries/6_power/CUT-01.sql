/*---
control: CUT-01
plants: consignments that left the house some days after their invoice, or of which only the later arrival is known
sized: false
touches: [deliveries]
---*/
-- Consignments that one live invoice bills, which no carrier was paid for and nobody paid in advance.
create temp table plain as
with billed as (
    select
        item.delivery_id,
        min(line.invoice_id) as invoice_id,
        min(line.order_id) as order_id,
        min(line.invoice_date) as invoice_date,
        min(line.currency) as currency,
        count(*) as lines,
        min(line.customer_id) as customer_id,
        count(
            case when line.reason_code = 'prepayment' or ordered.order_id in (select id from taken) then 1 end
        ) as special,
        count(case when line.invoice_line_id in (select subject_id from before) then 1 end) as known
    from billed_lines as line
    inner join delivery_lines as item on line.delivery_line_id = item.delivery_line_id
    left join order_lines as ordered on item.order_line_id = ordered.order_line_id
    group by item.delivery_id
    having count(distinct line.invoice_id) = 1
),

bound as (
    select delivery_id from settlement_lines
    where delivery_id is not null
    union
    select delivery.delivery_id
    from deliveries as delivery
    inner join settlement_lines as line on delivery.order_id = line.order_id
    union
    select delivery.delivery_id
    from deliveries as delivery
    inner join orders as purchase on delivery.order_id = purchase.order_id
    where purchase.reason_code = 'prepayment'
)

select
    delivery.delivery_id,
    delivery.order_id,
    billed.invoice_id,
    billed.currency,
    billed.lines,
    billed.invoice_date,
    dice(delivery.delivery_id, 1) % 2 as kind,
    billed.invoice_date + cast(1 + dice(delivery.delivery_id, 2) % 5 as integer) as left_on
from deliveries as delivery
inner join billed on delivery.delivery_id = billed.delivery_id
left join bound on delivery.delivery_id = bound.delivery_id
where
    delivery.kind = 'sale'
    and delivery.status = 'delivered'
    and delivery.delivered_on <= billed.invoice_date
    and month_of(delivery.delivered_on) = month_of(billed.invoice_date)
    and billed.lines <= getvariable('errors')
    and bound.delivery_id is null
    and billed.special = 0
    and billed.known = 0
    and billed.invoice_id not in (select id from taken)
    and billed.customer_id not in (select id from taken)
    and delivery.delivery_id not in (select id from taken)
    and coalesce(delivery.order_id not in (select id from taken), true);

-- Revenue stays in the month of the delivery, and what was delivered is known at the as-of date.
create temp table late as
with ranked as (
    select
        *,
        row_number() over (partition by kind, currency order by dice(delivery_id, 3), delivery_id) as turn
    from plain
    where month_of(left_on) = month_of(invoice_date) and left_on <= getvariable('as_of')
)

select *
from ranked
qualify sum(lines) over (order by turn, dice(delivery_id, 4), delivery_id) <= getvariable('errors');

insert into planted by name
select
    line.invoice_line_id as subject_id,
    0 as expected_amount,
    line.net_amount as billed_amount,
    case late.kind
        when 0 then 'shipped some days after the invoice'
        else 'delivered some days after the invoice, the day it was shipped unknown'
    end as what
from late
inner join delivery_lines as item on late.delivery_id = item.delivery_id
inner join billed_lines as line on item.delivery_line_id = line.delivery_line_id;

insert into taken
select unnest([delivery_id, invoice_id, order_id])
from late
union
select item.delivery_line_id
from delivery_lines as item
inner join late on item.delivery_id = late.delivery_id;

update deliveries
set shipped_on = case late.kind when 0 then late.left_on end, delivered_on = late.left_on
from late
where deliveries.delivery_id = late.delivery_id
