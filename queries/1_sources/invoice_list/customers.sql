/*---
table: customers
rows_of: listed_lines
what: >
  Whoever a line bills, by number, else by name. The name is the one that most of the customer's lines say, the first
  of them where several are said equally often.
---*/
with lines as (
    select
        coalesce(plain_value(customer), plain_value(customer_name)) as customer_id,
        plain_value(customer_name) as name,
        plain_value(country) as country,
        _source,
        _row,
        row_number() over (order by _source, _row) as place
    from listed_lines
    where
        coalesce(plain_value(customer), plain_value(customer_name)) is not null
        and plain_value(invoice) is not null
),

names as (
    select
        customer_id,
        name,
        row_number() over (
            partition by customer_id
            order by case when name is null then 1 else 0 end, count(*) desc, min(place)
        ) as turn
    from lines
    group by customer_id, name
),

seen as (
    select
        customer_id,
        country,
        _source,
        _row,
        row_number() over (partition by customer_id order by place) as turn
    from lines
)

select
    seen.customer_id,
    coalesce(names.name, seen.customer_id) as name,
    seen.country,
    'active' as status,
    seen._source,
    seen._row
from seen
inner join names on seen.customer_id = names.customer_id
where
    seen.turn = 1
    and names.turn = 1
order by seen._source, seen._row
