/*---
control: CUT-03
plants: revenue a month or two before or after the delivery, the service or the invoice
sized: false
touches: [revenue]
---*/
-- Offline revenue is compared with invoices month by month, so what is planted is revenue of other products.
create temp table plain as
with offline as (
    select distinct product_id
    from products
    where is_offline
)

select
    booked.revenue_id,
    booked.currency,
    booked.amount,
    line.invoice_id,
    invoice.order_id,
    line.contract_line_id,
    line.order_line_id,
    line.delivery_line_id,
    case
        when line.delivery_line_id is not null then 0
        when line.period_from is not null then 1
        else 2
    end as kind,
    month_of(coalesce(delivery.delivered_on, line.period_from, invoice.invoice_date)) as first_month,
    month_of(coalesce(delivery.delivered_on, line.period_to - 1, invoice.invoice_date)) as last_month
from revenue as booked
inner join invoice_lines as line on booked.invoice_line_id = line.invoice_line_id
inner join live_invoices as invoice on line.invoice_id = invoice.invoice_id
left join delivery_lines as item on line.delivery_line_id = item.delivery_line_id
left join deliveries as delivery on item.delivery_id = delivery.delivery_id and delivery.status = 'delivered'
left join offline on booked.product_id = offline.product_id
where
    offline.product_id is null
    and invoice.kind = 'invoice'
    and invoice.invoice_date <= getvariable('as_of')
    and booked.amount <> 0
    and case
        when line.delivery_line_id is not null then delivery.delivered_on is not null
        when line.period_from is not null then line.period_from < line.period_to and line.order_line_id is null
        else coalesce(line.order_line_id, line.contract_line_id, cast(invoice.period_from as varchar)) is null
    end
    and booked.revenue_id not in (select subject_id from before)
    and booked.revenue_id not in (select id from taken)
    and line.invoice_id not in (select id from taken)
    and booked.customer_id not in (select id from taken)
    and coalesce(line.contract_line_id not in (select id from taken), true)
    and coalesce(line.order_line_id not in (select id from taken), true)
    and coalesce(line.delivery_line_id not in (select id from taken), true)
    and coalesce(invoice.order_id not in (select id from taken), true);

-- Half of them too early, half of them too late where that is not in the future.
create temp table shifted as
with alone as (
    select
        *,
        row_number() over (partition by invoice_id order by dice(revenue_id, 1), revenue_id) as choice
    from plain
),

ranked as (
    select
        *,
        row_number() over (partition by kind, currency order by dice(revenue_id, 2), revenue_id) as turn
    from alone
    where choice = 1
)

select
    *,
    case
        when
            dice(revenue_id, 3) % 2 = 0
            and add_months_to(last_month, cast(1 + dice(revenue_id, 4) % 2 as integer)) <= getvariable('as_of')
            then add_months_to(last_month, cast(1 + dice(revenue_id, 4) % 2 as integer))
        else add_months_to(first_month, -cast(1 + dice(revenue_id, 4) % 2 as integer))
    end as month
from ranked
order by turn, dice(revenue_id, 5), revenue_id
limit getvariable('errors');

update revenue set month = shifted.month
from shifted
where revenue.revenue_id = shifted.revenue_id;

insert into planted by name
select
    revenue_id as subject_id,
    0 as expected_amount,
    amount as billed_amount,
    case when month < first_month then 'before ' else 'after ' end
    || case kind
        when 0 then 'the month of the delivery'
        when 1 then 'the months of the service'
        else 'the month of the invoice'
    end as what
from shifted;

insert into taken
select unnest([revenue_id, invoice_id])
from shifted
