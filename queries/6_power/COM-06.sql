/*---
control: COM-06
plants: offline revenue recognised with another amount than was invoiced, or in a month without an invoice
sized: true
touches: [revenue]
---*/
-- What one customer's offline product earned in a month, which is what was invoiced.
create temp table earned as
with offline as (
    select distinct product_id
    from products
    where is_offline
),

posted as (
    select
        booked.revenue_id,
        booked.entity_id,
        booked.customer_id,
        booked.product_id,
        month_of(booked.month) as month,
        booked.currency,
        booked.amount,
        case when booked.revenue_id in (select id from taken) or line.invoice_id in (select id from taken) then 1 end
            as taken
    from revenue as booked
    inner join offline on booked.product_id = offline.product_id
    left join invoice_lines as line on booked.invoice_line_id = line.invoice_line_id
    where booked.customer_id not in (select id from taken)
)

select
    entity_id || '/' || customer_id || '/' || product_id as sales_id,
    month,
    min(currency) as currency,
    sum(amount) as amount,
    min(revenue_id) as revenue_id,
    count(taken) as taken
from posted
group by entity_id, customer_id, product_id, month
having min(currency) = max(currency);

-- One month of a customer and product, and none beside a month that differs already, so that nothing explains it.
create temp table off as
with asked as (
    select
        *,
        dice(revenue_id, 1) % 3 as kind,
        case when dice(revenue_id, 1) % 3 < 2 then month else add_months_to(month, 1) end as off_month
    from earned
),

next_to as (
    select
        asked.*,
        row_number() over (partition by asked.sales_id order by dice(asked.revenue_id, 2), asked.revenue_id) as choice
    from asked
    left join earned as other
        on asked.sales_id = other.sales_id and asked.off_month = other.month and asked.month <> other.month
    left join before as known on asked.sales_id || '/' || strftime(asked.off_month, '%Y-%m') = known.subject_id
    left join before as known_earlier
        on asked.sales_id || '/' || strftime(add_months_to(asked.off_month, -1), '%Y-%m') = known_earlier.subject_id
    left join before as known_later
        on asked.sales_id || '/' || strftime(add_months_to(asked.off_month, 1), '%Y-%m') = known_later.subject_id
    where
        asked.taken = 0
        and asked.off_month <= getvariable('as_of')
        and coalesce(other.sales_id, known.subject_id, known_earlier.subject_id, known_later.subject_id) is null
),

ranked as (
    select
        *,
        row_number() over (partition by kind, currency order by dice(revenue_id, 3), revenue_id) as turn
    from next_to
    where choice = 1
)

select
    *,
    cast(getvariable('size') as decimal(14, 0)) * minor_unit(currency) * case kind when 1 then -1 else 1 end as too_much
from ranked
order by turn, dice(revenue_id, 4), revenue_id
limit getvariable('errors');

update revenue set amount = revenue.amount + off.too_much
from off
where revenue.revenue_id = off.revenue_id and off.kind < 2;

insert into revenue by name
select
    original.* replace (
        original.revenue_id || '-COM06' as revenue_id,
        null as invoice_line_id,
        off.off_month as month,
        off.too_much as amount
    )
from revenue as original
inner join off on original.revenue_id = off.revenue_id
where off.kind = 2;

insert into planted by name
select
    sales_id || '/' || strftime(off_month, '%Y-%m') as subject_id,
    case kind when 2 then too_much else amount + too_much end as expected_amount,
    case kind when 2 then 0 else amount end as billed_amount,
    case kind
        when 0 then 'more revenue than was invoiced'
        when 1 then 'less revenue than was invoiced'
        else 'revenue posted by hand in a month without an invoice'
    end as what
from off;

insert into taken
select off.revenue_id
from off
union
select line.invoice_id
from off
inner join revenue as booked on off.revenue_id = booked.revenue_id
inner join invoice_lines as line on booked.invoice_line_id = line.invoice_line_id
