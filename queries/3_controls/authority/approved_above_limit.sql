/*---
id: AUT-01
title: Approved above the limit, or not at all
severity: high
grain: adjustment_id, or invoice_id for credit memos
subject: adjustments
examines: reductions
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, gross_amount, approved_by]
  users: [user_id, role]
  approval_limits: [role, action, currency, max_amount]
uses:
  adjustments: [adjustment_id, invoice_id, kind, amount, adjusted_on, created_by, approved_by]
  invoices: [created_by]
  users: [kind]
suppressions:
  system_generated: a system user made it, within its own limit
why: >
  Credits and write-offs are the easiest way to make money disappear; a limit nobody enforces is no limit.
next_step: Ask for the approval, or have somebody with the authority approve or reverse it.
---*/
with judged as (
    select
        reduction.*,
        approver.user_id as approver_id,
        approver.role as approver_role,
        coalesce(allowed.max_amount, 0) as allowed_amount,
        creator.kind = 'system' and abs(reduction.amount) <= coalesce(own.max_amount, 0) as is_system_generated
    from reductions as reduction
    left join users as approver on reduction.approved_by = approver.user_id
    left join approval_limits as allowed
        on
            approver.role = allowed.role
            and reduction.action = allowed.action
            and reduction.currency = allowed.currency
    left join users as creator on reduction.created_by = creator.user_id
    left join approval_limits as own
        on
            creator.role = own.role
            and reduction.action = own.action
            and reduction.currency = own.currency
    where reduction.event_date <= $as_of
)

select
    judged.subject_table,
    judged.subject_id,
    judged.entity_id,
    judged.customer_id,
    judged.event_date,
    judged.currency,
    judged.allowed_amount as expected_amount,
    abs(judged.amount) as billed_amount,
    judged.action || ' of ' || amount_text(abs(judged.amount), judged.currency) || coalesce(' ' || judged.currency, '')
    || case
        when judged.approved_by is null then ' has no approver'
        when judged.approver_id is null then ' approved by ' || judged.approved_by || ', who is no user'
        else
            ' approved by ' || judged.approved_by || ' (' || judged.approver_role || '), whose limit is '
            || amount_text(judged.allowed_amount, judged.currency)
    end as reason,
    case when judged.is_system_generated then 'system_generated' end as suppressed_by,
    judged.adjustment_id as evidence_adjustments,
    judged.invoice_id as evidence_invoices,
    [judged.approver_id, judged.created_by] as evidence_users
from judged
where judged.approved_by is null or judged.approver_id is null or abs(judged.amount) > judged.allowed_amount
