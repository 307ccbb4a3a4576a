/*---
id: FIG-19
title: Expected credit loss
form: total
unit: money
money: true
adds_up: true
parts: ["not due", "1-30", "31-60", "61-90", "91-120", "over 120"]
formula: sum of bucket balance x loss rate, rounded once
source: >
  conventions.md; IFRS 9 B5.5.35 and Illustrative Example 12 (provision matrix); IFRS Community for rates from payments
parameters:
  loss_rates:
    default: ""
    unit: a bucket and its rate, as 1-30=4 (percent) or 61-90=2/23 (lost of held), separated by semicolons
    why: >
      the company's own, forward-looking adjustment included; where none are given they are chained from the roll rates
      of the twelve months before, and what is over 120 days late is taken for lost
says: >
  What the open invoices will lose, bucket by bucket. An invoice without a due date is taken as due on its own date.
  Credits and unapplied cash are not netted. Without rates of your own it is a mechanical estimate, no allowance.
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
with exposures as (
    select
        *,
        case
            when bucket <> 'no due date' then bucket
            when age_days <= 0 then 'not due'
            when age_days <= 30 then '1-30'
            when age_days <= 60 then '31-60'
            when age_days <= 90 then '61-90'
            when age_days <= 120 then '91-120'
            else 'over 120'
        end as risk_bucket
    from open_items
    where bucket not in ('unapplied cash', 'credits')
)

select
    asked.as_of,
    exposure.risk_bucket as part,
    'lost per 1 ' || coalesce(cast(rate.rate as varchar), 'unknown') as role,
    exposure.entity_id,
    exposure.customer_id,
    exposure.currency,
    'invoices' as subject_table,
    exposure.item_id as subject_id,
    exposure.document_date as event_date,
    cast(cast(exposure.open_amount as decimal(20, 4)) * rate.rate as decimal(38, 8)) as numerator,
    exposure.open_amount as denominator
from asked
inner join exposures as exposure on asked.as_of = exposure.as_of
left join loss_rates as rate
    on
        asked.as_of = rate.as_of
        and exposure.currency = rate.currency
        and exposure.risk_bucket = rate.bucket
