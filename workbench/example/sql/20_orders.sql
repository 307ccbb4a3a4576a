-- Goods and service orders, each with the flow it takes. Credits fall in the month of what they credit, everything is
-- invoiced within four days of shipping, and what would happen after the last day has not happened.
create table sale as
with drawn as (
    select
        order_no,
        least(
            mix(order_no, 301) % getvariable('goods_customers'), mix(order_no, 302) % getvariable('goods_customers')
        ) as customer_no,
        mix(order_no, 303) % 521 // 5 * 7 + mix(order_no, 303) % 521 % 5 as ordered,
        mix(order_no, 304) % 1000 as part_of_thousand
    from range(getvariable('orders')) as numbers (order_no)
),

wished as (
    select
        *,
        case
            when part_of_thousand < 360 then 'single'
            when part_of_thousand < 460 then 'split'
            when part_of_thousand < 510 then 'twin'
            when part_of_thousand < 550 then 'part_returned'
            when part_of_thousand < 570 then 'returned'
            when part_of_thousand < 640 then 'credited'
            when part_of_thousand < 700 then 'rebilled'
            when part_of_thousand < 740 then 'reversed'
            when part_of_thousand < 770 then 'gift'
            when part_of_thousand < 810 then 'prepaid'
            when part_of_thousand < 840 then 'service'
            when part_of_thousand < 855 then 'cancelled'
            when part_of_thousand < 900 then 'goodwill'
            when part_of_thousand < 980 then 'by_order'
            else 'reissued'
        end as wish,
        ordered + 1 + mix(order_no, 305) % 4 as shipped,
        1 + mix(order_no, 306) % 3 as transit
    from drawn
),

flowing as (
    select
        wished.*,
        case
            when
                wished.wish in ('credited', 'rebilled', 'reversed', 'goodwill', 'prepaid', 'by_order')
                and (calendar.day_of_month not between 6 and 14 or wished.shipped > 700)
                then 'single'
            else wished.wish
        end as flow
    from wished
    inner join calendar on wished.shipped = calendar.day
),

invoiced as (
    select
        *,
        case
            when flow = 'prepaid' then ordered
            when flow = 'service' then ordered + 1 + mix(order_no, 307) % 4
            when flow = 'part_returned' then shipped + 4
            when mix(order_no, 307) % 10 = 0 then shipped + mix(order_no, 308) % transit
            else shipped + transit + mix(order_no, 308) % (5 - transit)
        end as invoiced
    from flowing
),

returned as (
    select
        *,
        case
            when flow in ('part_returned', 'returned') then shipped + transit + mix(order_no, 309) % 2
            when flow in ('credited', 'reversed') then invoiced + 3 + mix(order_no, 309) % 5
        end as returned
    from invoiced
)

select
    returned.order_no,
    returned.customer_no,
    returned.flow,
    returned.ordered,
    returned.shipped,
    returned.transit,
    returned.invoiced,
    returned.returned,
    customer.entity_no,
    customer.currency,
    customer.unit,
    customer.authority,
    customer.country,
    customer.segment_no,
    customer.terms,
    case
        when returned.flow in ('credited', 'reversed') then returned.returned + mix(returned.order_no, 310) % 2
        when returned.flow = 'rebilled' then returned.invoiced + 3 + mix(returned.order_no, 310) % 4
        when returned.flow = 'goodwill' then returned.invoiced + 5
    end as credited,
    case when returned.flow in ('split', 'twin') then 2 else 1 end as parts,
    case when returned.flow = 'split' then 4 + mix(returned.order_no, 311) % 5 else 0 end as apart,
    case
        when returned.flow = 'service' then 1 + mix(returned.order_no, 312) % 2
        else [1, 1, 2, 2, 2, 3, 3, 4][1 + mix(returned.order_no, 312) % 8] + case when returned.flow = 'gift' then 1 else 0 end
    end as lines,
    case
        when returned.flow not in ('single', 'split', 'by_order', 'service') then 'line'
        when mix(returned.order_no, 313) % 100 < 6 then 'remainder'
        when mix(returned.order_no, 313) % 100 < 10 then 'document'
        else 'line'
    end as tax_rounding,
    returned.flow in ('single', 'split') and mix(returned.order_no, 314) % 16 = 0 as is_even
from returned
inner join customer on returned.customer_no = customer.customer_no;

create table sale_line as
with item as (
    select
        sale.*,
        number.line_no,
        sale.order_no * 10 + number.line_no as order_line,
        case
            when sale.flow = 'service'
                then getvariable('products') + (mix(sale.order_no, 321) + number.line_no) % 3
            else (mix(sale.order_no, 321) + 7 * number.line_no) % getvariable('products')
        end as product_no
    from sale
    inner join range(1, 6) as number (line_no) on sale.lines >= number.line_no
),

