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
        amount,
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
        max(moved_on) as moved_on,
        list(application_id) as application_ids,
        list(adjustment_id) as adjustment_ids
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
        'receipt' as kind
    from receipts
    union all
    select
        'invoices' as subject_table,
        invoice_id as subject_id,
        entity_id,
        customer_id,
        currency,
        case when kind = 'credit_memo' then -gross_amount else gross_amount end as amount,
        kind
    from invoices
)

select
    available.subject_table,
    available.subject_id,
    available.entity_id,
    available.customer_id,
    used.moved_on as event_date,
    available.currency,
    available.amount as expected_amount,
    used.amount as billed_amount,
    amount_text(used.amount, available.currency) || ' ' || available.currency || ' applied, the '
    || replace(available.kind, '_', ' ') || ' is of ' || amount_text(available.amount, available.currency) as reason,
    cast(null as varchar) as suppressed_by,
    case when available.subject_table = 'receipts' then available.subject_id end as evidence_receipts,
    case when available.subject_table = 'invoices' then available.subject_id end as evidence_invoices,
    used.application_ids as evidence_applications,
    used.adjustment_ids as evidence_adjustments
from used
inner join available on used.subject_table = available.subject_table and used.subject_id = available.subject_id
where used.amount > available.amount
