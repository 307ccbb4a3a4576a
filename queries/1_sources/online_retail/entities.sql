/*---
table: entities
what: The one legal entity that bills; the export does not name it.
---*/
select
    'UK' as entity_id,
    'UK' as name,
    'United Kingdom' as country,
    'GBP' as currency,
    _source,
    _row
from online_retail_lines
order by _source, _row
limit 1
