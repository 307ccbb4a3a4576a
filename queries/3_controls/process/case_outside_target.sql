/*---
id: PRO-01
title: Case outside its target
severity: medium
grain: case_id
subject: cases
examines: cases
standing: true
needs:
  cases: [case_id, customer_id, priority, opened_at, first_response_at, resolved_at]
  sla_targets: [priority, response_minutes, resolution_minutes]
uses:
  cases: [entity_id, currency, paused_minutes]
why: >
  A customer who waits for an answer does not pay, and does not come back.
next_step: Answer it now where it is open; else find out what held it up, by owner and category.
---*/
with targets as (
    select
        priority,
        max(response_minutes) as response_minutes,
        max(resolution_minutes) as resolution_minutes
    from sla_targets
    group by priority
),

-- Who was given the solution was answered. The as-of date counts as the moment that it begins.
timed as (
    select
        opened.*,
        target.response_minutes,
        target.resolution_minutes,
        coalesce(opened.first_response_at, opened.resolved_at) as answered_at,
        seconds_between(
            opened.opened_at, coalesce(opened.first_response_at, opened.resolved_at, cast($as_of as timestamp))
        )
        - 60 * coalesce(opened.paused_minutes, 0) as response_seconds,
        seconds_between(opened.opened_at, coalesce(opened.resolved_at, cast($as_of as timestamp)))
        - 60 * coalesce(opened.paused_minutes, 0) as resolution_seconds
    from cases as opened
    inner join targets as target on opened.priority = target.priority
    where cast(opened.opened_at as date) <= $as_of
),

judged as (
    select
        *,
        response_seconds > 60 * response_minutes as is_answered_late,
        resolution_seconds > 60 * resolution_minutes as is_resolved_late
    from timed
)

select
    judged.case_id as subject_id,
    judged.entity_id,
    judged.customer_id,
    cast(judged.opened_at as date) as event_date,
    judged.currency,
    cast(null as decimal(38, 4)) as expected_amount,
    cast(null as decimal(38, 4)) as billed_amount,
    'priority ' || judged.priority || ', '
    || case
        when judged.is_answered_late
            then
                case when judged.answered_at is null then 'not answered after ' else 'answered after ' end
                || cast((judged.response_seconds + 59) // 60 as varchar) || ' minutes, target '
                || cast(judged.response_minutes as varchar)
        else ''
    end
    || case when judged.is_answered_late and judged.is_resolved_late then '; ' else '' end
    || case
        when judged.is_resolved_late
            then
                case when judged.resolved_at is null then 'not resolved after ' else 'resolved after ' end
                || cast((judged.resolution_seconds + 59) // 60 as varchar) || ' minutes, target '
                || cast(judged.resolution_minutes as varchar)
        else ''
    end
    || coalesce('; without ' || cast(nullif(judged.paused_minutes, 0) as varchar) || ' paused', '') as reason,
    cast(null as varchar) as suppressed_by,
    judged.case_id as evidence_cases,
    judged.priority as evidence_sla_targets
from judged
where judged.is_answered_late or judged.is_resolved_late
