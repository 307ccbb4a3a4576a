/*---
query: document_promises
what: Promises to pay a document.
---*/
select *
from promises
where invoice_id = $invoice
