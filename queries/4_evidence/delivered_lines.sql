/*---
query: delivered_lines
what: Delivery lines by their delivery_line_id, and every delivery line of some order lines.
---*/
select *
from delivery_lines
where delivery_line_id in (select unnest(cast($ids as varchar[])))
union
select *
from delivery_lines
where order_line_id in (select unnest(cast($order_line_ids as varchar[])))
