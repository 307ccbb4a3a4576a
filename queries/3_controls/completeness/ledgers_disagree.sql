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
with items as not materialized (
    select
        *,
        coalesce(application_id, adjustment_id, item_id) as source_id
    from item_movements
    where known_on <= $as_of
),

posted as not materialized (
    select
        gl_line_id,
        entity_id,
        currency,
        source_id,
        amount
    from gl_lines
    where account_kind = 'receivable' and posted_on <= $as_of
),

-- Two sums first: where they agree nothing is looked at one by one.
apart as (
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
        from items
        union all
        select
            entity_id,
            currency,
            0 as item_amount,
            amount as ledger_amount
        from posted
    ) as counted
    group by entity_id, currency
    having sum(item_amount) <> sum(ledger_amount)
),

-- Partners are what both books have under one source; a line without a source has none.
lone_sources as (
    select
        apart.entity_id,
        apart.currency,
        booked.source_id
    from (
        select
            entity_id,
            currency,
            source_id,
            amount
        from items
        union all
        select
            entity_id,
            currency,
            source_id,
            -amount as amount
        from posted
        where source_id is not null
    ) as booked
    inner join apart on booked.entity_id = apart.entity_id and booked.currency = apart.currency
    group by apart.entity_id, apart.currency, booked.source_id
    having sum(booked.amount) <> 0
),

lone as (
    select
        item.entity_id,
        item.currency,
        item.source_id,
        item.subject_table,
        item.item_id,
        item.application_id,
        item.adjustment_id,
        cast(null as varchar) as gl_line_id
    from items as item
    inner join lone_sources as source
        on
            item.entity_id = source.entity_id
            and item.currency = source.currency
            and item.source_id = source.source_id
    union all
    select
        line.entity_id,
        line.currency,
        line.source_id,
        cast(null as varchar) as subject_table,
        cast(null as varchar) as item_id,
        cast(null as varchar) as application_id,
        cast(null as varchar) as adjustment_id,
        line.gl_line_id
    from posted as line
    inner join apart on line.entity_id = apart.entity_id and line.currency = apart.currency
    left join lone_sources as source
        on
            line.entity_id = source.entity_id
            and line.currency = source.currency
            and line.source_id = source.source_id
    where source.source_id is not null or (line.source_id is null and line.amount <> 0)
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
    from lone
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
