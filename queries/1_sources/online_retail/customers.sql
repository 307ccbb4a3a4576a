/*---
table: customers
what: >
  Whoever a line names. The country is the one that most of the customer's lines name, the first of them where
  several do so equally often; customers_with_several_countries.sql lists where that was a choice.
---*/
with lines as (
    select
        regexp_replace(plain_value(customerid), '\.0+$', '') as customer_id,
        plain_value(country) as country,
        _source,
        _row,
        row_number() over (order by _source, _row) as place
    from online_retail_lines
    where plain_value(customerid) is not null
),

countries as (
    select
        customer_id,
        country,
        row_number() over (
            partition by customer_id
            order by case when country is null then 1 else 0 end, count(*) desc, min(place)
        ) as turn
    from lines
    group by customer_id, country
),

seen as (
    select
        customer_id,
        _source,
        _row,
        row_number() over (partition by customer_id order by place) as turn
    from lines
)

select
    seen.customer_id,
    'UK' as entity_id,
    seen.customer_id as name,
    countries.country,
    'active' as status,
    seen._source,
    seen._row
from seen
inner join countries on seen.customer_id = countries.customer_id
where
    seen.turn = 1
    and countries.turn = 1
order by seen._source, seen._row
