/*---
note: Documents whose lines name several customers; the first was taken
---*/
select
    plain_value(invoice) as subject,
    string_agg(
        distinct plain_value(coalesce(customer, customer_name)), ', '
        order by plain_value(coalesce(customer, customer_name))
    ) as note
from listed_lines
group by plain_value(invoice)
having count(distinct plain_value(coalesce(customer, customer_name))) > 1
order by subject
