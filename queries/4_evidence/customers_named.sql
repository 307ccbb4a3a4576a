/*---
query: customers_named
what: Customers by their customer_id.
---*/
select *
from customers
where customer_id in (select unnest(cast($ids as varchar[])))
order by customer_id
