/*---
note: Lines in another currency than their document
---*/
select
    documents.number || ', line ' || coalesce(lines.line_id, lines.position) as subject,
    lines.currency || ' in a document in ' || documents.currency as note
from lines
inner join documents on lines._source = documents._source and lines.document = documents.document
where lines.currency <> documents.currency
order by lines._source, lines._row
