/*---
note: Documents that the customer issued in the name of the company
---*/
select
    company_id || '/' || invoice_no as subject,
    'issued by ' || coalesce(customer_id, 'nobody named') as note
from saft_invoices
where upper(status) = 'S' or self_billing = '1' or type = '389'
order by _source, _row
