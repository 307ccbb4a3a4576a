/*---
note: Billing documents that were not transferred to accounting
---*/
select
    regexp_replace(plain_value(vbeln), '^0+([0-9]+)$', '\1') as subject,
    case plain_value(rfbsk)
        when 'A' then 'A, blocked'
        when 'B' then 'B, error in account determination'
        when 'D' then 'D, not relevant for accounting'
        when 'F' then 'F, error in pricing'
        when 'G' then 'G, export data missing'
        when 'I' then 'I, error in account determination of the invoice list'
        when 'K' then 'K, no authorisation'
        else plain_value(rfbsk)
    end as note
from vbrk
where
    plain_value(rfbsk) not in ('C', 'E', 'H')
    and plain_value(vbtyp) not in ('U', '3', '4')
    and coalesce(plain_value(fktyp), '') <> 'P'
order by _source, _row
