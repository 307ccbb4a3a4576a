/*---
query: document
what: A document by its invoice_id, as it stands, and whether it is one half of a cancelled pair.
---*/
select
    document.*,
    cancelled.invoice_id is not null as is_cancelled_pair
from invoices as document
left join cancelled_documents as cancelled
    on document.invoice_id = cancelled.invoice_id and cancelled.invoice_id = $invoice
where document.invoice_id = $invoice
