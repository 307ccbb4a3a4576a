/*---
query: customer_payments
what: >
  Money applied to a customer's invoices by month and currency, with days from invoice and from due date to payment,
  each day weighted by the money. Reads the account's own rows.
---*/
select
    month_of(application.applied_on) as month,
    document.currency,
    sum(application.amount) as amount,
    sum(application.amount * days_between(document.invoice_date, application.applied_on)) as amount_days,
    sum(case when document.due_date is not null then application.amount end) as amount_due,
    sum(application.amount * days_between(document.due_date, application.applied_on)) as amount_days_late
from applications as application
inner join invoices as document on application.invoice_id = document.invoice_id
where application.receipt_id is not null and application.applied_on <= $as_of and document.customer_id = $customer
group by month_of(application.applied_on), document.currency
order by document.currency asc, month_of(application.applied_on) desc
