/*---
id: MAT-09
title: Movements of the receivable in the sub-ledger, signed as they move the account
what: ledger
side: right
needs:
  invoices: [invoice_id, invoice_number, kind, status, entity_id, customer_id, invoice_date, currency, gross_amount]
uses:
  invoices: [posted_on]
  receipts: [receipt_id, entity_id, received_on, posted_on, currency, amount, status]
  applications: [application_id, invoice_id, applied_on, posted_on, discount_amount]
  adjustments: [adjustment_id, invoice_id, adjusted_on, posted_on, amount]
---*/
select
    'invoice ' || invoice_id as id,
    kind,
    entity_id as entity,
    null as "group",
    currency,
    gross_amount as amount,
    coalesce(posted_on, invoice_date) as day,
    [invoice_id, invoice_number] as "references",
    null as name
from invoices
where status not in ('draft', 'cancelled') and coalesce(posted_on, invoice_date) <= $as_of
union all
select
    'receipt ' || receipt_id as id,
    'receipt' as kind,
    entity_id as entity,
    null as "group",
    currency,
    -amount as amount,
    coalesce(posted_on, received_on) as day,
    [receipt_id] as "references",
    null as name
from receipts
where status <> 'reversed' and coalesce(posted_on, received_on) <= $as_of
union all
select
    'application ' || application.application_id as id,
    'discount' as kind,
    document.entity_id as entity,
    null as "group",
    document.currency,
    -application.discount_amount as amount,
    coalesce(application.posted_on, application.applied_on) as day,
    [application.application_id] as "references",
    null as name
from applications as application
inner join invoices as document on application.invoice_id = document.invoice_id
where
    application.discount_amount <> 0
    and document.status not in ('draft', 'cancelled')
    and coalesce(application.posted_on, application.applied_on) <= $as_of
union all
select
    'adjustment ' || adjustment.adjustment_id as id,
    adjustment.kind,
    document.entity_id as entity,
    null as "group",
    document.currency,
    adjustment.amount,
    coalesce(adjustment.posted_on, adjustment.adjusted_on) as day,
    [adjustment.adjustment_id] as "references",
    null as name
from adjustments as adjustment
inner join invoices as document on adjustment.invoice_id = document.invoice_id
where
    document.status not in ('draft', 'cancelled')
    and coalesce(adjustment.posted_on, adjustment.adjusted_on) <= $as_of
