/*---
note: Adjustments that are not approved and so are left out
---*/
select
    plain_value(adjustment_id) as subject,
    case plain_value(status)
        when 'W' then 'waiting for approval'
        when 'M' then 'needs more research'
        when 'R' then 'rejected'
        else 'status ' || coalesce(plain_value(status), 'empty')
    end || ', ' || coalesce(amount, 'nothing') as note
from ar_adjustments_all
where plain_value(status) is distinct from 'A'
order by subject
