/*---
query: own_orders
what: The orders of a customer.
---*/
select
    order_id,
    customer_id,
    order_date,
    currency,
    status
from orders
where customer_id = $customer
