/*---
control: COM-02
plants: completed orders without a delivery that are not billed, or not all of them
sized: false
touches: [orders, order_lines]
---*/
create temp table plain as
with billed as (
    select
        order_line_id,
        sum(quantity) as quantity,
        min(invoice_id) as invoice_id
    from billed_lines
    where order_line_id is not null and invoice_date <= getvariable('as_of')
    group by order_line_id
    having count(*) = 1
),

delivered as (
    select order_id from deliveries
    where order_id is not null
    union
    select ordered.order_id
    from delivery_lines as item
    inner join order_lines as ordered on item.order_line_id = ordered.order_line_id
),

things as (
    select
        product_id,
        bool_or(is_physical) as is_physical
    from products
    group by product_id
),

stepped as (
    select distinct product_id
    from price_list
    where min_quantity > 0
)

select
    ordered.order_line_id,
    ordered.order_id,
    ordered.quantity,
    ordered.unit_price,
    coalesce(ordered.discount_amount, 0) as discount_amount,
    purchase.currency,
    billed.quantity as billed_quantity,
    coalesce(product.is_physical, false) as is_physical,
    -- A larger order may have a better price, which is another error.
    case
        when
            billed.quantity = ordered.quantity
            and delivered.order_id is null
            and not coalesce(product.is_physical, false)
            and listed.product_id is null
            and dice(ordered.order_line_id, 1) % 2 = 1
            then 1
        else 0
    end as kind
from order_lines as ordered
inner join orders as purchase on ordered.order_id = purchase.order_id
left join things as product on ordered.product_id = product.product_id
left join stepped as listed on ordered.product_id = listed.product_id
left join billed on ordered.order_line_id = billed.order_line_id
left join delivered on ordered.order_id = delivered.order_id
where
    purchase.status = 'completed'
    and purchase.order_date <= getvariable('as_of') - 5
    and ordered.quantity > 0
    and times_price(ordered.quantity, ordered.unit_price) > coalesce(ordered.discount_amount, 0)
    and ordered.order_line_id not in (select subject_id from before)
    and ordered.order_line_id not in (select id from taken)
    and ordered.order_id not in (select id from taken)
    and purchase.customer_id not in (select id from taken)
    and coalesce(billed.invoice_id not in (select id from taken), true);

-- What is no thing is completed without a delivery; things only where there is nothing else.
create temp table unbilled as
with ranked as (
    select
        *,
        row_number() over (
            partition by kind, currency
            order by is_physical, dice(order_line_id, 2), order_line_id
        ) as turn
    from plain
)

select
    *,
    case kind when 0 then order_line_id || '-COM02' else order_line_id end as subject_id,
    case kind when 0 then quantity else quantity + 1 + dice(order_line_id, 3) % 3 end as ordered_quantity,
    case kind when 0 then 0 else billed_quantity end as known_quantity
from ranked
order by is_physical, turn, dice(order_line_id, 4), order_line_id
limit getvariable('errors');

insert into orders by name
select original.* replace (original.order_id || '-COM02' as order_id)
from orders as original
inner join unbilled on original.order_id = unbilled.order_id
where unbilled.kind = 0
group by all;

insert into order_lines by name
select
    original.* replace (
        original.order_line_id || '-COM02' as order_line_id,
        original.order_id || '-COM02' as order_id
    )
from order_lines as original
inner join unbilled on original.order_line_id = unbilled.order_line_id
where unbilled.kind = 0;

update order_lines set quantity = unbilled.ordered_quantity
from unbilled
where order_lines.order_line_id = unbilled.subject_id;

insert into planted by name
select
    subject_id,
    round_money(times_price(ordered_quantity, unit_price) - discount_amount, currency) as expected_amount,
    round_money(
        times_price(known_quantity, unit_price) - portion(discount_amount, known_quantity, ordered_quantity), currency
    ) as billed_amount,
    case kind
        when 0 then 'an order completed and never billed'
        else 'an order completed and billed in part'
    end as what
from unbilled;

insert into taken
select unnest([subject_id, order_line_id, order_id, order_id || '-COM02'])
from unbilled
