/*---
control: AUT-02
plants: credits and adjustments that one person entered and approved
sized: false
touches: [adjustments, invoices]
---*/
create temp table wrong as
with people as (
    select
        person.user_id,
        min(coalesce(person.kind, 'person')) as kind
    from users as person
    group by person.user_id
),

eligible as (
    select
        reduction.subject_table,
        reduction.subject_id,
        reduction.invoice_id,
        reduction.currency,
        reduction.amount,
        reduction.approved_by
    from reductions as reduction
    inner join people as creator on reduction.created_by = creator.user_id
    left join people as approver on reduction.approved_by = approver.user_id
    where
        reduction.event_date <= getvariable('as_of')
        and reduction.created_by <> reduction.approved_by
        and creator.kind <> 'system'
        and coalesce(approver.kind, 'person') <> 'system'
        and reduction.subject_id not in (select before.subject_id from before)
        and reduction.subject_id not in (select taken.id from taken)
        and reduction.invoice_id not in (select taken.id from taken)
),

turns as (
    select
        eligible.*,
        row_number() over (
            partition by eligible.currency, eligible.subject_table
            order by dice(eligible.subject_id, 1), eligible.subject_id
        ) as turn
    from eligible
)

select turns.* from turns
order by turns.turn, dice(turns.subject_id, 1), turns.subject_id
limit getvariable('errors');

update adjustments set created_by = wrong.approved_by
from wrong
where wrong.subject_table = 'adjustments' and adjustments.adjustment_id = wrong.subject_id;

update invoices set created_by = wrong.approved_by
from wrong
where wrong.subject_table = 'invoices' and invoices.invoice_id = wrong.subject_id;

insert into planted
select
    wrong.subject_id,
    0 as expected_amount,
    wrong.amount as billed_amount,
    case wrong.subject_table when 'invoices' then 'a credit memo' else 'an adjustment' end
    || ' entered and approved by one person' as what
from wrong;

insert into taken
select unnest([wrong.subject_id, wrong.invoice_id]) as id
from wrong
