/*---
query: nearest_customers
what: The ids of customers that are most like a name that none has, by id or by name.
---*/
with names as (
    select
        customer_id,
        customer_id as name
    from customers
    union all
    select
        customer_id,
        name
    from customers
),

nearest as (
    select
        customer_id,
        jaro_winkler_similarity(lower(name), lower($name)) as likeness
    from names
    where name is not null
    order by likeness desc, customer_id asc
    limit 30
)

select
    customer_id,
    max(likeness) as likeness
from nearest
group by customer_id
order by likeness desc, customer_id asc
