/*---
table: products
what: >
  Every product of the master files, once: where several files hold one, that of the latest period speaks. A code that
  two companies gave to products of different names has the company before it. Type P is a thing, S a service.
rows_of: saft_products
---*/
with files as (
    select
        _source,
        max(period_to) as period_to
    from saft_files
    group by _source
),

clashing as (
    select product_id
    from saft_products
    group by product_id
    having count(distinct company_id) > 1 and count(distinct lower(name)) > 1
),

seen as (
    select
        product.*,
        clashing.product_id is not null as clashes,
        row_number() over (
            partition by
                case when clashing.product_id is not null then product.company_id end,
                coalesce(product.product_id, product._source || '/' || cast(product._row as varchar))
            order by coalesce(files.period_to, '') desc, product._source desc, product._row desc
        ) as turn
    from saft_products as product
    left join clashing on product.product_id = clashing.product_id
    left join files on product._source = files._source
)

select
    case when clashes then company_id || '/' || product_id else product_id end as product_id,
    coalesce(name, product_id) as name,
    family,
    unit,
    case when type = 'P' then 'true' when type = 'S' then 'false' end as is_physical,
    _source,
    _row
from seen
where turn = 1
order by _source, _row
