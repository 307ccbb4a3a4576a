/*---
note: Contracts and orders that name no legal entity, taken for those of 'main'; fields.yml can name it
---*/
select
    'contracts' as subject,
    cast(count(*) as varchar) || ' of main' as note
from loaded_contracts
where entity_id = 'main'
having count(*) > 0
union all
select
    'orders' as subject,
    cast(count(*) as varchar) || ' of main' as note
from loaded_orders
where entity_id = 'main'
having count(*) > 0
order by subject
