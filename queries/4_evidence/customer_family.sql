/*---
query: customer_family
what: The parent of a customer and those whose parent it is.
---*/
select
    relative.customer_id,
    relative.name,
    relative.status,
    case when relative.customer_id = own.parent_id then 'parent' else 'child' end as relation
from customers as own
inner join customers as relative
    on own.parent_id = relative.customer_id or own.customer_id = relative.parent_id
where own.customer_id = $customer and relative.customer_id <> $customer
order by relation desc, relative.customer_id asc
