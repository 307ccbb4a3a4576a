/*---
query: billed_by_delivery
what: Lines of other documents that name some delivery lines and no order line.
---*/
select
    invoice_line_id,
    invoice_id,
    order_line_id,
    delivery_line_id,
    quantity
from invoice_lines
where
    delivery_line_id in (select unnest(cast($ids as varchar[])))
    and order_line_id is null
    and invoice_id <> $invoice
