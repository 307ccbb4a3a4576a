/*---
note: Numbers that different documents of a company carry
---*/
select
    company_id || '/' || invoice_no as subject,
    cast(count(distinct content) as varchar) || ' different documents in ' || string_agg(_source, ', ' order by _source)
        as note
from saft_invoices
group by company_id, invoice_no
having count(distinct content) > 1
order by subject
