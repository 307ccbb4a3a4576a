/*---
view: linked_lines
what: >
  Invoice lines that are for an order line, of whatever document: ordered_line_id is the order line that they name, else
  that of the delivery line they name.
needs:
  invoice_lines: [invoice_line_id, invoice_id, quantity, unit_price, net_amount]
uses:
  invoice_lines: [product_id, order_line_id, delivery_line_id]
  delivery_lines: [delivery_line_id, order_line_id]
---*/
select
    *,
    order_line_id as ordered_line_id
from invoice_lines
where order_line_id is not null
union all
select
    line.*,
    item.order_line_id as ordered_line_id
from invoice_lines as line
inner join delivery_lines as item on line.delivery_line_id = item.delivery_line_id
where line.order_line_id is null
