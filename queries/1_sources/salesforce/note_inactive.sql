/*---
note: Inactive price book entries, which were left out, and inactive users, of whom is not known since when
---*/
select
    'price book entries' as subject,
    cast(count(*) as varchar) || ' inactive' as note
from pricebook_entry
where
    not coalesce(read_bool(plain_value(isdeleted)), false)
    and not read_bool(plain_value(isactive))
having count(*) > 0
union all
select
    'users' as subject,
    cast(count(*) as varchar) || ' inactive' as note
from user_account
where not read_bool(plain_value(isactive))
having count(*) > 0
order by subject
