/*---
query: topic_customer_records
what: Master records of customers with their documents and the money billed in each record's currency.
---*/
with billed as (
    select
        customer_id,
        currency,
        count(*) as documents,
        sum(gross_amount) as amount,
        min(invoice_date) as first_on,
        max(invoice_date) as last_on
    from live_invoices
    where customer_id in (select unnest($ids))
    group by customer_id, currency
)

select
    customer.customer_id,
    customer.entity_id,
    customer.parent_id,
    customer.name,
    customer.country,
    customer.tax_id,
    customer.segment,
    customer.tier,
    customer.currency,
    customer.payment_terms_days,
    customer.credit_limit,
    customer.status,
    customer.opened_on,
    customer.closed_on,
    customer.owner,
    billed.documents,
    billed.amount,
    billed.first_on,
    billed.last_on,
    customer._source,
    customer._row
from customers as customer
left join billed on customer.customer_id = billed.customer_id and customer.currency = billed.currency
where customer.customer_id in (select unnest($ids))
order by customer.opened_on nulls first, customer.customer_id
