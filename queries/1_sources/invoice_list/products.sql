/*---
table: products
rows_of: listed_lines
what: >
  Whatever a line sells, by number, else by its description. The name is its most frequent description, the first of
  them where several are.
---*/
with lines as (
    select
        coalesce(plain_value(product), plain_value(description)) as product_id,
        plain_value(description) as name,
        _source,
        _row,
        row_number() over (order by _source, _row) as place
    from listed_lines
    where
        coalesce(plain_value(product), plain_value(description)) is not null
        and plain_value(invoice) is not null
),

names as (
    select
        product_id,
        name,
        row_number() over (
            partition by product_id
            order by case when name is null then 1 else 0 end, count(*) desc, min(place)
        ) as turn
    from lines
    group by product_id, name
),

seen as (
    select
        product_id,
        _source,
        _row,
        row_number() over (partition by product_id order by place) as turn
    from lines
)

select
    seen.product_id,
    coalesce(names.name, seen.product_id) as name,
    seen._source,
    seen._row
from seen
inner join names on seen.product_id = names.product_id
where
    seen.turn = 1
    and names.turn = 1
order by seen._source, seen._row
