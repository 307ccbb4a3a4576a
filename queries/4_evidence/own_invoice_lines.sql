/*---
query: own_invoice_lines
what: >
  What was billed on a customer's order lines, named by themselves or by their delivery lines. Reads the session's own
  order and delivery lines.
---*/
select *
from invoice_lines
where order_line_id in (select order_line_id from order_lines)
union all
select *
from invoice_lines
where order_line_id is null and delivery_line_id in (select delivery_line_id from delivery_lines)
