/*---
query: own_order_lines
what: The lines of a customer's orders. Reads the session's own orders.
---*/
select
    order_line_id,
    order_id,
    quantity,
    unit_price,
    discount_amount
from order_lines
where order_id in (select order_id from orders)
