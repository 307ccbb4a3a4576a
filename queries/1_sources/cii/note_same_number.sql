/*---
note: Numbers that several documents of a seller carry
---*/
select
    seller_id || '/' || number as subject,
    cast(count(distinct content) as varchar) || ' different documents in '
    || string_agg(_source, ', ' order by _source) as note
from documents
group by seller_id, number
having count(distinct content) > 1
order by subject
