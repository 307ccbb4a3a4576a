/*---
control: CUT-02
plants: consignments delivered more than two weeks before their first invoice
sized: false
touches: [orders, deliveries]
---*/
create temp table billed as
with lone as (
    select order_line_id
    from delivery_lines
    where order_line_id is not null
    group by order_line_id
    having count(*) = 1
),

named as (
    select
        line.*,
        item.delivery_id,
        item.delivery_line_id as moved_line_id,
        0 as link
    from billed_lines as line
    inner join delivery_lines as item on line.delivery_line_id = item.delivery_line_id
    union all
    select
        line.*,
        item.delivery_id,
        item.delivery_line_id as moved_line_id,
        1 as link
    from billed_lines as line
    inner join lone on line.order_line_id = lone.order_line_id
    inner join delivery_lines as item on lone.order_line_id = item.order_line_id
    where line.delivery_line_id is null
)

select
    delivery_id,
    min(invoice_id) as invoice_id,
    min(invoice_date) as invoice_date,
    min(currency) as currency,
    min(customer_id) as customer_id,
    min(link) as kind,
    count(*) as bills,
    count(case when moved_line_id in (select subject_id from before) then 1 end) as known
from named
group by delivery_id
having count(distinct invoice_id) = 1 and count(*) = count(distinct moved_line_id);

-- All lines of the consignment are billed, and no carrier is paid for it.
create temp table plain as
with counted as (
    select
        item.delivery_id,
        count(*) as lines,
        count(
            case
                when
                    item.order_line_id in (select id from taken)
                    or item.delivery_line_id in (select id from taken)
                    then 1
            end
        ) as taken
    from delivery_lines as item
    group by item.delivery_id
),

settled as (
    select delivery_id from settlement_lines
    where delivery_id is not null
    union
    select delivery.delivery_id
    from deliveries as delivery
    inner join settlement_lines as line on delivery.order_id = line.order_id
    union
    select delivery_id from deliveries
    where partner_id is not null and delivered_on > getvariable('as_of') - 80
)

select
    delivery.delivery_id,
    delivery.order_id,
    delivery.shipped_on,
    delivery.delivered_on,
    billed.invoice_id,
    billed.currency,
    billed.kind,
    counted.lines,
    billed.invoice_date - cast(15 + dice(delivery.delivery_id, 1) % 10 as integer) as arrived_on
from deliveries as delivery
inner join billed on delivery.delivery_id = billed.delivery_id
inner join counted on delivery.delivery_id = counted.delivery_id and billed.bills = counted.lines
left join settled on delivery.delivery_id = settled.delivery_id
where
    delivery.kind = 'sale'
    and delivery.status = 'delivered'
    and delivery.delivered_on <= billed.invoice_date
    and billed.invoice_date <= getvariable('as_of')
    and settled.delivery_id is null
    and billed.known = 0
    and counted.taken = 0
    and counted.lines <= getvariable('errors')
    and billed.invoice_id not in (select id from taken)
    and billed.customer_id not in (select id from taken)
    and delivery.delivery_id not in (select id from taken)
    and coalesce(delivery.order_id not in (select id from taken), true);

-- Revenue stays in the month of the delivery.
create temp table early as
with ranked as (
    select
        *,
        row_number() over (partition by kind, currency order by dice(delivery_id, 2), delivery_id) as turn
    from plain
    where month_of(arrived_on) = month_of(delivered_on) and arrived_on < delivered_on
)

select
    *,
    arrived_on - coalesce(cast(days_between(shipped_on, delivered_on) as integer), 0) as left_on
from ranked
qualify sum(lines) over (order by turn, dice(delivery_id, 3), delivery_id) <= getvariable('errors');

update deliveries
set
    shipped_on = case when deliveries.shipped_on is not null then early.left_on end,
    delivered_on = early.arrived_on
from early
where deliveries.delivery_id = early.delivery_id;

-- Nothing leaves before it is ordered.
update orders set order_date = least(orders.order_date, early.left_on)
from early
where orders.order_id = early.order_id;

insert into planted by name
select
    item.delivery_line_id as subject_id,
    null as expected_amount,
    null as billed_amount,
    case early.kind
        when 0 then 'delivered weeks before the invoice of the consignment'
        else 'delivered weeks before the invoice of the order'
    end as what
from early
inner join delivery_lines as item on early.delivery_id = item.delivery_id;

insert into taken
select unnest([delivery_id, invoice_id, order_id])
from early
union
select unnest([item.delivery_line_id, item.order_line_id])
from delivery_lines as item
inner join early on item.delivery_id = early.delivery_id
