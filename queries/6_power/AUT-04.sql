/*---
control: AUT-04
plants: approvals by somebody who had left, had not come yet, or is no user
sized: false
touches: [adjustments, invoices, users]
also: [AUT-01]
---*/
-- A named approver who is no user has no limit either (AUT-01).
create temp table wrong as
with people as (
    select person.user_id
    from users as person
    group by person.user_id
    having count(*) = 1 and min(coalesce(person.kind, 'person')) = 'person'
),

eligible as (
    select
        reduction.subject_table,
        reduction.subject_id,
        reduction.invoice_id,
        reduction.currency,
        reduction.amount,
        reduction.approved_by,
        cast(reduction.approved_at as date) as approved_on,
        dice(reduction.subject_id, 2) % 3 as kind
    from reductions as reduction
    inner join people as approver on reduction.approved_by = approver.user_id
    left join users as creator on reduction.created_by = creator.user_id
    where
        reduction.event_date <= getvariable('as_of')
        and reduction.approved_at is not null
        and reduction.amount <> 0
        and coalesce(creator.kind, 'person') = 'person'
        and reduction.subject_id not in (select before.subject_id from before)
        and reduction.subject_id not in (select taken.id from taken)
        and reduction.invoice_id not in (select taken.id from taken)
),

turns as (
    select
        eligible.*,
        row_number() over (
            partition by eligible.kind, eligible.subject_table
            order by dice(eligible.subject_id, 1), eligible.subject_id
        ) as turn
    from eligible
)

select
    turns.*,
    turns.approved_by || ' of ' || turns.subject_id as wrong_approver
from turns
order by turns.turn, dice(turns.subject_id, 1), turns.subject_id
limit getvariable('errors');

-- The same role and so the same limit, on other days.
insert into users
select
    person.* replace (
        wrong.wrong_approver as user_id,
        case wrong.kind when 0 then person.active_from else wrong.approved_on + 1 end as active_from,
        case wrong.kind when 0 then wrong.approved_on else person.active_to end as active_to
    )
from wrong
inner join users as person on wrong.approved_by = person.user_id
where wrong.kind < 2;

update adjustments set approved_by = wrong.wrong_approver
from wrong
where wrong.subject_table = 'adjustments' and adjustments.adjustment_id = wrong.subject_id;

update invoices set approved_by = wrong.wrong_approver
from wrong
where wrong.subject_table = 'invoices' and invoices.invoice_id = wrong.subject_id;

insert into planted
select
    wrong.subject_id,
    null as expected_amount,
    null as billed_amount,
    case wrong.kind
        when 0 then 'the approver had left'
        when 1 then 'the approver had not come yet'
        else 'the approver is no user'
    end as what
from wrong;

insert into planted_elsewhere
select
    'AUT-01' as control_id,
    wrong.subject_id,
    0 as expected_amount,
    abs(wrong.amount) as billed_amount,
    'the approver is no user' as what
from wrong
where wrong.kind = 2;

insert into taken
select unnest([wrong.subject_id, wrong.invoice_id]) as id
from wrong
