/*---
note: Cancelled billing documents whose cancellation was not exported
---*/
select
    regexp_replace(plain_value(cancelled.vbeln), '^0+([0-9]+)$', '\1') as subject,
    'of ' || coalesce(plain_value(cancelled.fkdat), 'no day') as note
from vbrk as cancelled
left join vbrk as cancelling
    on
        regexp_replace(plain_value(cancelled.vbeln), '^0+([0-9]+)$', '\1')
        = regexp_replace(plain_value(cancelling.sfakn), '^0+([0-9]+)$', '\1')
where plain_value(cancelled.fksto) is not null and cancelling.vbeln is null
order by cancelled._source, cancelled._row
