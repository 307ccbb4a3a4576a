/*---
query: billing_documents
what: Which of some documents bill anything, live invoices and debit memos.
---*/
select document.invoice_id
from invoices as document
left join cancelled_documents as cancelled on document.invoice_id = cancelled.invoice_id
where
    document.invoice_id in (select unnest(cast($ids as varchar[])))
    and document.status not in ('cancelled', 'draft')
    and document.kind <> 'credit_memo'
    and cancelled.invoice_id is null
