/*---
id: FIG-24
title: Promises kept
form: ratio
times: 100
unit: percent
money: false
formula: kept / due x 100; kept is paid by promised_for by at least the amount
source: conventions.md; control PRO-02
says: >
  Promises to pay that fell due in the period. Payments are receipts applied to the invoice up to the day promised;
  what bounced since is no payment.
empty: no promise fell due in the period
needs:
  promises: [promise_id, customer_id, invoice_id, promised_on, promised_for, amount]
  applications: [application_id, receipt_id, invoice_id, applied_on, amount]
  receipts: [receipt_id, status]
uses:
  invoices: [invoice_id, entity_id, currency]
  applications: [posted_on]
---*/
with returned as (
    select receipt_id from receipts
    where status = 'reversed'
),

due as (
    select
        asked.as_of,
        promise.*
    from asked
    inner join promises as promise
        on
            asked.from_date <= promise.promised_for
            and asked.to_date > promise.promised_for
            and asked.as_of >= promise.promised_on
),

payments as (
    select
        due.as_of,
        due.promise_id,
        sum(application.amount) as amount
    from due
    inner join applications as application
        on due.invoice_id = application.invoice_id and due.promised_for >= application.applied_on
    left join returned on application.receipt_id = returned.receipt_id
    where
        application.receipt_id is not null
        and returned.receipt_id is null
        and due.as_of >= case $clock
            when 'known' then coalesce(application.posted_on, application.applied_on) else application.applied_on
        end
    group by due.as_of, due.promise_id
)

select
    due.as_of,
    '' as part,
    case when coalesce(payment.amount, 0) >= due.amount then 'kept' else 'broken' end as role,
    invoice.entity_id,
    due.customer_id,
    invoice.currency,
    'promises' as subject_table,
    due.promise_id as subject_id,
    due.promised_for as event_date,
    case when coalesce(payment.amount, 0) >= due.amount then 1 else 0 end as numerator,
    1 as denominator,
    cast(coalesce(payment.amount, 0) as varchar) || ' paid of ' || cast(due.amount as varchar) as remark
from due
left join payments as payment on due.as_of = payment.as_of and due.promise_id = payment.promise_id
left join invoices as invoice on due.invoice_id = invoice.invoice_id
