/*---
query: lines_by_delivery
what: One line, where there is any, that names its delivery line and no order line.
---*/
select invoice_line_id
from invoice_lines
where order_line_id is null and delivery_line_id is not null
order by invoice_line_id
limit 1
