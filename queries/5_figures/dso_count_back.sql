/*---
id: FIG-12
title: DSO by counting back
form: count_back
unit: days
money: true
formula: >
  take whole calendar months of credit sales off the closing receivable, newest first; their days, and of the month
  that is not used up the days x rest / sales
source: conventions.md; the working back or exhaustion method, as taught for debtor days
parameters:
  months: {default: 24, unit: months, why: a receivable of more than two years of sales has no sensible count of days}
says: >
  Like DSO, but true to the season: the newest sales are the ones still owed. Month by month with its own days; the
  month of the as-of date counts up to that day.
empty: nothing is owed
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
    'closing receivable' as role,
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
        document.invoice_date >= add_months_to(month_of(asked.as_of), -cast($months as integer))
        and asked.to_date > document.invoice_date
        and asked.as_of >= case $clock
            when 'known' then coalesce(document.posted_on, document.invoice_date) else document.invoice_date
        end
where document.status not in ('cancelled', 'draft')
