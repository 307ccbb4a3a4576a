/*---
id: FIG-20
title: First time right
form: ratio
times: 100
unit: percent
money: false
formula: 1 - (credited for error or rebilled) / issued, in documents
source: conventions.md; Hyperbots, billing accuracy rate (12,125 of 12,500 is 97 percent)
parameters:
  no_error:
    default: goodwill,rebate,return,sla_credit
    unit: reason codes of credit memos, separated by commas
    why: >
      these credits keep a promise or take goods back, and the invoice was right; a credit without a reason counts as an
      error
says: >
  Invoices and debit memos of the period that nobody had to credit for an error or bill again by the as-of date. A
  young month has had less time to be found wrong. Documents cancelled without a credit memo are not among the issued.
empty: nothing was issued in the period
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, original_invoice_id]
uses:
  invoices: [posted_on, reason_code]
---*/
with documents as (
    select
        *,
        case $clock when 'known' then coalesce(posted_on, invoice_date) else invoice_date end as known_on
    from invoices
    where status not in ('cancelled', 'draft')
),

corrections as (
    select
        original_invoice_id,
        min(case when kind = 'credit_memo' then greatest(known_on, invoice_date) end) as credited_on,
        min(case when kind <> 'credit_memo' then greatest(known_on, invoice_date) end) as rebilled_on
    from documents
    where
        original_invoice_id is not null
        and (
            kind <> 'credit_memo'
            or reason_code is null
            or not contains(',' || $no_error || ',', ',' || reason_code || ',')
        )
    group by original_invoice_id
)

select
    asked.as_of,
    '' as part,
    case
        when correction.credited_on <= asked.as_of then 'credited for error'
        when correction.rebilled_on <= asked.as_of then 'rebilled'
        else 'right'
    end as role,
    document.entity_id,
    document.customer_id,
    document.currency,
    'invoices' as subject_table,
    document.invoice_id as subject_id,
    document.invoice_date as event_date,
    case
        when correction.credited_on <= asked.as_of or correction.rebilled_on <= asked.as_of then 0
        else 1
    end as numerator,
    1 as denominator
from asked
inner join documents as document
    on
        asked.from_date <= document.invoice_date
        and asked.to_date > document.invoice_date
        and asked.as_of >= document.known_on
left join corrections as correction on document.invoice_id = correction.original_invoice_id
where document.kind in ('invoice', 'debit_memo')
