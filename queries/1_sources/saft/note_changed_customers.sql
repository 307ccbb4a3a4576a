/*---
note: Customers that files of one company state differently, the latest of which was taken
---*/
select
    coalesce(company_id, 'no company') || '/' || customer_id as subject,
    case when count(distinct name) > 1 then 'name ' || min(name) || ', ' || max(name) || '; ' else '' end
    || case
        when count(distinct tax_id) > 1 then 'tax number ' || min(tax_id) || ', ' || max(tax_id) || '; ' else ''
    end
    || case when count(distinct country) > 1 then 'country ' || min(country) || ', ' || max(country) || '; ' else '' end
    || 'in ' || cast(count(distinct _source) as varchar)
    || case count(distinct _source) when 1 then ' file' else ' files' end as note
from saft_customers
where customer_id is not null
group by company_id, customer_id
having count(distinct name) > 1 or count(distinct tax_id) > 1 or count(distinct country) > 1
order by subject
