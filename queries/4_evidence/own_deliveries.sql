/*---
query: own_deliveries
what: The deliveries of those lines. Reads the session's own delivery lines.
---*/
select
    delivery_id,
    kind,
    status,
    shipped_on,
    delivered_on
from deliveries
where delivery_id in (select delivery_id from delivery_lines)
