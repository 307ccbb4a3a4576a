/*---
note: Applications across currencies; the amount is the document's, not the receipt's
---*/
select
    application.application_id as subject,
    cast(application.amount as varchar) || ' ' || invoice.currency || ' for '
    || coalesce(plain_value(export.amount_applied_from), 'an unknown amount of') || ' ' || receipt.currency as note
from loaded_applications as application
inner join loaded_receipts as receipt on application.receipt_id = receipt.receipt_id
inner join loaded_invoices as invoice on application.invoice_id = invoice.invoice_id
inner join ar_receivable_applications_all as export
    on application._source = export._source and application._row = export._row
where receipt.currency <> invoice.currency
order by subject
