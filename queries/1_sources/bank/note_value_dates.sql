/*---
note: Entries without a booking date; their value date was taken
---*/
select
    account as subject,
    cast(count(*) as varchar) || ' entries in ' || min(format) as note
from movements
where booked_by = 'value date'
group by account
order by account
