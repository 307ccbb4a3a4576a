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
-- Every movement as it lowers the balance of what it is about; a credit memo's balance is below zero.
with movements as (
    select
        'receipts' as subject_table,
        receipt_id as subject_id,
        amount,
        applied_on as moved_on,
        application_id,
        cast(null as varchar) as adjustment_id
    from applications
    where receipt_id is not null
    union all
    select
        'invoices' as subject_table,
        credit_invoice_id as subject_id,
        -amount as amount,
        applied_on as moved_on,
        application_id,
        cast(null as varchar) as adjustment_id
    from applications
    where credit_invoice_id is not null
    union all
    select
        'invoices' as subject_table,
        invoice_id as subject_id,
        amount + coalesce(discount_amount, 0) as amount,
        applied_on as moved_on,
        application_id,
        cast(null as varchar) as adjustment_id
    from applications
    union all
    select
        'invoices' as subject_table,
        invoice_id as subject_id,
        -amount as amount,
        adjusted_on as moved_on,
        cast(null as varchar) as application_id,
        adjustment_id
    from adjustments
),

used as (
    select
        subject_table,
        subject_id,
        sum(amount) as amount,
        max(moved_on) as moved_on
    from movements
    where moved_on <= $as_of
    group by subject_table, subject_id
),

available as (
    select
        'receipts' as subject_table,
        receipt_id as subject_id,
        entity_id,
        customer_id,
        currency,
        amount,
        'receipt' as kind,
        1 as sign
    from receipts
    union all
    select
        'invoices' as subject_table,
        invoice_id as subject_id,
        entity_id,
        customer_id,
        currency,
        gross_amount as amount,
        kind,
        case when kind = 'credit_memo' then -1 else 1 end as sign
    from invoices
),

beyond as (
    select
        available.subject_table,
        available.subject_id,
        available.entity_id,
        available.customer_id,
        available.currency,
        available.kind,
        available.sign * available.amount as available_amount,
        available.sign * used.amount as used_amount,
        used.moved_on
    from used
    inner join available on used.subject_table = available.subject_table and used.subject_id = available.subject_id
    where available.sign * used.amount > available.sign * available.amount
),

proof as (
    select
        beyond.subject_table,
        beyond.subject_id,
        list(movement.application_id) as application_ids,
        list(movement.adjustment_id) as adjustment_ids
    from beyond
    inner join movements as movement
        on beyond.subject_table = movement.subject_table and beyond.subject_id = movement.subject_id
    where movement.moved_on <= beyond.moved_on
    group by beyond.subject_table, beyond.subject_id
)

select
    beyond.subject_table,
    beyond.subject_id,
    beyond.entity_id,
    beyond.customer_id,
    beyond.moved_on as event_date,
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
