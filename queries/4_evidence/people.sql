/*---
query: people
what: Users by their user_id, with how much their role may approve in a currency, an action a row.
---*/
select
    person.user_id,
    person.name,
    person.role,
    person.kind,
    person.active_from,
    person.active_to,
    allowed.action,
    allowed.max_amount
from users as person
left join approval_limits as allowed on person.role = allowed.role and allowed.currency = $currency
where person.user_id in (select unnest(cast($ids as varchar[])))
order by person.user_id, allowed.action
