/*---
view: linked_lines
what: >
  Lines of live documents that are for an order line, credit memos too (see kind): ordered_line_id is the order line
  that they name, else that of the delivery line they name.
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, gross_amount]
  invoice_lines: [invoice_line_id, invoice_id, quantity, unit_price, net_amount]
uses:
  invoices: [reason_code, original_invoice_id, contract_id, order_id]
  invoice_lines: [product_id, order_line_id, delivery_line_id]
  delivery_lines: [delivery_line_id, order_line_id]
---*/
select
    *,
    order_line_id as ordered_line_id
from live_lines
where order_line_id is not null
union all
select
    line.*,
    item.order_line_id as ordered_line_id
from live_lines as line
inner join delivery_lines as item on line.delivery_line_id = item.delivery_line_id
where line.order_line_id is null
