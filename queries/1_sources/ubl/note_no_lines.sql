/*---
note: Documents without lines, as the profiles MINIMUM and BASIC WL have them
---*/
select
    documents.number as subject,
    coalesce(documents.customization, 'no specification named') as note
from documents
left join lines
    on documents._source = lines._source and documents.document = lines.document and lines.kind = 'line'
where lines._row is null
order by documents._source, documents._row
