/*---
query: deliveries_of_orders
what: Deliveries of some orders.
---*/
select *
from deliveries
where order_id in (select unnest(cast($ids as varchar[])))
order by coalesce(shipped_on, delivered_on), delivery_id
