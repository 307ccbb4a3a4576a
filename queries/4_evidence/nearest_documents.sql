/*---
query: nearest_documents
what: The ids and numbers of documents that are most like a name that none has.
---*/
with names as (
    select invoice_id as name from invoices
    union all
    select invoice_number as name from invoices
),

nearest as (
    select
        name,
        jaro_winkler_similarity(lower(name), lower($name)) as likeness
    from names
    where name is not null
    order by likeness desc, name asc
    limit 30
)

select
    name,
    max(likeness) as likeness
from nearest
group by name
order by likeness desc, name asc
