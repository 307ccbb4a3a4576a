/*---
note: Credits posted in accounting, all taken for billing adjustments, by reason code
---*/
select
    coalesce(reason_code, 'none') as subject,
    cast(count(*) as varchar) || ' adjustments of ' || cast(count(distinct document_reference) as varchar)
    || ' accounting documents' as note
from loaded_adjustments
group by reason_code
order by subject
