/*---
control: COM-01
plants: consignments delivered or shipped and never billed, and consignments larger than what was billed
sized: false
touches: [orders, order_lines, deliveries, delivery_lines]
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
        sum(line.quantity) as quantity,
        min(line.invoice_id) as invoice_id,
        count(line.delivery_line_id) as named
    from billed_lines as line
    left join delivery_lines as item on line.delivery_line_id = item.delivery_line_id
    group by coalesce(item.order_line_id, line.order_line_id)
    having count(*) = 1
)

select
    ordered.order_line_id,
    ordered.order_id,
    ordered.quantity as ordered_quantity,
    ordered.unit_price,
    coalesce(ordered.discount_amount, 0) as discount_amount,
    purchase.currency,
    item.delivery_line_id,
    item.delivery_id,
    item.quantity,
    billed.quantity as billed_quantity,
    case
        when billed.quantity = item.quantity and dice(item.delivery_line_id, 1) % 4 >= 2
            then case billed.named when 0 then 3 else 2 end
        else dice(item.delivery_line_id, 1) % 2
    end as kind
from lone
inner join delivery_lines as item on lone.delivery_line_id = item.delivery_line_id
inner join deliveries as delivery on item.delivery_id = delivery.delivery_id
inner join order_lines as ordered on lone.order_line_id = ordered.order_line_id
inner join orders as purchase on ordered.order_id = purchase.order_id
left join billed on lone.order_line_id = billed.order_line_id
where
    delivery.kind = 'sale'
    and delivery.status = 'delivered'
    and delivery.delivered_on <= getvariable('as_of') - 5
    and purchase.status = 'completed'
    and item.quantity > 0
    and ordered.quantity > 0
    and times_price(ordered.quantity, ordered.unit_price) > coalesce(ordered.discount_amount, 0)
    and item.delivery_line_id not in (select subject_id from before)
    and ordered.order_id not in (select id from taken)
    and ordered.order_line_id not in (select id from taken)
    and item.delivery_line_id not in (select id from taken)
    and item.delivery_id not in (select id from taken)
    and purchase.customer_id not in (select id from taken)
    and coalesce(billed.invoice_id not in (select id from taken), true);

create temp table unbilled as
with ranked as (
    select
        *,
        row_number() over (partition by kind, currency order by dice(delivery_line_id, 2), delivery_line_id) as turn
    from plain
)

select
    *,
    case when kind < 2 then delivery_line_id || '-COM01' else delivery_line_id end as subject_id,
    case when kind < 2 then quantity else quantity + 1 + dice(delivery_line_id, 3) % 3 end as kept_quantity,
    case when kind < 2 then 0 else billed_quantity end as known_quantity
from ranked
order by turn, dice(delivery_line_id, 4), delivery_line_id
limit getvariable('errors');

insert into orders by name
select original.* replace (original.order_id || '-COM01' as order_id, null as reason_code)
from orders as original
inner join unbilled on original.order_id = unbilled.order_id
where unbilled.kind < 2
group by all;

insert into order_lines by name
select
    original.* replace (
        original.order_line_id || '-COM01' as order_line_id,
        original.order_id || '-COM01' as order_id
    )
from order_lines as original
inner join unbilled on original.order_line_id = unbilled.order_line_id
where unbilled.kind < 2;

-- A carrier would have to be paid for it, so the customer fetched it.
insert into deliveries by name
select
    original.* replace (
        unbilled.subject_id as delivery_id,
        original.order_id || '-COM01' as order_id,
        case unbilled.kind when 0 then 'delivered' else 'shipped' end as status,
        case unbilled.kind
            when 0 then original.shipped_on
            else getvariable('as_of') - cast(5 + dice(unbilled.delivery_line_id, 5) % 25 as integer)
        end as shipped_on,
        case unbilled.kind when 0 then original.delivered_on end as delivered_on,
        null as partner_id
    )
from deliveries as original
inner join unbilled on original.delivery_id = unbilled.delivery_id
where unbilled.kind < 2;

insert into delivery_lines by name
select
    original.* replace (
        unbilled.subject_id as delivery_line_id,
        unbilled.subject_id as delivery_id,
        unbilled.order_line_id || '-COM01' as order_line_id
    )
from delivery_lines as original
inner join unbilled on original.delivery_line_id = unbilled.delivery_line_id
where unbilled.kind < 2;

update delivery_lines set quantity = unbilled.kept_quantity
from unbilled
where delivery_lines.delivery_line_id = unbilled.subject_id;

insert into planted by name
select
    subject_id,
    round_money(
        times_price(kept_quantity, unit_price) - portion(discount_amount, kept_quantity, ordered_quantity), currency
    ) as expected_amount,
    round_money(
        times_price(known_quantity, unit_price) - portion(discount_amount, known_quantity, ordered_quantity), currency
    ) as billed_amount,
    case kind
        when 0 then 'a consignment delivered and never billed'
        when 1 then 'a consignment shipped and never billed'
        when 2 then 'more delivered than the line of the consignment bills'
        else 'more delivered than the lines of the order bill'
    end as what
from unbilled;

insert into taken
select unnest([subject_id, delivery_line_id, delivery_id, order_line_id, order_id, order_id || '-COM01'])
from unbilled
