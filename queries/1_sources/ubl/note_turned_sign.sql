/*---
note: Documents whose amounts have the sign of the other kind
---*/
select
    number as subject,
    'type ' || coalesce(type_code, 'not stated') || ' over ' || gross || ', taken as a '
    || case sign when '1' then 'credit memo' else 'debit memo' end as note
from documents
where read_money(gross) < 0
order by _source, _row
