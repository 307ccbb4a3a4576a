/*---
id: FIG-16
title: Aged debt
form: ratio
times: 100
unit: percent
money: true
formula: overdue more than n days / total x 100, for n = 0, 30, 60, 90, 120
source: conventions.md
says: >
  How much of what is invoiced and open is late, and how late. Total: open invoices and debit memos, before credits and
  unapplied cash are taken off; an invoice without a due date is in the total and is never late.
empty: no invoice is open
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
    'over ' || lpad(cast(limits.days as varchar), 3, ' ') || ' days' as part,
    item.bucket as role,
    item.entity_id,
    item.customer_id,
    item.currency,
    'invoices' as subject_table,
    item.item_id as subject_id,
    item.document_date as event_date,
    case when item.days_overdue > limits.days then item.open_amount else 0 end as numerator,
    item.open_amount as denominator
from asked
inner join open_items as item on asked.as_of = item.as_of
cross join (values (0), (30), (60), (90), (120)) as limits (days)
where item.bucket not in ('unapplied cash', 'credits')
