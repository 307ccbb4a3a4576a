/*---
query: document_credits
what: The documents that name a document as the one they correct.
---*/
select *
from invoices
where original_invoice_id = $invoice
order by invoice_date, invoice_id
