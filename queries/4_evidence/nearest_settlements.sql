/*---
query: nearest_settlements
what: The settlements whose ids are most like a name.
---*/
select
    settlement_id,
    levenshtein(lower(settlement_id), lower($name)) as distance
from settlements
order by distance, settlement_id
limit 3
