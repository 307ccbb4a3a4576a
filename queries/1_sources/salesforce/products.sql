/*---
table: products
what: >
  One product each, active or not, deleted ones left out, by its product code; of several with one code the oldest has
  it, and the others and those without one go by their 18-character id.
rows_of: product
---*/
with
-- The oldest of the products that share a code has it; the others go by their id.
coded as (
    select
        substr(plain_value(id), 1, 15) as product_key,
        plain_value(id) as id,
        plain_value(productcode) as code,
        first_value(substr(plain_value(id), 1, 15)) over (
            partition by plain_value(productcode)
            order by read_time(plain_value(createddate)) nulls last, substr(plain_value(id), 1, 15)
        ) as first_key,
        plain_value(sbqq__subscriptionterm__c) as term
    from product
    where not coalesce(read_bool(plain_value(isdeleted)), false)
),

product_keys as (
    select
        product_key,
        coalesce(
            min(case when first_key = product_key then code end),
            min(id || coalesce(
                array_to_string(
                    list_transform(
                        case when regexp_full_match(id, '[0-9A-Za-z]{15}') then [1, 6, 11] end,
                        lambda place: substr(
                            'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345',
                            1 + cast(
                                '0b' || reverse(
                                    regexp_replace(
                                        regexp_replace(substr(id, place, 5), '[^A-Z]', '0', 'g'),
                                        '[A-Z]',
                                        '1',
                                        'g'
                                    )
                                ) as integer
                            ),
                            1
                        )
                    ),
                    ''
                ),
                ''
            ))
        ) as product_id,
        min(term) as term
    from coded
    group by product_key
),

read_products as (
    select
        *,
        substr(plain_value(id), 1, 15) as product_key
    from product
    where not coalesce(read_bool(plain_value(isdeleted)), false)
)

select
    product_keys.product_id,
    read_products.name,
    plain_value(read_products.family) as family,
    plain_value(read_products.quantityunitofmeasure) as unit,
    plain_value(read_products.tax_category) as tax_category,
    plain_value(read_products.is_physical) as is_physical,
    plain_value(read_products.is_offline) as is_offline,
    read_products._source,
    read_products._row
from read_products
left join product_keys on read_products.product_key = product_keys.product_key
order by read_products._source, read_products._row
