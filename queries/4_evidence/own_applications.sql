/*---
query: own_applications
what: Applications that move an account, whichever half of them is the customer's.
---*/
select *
from applications
where
    invoice_id in (select invoice_id from own_invoices)
    or credit_invoice_id in (select invoice_id from own_invoices)
    or receipt_id in (select receipt_id from own_receipts)
