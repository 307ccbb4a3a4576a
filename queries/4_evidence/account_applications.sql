/*---
query: account_applications
what: >
  Every application that counts (neither half is void, and no bounced receipt pays anything) under each customer whose
  account it moves: the invoice's, and the receipt's or the credit memo's where that is another.
---*/
with credits as (
    select
        invoice_id,
        customer_id,
        status
    from invoices
    where kind = 'credit_memo'
),

halves as (
    select
        application.*,
        document.customer_id as invoice_customer_id,
        coalesce(credit.customer_id, receipt.customer_id) as payer_id
    from applications as application
    left join invoices as document on application.invoice_id = document.invoice_id
    left join credits as credit on application.credit_invoice_id = credit.invoice_id
    left join receipts as receipt on application.receipt_id = receipt.receipt_id
    where
        coalesce(document.status not in ('cancelled', 'draft'), true)
        and coalesce(credit.status not in ('cancelled', 'draft'), true)
        and coalesce(receipt.status <> 'reversed', true)
),

owned as (
    select
        invoice_customer_id as customer_id,
        * exclude (invoice_customer_id, payer_id)
    from halves
    where invoice_customer_id is not null
    union all
    select
        payer_id as customer_id,
        * exclude (invoice_customer_id, payer_id)
    from halves
    where payer_id is not null and payer_id is distinct from invoice_customer_id
)

select
    customer_id,
    application_id,
    receipt_id,
    credit_invoice_id,
    invoice_id,
    applied_on,
    posted_on,
    amount,
    discount_amount
from owned
order by customer_id, application_id
