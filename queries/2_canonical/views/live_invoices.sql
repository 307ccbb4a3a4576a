/*---
view: live_invoices
what: Documents that count, not drafts, not cancelled, and not one half of a cancelled pair (see cancelled_documents).
needs:
  invoices: [invoice_id, kind, status, gross_amount, currency, invoice_date]
uses:
  invoices: [reason_code, original_invoice_id]
---*/
select document.*
from invoices as document
left join cancelled_documents as cancelled on document.invoice_id = cancelled.invoice_id
where
    document.status not in ('cancelled', 'draft')
    and cancelled.invoice_id is null
