/*---
id: FIG-17
title: Unapplied cash and credits
form: ratio
times: 100
unit: percent
money: true
formula: (unapplied + unidentified + on-account receipts + open credit memos) / open receivable x 100
source: conventions.md
says: >
  How much of what looks owed is already there and not matched. Open receivable: open invoices and debit memos, before
  credits and cash are taken off. An invoice paid twice is a credit too.
empty: no invoice is open
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, gross_amount]
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
    item.bucket as role,
    item.entity_id,
    item.customer_id,
    item.currency,
    case item.item_kind when 'receipt' then 'receipts' else 'invoices' end as subject_table,
    item.item_id as subject_id,
    item.document_date as event_date,
    -item.open_amount as numerator,
    0 as denominator
from asked
inner join open_items as item on asked.as_of = item.as_of
where item.bucket in ('unapplied cash', 'credits')
union all
select
    asked.as_of,
    '' as part,
    'open receivable' as role,
    item.entity_id,
    item.customer_id,
    item.currency,
    case item.item_kind when 'receipt' then 'receipts' else 'invoices' end as subject_table,
    item.item_id as subject_id,
    item.document_date as event_date,
    0 as numerator,
    item.open_amount as denominator
from asked
inner join open_items as item on asked.as_of = item.as_of
where item.bucket not in ('unapplied cash', 'credits')
