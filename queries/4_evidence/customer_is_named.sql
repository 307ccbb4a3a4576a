/*---
query: customer_is_named
what: Whether a document or a receipt names a customer.
---*/
select true as is_named
from invoices
where customer_id = $customer
union
select true as is_named
from receipts
where customer_id = $customer
