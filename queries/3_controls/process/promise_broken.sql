/*---
id: PRO-02
title: Promise to pay broken
severity: medium
grain: promise_id
subject: promises
examines: promises
standing: true
needs:
  promises: [promise_id, customer_id, invoice_id, promised_on, promised_for, amount]
  applications: [application_id, receipt_id, invoice_id, applied_on, amount]
  receipts: [receipt_id, status]
uses:
  invoices: [invoice_id, entity_id, currency]
suppressions:
  in_grace: the day it was promised for is not over on the as-of date
  before_data: three promises or more were due before the first payment that is known
why: >
  A broken promise is the earliest sign that an invoice will not be paid.
next_step: Call the customer, and follow the dunning stage that the promise had stopped.
---*/
with given as (
    select
        promise.*,
        invoice.entity_id,
        invoice.currency,
        invoice.invoice_id as promised_invoice_id
    from promises as promise
    left join invoices as invoice on promise.invoice_id = invoice.invoice_id
    where promise.promised_on <= $as_of
),

reversed as (
    select receipt_id
    from receipts
    where status = 'reversed'
),

payments as (
    select
        given.promise_id,
        application.application_id,
        application.receipt_id,
        application.amount
    from given
    inner join applications as application
        on
            given.invoice_id = application.invoice_id
            and given.promised_for >= application.applied_on
    left join reversed on application.receipt_id = reversed.receipt_id
    where
        application.receipt_id is not null
        and reversed.receipt_id is null
        and application.applied_on <= $as_of
),

first_payment as (
    select min(applied_on) as day
    from applications
),

-- Where three promises or more were due before the first payment that is known, the data begins with that.
early as (
    select count(*) as promises
    from given
    inner join first_payment on given.promised_for < first_payment.day
),

paid as (
    select
        promise_id,
        sum(amount) as amount,
        list(application_id) as application_ids,
        list(receipt_id) as receipt_ids
    from payments
    group by promise_id
)

select
    given.promise_id as subject_id,
    given.entity_id,
    given.customer_id,
    given.promised_for as event_date,
    given.currency,
    given.amount as expected_amount,
    coalesce(paid.amount, 0) as billed_amount,
    amount_text(coalesce(paid.amount, 0), given.currency) || coalesce(' ' || given.currency, '') || ' paid by '
    || cast(given.promised_for as varchar) || ' of ' || amount_text(given.amount, given.currency) || ' promised on '
    || cast(given.promised_on as varchar) || ' for ' || given.invoice_id as reason,
    case
        when given.promised_for >= $as_of then 'in_grace'
        when early.promises >= 3 and given.promised_for < first_payment.day then 'before_data'
    end as suppressed_by,
    given.promise_id as evidence_promises,
    given.promised_invoice_id as evidence_invoices,
    paid.application_ids as evidence_applications,
    paid.receipt_ids as evidence_receipts
from given
cross join first_payment
cross join early
left join paid on given.promise_id = paid.promise_id
where coalesce(paid.amount, 0) < given.amount
