-- What is planted: one row each, at most one in a family of documents; `slot` spreads them over kinds and entities.
create table plant (
    control_id varchar,
    kind bigint,
    family bigint,
    entity_no bigint,
    doc bigint,
    line_no bigint,
    key bigint,
    amount bigint
);

create table slot as
select
    kinds.kinds,
    number % kinds.kinds as kind,
    (number + number // kinds.kinds) % 3 as entity_no,
    count(*) as many
from range(getvariable('planted_each')) as numbers (number)
cross join range(1, 9) as kinds (kinds)
group by kinds.kinds, number % kinds.kinds, (number + number // kinds.kinds) % 3;

-- Each script fills `eligible` and takes from it what `chosen` names.
create table eligible (
    kind bigint,
    family bigint,
    entity_no bigint,
    doc bigint,
    line_no bigint,
    key bigint,
    amount bigint
);

create macro chosen(kinds_wanted, salt) as table
with one_each as (
    select
        *,
        row_number() over (partition by family order by mix(family * 8 + kind, salt), doc, line_no, key) as turn
    from eligible
    where family not in (select plant.family from plant)
),

ranked as (
    select
        *,
        row_number() over (partition by kind, entity_no order by mix(family, salt + 1), family) as place
    from one_each
    where turn = 1
)

select
    ranked.kind,
    ranked.family,
    ranked.entity_no,
    ranked.doc,
    ranked.line_no,
    ranked.key,
    ranked.amount
from ranked
inner join slot on slot.kinds = kinds_wanted and ranked.kind = slot.kind and ranked.entity_no = slot.entity_no
where ranked.place <= slot.many;

-- Lines with nothing special about them: one delivery, one invoice, no discount, ordinary rounding, not a new matter.
create table plain_line as
select
    item.order_no as family,
    item.entity_no,
    item.order_no * 8 as doc,
    item.line_no,
    item.order_line,
    item.product_no,
    item.scope,
    item.segment_no,
    item.customer_no,
    item.quantity,
    item.unit_price,
    item.old_price,
    item.new_price,
    item.change_day,
    item.grain,
    item.tier_from,
    item.tax_code,
    item.unit,
    item.ordered,
    item.lines,
    sale.shipped,
    sale.invoiced,
    calendar.day_of_month,
    item.flow
from sale_line as item
inner join sale on item.order_no = sale.order_no
inner join calendar on sale.invoiced = calendar.day
where
    item.flow in ('single', 'by_order')
    and sale.invoiced between 20 and 690
    and sale.tax_rounding = 'line'
    and not sale.is_even
    and not item.is_price_kept
    and item.order_no not in (
        select other.order_no
        from sale_line as other
        where other.discount > 0 or other.is_price_kept
    );
