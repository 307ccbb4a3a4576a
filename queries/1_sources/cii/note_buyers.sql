/*---
note: Buyers whom documents name differently; the first was taken
---*/
select
    invoice.customer_id as subject,
    string_agg(distinct documents.buyer_name, ', ' order by documents.buyer_name) as note
from loaded_invoices as invoice
inner join documents on invoice._source = documents._source and invoice._row = documents._row
group by invoice.customer_id
having count(distinct documents.buyer_name) > 1
order by subject
