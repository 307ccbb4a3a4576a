-- What is sold and at what price. Cheap goods cost an odd number of half units, so that odd quantities end in halves.
create table product as
with counted as (
    select
        number as product_no,
        number < getvariable('products') as is_physical,
        number - getvariable('products') as service_no
    from range(getvariable('products') + 15) as numbers (number)
)

select
    product_no,
    is_physical,
    is_physical and product_no % 5 = 0 as is_cheap,
    is_physical and product_no % 9 = 4 as is_zero_rated,
    case
        when is_physical then adjectives[1 + product_no % len(adjectives)] || ' ' || nouns[1 + product_no // len(adjectives) % len(nouns)]
            || case when product_no >= len(adjectives) * len(nouns) then ' ' || cast(product_no as varchar) else '' end
        else services[1 + service_no].name
    end as name,
    case when is_physical then 'goods' else services[1 + service_no].family end as family,
    case when is_physical then 'piece' else services[1 + service_no].unit end as unit,
    not is_physical and services[1 + service_no].family = 'professional' as is_offline
from counted
cross join words;

-- One row per audience: general (G), segment (S) or customer (C), the price before and after the day it changed.
create table price as
with audience as (
    select
        'G' as scope,
        0 as scope_no,
        entity.entity_no,
        product.product_no
    from entity
    cross join product
    where product.product_no < getvariable('products') + 3
    union all
    select
        'S' as scope,
        1 as scope_no,
        entity.entity_no,
        product.product_no
    from entity
    cross join product
    where product.is_physical and product.product_no % 4 = 1
    union all
    select
        'C' as scope,
        customer.customer_no as scope_no,
        customer.entity_no,
        (customer.customer_no * 3 + offer.number * 11) % getvariable('products') as product_no
    from customer
    cross join range(4) as offer (number)
    where customer.customer_no % 7 = 0 and customer.customer_no < getvariable('goods_customers')
),

based as (
    select
        audience.*,
        product.is_cheap,
        case when product.is_cheap then entity.unit // 2 else entity.unit end as grain,
        case
            when product.is_cheap then 2 * (mix(audience.product_no, 201) % 200) + 41
            else 1000 + mix(audience.product_no, 201) % case when product.is_physical then 50000 else 200000 end
        end as base
    from audience
    inner join entity on audience.entity_no = entity.entity_no
    inner join product on audience.product_no = product.product_no
),

reduced as (
    select
        *,
        base - case scope when 'S' then 2 * (base // 20) + 2 when 'C' then 2 * (base // 12) + 4 else 0 end as steps
    from based
)

select
    scope,
    scope_no,
    entity_no,
    product_no,
    grain,
    [182, 366, 456, 639][1 + product_no % 4] as change_day,
    grain * steps as old_price,
    grain * (steps + 2 * (steps // 32) + 2) as new_price,
    grain * (steps - 2 * (steps // 28) - 2) as old_tier_price,
    grain * (steps + 2 * (steps // 32) + 2 - 2 * (steps // 28) - 2 - 4) as new_tier_price,
    case
        when scope = 'G' and product_no % 3 > 0 and product_no < getvariable('products')
            then case when is_cheap then 200 else 20 end
    end as tier_from,
    grain * (base // 2) as floor_price
from reduced;

create table tax_rate as
select * from (
    values
    ('STD', 'SG', 800, -365, 0), ('STD', 'SG', 900, 0, null),
    ('STD', 'JP', 800, -3562, -1553), ('STD', 'JP', 1000, -1553, null),
    ('STD', 'KW', 500, -365, 366), ('STD', 'KW', 700, 366, null),
    ('ZERO', 'SG', 0, -365, null), ('ZERO', 'JP', 0, -365, null), ('ZERO', 'KW', 0, -365, null),
    ('ZERO', 'MY', 0, -365, null), ('ZERO', 'TW', 0, -365, null), ('ZERO', 'SA', 0, -365, null)
) as listed (tax_code, country, rate, starts, ends);
