/*---
note: Sales documents and deliveries that are no orders and no deliveries to customers, by category
---*/
select
    'VBAK ' || plain_value(vbtyp) as subject,
    cast(count(*) as varchar) || case plain_value(vbtyp)
        when 'A' then ' inquiries'
        when 'B' then ' quotations'
        when 'G' then ' contracts'
        when 'H' then ' returns, through which credit memos are linked to what they credit'
        when 'K' then ' credit memo requests, through which credit memos are linked to what they credit'
        else ' documents'
    end as note
from vbak
where plain_value(vbtyp) not in ('C', 'I', 'E', 'L')
group by plain_value(vbtyp)
union all
select
    'LIKP 7' as subject,
    cast(count(*) as varchar) || ' inbound deliveries' as note
from likp
where plain_value(vbtyp) = '7'
having count(*) > 0
order by subject
