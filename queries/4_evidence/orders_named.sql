/*---
query: orders_named
what: Orders by their order_id.
---*/
select *
from orders
where order_id in (select unnest(cast($ids as varchar[])))
order by order_date, order_id
