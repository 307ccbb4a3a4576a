/*---
query: account_invoices
what: Every document with what its customer's account needs to know of it, customer by customer.
---*/
select
    customer_id,
    invoice_id,
    invoice_number,
    kind,
    status,
    entity_id,
    invoice_date,
    due_date,
    posted_on,
    currency,
    gross_amount,
    reason_code,
    original_invoice_id
from invoices
order by customer_id, invoice_id
