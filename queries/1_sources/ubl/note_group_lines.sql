/*---
note: Documents with lines that only group others or only inform, which are not loaded
---*/
select
    documents.number as subject,
    cast(count(*) as varchar) || ' of its lines: '
    || string_agg(coalesce(lines.line_id, lines.position), ', ' order by lines._row) as note
from lines
inner join documents on lines._source = documents._source and lines.document = documents.document
where
    lines.kind = 'line'
    and (
        lines.status in ('GROUP', 'INFORMATION')
        or (
            lines.status is null
            and exists (
                select 1
                from lines as child
                where
                    lines._source = child._source
                    and lines.document = child.document
                    and lines.line_id = child.parent_id
            )
        )
    )
group by documents._source, documents._row, documents.number
order by documents._source, documents._row
