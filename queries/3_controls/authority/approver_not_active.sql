/*---
id: AUT-04
title: Approver was not active
severity: high
grain: adjustment_id, or invoice_id for credit memos
subject: adjustments
examines: reductions
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, gross_amount, approved_by]
  users: [user_id]
uses:
  adjustments: [adjustment_id, invoice_id, kind, amount, adjusted_on, approved_by, approved_at]
  invoices: [approved_at]
  users: [active_from, active_to]
why: >
  An approval under the name of somebody who has left, or never was there, is nobody's approval.
next_step: Find out who used the name; have somebody with the authority approve or reverse it, and close the account.
---*/
with approvals as (
    select
        *,
        cast(approved_at as date) as approved_on
    from reductions
    where event_date <= $as_of and trim(approved_by) <> ''
),

people as (
    select
        user_id,
        string_agg(
            'from ' || coalesce(cast(active_from as varchar), 'the beginning')
            || coalesce(' to ' || cast(active_to as varchar), ''),
            ' and '
            order by active_from, active_to
        ) as spans
    from users
    group by user_id
)

select
    approval.subject_table,
    approval.subject_id,
    approval.entity_id,
    approval.customer_id,
    approval.event_date,
    approval.currency,
    cast(null as decimal(38, 4)) as expected_amount,
    cast(null as decimal(38, 4)) as billed_amount,
    approval.action || ' of ' || amount_text(abs(approval.amount), approval.currency)
    || coalesce(' ' || approval.currency, '') || ' approved '
    || coalesce('on ' || cast(approval.approved_on as varchar) || ' ', '') || 'by ' || approval.approved_by
    || coalesce(', who is active ' || person.spans, ', who is no user') as reason,
    cast(null as varchar) as suppressed_by,
    approval.adjustment_id as evidence_adjustments,
    approval.invoice_id as evidence_invoices,
    person.user_id as evidence_users
from approvals as approval
left join people as person on approval.approved_by = person.user_id
-- Nobody knows the day of an approval without one, so it is no proof against a known approver.
left join users as active
    on
        approval.approved_by = active.user_id
        and coalesce(approval.approved_on >= active.active_from, true)
        and coalesce(approval.approved_on < active.active_to, true)
where active.user_id is null
