/*---
query: customer_cases
what: Queries and disputes of a customer, the newest first.
---*/
select *
from cases
where customer_id = $customer
order by opened_at desc, case_id desc
