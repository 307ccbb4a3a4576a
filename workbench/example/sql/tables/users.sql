select
    user_id,
    entity.name || ' ' || staff.role || ' ' || staff.code as name,
    role,
    'person' as kind,
    date '2020-01-01' as active_from,
    active_to
from staff
inner join entity on staff.entity_no = entity.entity_no
union all
select 'U-SYSTEM', 'Billing run', 'billing_run', 'system', date '2020-01-01', null
order by user_id
