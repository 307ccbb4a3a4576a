/*---
query: topic_authority
what: >
  Credits and adjustments of a period as people made them: who entered, who approved, how many, how much, the largest,
  and the approver's limit (the highest of their roles; none where no limit is named).
---*/
with limits as (
    select
        person.user_id,
        allowed.action,
        allowed.currency,
        max(allowed.max_amount) as max_amount
    from users as person
    inner join approval_limits as allowed on person.role = allowed.role
    group by person.user_id, allowed.action, allowed.currency
)

select
    reduction.action,
    reduction.currency,
    coalesce(reduction.created_by, '') as entered_by,
    coalesce(reduction.approved_by, '') as approved_by,
    limits.max_amount,
    count(*) as entries,
    sum(abs(reduction.amount)) as amount,
    max(abs(reduction.amount)) as largest,
    sum(case when abs(reduction.amount) > coalesce(limits.max_amount, 0) then 1 else 0 end) as above
from reductions as reduction
left join limits
    on
        reduction.approved_by = limits.user_id
        and reduction.action = limits.action
        and reduction.currency = limits.currency
where
    ($entity = '' or reduction.entity_id = $entity)
    and ($first::date is null or reduction.event_date >= $first)
    and ($until::date is null or reduction.event_date < $until)
group by reduction.action, reduction.currency, reduction.created_by, reduction.approved_by, limits.max_amount
order by reduction.currency asc, amount desc, entered_by asc, approved_by asc
