/*---
query: document_adjustments
what: Changes to a document's open balance without cash.
---*/
select *
from adjustments
where invoice_id = $invoice
