/*---
id: OCC-08
title: Bounced receipt still applied
severity: high
grain: receipt_id
subject: receipts
examines: receipts
standing: true
needs:
  receipts: [receipt_id, entity_id, received_on, currency, amount, status]
  applications: [application_id, receipt_id, invoice_id, applied_on, amount]
uses:
  receipts: [customer_id]
why: >
  The bank took the money back and the invoice still looks paid, so nobody asks the customer for it.
next_step: Take back the applications named, so that the invoices are open again, and ask for payment.
---*/
-- What is left on each invoice; an application that was taken back is one more with the opposite amount.
with left_applied as (
    select
        receipt.receipt_id,
        application.invoice_id,
        sum(application.amount) as amount
    from receipts as receipt
    inner join applications as application on receipt.receipt_id = application.receipt_id
    where
        receipt.status = 'reversed'
        and receipt.received_on <= $as_of
        and application.applied_on <= $as_of
    group by receipt.receipt_id, application.invoice_id
),

standing as (
    select
        receipt_id,
        sum(amount) as amount,
        min(case when amount > 0 then invoice_id end) as first_invoice_id,
        count(case when amount > 0 then invoice_id end) as invoices
    from left_applied
    group by receipt_id
    having sum(amount) > 0
),

proof as (
    select
        standing.receipt_id,
        list(application.application_id) as application_ids,
        list(application.invoice_id) as invoice_ids
    from standing
    inner join applications as application on standing.receipt_id = application.receipt_id
    where application.applied_on <= $as_of
    group by standing.receipt_id
)

select
    receipt.receipt_id as subject_id,
    receipt.entity_id,
    receipt.customer_id,
    receipt.received_on as event_date,
    receipt.currency,
    cast(0 as decimal(38, 4)) as expected_amount,
    standing.amount as billed_amount,
    amount_text(standing.amount, receipt.currency) || ' of ' || amount_text(receipt.amount, receipt.currency) || ' '
    || receipt.currency || ' still applied to ' || standing.first_invoice_id
    || case
        when standing.invoices > 1 then ' and ' || cast(standing.invoices - 1 as varchar) || ' more'
        else ''
    end || ', though the receipt was reversed' as reason,
    cast(null as varchar) as suppressed_by,
    receipt.receipt_id as evidence_receipts,
    proof.application_ids as evidence_applications,
    proof.invoice_ids as evidence_invoices
from standing
inner join receipts as receipt on standing.receipt_id = receipt.receipt_id
inner join proof on standing.receipt_id = proof.receipt_id
