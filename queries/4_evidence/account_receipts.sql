/*---
query: account_receipts
what: Every receipt that names a customer, customer by customer.
---*/
select
    customer_id,
    receipt_id,
    entity_id,
    received_on,
    posted_on,
    currency,
    amount,
    method,
    reference,
    status
from receipts
where customer_id is not null
order by customer_id, receipt_id
