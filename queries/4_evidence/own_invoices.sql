/*---
query: own_invoices
what: Documents of a customer.
---*/
select *
from invoices
where customer_id = $customer
