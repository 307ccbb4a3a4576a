/*---
query: own_receipts
what: Receipts that name a customer.
---*/
select *
from receipts
where customer_id = $customer
