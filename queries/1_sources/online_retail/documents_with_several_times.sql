/*---
note: Documents whose lines carry several times; the first was taken
---*/
select
    plain_value(invoiceno) as subject,
    string_agg(distinct invoicedate, ', ' order by invoicedate) as note
from online_retail_lines
group by plain_value(invoiceno)
having count(distinct invoicedate) > 1
order by subject
