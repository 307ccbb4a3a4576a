/*---
note: Account numbers and product codes that several records share; the oldest has it, the others go by their ids
---*/
with numbered as (
    select
        'account number ' || plain_value(accountnumber) as number,
        substr(plain_value(id), 1, 15) as record_key
    from account
    where not coalesce(read_bool(plain_value(isdeleted)), false)
    union all
    select
        'product code ' || plain_value(productcode) as number,
        substr(plain_value(id), 1, 15) as record_key
    from product
    where not coalesce(read_bool(plain_value(isdeleted)), false)
)

select
    number as subject,
    string_agg(distinct record_key, ', ' order by record_key) as note
from numbered
where number is not null
group by number
having count(distinct record_key) > 1
order by number
