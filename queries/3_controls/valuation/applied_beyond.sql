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
-- What is left of an item has the sign of the item, unless too much was taken.
with left_over as (
    select
        subject_table,
        subject_id,
        sum(amount) as amount
    from remainders
    where moved_on > $as_of
    group by subject_table, subject_id
),

documents as (
    select
        *,
        case when kind = 'credit_memo' then -1 else 1 end as sign
    from invoices
),

beyond as (
    select
        'receipts' as subject_table,
        receipt.receipt_id as subject_id,
        receipt.entity_id,
        receipt.customer_id,
        receipt.currency,
        'receipt' as kind,
        receipt.amount as available_amount,
        receipt.amount - left_over.amount as used_amount
    from left_over
    inner join receipts as receipt on left_over.subject_id = receipt.receipt_id
    where left_over.subject_table = 'receipts' and left_over.amount < 0
    union all
    select
        'invoices' as subject_table,
        document.invoice_id as subject_id,
        document.entity_id,
        document.customer_id,
        document.currency,
        document.kind,
        document.sign * document.gross_amount as available_amount,
        document.sign * (document.gross_amount - left_over.amount) as used_amount
    from left_over
    inner join documents as document on left_over.subject_id = document.invoice_id
    where left_over.subject_table = 'invoices' and document.sign * left_over.amount < 0
),

proof as (
    select
        beyond.subject_table,
        beyond.subject_id,
        max(clearing.moved_on) as moved_on,
        list(clearing.application_id) as application_ids,
        list(clearing.adjustment_id) as adjustment_ids
    from beyond
    inner join clearings as clearing
        on beyond.subject_table = clearing.subject_table and beyond.subject_id = clearing.subject_id
    where clearing.moved_on <= $as_of
    group by beyond.subject_table, beyond.subject_id
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
