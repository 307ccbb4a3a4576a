/*---
query: own_delivery_lines
what: What was delivered on a customer's order lines. Reads the session's own order lines.
---*/
select
    delivery_line_id,
    delivery_id,
    order_line_id,
    quantity
from delivery_lines
where order_line_id in (select order_line_id from order_lines)
