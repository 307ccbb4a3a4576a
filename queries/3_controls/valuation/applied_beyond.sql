/*---
id: VAL-03
title: Applied more than there was
severity: high
grain: receipt_id or invoice_id
subject: receipts
examines: applications
needs:
  receipts: [receipt_id, entity_id, currency, amount]
  invoices: [invoice_id, kind, entity_id, customer_id, currency, gross_amount]
  applications: [application_id, invoice_id, applied_on, amount]
uses:
  receipts: [customer_id]
  applications: [receipt_id, credit_invoice_id, discount_amount]
  adjustments: [adjustment_id, invoice_id, amount, adjusted_on]
why: >
  Money applied twice closes an invoice that nobody paid.
next_step: Take back the application that was one too many, and see which invoice is really open.
---*/
with receipts_used as (
    select
        receipt_id,
        sum(available) as available_amount,
        sum(used) as used_amount
    from (
        select
            receipt_id,
            amount as available,
            cast(null as decimal(18, 4)) as used
        from receipts
        union all
        select
            receipt_id,
            cast(null as decimal(18, 4)) as available,
            amount as used
        from applications
        where applied_on <= $as_of
    ) as uses
    group by receipt_id
    having sum(used) > sum(available)
),

-- Every movement of an invoice as it lowers the balance; a credit memo's balance is below zero.
invoice_movements as (
    select
        invoice_id,
        amount + coalesce(discount_amount, 0) as amount,
        applied_on as moved_on,
        application_id,
        cast(null as varchar) as adjustment_id
    from applications
    union all
    select
        credit_invoice_id as invoice_id,
        -amount as amount,
        applied_on as moved_on,
        application_id,
        cast(null as varchar) as adjustment_id
    from applications
    where credit_invoice_id is not null
    union all
    select
        invoice_id,
        -amount as amount,
        adjusted_on as moved_on,
        cast(null as varchar) as application_id,
        adjustment_id
    from adjustments
),

invoices_used as (
    select
        invoice_id,
        max(sign) as sign,
        sum(available) as available_amount,
        sum(used) as used_amount
    from (
        select
            invoice_id,
            case when kind = 'credit_memo' then -1 else 1 end as sign,
            gross_amount as available,
            cast(null as decimal(18, 4)) as used
        from invoices
        union all
        select
            invoice_id,
            cast(null as integer) as sign,
            cast(null as decimal(18, 4)) as available,
            amount as used
        from invoice_movements
        where moved_on <= $as_of
    ) as uses
    group by invoice_id
    having max(sign) * sum(used) > max(sign) * sum(available)
),

beyond as (
    select
        'receipts' as subject_table,
        receipt.receipt_id as subject_id,
        receipt.entity_id,
        receipt.customer_id,
        receipt.currency,
        'receipt' as kind,
        over.available_amount,
        over.used_amount
    from receipts_used as over
    inner join receipts as receipt on over.receipt_id = receipt.receipt_id
    union all
    select
        'invoices' as subject_table,
        document.invoice_id as subject_id,
        document.entity_id,
        document.customer_id,
        document.currency,
        document.kind,
        over.sign * over.available_amount as available_amount,
        over.sign * over.used_amount as used_amount
    from invoices_used as over
    inner join invoices as document on over.invoice_id = document.invoice_id
),

proof as (
    select
        subject_table,
        subject_id,
        max(moved_on) as moved_on,
        list(application_id) as application_ids,
        list(adjustment_id) as adjustment_ids
    from (
        select
            'receipts' as subject_table,
            application.receipt_id as subject_id,
            application.applied_on as moved_on,
            application.application_id,
            cast(null as varchar) as adjustment_id
        from receipts_used as over
        inner join applications as application on over.receipt_id = application.receipt_id
        union all
        select
            'invoices' as subject_table,
            movement.invoice_id as subject_id,
            movement.moved_on,
            movement.application_id,
            movement.adjustment_id
        from invoices_used as over
        inner join invoice_movements as movement on over.invoice_id = movement.invoice_id
    ) as movement
    where moved_on <= $as_of
    group by subject_table, subject_id
)

select
    beyond.subject_table,
    beyond.subject_id,
    beyond.entity_id,
    beyond.customer_id,
    proof.moved_on as event_date,
    beyond.currency,
    beyond.available_amount as expected_amount,
    beyond.used_amount as billed_amount,
    amount_text(beyond.used_amount, beyond.currency) || ' ' || beyond.currency || ' applied, the '
    || replace(beyond.kind, '_', ' ') || ' is of ' || amount_text(beyond.available_amount, beyond.currency) as reason,
    cast(null as varchar) as suppressed_by,
    case when beyond.subject_table = 'receipts' then beyond.subject_id end as evidence_receipts,
    case when beyond.subject_table = 'invoices' then beyond.subject_id end as evidence_invoices,
    proof.application_ids as evidence_applications,
    proof.adjustment_ids as evidence_adjustments
from beyond
inner join proof on beyond.subject_table = proof.subject_table and beyond.subject_id = proof.subject_id
