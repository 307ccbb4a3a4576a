/*---
id: VAL-02
title: Credit memo unapplied too long
severity: medium
grain: invoice_id
subject: invoices
examines: live_invoices
standing: true
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, gross_amount]
  applications: [application_id, credit_invoice_id, invoice_id, applied_on, amount]
uses:
  invoices: [reason_code, original_invoice_id]
  applications: [discount_amount, receipt_id]
  adjustments: [adjustment_id, invoice_id, adjusted_on, amount]
  receipts: [receipt_id, status]
parameters:
  days: {default: 30, unit: days, why: one month end may pass before a credit is set against what it corrects}
suppressions:
  in_grace: dated no more than so many days before the as-of date
why: >
  A credit that nobody applies leaves the invoice it corrects overdue, and the customer asked for money he does not owe.
next_step: Apply it to the invoice it corrects, or refund it.
---*/
with left_over as (
    select
        item_id,
        -sum(amount) as open_amount,
        list(application_id) as application_ids,
        list(adjustment_id) as adjustment_ids
    from item_movements
    where kind = 'credit_memo' and moved_on <= $as_of
    group by item_id
    having sum(amount) < 0
),

idle as (
    select
        credit.*,
        left_over.open_amount,
        left_over.application_ids,
        left_over.adjustment_ids,
        days_between(credit.invoice_date, $as_of) as age
    from left_over
    inner join live_invoices as credit on left_over.item_id = credit.invoice_id
)

select
    invoice_id as subject_id,
    entity_id,
    customer_id,
    invoice_date as event_date,
    currency,
    cast(0 as decimal(38, 4)) as expected_amount,
    open_amount as billed_amount,
    amount_text(open_amount, currency) || ' ' || currency || ' of ' || amount_text(-gross_amount, currency)
    || ' still open ' || cast(age as varchar) || ' days after the credit memo'
    || coalesce(', which corrects ' || original_invoice_id, '') as reason,
    case when age <= $days then 'in_grace' end as suppressed_by,
    [invoice_id, original_invoice_id] as evidence_invoices,
    application_ids as evidence_applications,
    adjustment_ids as evidence_adjustments
from idle
