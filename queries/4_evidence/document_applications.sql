/*---
query: document_applications
what: What was set against a document, and where it is a credit memo what it was set against.
---*/
select *
from applications
where invoice_id = $invoice
union all
select *
from applications
where credit_invoice_id = $invoice and invoice_id <> $invoice
