/*---
note: Documents with a status that SAF-T does not know, loaded as it is
---*/
select
    company_id || '/' || invoice_no as subject,
    status as note
from saft_invoices
where upper(status) not in ('N', 'S', 'A', 'R', 'F')
union all
select
    company_id || '/' || payment_no as subject,
    status as note
from saft_payments
where kind = 'payment' and upper(status) not in ('N', 'A')
order by subject
