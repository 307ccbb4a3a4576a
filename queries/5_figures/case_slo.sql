/*---
id: FIG-23
title: Cases closed in time
form: ratio
times: 100
unit: percent
money: false
formula: closed within target / closed due x 100
source: conventions.md; schema.yml, sla_targets (elapsed minutes less paused ones)
says: >
  Cases that came due in the period: opened, plus the minutes of its priority, plus the minutes it was paused. Closed
  in time is resolved by then. paused_minutes has no date, so a case stands with the pauses it has today.
empty: no case came due in the period
needs:
  cases: [case_id, customer_id, priority, opened_at, resolved_at]
  sla_targets: [priority, resolution_minutes]
uses:
  cases: [entity_id, paused_minutes]
---*/
with targets as (
    select
        priority,
        max(resolution_minutes) as resolution_minutes
    from sla_targets
    group by priority
),

timed as (
    select
        opened.*,
        target.resolution_minutes,
        opened.opened_at + to_minutes(target.resolution_minutes + coalesce(opened.paused_minutes, 0)) as due_at
    from cases as opened
    inner join targets as target on opened.priority = target.priority
)

select
    asked.as_of,
    '' as part,
    case
        when timed.resolved_at <= timed.due_at then 'in time'
        when timed.resolved_at < asked.as_of + 1 then 'late'
        else 'not closed'
    end as role,
    timed.entity_id,
    timed.customer_id,
    cast(null as varchar) as currency,
    'cases' as subject_table,
    timed.case_id as subject_id,
    cast(timed.due_at as date) as event_date,
    case when timed.resolved_at <= timed.due_at then 1 else 0 end as numerator,
    1 as denominator,
    'priority ' || timed.priority || ', target ' || cast(timed.resolution_minutes as varchar) || ' minutes' as remark
from asked
inner join timed on asked.from_date <= timed.due_at and asked.to_date > timed.due_at
