/*---
id: FIG-18
title: Roll rates
form: ratio
times: 100
unit: percent
money: true
parts: [not due to 1-30, 1-30 to 31-60, 31-60 to 61-90, 61-90 to 91-120, 91-120 to over 120]
formula: amount in bucket b+1 at t / amount in bucket b at t-1 x 100, a month apart
source: conventions.md; IFRS Community, lifetime ECL with a provision matrix (payments by ageing)
says: >
  How much of a bucket was not collected and grew a bucket older within a month. Buckets have 30 days and months 28 to
  31, so a rate may pass 100 percent a little. Over 120 counts what came from 91-120 alone.
empty: the younger bucket was empty a month before
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
with steps as (
    select
        named.from_bucket,
        named.to_bucket,
        named.part
    from (
        values
        ('not due', '1-30', 'not due to 1-30'),
        ('1-30', '31-60', '1-30 to 31-60'),
        ('31-60', '61-90', '31-60 to 61-90'),
        ('61-90', '91-120', '61-90 to 91-120'),
        ('91-120', 'over 120', '91-120 to over 120')
    ) as named (from_bucket, to_bucket, part)
)

select
    asked.as_of,
    step.part,
    'older, now' as role,
    item.entity_id,
    item.customer_id,
    item.currency,
    'invoices' as subject_table,
    item.item_id as subject_id,
    item.document_date as event_date,
    item.open_amount as numerator,
    0 as denominator
from asked
inner join open_items as item on asked.as_of = item.as_of
inner join steps as step on item.bucket = step.to_bucket
-- What was over 120 a month ago did not roll there since.
where item.bucket <> 'over 120' or days_between(item.due_date, asked.earlier_on) <= 120
union all
select
    asked.as_of,
    step.part,
    'younger, a month before' as role,
    item.entity_id,
    item.customer_id,
    item.currency,
    'invoices' as subject_table,
    item.item_id as subject_id,
    item.document_date as event_date,
    0 as numerator,
    item.open_amount as denominator
from asked
inner join open_items as item on asked.earlier_on = item.as_of
inner join steps as step on item.bucket = step.from_bucket
