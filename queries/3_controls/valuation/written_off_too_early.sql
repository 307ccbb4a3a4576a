/*---
id: VAL-06
title: Written off too early or in vain
severity: high
grain: adjustment_id
subject: adjustments
examines: adjustments
standing: true
needs:
  invoices: [invoice_id, kind, entity_id, customer_id, currency, invoice_date]
  adjustments: [adjustment_id, invoice_id, kind, amount, adjusted_on]
uses:
  invoices: [due_date, status, gross_amount]
  receipts: [receipt_id, customer_id, received_on, amount, status]
  applications: [application_id, receipt_id, invoice_id, applied_on, amount]
parameters:
  min_days: {default: 180, unit: days overdue, why: half a year of collection comes before giving up}
why: >
  Who writes off what the customer was going to pay gives the money away, or makes room for it to be diverted.
next_step: Ask who decided it and what was tried; reverse the write-off where the money came or is there.
---*/
with write_offs as (
    select
        adjustment.adjustment_id,
        adjustment.invoice_id,
        adjustment.amount,
        adjustment.adjusted_on,
        invoice.entity_id,
        invoice.customer_id,
        invoice.currency,
        -- An invoice without a due date was due on its own date at the earliest.
        days_between(coalesce(invoice.due_date, invoice.invoice_date), adjustment.adjusted_on) as days_overdue
    from adjustments as adjustment
    inner join invoices as invoice on adjustment.invoice_id = invoice.invoice_id
    where
        adjustment.kind = 'write_off'
        and adjustment.amount < 0
        and adjustment.adjusted_on <= $as_of
        and invoice.kind <> 'credit_memo'
),

-- Each receipt of the customer as it stood on the day of the write-off.
waiting as (
    select
        write_off.adjustment_id,
        movement.item_id as receipt_id
    from write_offs as write_off
    inner join item_movements as movement
        on write_off.customer_id = movement.customer_id and write_off.adjusted_on >= movement.moved_on
    where movement.kind = 'receipt'
    group by write_off.adjustment_id, movement.item_id
    having sum(movement.amount) < 0
),

idle_cash as (
    select
        adjustment_id,
        count(*) as receipts
    from waiting
    group by adjustment_id
),

paying as (
    select
        write_off.adjustment_id,
        application.applied_on,
        application.application_id,
        application.receipt_id,
        application.amount,
        sum(application.amount) over (
            partition by write_off.adjustment_id, application.receipt_id
        ) as kept_amount
    from write_offs as write_off
    inner join applications as application
        on write_off.invoice_id = application.invoice_id and write_off.adjusted_on < application.applied_on
    inner join receipts as receipt on application.receipt_id = receipt.receipt_id
    where application.applied_on <= $as_of and receipt.status <> 'reversed'
),

-- What was taken back again did not pay it.
paid as (
    select *
    from paying
    where kept_amount > 0 and amount > 0
),

payments as (
    select
        adjustment_id,
        min(applied_on) as paid_on
    from paid
    group by adjustment_id
),

proof as (
    select
        adjustment_id,
        list(receipt_id) as receipt_ids,
        list(application_id) as application_ids
    from (
        select
            adjustment_id,
            receipt_id,
            cast(null as varchar) as application_id
        from waiting
        union all
        select
            adjustment_id,
            receipt_id,
            application_id
        from paid
    ) as found
    group by adjustment_id
)

select
    write_off.adjustment_id as subject_id,
    write_off.entity_id,
    write_off.customer_id,
    write_off.adjusted_on as event_date,
    write_off.currency,
    cast(0 as decimal(38, 4)) as expected_amount,
    write_off.amount as billed_amount,
    amount_text(-write_off.amount, write_off.currency) || ' ' || write_off.currency || ' of invoice '
    || write_off.invoice_id || ' written off ' || cast(abs(write_off.days_overdue) as varchar)
    || case when write_off.days_overdue < 0 then ' days before it was due' else ' days overdue' end
    || coalesce(
        ', while ' || cast(idle_cash.receipts as varchar) || ' receipts of ' || write_off.customer_id
        || ' were not fully applied',
        ''
    )
    || coalesce(', and paid on ' || cast(payments.paid_on as varchar), '') as reason,
    cast(null as varchar) as suppressed_by,
    write_off.adjustment_id as evidence_adjustments,
    write_off.invoice_id as evidence_invoices,
    proof.receipt_ids as evidence_receipts,
    proof.application_ids as evidence_applications
from write_offs as write_off
left join idle_cash on write_off.adjustment_id = idle_cash.adjustment_id
left join payments on write_off.adjustment_id = payments.adjustment_id
left join proof on write_off.adjustment_id = proof.adjustment_id
where
    write_off.days_overdue < $min_days
    or proof.adjustment_id is not null
