/*---
note: Words of the organisation's own for the status of a case
---*/
with queries as (
    select
        plain_value(status) as status,
        case
            when read_bool(plain_value(isclosed)) then 'read as closed, as they are' else 'kept as it is'
        end as reading
    from support_case
    where
        not coalesce(read_bool(plain_value(isdeleted)), false)
        and lower(plain_value(status)) not in (
            'new', 'open', 'working', 'in progress', 'assigned', 'escalated', 'reopened', 'pending', 'on hold',
            'waiting', 'waiting on customer', 'waiting for customer', 'awaiting customer', 'resolved', 'solved',
            'closed'
        )
)

select
    status as subject,
    'cases: ' || cast(count(*) as varchar) || ', ' || reading as note
from queries
group by status, reading
order by status, reading
