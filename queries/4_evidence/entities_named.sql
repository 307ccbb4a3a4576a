/*---
query: entities_named
what: Entities by their entity_id.
---*/
select *
from entities
where entity_id in (select unnest(cast($ids as varchar[])))
