/*---
query: document_cases
what: Queries and disputes about a document.
---*/
select *
from cases
where invoice_id = $invoice
