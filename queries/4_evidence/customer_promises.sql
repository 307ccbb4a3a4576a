/*---
query: customer_promises
what: >
  Promises to pay of a customer with what receipts paid by the day promised, the newest first. Reads the account's own
  applications.
---*/
select
    promise.promise_id,
    promise.invoice_id,
    promise.promised_on,
    promise.promised_for,
    promise.amount,
    document.currency,
    coalesce(sum(case when application.applied_on <= promise.promised_for then application.amount end), 0) as paid
from promises as promise
left join invoices as document on promise.invoice_id = document.invoice_id
left join applications as application
    on promise.invoice_id = application.invoice_id and application.receipt_id is not null
where promise.customer_id = $customer and promise.promised_on <= $as_of
group by
    promise.promise_id, promise.invoice_id, promise.promised_on, promise.promised_for, promise.amount,
    document.currency
order by promise.promised_for desc, promise.promise_id desc
