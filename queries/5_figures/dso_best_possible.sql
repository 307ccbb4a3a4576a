/*---
id: FIG-13
title: Best possible DSO
form: ratio
times: days
unit: days
money: true
formula: current receivable x days of the period / credit sales of the period
source: conventions.md; Oracle JD Edwards Accounts Receivable, Days Credit Granted (open amount less past due)
says: >
  The days that remain when nobody is late. Current is what is not due yet; an invoice without a due date is not
  current.
empty: no credit sales in the period
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, due_date, currency, gross_amount]
  receipts: [receipt_id, entity_id, received_on, currency, amount, status]
  applications: [application_id, receipt_id, invoice_id, applied_on, amount]
uses:
  invoices: [posted_on]
  receipts: [customer_id, posted_on]
  applications: [credit_invoice_id, discount_amount, posted_on]
  adjustments: [adjustment_id, invoice_id, adjusted_on, posted_on, amount]
---*/
select
    asked.as_of,
    '' as part,
    'current receivable' as role,
    item.entity_id,
    item.customer_id,
    item.currency,
    case item.item_kind when 'receipt' then 'receipts' else 'invoices' end as subject_table,
    item.item_id as subject_id,
    item.document_date as event_date,
    item.open_amount as numerator,
    0 as denominator
from asked
inner join open_items as item on asked.as_of = item.as_of
where item.bucket = 'not due'
union all
select
    asked.as_of,
    '' as part,
    'credit sales' as role,
    document.entity_id,
    document.customer_id,
    document.currency,
    'invoices' as subject_table,
    document.invoice_id as subject_id,
    document.invoice_date as event_date,
    0 as numerator,
    document.gross_amount as denominator
from asked
inner join invoices as document
    on
        asked.from_date <= document.invoice_date
        and asked.to_date > document.invoice_date
        and asked.as_of >= case $clock
            when 'known' then coalesce(document.posted_on, document.invoice_date) else document.invoice_date
        end
where document.status not in ('cancelled', 'draft')
