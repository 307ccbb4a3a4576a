/*---
query: own_adjustments
what: Adjustments of a customer's documents.
---*/
select *
from adjustments
where invoice_id in (select invoice_id from own_invoices)
