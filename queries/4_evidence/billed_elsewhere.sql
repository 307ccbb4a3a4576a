/*---
query: billed_elsewhere
what: Lines of other documents that name some order lines.
---*/
select
    invoice_line_id,
    invoice_id,
    order_line_id,
    delivery_line_id,
    quantity
from invoice_lines
where order_line_id in (select unnest(cast($ids as varchar[]))) and invoice_id <> $invoice
