/*---
control: AUT-01
plants: credits and adjustments that nobody approved, or somebody whose limit is lower
sized: false
touches: [adjustments, invoices]
---*/
create temp table wrong as
with authority as (
    select
        person.user_id,
        allowed.action,
        allowed.currency,
        max(allowed.max_amount) as max_amount,
        max(person.active_from) as active_from,
        min(person.active_to) as active_to
    from users as person
    inner join approval_limits as allowed on person.role = allowed.role
    where coalesce(person.kind, 'person') = 'person'
    group by person.user_id, allowed.action, allowed.currency
),

eligible as (
    select
        reduction.subject_table,
        reduction.subject_id,
        reduction.invoice_id,
        reduction.currency,
        reduction.amount,
        reduction.created_by,
        reduction.action,
        reduction.event_date,
        dice(reduction.subject_id, 2) % 2 = 0 as is_unapproved
    from reductions as reduction
    left join users as creator on reduction.created_by = creator.user_id
    where
        reduction.event_date <= getvariable('as_of')
        and reduction.amount <> 0
        and coalesce(creator.kind, 'person') = 'person'
        and reduction.subject_id not in (select before.subject_id from before)
        and reduction.subject_id not in (select taken.id from taken)
        and reduction.invoice_id not in (select taken.id from taken)
),

approvers as (
    select
        eligible.subject_id,
        authority.user_id,
        authority.max_amount,
        row_number() over (
            partition by eligible.subject_id
            order by authority.max_amount desc, dice(authority.user_id || eligible.subject_id, 3)
        ) as place
    from eligible
    inner join authority on eligible.action = authority.action and eligible.currency = authority.currency
    where
        authority.max_amount < abs(eligible.amount)
        and authority.user_id is distinct from eligible.created_by
        and coalesce(authority.active_from <= eligible.event_date, true)
        and coalesce(authority.active_to > eligible.event_date + 1, true)
        and not eligible.is_unapproved
),

judged as (
    select
        eligible.*,
        approver.user_id as approved_by,
        coalesce(approver.max_amount, 0) as limit_amount,
        case when eligible.is_unapproved then 'nobody approved it' else 'above the limit of the approver' end as what
    from eligible
    left join approvers as approver on eligible.subject_id = approver.subject_id and approver.place = 1
    where eligible.is_unapproved or approver.user_id is not null
),

turns as (
    select
        judged.*,
        row_number() over (
            partition by judged.currency, judged.what, judged.subject_table
            order by dice(judged.subject_id, 1), judged.subject_id
        ) as turn
    from judged
)

select turns.* from turns
order by turns.turn, dice(turns.subject_id, 1), turns.subject_id
limit getvariable('errors');

update adjustments set approved_by = wrong.approved_by
from wrong
where wrong.subject_table = 'adjustments' and adjustments.adjustment_id = wrong.subject_id;

update invoices set approved_by = wrong.approved_by
from wrong
where wrong.subject_table = 'invoices' and invoices.invoice_id = wrong.subject_id;

insert into planted
select
    wrong.subject_id,
    wrong.limit_amount as expected_amount,
    abs(wrong.amount) as billed_amount,
    wrong.what
from wrong;

insert into taken
select unnest([wrong.subject_id, wrong.invoice_id]) as id
from wrong
