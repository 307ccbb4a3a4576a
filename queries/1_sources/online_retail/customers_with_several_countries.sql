/*---
note: Customers whose lines name several countries; the most frequent one was taken
---*/
with countries as (
    select
        regexp_replace(plain_value(customerid), '\.0+$', '') as customer_id,
        plain_value(country) as country,
        count(*) as lines
    from online_retail_lines
    where plain_value(customerid) is not null
    group by regexp_replace(plain_value(customerid), '\.0+$', ''), plain_value(country)
)

select
    customer_id as subject,
    string_agg(coalesce(country, 'none') || ' ' || cast(lines as varchar), ', ' order by -lines, country) as note
from countries
group by customer_id
having count(*) > 1
order by customer_id
