/*---
note: Documents whose lines name several dates; the first was taken
---*/
select
    plain_value(invoice) as subject,
    string_agg(distinct plain_value(invoice_date), ', ' order by plain_value(invoice_date)) as note
from listed_lines
group by plain_value(invoice)
having count(distinct plain_value(invoice_date)) > 1
order by subject
