/*---
id: FIG-15
title: Collection effectiveness index
form: ratio
times: 100
unit: percent
money: true
formula: (opening + sales - closing total) / (opening + sales - closing current) x 100
source: conventions.md (100, 50, 60, 40 is 81.82); Credit Guru and Gaviti on the collection effectiveness index
says: >
  What was collected of what could be collected in the period. Opening is the receivable on the day before it, closing
  current what is not due on the as-of date.
empty: nothing could be collected in the period
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
    'opening receivable' as role,
    item.entity_id,
    item.customer_id,
    item.currency,
    case item.item_kind when 'receipt' then 'receipts' else 'invoices' end as subject_table,
    item.item_id as subject_id,
    item.document_date as event_date,
    item.open_amount as numerator,
    item.open_amount as denominator
from asked
inner join open_items as item on asked.opening_on = item.as_of
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
    document.gross_amount as numerator,
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
union all
select
    asked.as_of,
    '' as part,
    'closing receivable' as role,
    item.entity_id,
    item.customer_id,
    item.currency,
    case item.item_kind when 'receipt' then 'receipts' else 'invoices' end as subject_table,
    item.item_id as subject_id,
    item.document_date as event_date,
    -item.open_amount as numerator,
    case when item.bucket = 'not due' then -item.open_amount else 0 end as denominator
from asked
inner join open_items as item on asked.as_of = item.as_of
