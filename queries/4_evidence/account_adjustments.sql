/*---
query: account_adjustments
what: Every adjustment of a document, customer by customer.
---*/
select
    document.customer_id,
    adjustment.adjustment_id,
    adjustment.invoice_id,
    adjustment.kind,
    adjustment.amount,
    adjustment.adjusted_on,
    adjustment.posted_on
from adjustments as adjustment
inner join invoices as document on adjustment.invoice_id = document.invoice_id
order by document.customer_id, adjustment.adjustment_id
