/*---
id: AUT-02
title: Same person entered and approved
severity: high
grain: adjustment_id, or invoice_id for credit memos
subject: adjustments
examines: reductions
needs:
  invoices:
    [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, gross_amount, created_by, approved_by]
uses:
  adjustments: [adjustment_id, invoice_id, kind, amount, adjusted_on, created_by, approved_by]
  users: [user_id, kind]
why: >
  One pair of hands that enters and approves can give money away unseen.
next_step: Have a second person review it, and take the double right away.
---*/
with people as (
    select
        user_id,
        count(*) = count(case when kind = 'system' then user_id end) as is_system
    from users
    group by user_id
)

select
    reduction.subject_table,
    reduction.subject_id,
    reduction.entity_id,
    reduction.customer_id,
    reduction.event_date,
    reduction.currency,
    cast(0 as decimal(38, 4)) as expected_amount,
    reduction.amount as billed_amount,
    reduction.action || ' of ' || amount_text(abs(reduction.amount), reduction.currency)
    || coalesce(' ' || reduction.currency, '') || ' entered and approved by ' || reduction.created_by as reason,
    cast(null as varchar) as suppressed_by,
    reduction.adjustment_id as evidence_adjustments,
    reduction.invoice_id as evidence_invoices,
    person.user_id as evidence_users
from reductions as reduction
left join people as person on reduction.created_by = person.user_id
where
    reduction.created_by = reduction.approved_by
    and trim(reduction.created_by) <> ''
    and not coalesce(person.is_system, false)
    and reduction.event_date <= $as_of
