/*---
query: document_lines
what: The lines of a document in their order.
---*/
select *
from invoice_lines
where invoice_id = $invoice
order by line_number, invoice_line_id
