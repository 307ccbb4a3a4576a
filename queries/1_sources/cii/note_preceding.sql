/*---
note: Preceding invoices that are not in this load, or are one of several
---*/
with named as (
    select
        documents._source,
        documents._row,
        documents.seller_id,
        documents.number,
        preceding_invoices.number as preceding,
        count(*) over (partition by documents._source, documents._row) as named
    from preceding_invoices
    inner join documents
        on preceding_invoices._source = documents._source and preceding_invoices.document = documents.document
),

known as (
    select
        seller_id,
        number
    from documents
    group by seller_id, number
)

select
    named.number as subject,
    'refers to ' || string_agg(
        coalesce(named.preceding, 'nothing')
        || case when known.number is null then ' (not loaded)' else '' end, ', ' order by named.preceding
    ) as note
from named
left join known on named.seller_id = known.seller_id and named.preceding = known.number
group by named._source, named._row, named.number
having min(named.named) > 1 or count(known.number) < count(*)
order by named._source, named._row
