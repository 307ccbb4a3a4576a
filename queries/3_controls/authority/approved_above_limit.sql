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
if_there:
  adjustments: [adjustment_id, invoice_id, kind, amount, adjusted_on, approved_by]
uses:
  adjustments: [created_by]
  invoices: [created_by]
  users: [kind]
suppressions:
  system_generated: a system user made it, within its own limit
why: >
  Credits and write-offs are the easiest way to make money disappear; a limit nobody enforces is no limit.
next_step: Ask for the approval, or have somebody with the authority approve or reverse it.
---*/
with people as (
    select
        user_id,
        string_agg(distinct role, ', ' order by role) as roles,
        count(*) = count(case when kind = 'system' then user_id end) as is_system
    from users
    group by user_id
),

-- Who is listed under two roles may approve what either may.
authority as (
    select
        person.user_id,
        allowed.action,
        allowed.currency,
        max(allowed.max_amount) as max_amount,
        list(allowed.role || '/' || allowed.action || '/' || allowed.currency) as limit_ids
    from users as person
    inner join approval_limits as allowed on person.role = allowed.role
    group by person.user_id, allowed.action, allowed.currency
),

judged as (
    select
        reduction.*,
        approver.user_id as approver_id,
        approver.roles as approver_roles,
        creator.user_id as creator_id,
        coalesce(allowed.max_amount, 0) as allowed_amount,
        allowed.limit_ids as approver_limits,
        case when creator.is_system then own.limit_ids end as creator_limits,
        creator.is_system and abs(reduction.amount) <= coalesce(own.max_amount, 0) as is_system_generated
    from reductions as reduction
    left join people as approver on reduction.approved_by = approver.user_id
    left join authority as allowed
        on
            reduction.approved_by = allowed.user_id
            and reduction.action = allowed.action
            and reduction.currency = allowed.currency
    left join people as creator on reduction.created_by = creator.user_id
    left join authority as own
        on
            reduction.created_by = own.user_id
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
    || coalesce(
        ' approved by ' || judged.approver_id || ' (' || judged.approver_roles || '), whose limit is '
        || amount_text(judged.allowed_amount, judged.currency),
        ' approved by ' || nullif(trim(judged.approved_by), '') || ', who is no user',
        ' has no approver'
    ) as reason,
    case when judged.is_system_generated then 'system_generated' end as suppressed_by,
    judged.adjustment_id as evidence_adjustments,
    judged.invoice_id as evidence_invoices,
    [judged.approver_id, judged.creator_id] as evidence_users,
    list_concat(judged.approver_limits, judged.creator_limits) as evidence_approval_limits
from judged
where judged.approver_id is null or abs(judged.amount) > judged.allowed_amount
