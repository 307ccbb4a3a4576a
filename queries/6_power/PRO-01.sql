/*---
control: PRO-01
plants: cases that were answered or resolved too late, or not at all
sized: false
touches: [cases]
---*/
-- One second late is late.
create temporary table chosen as
with targets as (
    select
        priority,
        max(response_minutes) as response_minutes,
        max(resolution_minutes) as resolution_minutes
    from sla_targets
    group by priority
),

timed as (
    select
        opened.case_id,
        opened.priority,
        opened.currency,
        opened.resolved_at,
        opened.opened_at
        + to_minutes(target.response_minutes + coalesce(opened.paused_minutes, 0)) as answer_by,
        opened.opened_at
        + to_minutes(target.resolution_minutes + coalesce(opened.paused_minutes, 0)) as resolve_by,
        1 + dice(opened.case_id, 1) % 4 as kind
    from cases as opened
    inner join targets as target on opened.priority = target.priority
    where
        cast(opened.opened_at as date) < getvariable('as_of')
        and opened.first_response_at is not null
        and opened.case_id not in (select subject_id from before)
        and opened.case_id not in (select id from taken)
),

spread as (
    select
        *,
        row_number() over (partition by kind, priority order by dice(case_id, 2), case_id) as turn
    from timed
    where
        case kind
            when 1 then answer_by < resolve_by
            when 2 then answer_by < resolve_by
            when 3 then resolve_by < cast(getvariable('as_of') as timestamp)
            else answer_by < cast(getvariable('as_of') as timestamp)
        end
)

select *
from spread
order by turn, dice(kind || priority, 3), kind, priority
limit getvariable('errors');

update cases
set
    first_response_at = case
        when chosen.kind = 1 then chosen.answer_by + to_seconds(1)
        when chosen.kind < 4 then cases.first_response_at
    end,
    resolved_at = case chosen.kind
        when 1 then greatest(cases.resolved_at, chosen.answer_by + to_seconds(1))
        when 2 then chosen.resolve_by + to_seconds(1)
    end,
    status = case when chosen.kind > 2 then 'open' else cases.status end
from chosen
where cases.case_id = chosen.case_id;

insert into planted
select
    case_id as subject_id,
    null as expected_amount,
    null as billed_amount,
    case kind
        when 1 then 'answered too late, resolved in time'
        when 2 then 'resolved too late'
        when 3 then 'answered and not resolved'
        else 'never answered'
    end as what
from chosen;

insert into taken
select case_id from chosen;
