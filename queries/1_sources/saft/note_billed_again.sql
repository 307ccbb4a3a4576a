/*---
note: Documents that were billed again in another one, taken as cancelled
---*/
select
    company_id || '/' || invoice_no as subject,
    coalesce(reason, 'no reason given') as note
from saft_invoices
where upper(status) = 'F'
order by _source, _row