counted as (
    select
        item.*,
        product.is_zero_rated,
        case
            when item.parts = 2 and product.is_cheap then 2 * (26 + mix(item.order_line, 322) % 175)
            when item.parts = 2 then 2 * (1 + mix(item.order_line, 322) % 20)
            when product.is_cheap then 51 + mix(item.order_line, 322) % 350
            when item.flow = 'service' then 1 + mix(item.order_line, 322) % 6
            else 1 + mix(item.order_line, 322) % 40 + case when item.returned is not null then 1 else 0 end
        end as quantity
    from item
    inner join product on item.product_no = product.product_no
),

priced as (
    select
        counted.*,
        coalesce(own.scope, shared.scope, general.scope) as scope,
        coalesce(own.change_day, shared.change_day, general.change_day) as change_day,
        general.grain,
        general.tier_from,
        case
            when own.scope is not null then own.old_price
            when shared.scope is not null then shared.old_price
            when counted.quantity >= general.tier_from then general.old_tier_price
            else general.old_price
        end as old_price,
        case
            when own.scope is not null then own.new_price
            when shared.scope is not null then shared.new_price
            when counted.quantity >= general.tier_from then general.new_tier_price
            else general.new_price
        end as new_price
    from counted
    inner join price as general
        on
            general.scope = 'G'
            and counted.product_no = general.product_no
            and counted.entity_no = general.entity_no
    left join price as own
        on
            own.scope = 'C'
            and counted.product_no = own.product_no
            and counted.customer_no = own.scope_no
    left join price as shared
        on
            shared.scope = 'S'
            and counted.product_no = shared.product_no
            and counted.entity_no = shared.entity_no
            and counted.segment_no = shared.scope_no
),

agreed as (
    select
        *,
        case
            when flow = 'gift' and line_no = lines then 0
            when ordered < change_day then old_price
            else new_price
        end as unit_price,
        case
            when returned is null then 0
            when flow in ('returned', 'reversed') then quantity
            when line_no = 1 then greatest(1, quantity // 3)
            else 0
        end as returned_quantity,
        case
            when flow not in ('single', 'by_order') or line_no > 1 then 0
            when flow = 'single' and mix(order_no, 323) % 24 = 0 then 10
            when mix(order_no, 323) % 12 = 1 then 5
            else 0
        end as discount_percent
    from priced
)

select
    * exclude (shipped, transit, invoiced, returned, credited, terms, authority, tax_rounding, is_even, country),
    case when discount_percent = 10 then ordered // 366 + 1 end as voucher_no,
    to_unit(quantity * unit_price * discount_percent, 100, unit) as discount,
    case when is_zero_rated or country not in ('SG', 'JP', 'KW') then 'ZERO' else 'STD' end as tax_code,
    ordered < change_day and invoiced + apart >= change_day and unit_price > 0 and flow not in ('cancelled', 'returned')
        as is_price_kept
from agreed;

-- What left the house and what came back; a consignment beyond the last day is planned or on its way.
create table consignment as
with moved as (
    select
        sale.order_no * 4 + part.part as delivery,
        sale.order_no,
        sale.customer_no,
        sale.entity_no,
        sale.flow,
        'sale' as kind,
        part.part,
        sale.shipped + part.part * sale.apart as shipped,
        sale.shipped + part.part * sale.apart + sale.transit as delivered
    from sale
    inner join range(2) as part (part) on sale.parts > part.part
    where sale.flow not in ('service', 'cancelled')
    union all
    select
        order_no * 4 + 2 as delivery,
        order_no,
        customer_no,
        entity_no,
        flow,
        'return' as kind,
        2 as part,
        returned as shipped,
        returned as delivered
    from sale
    where returned <= getvariable('last_day')
    union all
    select
        40000000000 + number as delivery,
        null as order_no,
        customer.customer_no,
        customer.entity_no,
        'other' as flow,
        case when number % 3 = 0 then 'transfer' else 'sample' end as kind,
        0 as part,
        mix(number, 331) % 725 as shipped,
        mix(number, 331) % 725 + 2 as delivered
    from range(getvariable('samples')) as numbers (number)
    inner join customer on mix(number, 332) % getvariable('goods_customers') = customer.customer_no
)

select
    * exclude (shipped, delivered),
    case when shipped <= getvariable('last_day') then shipped end as shipped,
    case when delivered <= getvariable('last_day') then delivered end as delivered
from moved;

create table consignment_line as
select
    item.order_line * 4 + consignment.part as delivery_line,
    consignment.delivery,
    item.order_line,
    item.product_no,
    case when consignment.kind = 'return' then -item.returned_quantity else item.quantity // item.parts end as quantity
from sale_line as item
inner join consignment on item.order_no = consignment.order_no
where consignment.kind = 'sale' or item.returned_quantity > 0
union all
select
    delivery * 10 as delivery_line,
    delivery,
    null as order_line,
    mix(delivery, 333) % getvariable('products') as product_no,
    1 + mix(delivery, 334) % 9 as quantity
from consignment
where order_no is null;
