/*---
id: OCC-06
title: Billed to a customer who is unknown or closed
severity: high
grain: invoice_id
subject: invoices
examines: live_invoices
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, gross_amount]
  customers: [customer_id]
uses:
  customers: [closed_on]
why: >
  Nobody is there to pay: the invoice went to the wrong account, or was never meant to be paid.
next_step: Find who ordered; bill the right customer and cancel this one, or open the account again.
---*/
-- A customer with two records is closed on the later day, and not while one of them is open.
with known as (
    select
        customer_id,
        case when count(*) = count(closed_on) then max(closed_on) end as closed_on
    from customers
    group by customer_id
)

select
    document.invoice_id as subject_id,
    document.entity_id,
    document.customer_id,
    document.invoice_date as event_date,
    document.currency,
    cast(0 as decimal(38, 4)) as expected_amount,
    document.gross_amount as billed_amount,
    amount_text(document.gross_amount, document.currency) || ' ' || document.currency || ' invoiced on '
    || cast(document.invoice_date as varchar) || ' to '
    || coalesce(
        known.customer_id || ', closed on ' || cast(known.closed_on as varchar) || ', '
        || cast(days_between(known.closed_on, document.invoice_date) as varchar) || ' days before',
        document.customer_id || ', who is no customer',
        'nobody'
    ) as reason,
    cast(null as varchar) as suppressed_by,
    document.invoice_id as evidence_invoices,
    known.customer_id as evidence_customers
from live_invoices as document
left join known on document.customer_id = known.customer_id
where
    document.kind <> 'credit_memo'
    and document.invoice_date <= $as_of
    and document.gross_amount <> 0
    and (known.customer_id is null or known.closed_on < document.invoice_date)
