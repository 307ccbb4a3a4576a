/*---
note: Movements that the bank tells and has not booked; they are no bank lines
---*/
select
    coalesce(account, 'no account') || ' ' || coalesce(currency, '') as subject,
    cast(count(*) as varchar) || ', sum ' || cast(coalesce(sum(read_money(amount)), 0) as varchar) || ': '
    || string_agg(distinct why, '; ' order by why) as note
from pending
group by account, currency
order by subject
