/*---
id: COM-07
title: Sub-ledger and ledger disagree
severity: high
grain: entity_id/currency
subject: gl_lines
examines: item_movements
standing: true
needs:
  invoices: [invoice_id, kind, status, entity_id, invoice_date, currency, gross_amount]
  receipts: [receipt_id, entity_id, received_on, currency, amount, status]
  gl_lines: [gl_line_id, entity_id, account_kind, posted_on, currency, amount]
uses:
  invoices: [posted_on]
  receipts: [posted_on]
  applications:
    [application_id, receipt_id, credit_invoice_id, invoice_id, applied_on, posted_on, amount, discount_amount]
  adjustments: [adjustment_id, invoice_id, adjusted_on, posted_on, amount]
  gl_lines: [source_id]
why: >
  Debt that only one of the two books knows is either collected from nobody or shown to the shareholders twice.
next_step: Post the documents named, or find who posted to the receivable account by hand.
---*/
-- Two sums first: where they agree nothing is looked at one by one.
with apart as (
    select
        entity_id,
        currency,
        sum(item_amount) as item_amount,
        sum(ledger_amount) as ledger_amount
    from (
        select
            entity_id,
            currency,
            amount as item_amount,
            0 as ledger_amount
        from item_movements
        where known_on <= $as_of
        union all
        select
            entity_id,
            currency,
            0 as item_amount,
            amount as ledger_amount
        from gl_lines
        where account_kind = 'receivable' and posted_on <= $as_of
    ) as counted
    group by entity_id, currency
    having sum(item_amount) <> sum(ledger_amount)
),

booked as (
    select
        item.entity_id,
        item.currency,
        coalesce(item.application_id, item.adjustment_id, item.item_id) as source_id,
        item.subject_table,
        item.item_id,
        item.application_id,
        item.adjustment_id,
        cast(null as varchar) as gl_line_id,
        cast(null as varchar) as lone_line_id,
        item.amount as item_amount,
        0 as ledger_amount
    from item_movements as item
    inner join apart on item.entity_id = apart.entity_id and item.currency = apart.currency
    where item.known_on <= $as_of
    union all
    select
        line.entity_id,
        line.currency,
        line.source_id,
        cast(null as varchar) as subject_table,
        cast(null as varchar) as item_id,
        cast(null as varchar) as application_id,
        cast(null as varchar) as adjustment_id,
        line.gl_line_id,
        case when line.source_id is null then line.gl_line_id end as lone_line_id,
        0 as item_amount,
        line.amount as ledger_amount
    from gl_lines as line
    inner join apart on line.entity_id = apart.entity_id and line.currency = apart.currency
    where line.account_kind = 'receivable' and line.posted_on <= $as_of
),

-- Partners are what the sub-ledger and the ledger have under one source; a line without a source has none.
paired as (
    select
        *,
        sum(item_amount) over (partition by entity_id, currency, source_id, lone_line_id) as source_amount,
        sum(ledger_amount) over (partition by entity_id, currency, source_id, lone_line_id) as posted_amount
    from booked
),

proof as (
    select
        entity_id,
        currency,
        count(distinct case when gl_line_id is null then source_id end) as sources,
        count(gl_line_id) as gl_lines,
        list(case when subject_table = 'invoices' and coalesce(application_id, adjustment_id) is null then item_id end)
            as invoice_ids,
        list(case when subject_table = 'receipts' and application_id is null then item_id end) as receipt_ids,
        list(application_id) as application_ids,
        list(adjustment_id) as adjustment_ids,
        list(gl_line_id) as gl_line_ids
    from paired
    where source_amount <> posted_amount
    group by entity_id, currency
)

select
    apart.entity_id || '/' || apart.currency as subject_id,
    apart.entity_id,
    cast(null as varchar) as customer_id,
    cast(null as date) as event_date,
    apart.currency,
    apart.ledger_amount as expected_amount,
    apart.item_amount as billed_amount,
    'open items of ' || amount_text(apart.item_amount, apart.currency) || ' ' || apart.currency
    || ', receivable in the ledger ' || amount_text(apart.ledger_amount, apart.currency)
    || '; without a partner of the same amount: ' || cast(proof.sources as varchar) || ' of the sub-ledger, '
    || cast(proof.gl_lines as varchar) || ' of the ledger' as reason,
    cast(null as varchar) as suppressed_by,
    proof.invoice_ids as evidence_invoices,
    proof.receipt_ids as evidence_receipts,
    proof.application_ids as evidence_applications,
    proof.adjustment_ids as evidence_adjustments,
    proof.gl_line_ids as evidence_gl_lines
from apart
inner join proof on apart.entity_id = proof.entity_id and apart.currency = proof.currency
