/*---
query: documents
what: Documents by their invoice_id.
---*/
select *
from invoices
where invoice_id in (select unnest(cast($ids as varchar[])))
order by invoice_date, invoice_id
