/*---
note: Contracts and orders that are not in force yet, which were left out
---*/
select
    'Contract ' || coalesce(plain_value(contractnumber), plain_value(id)) as subject,
    plain_value(status) as note
from contract
where
    not coalesce(read_bool(plain_value(isdeleted)), false)
    and coalesce(lower(plain_value(statuscode)), lower(plain_value(status)), '') in (
        'draft', 'inapproval', 'in approval', 'in approval process'
    )
union all
select
    'Order ' || coalesce(plain_value(ordernumber), plain_value(id)) as subject,
    plain_value(status) as note
from sales_order
where
    not coalesce(read_bool(plain_value(isdeleted)), false)
    and (lower(plain_value(statuscode)) = 'draft' or lower(plain_value(status)) = 'draft')
order by subject
