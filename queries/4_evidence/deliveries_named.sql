/*---
query: deliveries_named
what: Deliveries by their delivery_id.
---*/
select *
from deliveries
where delivery_id in (select unnest(cast($ids as varchar[])))
order by coalesce(shipped_on, delivered_on), delivery_id
