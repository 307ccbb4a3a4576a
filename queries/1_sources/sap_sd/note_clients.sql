/*---
note: The exports hold several clients; load them one by one
---*/
with clients as (
    select plain_value(mandt) as client from vbrk
    union all
    select plain_value(mandt) as client from vbrp
    union all
    select plain_value(mandt) as client from bsid_bsad
),

counted as (
    select
        client,
        count(*) as rows_of_it,
        count(*) over () as several
    from clients
    where client is not null
    group by client
)

select
    'client ' || client as subject,
    cast(rows_of_it as varchar) || ' rows of billing documents, their items and customer items' as note
from counted
where several > 1
order by client
